package prometheus_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// TestVolumes asks a real engine how full volumes were: the most of the window,
// over all nodes that mounted one.
func TestVolumes(t *testing.T) {
	all := append(usageOf(t, "shop", "db-0", "StatefulSet/db"),
		series(t, `kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-db-0",node="a"}`, "1000000x600 7000000x600 2000000x1680"),
		series(t, `kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-db-0",node="b"}`, "3000000x2880"),
		series(t, `kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="empty",node="a"}`, "0x2880"),
	)
	w := options("").Window
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Owners: &analyzer.Owners{}})
	if err != nil {
		t.Fatal(err)
	}
	want := []analyzer.VolumeUsage{{Namespace: "shop", Claim: "data-db-0", Bytes: 7e6}, {Namespace: "shop", Claim: "empty"}}
	if !slices.Equal(got.Volumes, want) {
		t.Errorf("got %+v, want %+v", got.Volumes, want)
	}
}
