package allocation_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// weekOf is a cluster of one node that stays and of spot nodes that come for eight hours
// a day, of which one has been there for two hours.
func weekOf() *analyzer.Snapshot {
	end := time.Date(2026, 9, 21, 10, 0, 0, 0, time.UTC)
	node := func(name, kind string, created time.Time) analyzer.Node {
		labels := map[string]string{
			"node.kubernetes.io/instance-type": "m6i.large", "topology.kubernetes.io/zone": "us-east-1a", "topology.kubernetes.io/region": "us-east-1",
			"karpenter.sh/nodepool": kind, "karpenter.sh/capacity-type": kind,
		}
		all := analyzer.Amounts{CPU: 2000, Memory: 8 << 30}
		return analyzer.Node{Name: name, Labels: labels, ProviderID: "aws:///us-east-1a/i-" + name, Created: created, Capacity: all, Allocatable: all, Ready: true}
	}
	s := &analyzer.Snapshot{
		Window: analyzer.Window{Start: end.Add(-48 * time.Hour), End: end, Step: 5 * time.Minute},
		Nodes:  []analyzer.Node{node("stays", "on-demand", end.Add(-1000*time.Hour)), node("came", "spot", end.Add(-2*time.Hour))},
	}
	r := analyzer.NodeRecorder{}
	for h := s.Window.Start.Unix() / 3600; h < end.Unix()/3600; h++ {
		r.Seen("stays", h, 4)
		if clock := h % 24; clock >= 8 && clock < 16 {
			name := "went"
			if h >= end.Add(-2*time.Hour).Unix()/3600 {
				name = "came"
			}
			r.Seen(name, h, 4)
		}
	}
	r.Tell(analyzer.NodeLabels, map[string]string{
		"node": "went", "label_node_kubernetes_io_instance_type": "m6i.large", "label_topology_kubernetes_io_zone": "us-east-1a", "label_topology_kubernetes_io_region": "us-east-1",
		"label_karpenter_sh_nodepool": "spot", "label_karpenter_sh_capacity_type": "spot",
	}, 1)
	for _, of := range []analyzer.NodeSeries{analyzer.NodeCapacity, analyzer.NodeAllocatable} {
		r.Tell(of, map[string]string{"node": "went", "resource": "cpu"}, 2)
		r.Tell(of, map[string]string{"node": "went", "resource": "memory"}, 8<<30)
	}
	s.NodeHistory = r.History(s.Window, s.Nodes)
	s.Nodes = append(s.Nodes, node("new", "new", end))
	asks := analyzer.Amounts{CPU: 1000, Memory: 2 << 30}
	pods := func(nodes ...string) (out []analyzer.Pod) {
		for i, at := range nodes {
			out = append(out, analyzer.Pod{Name: at + string(rune('a'+i)), Node: at, Phase: "Running", Requests: asks})
		}
		return out
	}
	for _, w := range []struct {
		kind, name string
		on         []string
		hours      func(clock int) int
	}{
		{"DaemonSet", "agent", []string{"stays", "came"}, func(clock int) int {
			if clock >= 8 && clock < 16 {
				return 2
			}
			return 1
		}},
		{"Deployment", "work", []string{"came"}, func(clock int) int {
			if clock >= 8 && clock < 16 {
				return 1
			}
			return 0
		}},
	} {
		ref := analyzer.Ref{Namespace: "n", Kind: w.kind, Name: w.name}
		s.Workloads = append(s.Workloads, analyzer.Workload{Ref: ref, Pods: pods(w.on...), Containers: []analyzer.Container{{Name: "app", Requests: asks}}})
		u := analyzer.ContainerUsage{Ref: ref, Container: "app"}
		for h := s.Window.Start.Unix() / 3600; h < end.Unix()/3600; h++ {
			if date := int32(h / 24); len(u.Days) == 0 || u.Days[len(u.Days)-1].Date != date {
				u.Days = append(u.Days, analyzer.Day{Date: date, Hours: make([]analyzer.Hour, 24)})
			}
			u.Days[len(u.Days)-1].Hours[h%24] = analyzer.Hour{Pods: float32(w.hours(int(h % 24)))}
		}
		s.Usage = append(s.Usage, u)
	}
	return s
}

// TestFleet: nodes of today have the hours that they can have had, and what is left of
// their kinds is of nodes that are gone. Pods are where such nodes were.
func TestFleet(t *testing.T) {
	s := weekOf()
	want := map[string]float64{"stays": 48, "came": 2, "new": 0, "gone: m6i.large us-east-1a": 14}
	for _, m := range allocation.Fleet(s, 48) {
		if hours, ok := want[m.Name]; !ok || math.Abs(m.Hours-hours) > 1e-9 || m.Gone != strings.HasPrefix(m.Name, "gone:") {
			t.Errorf("%s has %v hours, want %v", m.Name, m.Hours, hours)
		}
		delete(want, m.Name)
	}
	if len(want) > 0 {
		t.Errorf("the fleet lacks %v", want)
	}
	a, err := allocation.Of(s, pricing.New(pricing.Config{}), allocation.Basis{Hours: true})
	if err != nil {
		t.Fatal(err)
	}
	held, usd := map[string]float64{}, 0.0
	for _, i := range a.Items {
		held[i.Name+" "+i.Node] += i.Hold.CPU.Held / 1000
		usd += i.Total()
	}
	// The DaemonSet's 64 core-hours are on its nodes as long as each was there, the
	// Deployment's 16 where its pod is, and in its pool.
	for at, want := range map[string]float64{"agent stays": 48, "agent came": 2, "agent gone: m6i.large us-east-1a": 14, "work came": 2, "work ": 14} {
		if math.Abs(held[at]-want) > 1e-6 {
			t.Errorf("%q holds %v core-hours, want %v", at, held[at], want)
		}
	}
	if len(held) != 5 {
		t.Errorf("got %v", held)
	}
	list := func(capacity pricing.CapacityType) float64 {
		return pricing.New(pricing.Config{}).Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m6i.large", CapacityType: capacity}).Offering.USDPerHour
	}
	bill, idle := 48*list(pricing.OnDemand)+16*list(pricing.Spot), 0.0
	for i := range a.Nodes {
		n := &a.Nodes[i]
		idle += n.Idle().Total()
		if n.Name == "gone: m6i.large us-east-1a" && n.Free.CPU > 1e-9 { // both of its cores are held
			t.Errorf("%s has idle CPU: %+v", n.Name, n.Free)
		}
	}
	if math.Abs(a.Bill.Nodes-bill) > 1e-9 || math.Abs(usd+idle-bill) > 1e-9 {
		t.Errorf("the bill is %v and its parts come to %v, want %v", a.Bill.Nodes, usd+idle, bill)
	}
}

// TestFleetEnded: pods that have ended pay what pods that run pay, though the node that
// they ended on is young.
func TestFleetEnded(t *testing.T) {
	paid := map[string]float64{}
	for _, phase := range []string{"Running", "Succeeded"} {
		s := weekOf()
		for i := range s.Workloads {
			if s.Workloads[i].Name == "work" {
				s.Workloads[i].Pods[0].Phase = phase
			}
		}
		a, err := allocation.Of(s, pricing.New(pricing.Config{}), allocation.Basis{Hours: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range a.Items {
			if i.Name == "work" {
				paid[phase] += i.Total()
			}
		}
	}
	if !(paid["Running"] > 0) || math.Abs(paid["Running"]-paid["Succeeded"]) > 1e-9 {
		t.Errorf("pods that run pay %v, those that ended %v", paid["Running"], paid["Succeeded"])
	}
}
