// Package bounds tells what holds the number of a workload's pods, whatever its load: how
// few are safe, how many there may be, how long one takes to start, and what must not be
// scaled in at all.
package bounds
