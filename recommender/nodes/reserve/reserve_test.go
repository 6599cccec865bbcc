package reserve_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/reserve"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const gi = 1 << 30

func node(zone string, pods ...packing.Pod) packing.PlannedNode {
	out := packing.PlannedNode{Offering: packing.Offering{Type: "four", Zone: zone, Arch: "amd64", CPU: 4000, Memory: 16 * gi, Pods: 50, USDPerHour: 0.2}, Spare: len(pods) == 0}
	for _, p := range pods {
		out.Pods, out.CPU, out.Memory = append(out.Pods, p.Name), out.CPU+p.CPU, out.Memory+p.Memory
	}
	return out
}

func pod(group string, n int, cpu int64) packing.Pod {
	return packing.Pod{Name: fmt.Sprintf("ns/%s-%d", group, n), Group: group, CPU: cpu, Memory: cpu * gi / 1000}
}

// of plans placeholders for a level, of nodes that have one group.
func of(t *testing.T, level packing.Level, surge map[string]int, pods []packing.Pod, nodes ...packing.PlannedNode) reserve.Room {
	t.Helper()
	in, plan := packing.Input{Pods: pods}, packing.Plan{Nodes: nodes}
	losses := packing.Losses(in, plan, packing.Survival{Level: level, Surge: surge})
	for _, l := range losses {
		if len(l.Left) > 0 {
			t.Fatalf("the plan does not live through %s: %v", level, l.Left)
		}
	}
	return reserve.Of(in, plan, losses, nil, func(string) bool { return true }, func(*packing.Offering) string { return "all" })
}

// The surge of the largest workload is what the placeholders hold; a smaller one finds room
// in theirs.
func TestUpdatesShareRoom(t *testing.T) {
	big, small := []packing.Pod{pod("big", 0, 3000), pod("big", 1, 3000)}, []packing.Pod{pod("small", 0, 900), pod("small", 1, 900)}
	room := of(t, packing.SurvivePod, map[string]int{"big": 1, "small": 2}, slices.Concat(big, small), node("a", big[0], small[0]), node("a", big[1], small[1]), node("a"))
	if len(room.Pods) != 1 || room.Pods[0].Count != 1 || room.Pods[0].CPU != 3000 || room.Pods[0].Zone != "" || len(room.Left) > 0 {
		t.Errorf("one placeholder as large as a pod of big would do for both: %+v", room)
	}
}

// Two unlike pods on one node need one placeholder that either finds room in: more would not fit.
func TestOneRoomForUnlikePods(t *testing.T) {
	cpus, memory := pod("cpus", 0, 3500), pod("memory", 0, 100)
	cpus.Memory, memory.Memory = gi, 15*gi
	room := of(t, packing.SurvivePod, map[string]int{"cpus": 1, "memory": 1}, []packing.Pod{cpus, memory}, node("a", cpus, memory), node("a"))
	if len(room.Pods) != 1 || room.Pods[0].CPU != 3500 || room.Pods[0].Memory != 15*gi || len(room.Left) > 0 {
		t.Errorf("one placeholder of 3500m and 15Gi would hold either: %+v", room)
	}
}

// What is lost with a node does not help its pods: a placeholder on it counts for others only.
func TestLostNodeLosesItsPlaceholders(t *testing.T) {
	a, b := pod("web", 0, 1500), pod("web", 1, 1500)
	room := of(t, packing.SurviveNode, nil, []packing.Pod{a, b}, node("a", a), node("a", b))
	if len(room.Pods) != 1 || room.Pods[0].Count != 2 || room.Pods[0].CPU != 1500 {
		t.Errorf("each node keeps room for the other's pod: %+v", room)
	}
}

// The loss of a zone needs room in the zones that are left: placeholders stay in theirs.
func TestZonesHaveTheirOwn(t *testing.T) {
	a, b := pod("web", 0, 1500), pod("web", 1, 1500)
	room := of(t, packing.SurviveZone, nil, []packing.Pod{a, b}, node("a", a), node("b", b))
	var zones []string
	for _, p := range room.Pods {
		zones = append(zones, p.Zone)
	}
	if !slices.Equal(zones, []string{"a", "b"}) {
		t.Errorf("zones %v: each of the two has to keep room for the other", zones)
	}
}

// Room that is taken twice is named, not hidden.
func TestWhatIsNotKept(t *testing.T) {
	first, second := pod("first", 0, 2000), pod("second", 0, 2000)
	in := packing.Input{Pods: []packing.Pod{first, second}}
	plan := packing.Plan{Nodes: []packing.PlannedNode{node("a", first, second)}}
	room := reserve.Of(in, plan, []packing.Loss{{Node: -1, Group: "first", Refuge: map[string]int{"first (update, pod 1)": 0}}}, nil, func(string) bool { return true }, func(*packing.Offering) string { return "all" })
	if len(room.Pods) != 0 || room.Left["all"] != 1 {
		t.Errorf("a full node has no room for a placeholder: %+v", room)
	}
}
