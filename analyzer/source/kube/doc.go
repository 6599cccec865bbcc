// Package kube reads a live cluster: its objects from the API server, what its
// containers use right now from metrics-server, and where its Prometheus is.
//
// It only ever gets and lists (Rights tells what), each kind once, in pages and
// as protobuf where the API has it. A list that the API server refuses becomes a
// warning that names the missing right, and reading goes on; what makes the
// whole reading worthless (no connection, no valid credentials) is an *Error.
package kube
