// Package setting searches what decides a number of pods: it tries fixed numbers and
// HPAs over a demand by replay, and gives the cheapest that keep the promises. It
// knows no workload, price or cluster.
package setting
