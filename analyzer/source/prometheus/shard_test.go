package prometheus_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// TestShards: every namespace once, both bounds kept, and the packing does not
// depend on the map's order.
func TestShards(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		sizes := map[string]int{}
		for i := range rng.IntN(400) {
			sizes[fmt.Sprintf("ns-%d-%s", i, strings.Repeat("x", rng.IntN(50)))] = rng.IntN(3000)
		}
		got := prometheus.Shards(sizes)
		seen := map[string]bool{}
		for _, shard := range got {
			series, bytes := 0, 0
			for _, ns := range shard {
				if seen[ns] {
					t.Errorf("%s is in two shards", ns)
				}
				seen[ns] = true
				series += sizes[ns]
				bytes += len(ns) + 1
			}
			if len(shard) > 1 && series > prometheus.ShardSeries || bytes > prometheus.ShardBytes {
				t.Errorf("got a shard of %d namespaces, %d series, %d bytes", len(shard), series, bytes)
			}
			if !slices.IsSorted(shard) {
				t.Errorf("got an unsorted shard %q", shard)
			}
		}
		if len(seen) != len(sizes) {
			t.Errorf("got %d namespaces, want %d", len(seen), len(sizes))
		}
		if again := prometheus.Shards(sizes); !reflect.DeepEqual(got, again) {
			t.Errorf("got other shards the second time")
		}
	}
	tiny := map[string]int{}
	for i := range 100 {
		tiny[fmt.Sprintf("ns-%d", i)] = 5
	}
	if got := len(prometheus.Shards(tiny)); got != 1 {
		t.Errorf("100 small namespaces in %d shards, want 1", got)
	}
}
