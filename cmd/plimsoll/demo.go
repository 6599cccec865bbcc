package main

import (
	"bytes"
	_ "embed" // the sample cluster

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// demo is a snapshot recorded from the testbed's cluster; make demo-snapshot
// records it anew.
//
//go:embed demo.snapshot
var demo []byte

func demoSnapshot() (*analyzer.Snapshot, error) {
	return snapshot.Decode(bytes.NewReader(demo))
}
