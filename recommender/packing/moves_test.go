package packing_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// The vectors are those of Karpenter's design of the Balanced policy.
func TestScore(t *testing.T) {
	tests := map[string]struct {
		savings, cost, disruption, total float64
		want                             float64
		act                              bool
	}{
		"100 nodes":         {7.26, 580.80, 3, 800, 3.33, true},
		"12 nodes, 4 pods":  {58.08 / 12, 58.08, 4, 107, 2.23, true},
		"12 nodes, 31 pods": {58.08 / 12, 58.08, 31, 107, 0.29, false},
		"uniform delete":    {1, 10, 1, 10, 1, true},
		"uniform replace":   {1 - 0.6, 10, 1, 10, 0.4, false},
		"nothing to share":  {1, 0, 1, 1, 0, false},
	}
	for name, tt := range tests {
		got := packing.Score(tt.savings, tt.cost, tt.disruption, tt.total)
		if math.Abs(got-tt.want) > 0.005 || (got >= packing.MinScore) != tt.act {
			t.Errorf("%s: got %.3f, want %.2f, act %v", name, got, tt.want, tt.act)
		}
	}
}

func TestEvictionCost(t *testing.T) {
	tests := []struct {
		priority, deletion int32
		want               float64
	}{
		{0, 0, 1}, {1 << 25, 0, 2}, {0, 1 << 27, 2}, {0, -1 << 27, 0}, {math.MaxInt32, 0, 10}, {math.MinInt32, 0, -10},
	}
	for _, tt := range tests {
		p := packing.Pod{Priority: tt.priority, DeletionCost: tt.deletion}
		if got := p.EvictionCost(); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("priority %d, deletion cost %d: got %v, want %v", tt.priority, tt.deletion, got, tt.want)
		}
	}
	if got := packing.NodeDisruption([]packing.Pod{{}, {DeletionCost: math.MinInt32}, {Priority: 1 << 25}}); math.Abs(got-4) > 1e-6 {
		t.Errorf("node: got %v, want 1 + 1 + 0 + 2", got)
	}
}

// halfFull is three small nodes with one pod each, which fit on one.
func halfFull() (packing.Input, []packing.CurrentNode) {
	in := packing.Input{Pods: pods("p", 3, 600, nil), Offerings: []packing.Offering{small()}}
	var current []packing.CurrentNode
	for i := range 3 {
		current = append(current, packing.CurrentNode{Name: fmt.Sprintf("node-%d", i), Offering: small(), Pods: []string{fmt.Sprintf("p%d", i)}})
	}
	return in, current
}

func TestMoves(t *testing.T) {
	in, current := halfFull()
	plan := mustPack(t, in)
	m := packing.Moves(context.Background(), in, current, []packing.Budget{{Name: "p", Pods: []string{"p0", "p1", "p2"}, Allowed: 1}}, plan)
	if len(m.Launch) != 0 || len(m.Moves) != 2 {
		t.Fatalf("got %d launches and %d moves, want none and two", len(m.Launch), len(m.Moves))
	}
	for _, v := range m.Moves {
		if v.Blocked != "" || v.Savings != 1 || v.Waves != 1 || len(v.Evictions) != 1 || v.Disruption != 2 || v.Score != 1 {
			t.Errorf("move: got %+v, want savings 1, one wave, one eviction, disruption 2, score 1", v)
		}
	}
	if m.Savings != 2 {
		t.Errorf("savings: got %v, want 2", m.Savings)
	}
}

func TestMovesBlocked(t *testing.T) {
	tests := map[string]struct {
		change  func(*packing.Input, []packing.CurrentNode)
		budgets []packing.Budget
		want    string
		savings float64
	}{
		"budget":          {nil, []packing.Budget{{Name: "tight", Pods: []string{"p1"}, Allowed: 0}}, "PodDisruptionBudget tight allows no disruption", 1},
		"caller":          {func(_ *packing.Input, c []packing.CurrentNode) { c[1].Blockers = []string{"local storage"} }, nil, "local storage", 1},
		"left-out pod":    {func(in *packing.Input, _ []packing.CurrentNode) { in.Pods[1].Unmodelled = []string{"x"} }, nil, "the plan leaves out its pod p1", 1},
		"none in the way": {nil, []packing.Budget{{Name: "other", Pods: []string{"q"}, Allowed: 0}}, "", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in, current := halfFull()
			if tt.change != nil {
				tt.change(&in, current)
			}
			m := packing.Moves(context.Background(), in, current, tt.budgets, mustPack(t, in))
			got := ""
			for _, v := range m.Moves {
				got += v.Blocked
			}
			if !strings.Contains(got, tt.want) || (tt.want == "" && got != "") || m.Savings != tt.savings {
				t.Errorf("got blocked %q, savings %v; want %q, %v", got, m.Savings, tt.want, tt.savings)
			}
		})
	}
}

