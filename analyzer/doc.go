// Package analyzer holds the facts of one cluster.
//
// The steps, left to right:
//
//  1. Sources (the packages below source/) read a cluster, a Prometheus-compatible
//     engine or files and fill a Snapshot: everything known of one cluster
//     over one window. Usage comes in through a Recorder, which folds samples
//     into digests at once; no source keeps samples.
//  2. A Snapshot can be saved and read again. It is the one file in the middle:
//     demos, offline audits, tests and bug reports all start from it.
//  3. Analyze joins what was asked for (requests, limits, replicas,
//     autoscalers) with what was used, and gives an Analysis: facts, with no
//     opinion and no money.
//
// Units are integers inside: CPU in millicores, memory in bytes. Usage samples
// are float64 in the same units, since a container may well use a third of a
// millicore.
package analyzer
