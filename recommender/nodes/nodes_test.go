package nodes_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// exampleSnapshot is the reference instance of testdata/packing as a cluster:
// 400 pods of as many workloads, filled in order onto m5.4xlarge nodes.
func exampleSnapshot(t testing.TB) *analyzer.Snapshot {
	t.Helper()
	f, err := os.Open("../../testdata/packing/example_pods.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := &analyzer.Snapshot{}
	var left analyzer.Amounts
	for _, r := range rows[1:] {
		cpu, _ := strconv.ParseInt(r[1], 10, 64)
		mem, _ := strconv.ParseInt(r[2], 10, 64)
		ask := analyzer.Amounts{CPU: cpu, Memory: mem << 20}
		if left.CPU < ask.CPU || left.Memory < ask.Memory {
			s.Nodes = append(s.Nodes, exampleNode(len(s.Nodes)))
			left = s.Nodes[len(s.Nodes)-1].Allocatable
		}
		left.CPU, left.Memory = left.CPU-ask.CPU, left.Memory-ask.Memory
		s.Workloads = append(s.Workloads, runningOn(r[0], ask, s.Nodes[len(s.Nodes)-1].Name))
	}
	s.Sort()
	return s
}

func exampleNode(i int) analyzer.Node {
	return analyzer.Node{
		Name: fmt.Sprintf("node-%03d", i),
		Labels: map[string]string{
			"node.kubernetes.io/instance-type": "m5.4xlarge", "topology.kubernetes.io/region": "us-east-1", "kubernetes.io/arch": "amd64",
			"topology.kubernetes.io/zone": "us-east-1a", "karpenter.sh/capacity-type": "on-demand",
		},
		ProviderID:  "aws:///us-east-1a/i-0",
		Capacity:    analyzer.Amounts{CPU: 16000, Memory: 64 << 30},
		Allocatable: analyzer.Amounts{CPU: 15890, Memory: 57 << 30}, MaxPods: 110, Ready: true,
	}
}

func runningOn(name string, ask analyzer.Amounts, nodes ...string) analyzer.Workload {
	w := analyzer.Workload{
		Ref:        analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: name},
		Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer, Requests: ask}},
		Replicas:   int32(len(nodes)),
	}
	for i, node := range nodes {
		w.Pods = append(w.Pods, analyzer.Pod{Name: fmt.Sprintf("%s-%d", name, i), Node: node, Phase: "Running", Requests: ask})
	}
	return w
}

// bareNodes asks for the cheapest nodes alone, of any types, as the packer's bound does.
var bareNodes = advice.NodeOptions{Survive: packing.SurviveNone, Pools: advice.PoolsExact}

func planNodes(t testing.TB, s *analyzer.Snapshot) advice.Advice {
	t.Helper()
	return planNodesWith(t, s, bareNodes)
}

func planNodesWith(t testing.TB, s *analyzer.Snapshot, o advice.NodeOptions) advice.Advice {
	t.Helper()
	facts := analyzer.Analyze(s)
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(pricing.Config{})), advice.Options{Nodes: o, Levers: []advice.Lever{advice.LeverNodes}})
	if err != nil {
		t.Fatal(err)
	}
	if len(recs) != 1 {
		t.Fatalf("got %d recommendations, want one", len(recs))
	}
	return recs[0]
}

// TestNodesExample holds the plan of 400 pods near its bound, at the effort of
// an audit.
func TestNodesExample(t *testing.T) {
	r := planNodes(t, exampleSnapshot(t))
	if advice.As[nodes.Plan](r.Detail) == nil {
		t.Fatalf("no plan: %s", r.Title)
	}
	t.Logf("%s; %.2f to %.2f USD a month, gap %.2f %%", r.Title, advice.As[nodes.Plan](r.Detail).MonthlyNow, advice.As[nodes.Plan](r.Detail).Monthly, advice.As[nodes.Plan](r.Detail).GapPercent)
	if advice.As[nodes.Plan](r.Detail).GapPercent > 2 {
		t.Errorf("gap: got %.2f %%, want at most 2 %%", advice.As[nodes.Plan](r.Detail).GapPercent)
	}
	if got, want := r.MonthlySavings, advice.As[nodes.Plan](r.Detail).MonthlyNow-advice.As[nodes.Plan](r.Detail).Monthly; got != want || got <= 0 {
		t.Errorf("savings: got %.2f, want the bill less the plan, %.2f, above 0", got, want)
	}
	moved := 0
	for _, m := range advice.As[nodes.Plan](r.Detail).Moves {
		moved += len(m.Evictions)
	}
	if moved > advice.As[nodes.Plan](r.Detail).Pods {
		t.Errorf("%d evictions of %d pods: one is evicted twice", moved, advice.As[nodes.Plan](r.Detail).Pods)
	}
}

