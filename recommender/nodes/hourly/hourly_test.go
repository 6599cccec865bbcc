package hourly_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// plan has ten pods of a core each on nodes of four, and a pod that is always there.
func plan(t *testing.T) hourly.Plan {
	t.Helper()
	in := packing.Input{Offerings: []packing.Offering{{Type: "m", Zone: "a", CapacityType: "on-demand", Arch: "amd64", USDPerHour: 0.2, CPU: 4000, Memory: 16 << 30, Pods: 50}}, Effort: 0.1}
	for i := range 10 {
		in.Pods = append(in.Pods, packing.Pod{Name: fmt.Sprintf("web-%d", i), Group: "web", CPU: 1000, Memory: 1 << 30})
	}
	in.Pods = append(in.Pods, packing.Pod{Name: "db-0", Group: "db", CPU: 2000, Memory: 4 << 30})
	packed, err := packing.Pack(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	// One more node than they need, as the loss of one would call for.
	packed.Nodes = append(packed.Nodes, packing.PlannedNode{Offering: in.Offerings[0]})
	p := hourly.Plan{Input: in, Nodes: packed.Nodes, Worth: map[int]float64{}, Pods: map[string]map[int]float64{"web": {}}}
	for hour := range 48 {
		pods := 2.0
		if h := hour % 24; h >= 8 && h < 20 {
			pods = 10
		}
		p.Pods["web"][hour], p.Worth[hour] = pods, pods
	}
	return p
}

// TestShares: the busiest hours have all of the plan, the others what their pods need;
// room that the packing itself would do without shrinks in proportion.
func TestShares(t *testing.T) {
	p := plan(t)
	shares := hourly.Shares(t.Context(), p)
	if len(shares) != 48 || len(p.Nodes) != 4 {
		t.Fatalf("got %d hours of %d nodes, want 48 of 4", len(shares), len(p.Nodes))
	}
	for hour, s := range shares {
		want := 1.0 / 3 // a node of the three that ten pods and one need
		if h := hour % 24; h >= 8 && h < 20 {
			want = 1
		}
		if math.Abs(s.Nodes-want) > 1e-9 || math.Abs(s.USD-want) > 1e-9 {
			t.Errorf("hour %d: got %+v, want %v", hour, s, want)
		}
	}
	m := hourly.Mean(shares, 4, 4*0.2*730, func(int) hourly.Kept { return hourly.Kept{Nodes: 1, Monthly: 100} })
	if want := 100 + 4*0.2*730*(1+1.0/3)/2; math.Abs(m.Monthly-want) > 1e-6 || math.Abs(m.Mean-(1+4*(1+1.0/3)/2)) > 1e-9 {
		t.Errorf("got %v USD a month and %v nodes, want %v", m.Monthly, m.Mean, want)
	}
	if math.Abs(m.Nodes[12]-5) > 1e-9 || math.Abs(m.Nodes[3]-(1+4.0/3)) > 1e-9 {
		t.Errorf("got %v nodes at noon and %v by night, want 5 and 2.33", m.Nodes[12], m.Nodes[3])
	}
}

// TestSharesKeepQuietHours: hours whose number does not divide into stretches are not
// packed with those of the next step.
func TestSharesKeepQuietHours(t *testing.T) {
	p := plan(t)
	for hour := range 300 {
		pods := 2.0
		if hour%10 == 0 {
			pods = 10
		}
		p.Pods["web"][hour], p.Worth[hour] = pods, pods
	}
	for hour, s := range hourly.Shares(t.Context(), p) {
		if want := map[bool]float64{true: 1, false: 1.0 / 3}[hour%10 == 0]; math.Abs(s.USD-want) > 1e-9 {
			t.Errorf("hour %d: got %v of the plan, want %v", hour, s.USD, want)
		}
	}
}

// TestSharesOfWhatIsFixed: pods whose number does not change run in all hours, and more
// than planned are never counted.
func TestSharesOfWhatIsFixed(t *testing.T) {
	p := plan(t)
	p.Pods = map[string]map[int]float64{"db": {5: 40}}
	for hour, s := range hourly.Shares(t.Context(), p) {
		if s.Nodes <= 0 || s.Nodes > 1 || s.USD <= 0 || s.USD > 1 || hour == 5 && s.Nodes != 1 {
			t.Errorf("hour %d: got %+v", hour, s)
		}
	}
	if m := hourly.Mean(map[int]hourly.Share{3: {Nodes: 0.5, USD: 0.5}}, 2, 100, func(int) hourly.Kept { return hourly.Kept{} }); m.Nodes[4] != m.Mean || m.Monthly != 50 {
		t.Errorf("an hour that was not seen: got %+v", m)
	}
}

// TestPodHoursAddRolesUp: the pods of several roles are different ones, the containers of
// a role share theirs, and what pods of all roles have adds none.
func TestPodHoursAddRolesUp(t *testing.T) {
	seen := func(role, name string, pods float32) analyzer.ContainerFacts {
		day := analyzer.Day{Date: 20000, Hours: make([]analyzer.Hour, 24)}
		for h := range 12 {
			day.Hours[h].Pods = pods
		}
		return analyzer.ContainerFacts{Container: analyzer.Container{Name: name, Role: role, Type: analyzer.TypeContainer}, Days: []analyzer.Day{day}}
	}
	window := analyzer.Window{Start: time.Unix(20000*86400, 0), End: time.Unix(20001*86400, 0)}
	for _, tt := range []struct {
		name       string
		containers []analyzer.ContainerFacts
		want       float64
	}{
		{"one role", []analyzer.ContainerFacts{seen("", "app", 3), seen("", "proxy", 2)}, 3},
		{"a driver and its executors", []analyzer.ContainerFacts{seen("driver", "main", 1), seen("executor", "main", 4)}, 5},
		{"a head and two groups, with a sidecar", []analyzer.ContainerFacts{seen("head", "ray", 1), seen("small", "ray", 3), seen("big", "ray", 1), seen("", "proxy", 5)}, 5},
	} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{}, Containers: tt.containers}
		cluster := &advice.Cluster{}
		if got := hourly.PodHours(cluster, w)[20000*24+3]; got != tt.want {
			t.Errorf("%s: %v pods, want %v", tt.name, got, tt.want)
		}
		if got := hourly.Lasting(cluster, w, window, int(tt.want)); got != 0.5 {
			t.Errorf("%s: lasts %v of the day, want half of it", tt.name, got)
		}
	}
	if got := hourly.Lasting(&advice.Cluster{}, &analyzer.WorkloadFacts{Workload: &analyzer.Workload{}}, window, 2); got != 1 {
		t.Errorf("what was never seen lasts %v, want 1", got)
	}
}
