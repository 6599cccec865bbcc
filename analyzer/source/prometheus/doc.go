// Package prometheus fills a snapshot's usage from any engine that speaks
// Prometheus' HTTP API: Prometheus, Thanos, Mimir, Cortex, VictoriaMetrics.
//
// The steps, left to right:
//
//  1. discover.go asks a handful of instant queries: which labels the series
//     carry, which namespaces there are and how large, how often they are scraped.
//  2. shard.go packs namespaces into shards; with the days of the window they
//     make the grid of tasks. No query is ever about one container.
//  3. owners.go reads the owner series, so that pods of the past find their workload.
//  4. usage.go runs the queries of query.go for every shard and day and folds
//     the answers into an analyzer.Recorder as they stream in (decode.go). What is
//     asked once a day goes into one question (daily.go). VictoriaMetrics' CPU
//     usage comes by its export (exports.go).
//  5. requests_rate.go asks once which request counters of requests_list.go
//     there are, and reads those in the same grid.
//
// client.go does the asking: POST, gzip over slow connections, retries, bounded and adaptive
// concurrency. Its failures are of type *Error, each one line.
package prometheus
