package nodes_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

// asleepSnapshot has pods at all hours, and a cordoned node whose kind, two at a time,
// runs from 8 to 16 h only.
func asleepSnapshot() *analyzer.Snapshot {
	end := time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.Add(-48 * time.Hour), End: end, Step: 5 * time.Minute}}
	add := func(machine string, capacity analyzer.Amounts) *analyzer.Node {
		n := exampleNode(len(s.Nodes))
		n.Labels = maps.Clone(n.Labels)
		n.Labels["node.kubernetes.io/instance-type"], n.Labels["karpenter.sh/nodepool"] = machine, machine
		n.Capacity, n.Allocatable, n.Created = capacity, capacity, s.Window.Start
		s.Nodes = append(s.Nodes, n)
		return &s.Nodes[len(s.Nodes)-1]
	}
	large, small := analyzer.Amounts{CPU: 16000, Memory: 64 << 30}, analyzer.Amounts{CPU: 8000, Memory: 32 << 30}
	web := []string{add("m5.4xlarge", large).Name, add("m5.4xlarge", large).Name}
	asleep := add("m5.2xlarge", small)
	asleep.Unschedulable = true
	s.Workloads = append(s.Workloads, runningOn("web", analyzer.Amounts{CPU: 2000, Memory: 6 << 30}, web...))
	r := analyzer.NodeRecorder{}
	u := analyzer.ContainerUsage{Ref: s.Workloads[0].Ref, Container: "app"}
	for h := s.Window.Start.Unix() / 3600; h < end.Unix()/3600; h++ {
		for _, name := range web {
			r.Seen(name, h, 4)
		}
		if clock := h % 24; clock >= 8 && clock < 16 {
			r.Seen(asleep.Name, h, 4)
		}
		if date := int32(h / 24); len(u.Days) == 0 || u.Days[len(u.Days)-1].Date != date {
			u.Days = append(u.Days, analyzer.Day{Date: date, Hours: make([]analyzer.Hour, 24)})
		}
		u.Days[len(u.Days)-1].Hours[h%24] = analyzer.Hour{Pods: 2}
	}
	s.Usage = append(s.Usage, u)
	s.NodeHistory = r.History(s.Window, s.Nodes)
	s.Sort()
	return s
}

// TestKeptAsleep: a kept node that sleeps by night is in the plan's bill as it is in
// today's, no more of its kind than are kept.
func TestKeptAsleep(t *testing.T) {
	for name, most := range map[string]float32{"one": 1, "two": 2} {
		s := asleepSnapshot()
		for i := range s.NodeHistory.Kinds {
			for h, count := range s.NodeHistory.Kinds[i].Count {
				if s.NodeHistory.Kinds[i].Labels["node.kubernetes.io/instance-type"] == "m5.2xlarge" {
					s.NodeHistory.Kinds[i].Count[h] = count * most
				}
			}
		}
		plan := advice.As[nodes.Plan](planNodesWith(t, s, advice.NodeOptions{}).Detail)
		if plan == nil || plan.Hours == nil || len(plan.Kept) != 1 {
			t.Fatalf("%s: got %+v, want a plan by the hours with one node kept", name, plan)
		}
		kept := 0.0
		for _, p := range plan.Pools {
			if p.InstanceType == "m5.2xlarge" {
				kept += p.Hourly * pricing.HoursPerMonth
			}
		}
		always := plan.Monthly - kept
		if want := always + kept*16/48; math.Abs(plan.Hours.Monthly-want) > 0.01 || kept == 0 {
			t.Errorf("%s: got %.2f USD a month, want %.2f: the kept node a third of the hours", name, plan.Hours.Monthly, want)
		}
		if got := plan.Hours.Nodes[12] - plan.Hours.Nodes[3]; math.Abs(got-1) > 1e-6 {
			t.Errorf("%s: got %v nodes more at noon than at night, want 1", name, got)
		}
	}
}

// TestKeptJustCame: a kept node of which the window's hours know nothing costs in the plan
// what it costs in today's bill.
func TestKeptJustCame(t *testing.T) {
	s := asleepSnapshot()
	s.NodeHistory.Kinds = slices.DeleteFunc(s.NodeHistory.Kinds, func(k analyzer.NodeKind) bool {
		return k.Labels["node.kubernetes.io/instance-type"] == "m5.2xlarge"
	})
	plan := advice.As[nodes.Plan](planNodesWith(t, s, advice.NodeOptions{}).Detail)
	if plan == nil || plan.Hours == nil || len(plan.Kept) != 1 {
		t.Fatalf("got %+v, want a plan by the hours with one node kept", plan)
	}
	want := plan.Monthly
	for _, p := range plan.Pools {
		if p.InstanceType == "m5.2xlarge" {
			want -= p.Hourly * pricing.HoursPerMonth
		}
	}
	if math.Abs(plan.Hours.Monthly-want) > 0.01 || want == plan.Monthly {
		t.Errorf("got %.2f USD a month, want %.2f, without the node that came", plan.Hours.Monthly, want)
	}
}
