// Package digest folds usage samples into small, mergeable summaries.
//
// A Histogram keeps the distribution of one quantity with a relative error of
// at most MaxRelativeError, a Slots value keeps when in a day there was any
// sample at all, and a Counter turns a cumulative counter into rates. All
// three add: days into windows, pods into workloads, shards into clusters.
package digest
