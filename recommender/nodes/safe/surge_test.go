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

// TestStarts: an update of a workload on nodes that stay has room there only where its spread
// and its distance let it in, too.
func TestStarts(t *testing.T) {
	node := func(name, zone string, cpu int64, pods ...packing.Pod) safe.Standing {
		return safe.Standing{
			Kept: packing.Kept{Name: name, Zone: zone, Labels: map[string]string{packing.LabelZone: zone}, Pods: pods},
			Room: analyzer.Amounts{CPU: cpu, Memory: 8 << 30}, Open: true,
		}
	}
	for _, c := range []struct {
		name   string
		count  int
		spread []packing.Spread
		apart  []packing.AntiAffinity
		roomB  int64
		closed bool // the roomy node
		want   bool
	}{
		{name: "room", count: 1, want: true},
		{name: "room for two", count: 2, want: true},
		{name: "no room for three", count: 3},
		{name: "room only where a third one may not go", count: 1, spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}},
		{name: "room where the fewest are", count: 1, spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}, roomB: 1000, want: true},
		{name: "room in both, one after the other", count: 2, spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}, roomB: 1000, want: true},
		{name: "only the plan spreads", count: 1, spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1, Soft: true}}, want: true},
		{name: "one of a node", count: 1, apart: []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"g"}}}},
		{name: "cordoned", count: 1, closed: true},
	} {
		pod := func(name string) packing.Pod {
			return packing.Pod{Name: name, Group: "g", CPU: 1000, Memory: 1 << 30, Spread: c.spread, AntiAffinity: c.apart}
		}
		other := packing.Pod{Name: "other", Group: "o", CPU: 500}
		nodes := []safe.Standing{node("a", "a", 4500, pod("1"), other, pod("2")), node("b", "b", 1000+c.roomB, pod("3"))}
		nodes[0].Open = !c.closed
		if got := safe.Starts("g", c.count, nodes); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// An update of what holds all devices of its nodes can't start one more there: CPU and memory
// alone would say that it can.
func TestStartsHoldDevices(t *testing.T) {
	const gpu = "nvidia.com/gpu"
	pod := func(name string) packing.Pod {
		return packing.Pod{Name: name, Group: "g", CPU: 1000, Memory: 1 << 30, Extended: map[string]int64{gpu: 1, "ephemeral-storage": 1 << 30}}
	}
	for devices, want := range map[int64]bool{1: false, 2: true} {
		node := safe.Standing{
			Kept: packing.Kept{Name: "a", Pods: []packing.Pod{pod("1")}}, Room: analyzer.Amounts{CPU: 8000, Memory: 32 << 30},
			Devices: map[string]int64{gpu: devices}, Open: true,
		}
		if got := safe.Starts("g", 1, []safe.Standing{node}); got != want {
			t.Errorf("%d devices: got %v, want %v", devices, got, want)
		}
		node.Devices = nil // an older snapshot does not tell
		if !safe.Starts("g", 1, []safe.Standing{node}) {
			t.Error("what is not known refuses nothing")
		}
	}
	other := packing.Pod{Name: "2", Group: "o", Extended: map[string]int64{gpu: 1}}
	node := safe.Standing{Kept: packing.Kept{Name: "a", Pods: []packing.Pod{pod("1"), other}}, Room: analyzer.Amounts{CPU: 8000, Memory: 32 << 30}, Devices: map[string]int64{gpu: 2}, Open: true}
	if safe.Starts("g", 1, []safe.Standing{node}) {
		t.Error("the other workload has the second device")
	}
}
