package openmetrics

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// nodeSeries is one series that tells of a node.
type nodeSeries struct {
	of      analyzer.NodeSeries
	labels  map[string]string
	hour    int64   // since 1970, of samples
	samples float64 // in it
}

// addNode enters a series that tells of a node.
func addNode(l map[string]string) *series {
	of, ok := analyzer.NodeSeriesOf(l["__name__"])
	if v, there := l["exported_node"]; there {
		l["node"] = v
	}
	if !ok || l["node"] == "" {
		return nil
	}
	return &series{metric: ofNode, first: -1, gap: math.MaxInt64, node: &nodeSeries{of: of, labels: l}}
}

// tellNode takes a sample of a node in. What it is stands in the labels and the last
// value; that it is there stands in the number of samples.
func (f *fold) tellNode(s *series, x sample) {
	if x.ms <= f.window.Start.UnixMilli() || x.ms > f.window.End.UnixMilli() {
		return
	}
	n := s.node
	if n.of != analyzer.NodeInfo || n.hour == 0 {
		f.nodes.Tell(n.of, n.labels, x.value)
	}
	if n.of != analyzer.NodeInfo {
		return
	}
	if hour := (x.ms - 1) / hourMS; hour != n.hour {
		n.hour, n.samples = hour, 0
	}
	n.samples++
	f.nodes.Seen(n.labels["node"], n.hour, n.samples)
}
