// Package openmetrics reads usage from text dumps, for audits without a live
// metrics engine: OpenMetrics text as `promtool tsdb dump-openmetrics` writes
// it, the plain `promtool tsdb dump` form, and the Prometheus text format with
// timestamps; as it is, or compressed with gzip or zstd.
//
// Series may come one after the other or interleaved, and owner series may
// come after the samples they belong to. The survey therefore lists series, owners
// and times, and keeps the samples where they find room; the fold turns them into
// digests, and reads a file again whose samples found none. Memory grows with the
// number of series, and with samples up to a bound.
package openmetrics
