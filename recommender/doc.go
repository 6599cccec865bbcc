// Package recommender turns facts and prices into advice: Advise is the whole
// program as one call.
//
// A rule is a value of package advice, in a package of its own; Rules lists them in
// the order in which they run. What one leaves for the next is the advice.Cluster.
// What a rule computes without facts of a cluster is a package to its left: replay
// for autoscalers, packing for nodes, commitment for purchases, allocation for the
// bill.
package recommender
