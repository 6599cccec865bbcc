// Package gate judges manifests before they are merged: by a policy, by what
// the workloads were seen to use, and by what the change costs.
//
// Judge runs the rules over a tree of documents and gives findings with file,
// line, reason and, where a number is wrong, the edit that mends it. Evidence
// comes from a report or a snapshot of the cluster; without it the rules that
// need it stay silent. Waivers and a baseline let known findings be.
//
// The package is pure: dates, prices and files are handed in.
package gate
