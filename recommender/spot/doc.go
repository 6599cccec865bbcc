// Package spot tells which workloads can live on spot machines, how many of their
// pods stay on demand and what that saves with interruptions counted.
package spot
