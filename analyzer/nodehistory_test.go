package analyzer_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestNodeHistory: what is still there is known by the inventory, hours that nobody
// told of are left out, and a part of an hour counts as one.
func TestNodeHistory(t *testing.T) {
	start := time.Unix(20000*86400, 0).UTC()
	w := analyzer.Window{Start: start, End: start.Add(5 * time.Hour), Step: 5 * time.Minute}
	first := start.Unix() / 3600
	var r analyzer.NodeRecorder
	for h := range int64(5) {
		if h != 2 { // the monitoring was down
			r.Seen("a", first+h, 60)
		}
	}
	r.Seen("b", first+1, 30)
	r.Seen("b", first-1, 60) // before the window
	r.Seen("gone", first+7, 60)
	r.Tell(analyzer.NodeInfo, map[string]string{"node": "b", "provider_id": "gce://p/europe-west1-b/b"}, 1)
	for _, v := range []float64{-1, 1e300} {
		r.Tell(analyzer.NodeCapacity, map[string]string{"node": "b", "resource": "memory"}, v)
	}
	a := analyzer.Node{Name: "a", Labels: map[string]string{"node.kubernetes.io/instance-type": "n2-standard-4", "kubernetes.io/hostname": "a"}, Capacity: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}}
	h := r.History(w, []analyzer.Node{a})
	if h == nil || !reflect.DeepEqual(h.Hours, []int64{first, first + 1, first + 3, first + 4}) || len(h.Kinds) != 2 {
		t.Fatalf("got %+v", h)
	}
	b, kind := h.Kinds[1], h.Kinds[0]
	if kind.Labels["node.kubernetes.io/instance-type"] == "" {
		b, kind = kind, b
	}
	if !reflect.DeepEqual(kind.Labels, map[string]string{"node.kubernetes.io/instance-type": "n2-standard-4"}) || kind.Capacity != a.Capacity || kind.Mean() != 1 {
		t.Errorf("got %+v for the node that is there", kind)
	}
	if b.Labels["topology.kubernetes.io/zone"] != "europe-west1-b" || !reflect.DeepEqual(b.Count, []float32{0, 0.5, 0, 0}) || b.Most() != 0.5 || b.Mean() != 0.125 || b.Capacity.Memory != 0 {
		t.Errorf("got %+v for the node that is gone", b)
	}
	if got := (&analyzer.NodeRecorder{}).History(w, []analyzer.Node{a}); got != nil {
		t.Errorf("got %+v out of nothing", got)
	}
}

// TestNodesComeAndGo: nodes that are added and taken away day by day have an autoscaler,
// though none shows; a fleet that was enlarged once has none.
func TestNodesComeAndGo(t *testing.T) {
	for name, tt := range map[string]struct {
		at   func(hour int) float32
		want string
	}{
		"daily":         {func(h int) float32 { return map[bool]float32{true: 6, false: 2}[h%24 >= 8 && h%24 < 18] }, analyzer.ClusterAutoscaler},
		"fixed":         {func(int) float32 { return 4 }, ""},
		"enlarged once": {func(h int) float32 { return map[bool]float32{true: 6, false: 2}[h > 50] }, ""},
		"a gap a day":   {func(h int) float32 { return 4 - map[bool]float32{true: 0.25}[h%24 == 3] }, ""},
	} {
		h := &analyzer.NodeHistory{Kinds: []analyzer.NodeKind{{}}}
		for hour := range 240 {
			h.Hours = append(h.Hours, int64(hour+480000))
			h.Kinds[0].Count = append(h.Kinds[0].Count, tt.at(hour))
		}
		if got := (&analyzer.Snapshot{NodeHistory: h}).NodeAutoscaler(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	for key, want := range map[string]string{"DeletionCandidateOfClusterAutoscaler": analyzer.ClusterAutoscaler, "ToBeDeletedByClusterAutoscaler": analyzer.ClusterAutoscaler, "dedicated": ""} {
		s := analyzer.Snapshot{Nodes: []analyzer.Node{{Name: "a"}, {Name: "b", Taints: []analyzer.Taint{{Key: key, Value: "1790000000", Effect: "PreferNoSchedule"}}}}}
		if got := s.NodeAutoscaler(); got != want {
			t.Errorf("a node with the taint %s: got %q, want %q", key, got, want)
		}
	}
}
