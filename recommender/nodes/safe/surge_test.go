package safe_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestSurges is how many pods an update of six starts at once.
func TestSurges(t *testing.T) {
	for _, c := range []struct {
		kind, surge string
		want        int
	}{
		{"Deployment", "", 2}, {"Deployment", "25%", 2}, {"Deployment", "100%", 6}, {"Deployment", "3", 3}, {"Deployment", "9", 6},
		{"Deployment", "0", 0}, {"Deployment", "some", 2}, {"Deployment", "-1", 2}, {"Deployment", "400%", 6}, {"Rollout", "34%", 3}, {"StatefulSet", "100%", 0},
	} {
		ref := analyzer.Ref{Namespace: "x", Kind: c.kind, Name: "w"}
		pods := make([]packing.Pod, 6)
		for i := range pods {
			pods[i].Group = ref.String()
		}
		got := safe.Surges(&analyzer.Snapshot{Workloads: []analyzer.Workload{{Ref: ref, Surge: c.surge}}}, pods)
		if got[ref.String()] != c.want {
			t.Errorf("%s, %q: got %d, want %d", c.kind, c.surge, got[ref.String()], c.want)
		}
	}
}
