package history_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

// TestPodsHaveTraffic: a pod that serves has as much traffic as its CPU pays for, one on its
// node's network none of its own, one whose shape is idle a steady trickle.
func TestPodsHaveTraffic(t *testing.T) {
	h := made(t, 2)
	seen := map[string]bool{}
	for _, l := range h.Lives {
		all := map[string]history.Series{}
		if err := h.Series(l, into(t, all)); err != nil {
			t.Fatal(err)
		}
		in, out := 0.0, 0.0
		for k, s := range all {
			grown := 0.0
			if n := len(s.Values); n > 1 {
				grown = (s.Values[n-1] - s.Values[0]) / (float64(s.Times[n-1]-s.Times[0]) / 1000)
			}
			switch {
			case strings.Contains(k, "__name__=container_network_receive_bytes_total"):
				in = max(in, grown)
			case strings.Contains(k, "__name__=container_network_transmit_bytes_total"):
				out = max(out, grown)
			}
		}
		switch l.WorkloadName {
		case "ticket-shop":
			seen["serves"] = seen["serves"] || in > 1000 && out > in
		case "log-collector":
			seen["host"] = seen["host"] || !l.Workload.Host && in > 0 || l.Workload.Host && in == 0
		}
	}
	if !seen["serves"] || !seen["host"] {
		t.Errorf("got %v, want traffic of what serves, and of a host's pod none", seen)
	}
}
