// Package cost prices a cluster as it is: what its nodes cost, whose cost that
// is, what a core and a GiB come to where a workload runs, and where things are
// bought. Rules weigh their advice by it.
package cost
