// Package openmetrics reads usage from text dumps, for audits without a live
// metrics engine: OpenMetrics text as `promtool tsdb dump-openmetrics` writes
// it, the plain `promtool tsdb dump` form, and the Prometheus text format with
// timestamps; as it is, or compressed with gzip or zstd.
//
// Series may come one after the other or interleaved, and owner series may
// come after the samples they belong to. Each file is therefore read twice:
// the survey lists series, owners and times, and the fold turns samples into
// digests. Memory grows with the number of series, not of samples.
package openmetrics