// TestNodesOrder gives the same plan whatever the order of the input.
func TestNodesOrder(t *testing.T) {
	s := exampleSnapshot(t)
	s.Workloads = s.Workloads[:60]
	want := planNodes(t, s)
	slices.Reverse(s.Workloads)
	slices.Reverse(s.Nodes)
	if got := planNodes(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("got:\n%+v\nwant:\n%+v", got, want)
	}
}

// TestNodesAbstains names what keeps the rule from a plan.
func TestNodesAbstains(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*analyzer.Snapshot)
	}{
		{"a selection", "only a part of the workloads was selected", func(s *analyzer.Snapshot) {
			sel, err := object.Select([]string{"none"}, "")
			if err != nil {
				t.Fatal(err)
			}
			all := s.Workloads
			sel.Apply(s) // as the program does it
			s.Workloads = all[:20]
		}},
		{"a namespace refused", "only a part of the pods may be read", func(s *analyzer.Snapshot) {
			s.Warnings = []analyzer.Warning{{Code: analyzer.WarnForbidden, Subject: "namespace shop"}}
		}},
		{"no pods", "no pod runs", func(s *analyzer.Snapshot) { s.Workloads = nil }},
		{"reserved", "no node may go: it is reserved", func(s *analyzer.Snapshot) {
			for i := range s.Nodes {
				s.Nodes[i].Labels["karpenter.sh/capacity-type"] = "reserved"
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := exampleSnapshot(t)
			s.Workloads = s.Workloads[:20]
			c.change(s)
			r := planNodes(t, s)
			plan := advice.As[nodes.Plan](r.Detail)
			if (plan != nil) != (c.name == "reserved") || len(r.Withheld) != 1 || !strings.Contains(r.Withheld[0].Reason, c.want) {
				t.Errorf("got plan %v, withheld %v, want %q", plan, r.Withheld, c.want)
			}
			kept, pinned := 0, 0
			for _, w := range r.Warnings {
				switch w.Code {
				case "node-kept":
					kept++
				case "pinned":
					pinned++
				}
			}
			if c.name == "reserved" && (kept != len(s.Nodes) || pinned != 1) {
				t.Errorf("got %d nodes kept by name and %d kinds of reasons, want %d and 1", kept, pinned, len(s.Nodes))
			}
			if plan != nil && (len(plan.Kept) != len(s.Nodes) || len(plan.Placement) != len(s.Nodes) || plan.Monthly != plan.MonthlyNow || r.MonthlySavings != 0) {
				t.Errorf("got %+v, want all nodes kept at what they cost", plan)
			}
		})
	}
}

// TestLosesData counts the pods that lose data on their nodes, and pins them where asked to.
func TestLosesData(t *testing.T) {
	s := mixedSnapshot(6, 0)
	web := &s.Workloads[slices.IndexFunc(s.Workloads, func(w analyzer.Workload) bool { return w.Name == "web" })]
	for i := range web.Pods {
		web.Pods[i].Spec.LocalStorage = true
		web.Pods[i].Spec.Local = &analyzer.LocalData{EmptyDirs: 1 - i%2}
		if i < 2 {
			web.Pods[i].Spec.Ephemeral = []analyzer.VolumeClaim{{Name: "scratch"}}
		}
	}
	plan := advice.As[nodes.Plan](planNodes(t, s).Detail)
	if plan == nil || plan.Restarts != 6 || plan.LoseData != 3 || plan.LoseVolume != 2 {
		t.Errorf("got %+v, want 6 pods that restart, of which 3 lose data and 2 an ephemeral volume", plan)
	}
	r := planNodesWith(t, s, advice.NodeOptions{PinLocal: true})
	for _, k := range advice.As[nodes.Plan](r.Detail).Kept {
		if !strings.Contains(k.Reason, "data in an emptyDir volume") {
			t.Errorf("%s is kept for %q", k.Name, k.Reason)
		}
	}
	if got := len(advice.As[nodes.Plan](r.Detail).Kept); got != 3 {
		t.Errorf("got %d nodes kept, want the 3 with data", got)
	}
}

// TestFewerNodesThanAsked: where pods do not fill as many nodes as asked for, it is told.
func TestFewerNodesThanAsked(t *testing.T) {
	for least, want := range map[int]bool{2: false, 400: true} {
		r := planNodesWith(t, mixedSnapshot(4, 0), advice.NodeOptions{LeastNodes: least})
		if got := slices.ContainsFunc(r.Warnings, func(w analyzer.Warning) bool { return w.Code == "least-nodes" }); got != want {
			t.Errorf("%d nodes asked for: warned %v, want %v", least, got, want)
		}
	}
}

func BenchmarkNodes400(b *testing.B) {
	s := exampleSnapshot(b)
	for b.Loop() {
		planNodes(b, s)
	}
}
