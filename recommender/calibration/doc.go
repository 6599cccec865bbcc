// Package calibration finds the margin that keeps a promise, by replay.
//
// A fleet of containers has its history by the day. A Rule makes a base of the days
// before an origin; the days after it tell how much of them lay above a multiple of that
// base. Over all containers and origins this gives the loss of every margin, and the
// least margin whose loss keeps the promise is the one to use: conformal risk control,
// with the replay as its calibration set. The rule itself (half-life, quantile, price of
// time) is chosen from a small grid by the same replay, for the least size.
//
// Where there are few containers or short histories the replay is drawn towards a
// built-in prior, which counts as much as priorWeeks container-weeks; a group of alike
// steadiness is drawn towards its fleet in the same way. There are no thresholds at
// which an answer jumps.
//
// What is stated as risk is out of sample: the margin that is scored on a container was
// found on others. docs/method/risk.md has the method, its assumptions and where it fails.
//
// The package knows no cluster, no rule of advice and no unit: what is over time comes as
// histograms, what kills at its peak as peaks.
package calibration