// Whatever the clusters, launches and unblocked drains lead from today's cost
// to the plan's, savings of moves add up to the same, and every eviction goes
// to where the plan has room for it.
func TestMovesLeadToThePlan(t *testing.T) {
	for seed := range uint64(3) {
		in := randomInput(t, 50+seed, 40)
		in.Effort = 0.05
		plan := mustPack(t, in)
		current := oneByOne(in)
		m := packing.Moves(context.Background(), in, current, nil, plan)
		today, moved := 0.0, 0.0
		for _, n := range current {
			today += n.Offering.USDPerHour
		}
		end := map[string][]string{}
		for _, n := range current {
			end[n.Name] = append([]string(nil), n.Pods...)
		}
		for _, v := range m.Moves {
			if v.Blocked != "" {
				t.Fatalf("seed %d: move of %s is blocked: %s", seed, v.Node, v.Blocked)
			}
			moved += v.Savings
			for _, e := range v.Evictions {
				end[v.Node] = without(end[v.Node], e.Pod)
				end[e.To] = append(end[e.To], e.Pod)
			}
			if !v.Keep {
				if len(end[v.Node]) > 0 {
					t.Errorf("seed %d: %s is removed with %v on it", seed, v.Node, end[v.Node])
				}
				delete(end, v.Node)
			}
		}
		if want := today - plan.Hourly; math.Abs(m.Savings-want) > 1e-6 || math.Abs(moved-want) > 1e-6 {
			t.Errorf("seed %d: savings %v, of the moves %v; want %v", seed, m.Savings, moved, want)
		}
		after := packing.Plan{Hourly: plan.Hourly}
		for i, n := range m.Launch {
			after.Nodes = append(after.Nodes, loaded(in, n.Offering, end[fmt.Sprintf("new-%d", i+1)]))
		}
		for _, n := range current {
			if left, kept := end[n.Name]; kept {
				after.Nodes = append(after.Nodes, loaded(in, n.Offering, left))
			}
		}
		if err := packing.Check(after, in.Pods, in.DaemonSets); err != nil {
			t.Errorf("seed %d: after the moves: %v", seed, err)
		}
	}
}

func without(list []string, drop string) []string {
	var out []string
	for _, s := range list {
		if s != drop {
			out = append(out, s)
		}
	}
	return out
}

// oneByOne is a wasteful cluster: a node for every pod, the cheapest that takes it.
func oneByOne(in packing.Input) []packing.CurrentNode {
	var current []packing.CurrentNode
	for i := range in.Pods {
		p := in.Pods[i]
		p.Spread, p.AntiAffinity = nil, nil
		alone, _ := packing.Pack(context.Background(), packing.Input{Pods: []packing.Pod{p}, DaemonSets: in.DaemonSets, Offerings: in.Offerings})
		current = append(current, packing.CurrentNode{Name: "today-" + p.Name, Offering: alone.Nodes[0].Offering, Pods: []string{p.Name}})
	}
	return current
}

func loaded(in packing.Input, o packing.Offering, names []string) packing.PlannedNode {
	n := packing.PlannedNode{Offering: o, Pods: names}
	for _, ds := range in.DaemonSets {
		n.CPU, n.Memory = n.CPU+ds.CPU, n.Memory+ds.Memory
	}
	for _, name := range names {
		for _, p := range in.Pods {
			if p.Name == name {
				n.CPU, n.Memory = n.CPU+p.CPU, n.Memory+p.Memory
			}
		}
	}
	return n
}
