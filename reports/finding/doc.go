// Package finding prints the gate's judgement: as a table, for machines, and
// in the forms that code hosts and CI systems take. It computes nothing.
package finding
