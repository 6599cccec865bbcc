package packing_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// kindsOf lists the offerings that a plan uses.
func kindsOf(plan packing.Plan) []packing.Offering {
	seen := map[string]bool{}
	var out []packing.Offering
	for _, n := range plan.Nodes {
		key := fmt.Sprint(n.Offering.Type, n.Offering.Zone, n.Offering.CapacityType, n.Offering.Labels)
		if !seen[key] {
			seen[key] = true
			out = append(out, n.Offering)
		}
	}
	return out
}

// atScale gives every workload of the pods a random number around a share of
// what it has, and the pods to match.
func atScale(rng *rand.Rand, pods []packing.Pod, share float64) (counts map[string]int, out []packing.Pod) {
	byGroup := map[string][]packing.Pod{}
	var groups []string
	for _, p := range pods {
		if byGroup[p.Group] == nil {
			groups = append(groups, p.Group)
		}
		byGroup[p.Group] = append(byGroup[p.Group], p)
	}
	counts = map[string]int{}
	for _, g := range groups {
		n := int(math.Round(float64(len(byGroup[g])) * share * (0.8 + 0.4*rng.Float64())))
		counts[g] = n
		for i := range n {
			p := byGroup[g][i%len(byGroup[g])]
			p.Name = fmt.Sprintf("%s-%d", g, i)
			out = append(out, p)
		}
	}
	return counts, out
}

// TestFollow holds the nodes for other numbers of pods to what packing them
// anew onto the plan's kinds of nodes comes to.
func TestFollow(t *testing.T) {
	var over []float64
	for seed := range uint64(2) {
		in := randomInput(t, seed, 120)
		in.Effort = 0.1
		plan := mustPack(t, in)
		f := packing.NewFollower(plan, in.Pods, in.DaemonSets)
		same, _ := f.Nodes(context.Background(), countsOf(in.Pods))
		if got, want := hourly(same), plan.Hourly; got > want+1e-9 {
			t.Errorf("seed %d: the plan's own pods take %.4f USD an hour, want %.4f at most", seed, got, want)
		}
		rng := rand.New(rand.NewPCG(seed, 3))
		for _, share := range []float64{0.3, 0.6, 1.4} {
			counts, pods := atScale(rng, in.Pods, share)
			got, named := f.PlanAt(counts)
			if err := packing.Check(got, named, in.DaemonSets); err != nil {
				t.Errorf("seed %d, share %.1f: %v", seed, share, err)
			}
			best := packing.Input{Pods: pods, DaemonSets: in.DaemonSets, Offerings: kindsOf(plan), Effort: 0.05}
			want, err := packing.Pack(context.Background(), best)
			if err != nil {
				t.Fatal(err)
			}
			over = append(over, 100*(got.Hourly/want.Hourly-1))
			t.Logf("seed %d, share %.1f: %.4f USD an hour, packed anew %.4f (%d nodes, %d pods, %d abstained)", seed, share, got.Hourly, want.Hourly, len(got.Nodes), len(named), len(want.Abstained))
		}
	}
	slices.Sort(over)
	median, worst := over[len(over)/2], over[len(over)-1]
	t.Logf("above packing anew: median %.1f %%, worst %.1f %%", median, worst)
	if median > 8 || worst > 15 {
		t.Errorf("above packing anew: got median %.1f %% and worst %.1f %%, want at most 8 and 15 %%", median, worst)
	}
}

// TestFollowNothing: no pods need no nodes, and pods that fit on no kind of the
// plan are counted.
func TestFollowNothing(t *testing.T) {
	in := packing.Input{Pods: pods("a", 6, 1500, nil), Offerings: []packing.Offering{small(), large()}}
	huge := pod("huge0", 50_000)
	f := packing.NewFollower(mustPack(t, in), append(in.Pods, huge), nil)
	for _, tt := range []struct {
		pods        map[string]int
		nodes, lost int
	}{
		{nil, 0, 0}, {map[string]int{"a": 1}, 1, 0}, {map[string]int{"a": 5}, 1, 0}, {map[string]int{"huge": 2}, 0, 2},
	} {
		nodes, lost := f.Nodes(context.Background(), tt.pods)
		if len(nodes) != tt.nodes || lost != tt.lost {
			t.Errorf("%v: got %d nodes and %d pods lost, want %d and %d", tt.pods, len(nodes), lost, tt.nodes, tt.lost)
		}
	}
}

func BenchmarkFollow(b *testing.B) {
	in := randomInput(b, 1, 400)
	in.Effort = 0.05
	plan, err := packing.Pack(context.Background(), in)
	if err != nil {
		b.Fatal(err)
	}
	f := packing.NewFollower(plan, in.Pods, in.DaemonSets)
	counts, _ := atScale(rand.New(rand.NewPCG(1, 3)), in.Pods, 0.8)
	for b.Loop() {
		f.Nodes(context.Background(), counts)
	}
}

func hourly(nodes []packing.PlannedNode) (usd float64) {
	for _, n := range nodes {
		usd += n.Offering.USDPerHour
	}
	return usd
}

func countsOf(pods []packing.Pod) map[string]int {
	out := map[string]int{}
	for _, p := range pods {
		out[p.Group]++
	}
	return out
}
