package packing_test

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// small and large are two simple offerings of one zone.
func small() packing.Offering {
	return packing.Offering{Type: "small", Zone: "a", Arch: "amd64", CapacityType: "on-demand", CPU: 2000, Memory: 4096 * mib, Pods: 10, USDPerHour: 1}
}

func large() packing.Offering {
	return packing.Offering{Type: "large", Zone: "a", Arch: "amd64", CapacityType: "on-demand", CPU: 8000, Memory: 16384 * mib, Pods: 40, USDPerHour: 3.5}
}

func pod(name string, cpu int64) packing.Pod {
	return packing.Pod{Name: name, Group: strings.TrimRight(name, "0123456789"), CPU: cpu, Memory: 64 * mib}
}

func pods(prefix string, n int, cpu int64, change func(*packing.Pod)) []packing.Pod {
	var out []packing.Pod
	for i := range n {
		p := pod(prefix+string(rune('0'+i)), cpu)
		if change != nil {
			change(&p)
		}
		out = append(out, p)
	}
	return out
}

func in(zone string, o packing.Offering) packing.Offering { o.Zone = zone; return o }

// mustPack packs, and checks the plan with the independent checker.
func mustPack(t *testing.T, input packing.Input) packing.Plan {
	t.Helper()
	plan, err := packing.Pack(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	if err := packing.Check(plan, input.Pods, input.DaemonSets); err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestPack(t *testing.T) {
	tainted := large()
	tainted.USDPerHour, tainted.Taints = 0.5, []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
	soft := small()
	soft.USDPerHour, soft.Taints = 0.4, []packing.Taint{{Key: "old", Effect: "PreferNoSchedule"}}
	arm := small()
	arm.Arch, arm.USDPerHour, arm.Type = "arm64", 0.6, "arm"
	gpu := large()
	gpu.Type, gpu.GPUs, gpu.USDPerHour = "gpu", 2, 9
	zones := []packing.Offering{in("a", small()), in("b", small()), in("c", small())}
	tests := map[string]struct {
		offerings []packing.Offering
		pods      []packing.Pod
		daemons   []packing.Pod
		hourly    float64
		nodes     int
	}{
		"one pod":                     {[]packing.Offering{small(), large()}, pods("p", 1, 1000, nil), nil, 1, 1},
		"four smalls beat a large":    {[]packing.Offering{small(), large()}, pods("p", 3, 2000, nil), nil, 3, 3},
		"a large beats four smalls":   {[]packing.Offering{small(), large()}, pods("p", 4, 2000, nil), nil, 3.5, 1},
		"DaemonSets take room":        {[]packing.Offering{small(), large()}, pods("p", 4, 1000, nil), pods("ds", 1, 500, nil), 3.5, 1},
		"too big for small":           {[]packing.Offering{small(), large()}, pods("p", 1, 2500, nil), nil, 3.5, 1},
		"taint not tolerated":         {[]packing.Offering{small(), tainted}, pods("p", 1, 1000, nil), nil, 1, 1},
		"PreferNoSchedule is ignored": {[]packing.Offering{small(), soft}, pods("p", 1, 1000, nil), nil, 0.4, 1},
		"taint tolerated": {[]packing.Offering{small(), tainted}, pods("p", 1, 1000, func(p *packing.Pod) {
			p.Tolerations = []packing.Toleration{{Key: "spot", Operator: "Exists"}}
		}), nil, 0.5, 1},
		"architecture of the image": {[]packing.Offering{small(), arm}, pods("p", 1, 1000, func(p *packing.Pod) { p.Archs = []string{"amd64"} }), nil, 1, 1},
		"multi-arch image":          {[]packing.Offering{small(), arm}, pods("p", 1, 1000, nil), nil, 0.6, 1},
		"GPUs": {[]packing.Offering{small(), gpu}, append(pods("g", 3, 100, func(p *packing.Pod) { p.GPUs = 1 }),
			pods("p", 2, 2000, nil)...), nil, 18, 2},
		"volume zone": {zones, pods("p", 2, 500, func(p *packing.Pod) { p.Zone = "b" }), nil, 1, 1},
		"zone spread": {zones, pods("p", 4, 500, func(p *packing.Pod) {
			p.Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}
		}), nil, 3, 3},
		"zone spread within its skew": {zones, pods("p", 2, 500, func(p *packing.Pod) {
			p.Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 2}}
		}), nil, 1, 1},
		"zone anti-affinity": {zones, pods("p", 2, 500, func(p *packing.Pod) {
			p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}}
		}), nil, 2, 2},
		"host anti-affinity": {[]packing.Offering{small(), large()}, pods("p", 3, 100, func(p *packing.Pod) {
			p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"p"}}}
		}), nil, 3, 3},
		"host spread": {[]packing.Offering{small(), large()}, pods("p", 4, 100, func(p *packing.Pod) {
			p.Spread = []packing.Spread{{TopologyKey: packing.LabelHostname, MaxSkew: 2}}
		}), nil, 2, 2},
		"enemies on a host": {[]packing.Offering{small()}, append(pods("q", 2, 100, nil), pods("p", 2, 100, func(p *packing.Pod) {
			p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"q"}}}
		})...), nil, 2, 2},
		"node affinity": {[]packing.Offering{small(), large()}, pods("p", 1, 100, func(p *packing.Pod) {
			p.Affinity = []packing.Term{
				{{Key: "missing", Operator: packing.Exists}},
				{{Key: packing.LabelInstanceType, Operator: packing.NotIn, Values: []string{"small"}}, {Key: "missing", Operator: packing.DoesNotExist}},
			}
		}), nil, 3.5, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			plan := mustPack(t, packing.Input{Pods: tt.pods, Offerings: tt.offerings, DaemonSets: tt.daemons})
			if math.Abs(plan.Hourly-tt.hourly) > 1e-9 || len(plan.Nodes) != tt.nodes || len(plan.Abstained) > 0 {
				t.Errorf("got %v $/h on %d nodes, abstained %v; want %v on %d", plan.Hourly, len(plan.Nodes), plan.Abstained, tt.hourly, tt.nodes)
			}
			if math.Abs(plan.Monthly-730*plan.Hourly) > 1e-6 {
				t.Errorf("monthly: got %v, want 730 x %v", plan.Monthly, plan.Hourly)
			}
		})
	}
}

func TestAbstains(t *testing.T) {
	tests := map[string]struct {
		change func(*packing.Pod)
		want   string
	}{
		"caller says":           {func(p *packing.Pod) { p.Unmodelled = []string{"inter-pod affinity"} }, "not modelled: inter-pod affinity"},
		"spread over racks":     {func(p *packing.Pod) { p.Spread = []packing.Spread{{TopologyKey: "rack", MaxSkew: 1}} }, "topology spread over rack"},
		"skew below 1":          {func(p *packing.Pod) { p.Spread = []packing.Spread{{TopologyKey: packing.LabelZone}} }, "maxSkew"},
		"anti-affinity on rack": {func(p *packing.Pod) { p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: "rack"}} }, "anti-affinity over rack"},
		"unknown operator":      {func(p *packing.Pod) { p.Affinity = []packing.Term{{{Key: "k", Operator: "Near"}}} }, "operator Near"},
		"no such label":         {func(p *packing.Pod) { p.NodeSelector = map[string]string{"disk": "ssd"} }, "no offering matches"},
		"too large":             {func(p *packing.Pod) { p.CPU = 9000 }, "too large: needs 9000 millicores"},
		"no GPU offered":        {func(p *packing.Pod) { p.GPUs = 1 }, "1 GPUs"},
		"no such resource":      {func(p *packing.Pod) { p.Extended = map[string]int64{"example.com/fpga": 1} }, "example.com/fpga"},
		"empty affinity term":   {func(p *packing.Pod) { p.Affinity = []packing.Term{{}} }, "no offering matches"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			odd := pod("odd", 100)
			tt.change(&odd)
			plan := mustPack(t, packing.Input{Pods: []packing.Pod{odd, pod("plain", 100)}, Offerings: []packing.Offering{small(), large()}})
			if len(plan.Abstained) != 1 || plan.Abstained[0].Pod != "odd" || !strings.Contains(plan.Abstained[0].Reason, tt.want) {
				t.Errorf("abstained: got %v, want odd with %q", plan.Abstained, tt.want)
			}
			if len(plan.Nodes) != 1 {
				t.Errorf("nodes: got %d, want one, for the plain pod", len(plan.Nodes))
			}
		})
	}
}

func TestAbstainsWhereZonesRunOut(t *testing.T) {
	plan := mustPack(t, packing.Input{
		Pods: pods("p", 3, 100, func(p *packing.Pod) {
			p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}}
		}),
		Offerings: []packing.Offering{in("a", small()), in("b", small())},
	})
	if len(plan.Nodes) != 2 || len(plan.Abstained) != 1 {
		t.Errorf("got %d nodes and %d abstained, want 2 and 1", len(plan.Nodes), len(plan.Abstained))
	}
}

func TestPackErrors(t *testing.T) {
	free := small()
	free.USDPerHour = 0
	negative := pod("n", -1)
	tests := map[string]struct {
		in   packing.Input
		want string
	}{
		"twice":    {packing.Input{Pods: []packing.Pod{pod("a", 1), pod("a", 1)}}, "used twice"},
		"nameless": {packing.Input{Pods: []packing.Pod{{}}}, "name is empty"},
		"negative": {packing.Input{Pods: []packing.Pod{negative}}, "negative"},
		"no price": {packing.Input{Offerings: []packing.Offering{free}}, "check the price table"},
	}
	for name, tt := range tests {
		if _, err := packing.Pack(context.Background(), tt.in); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, tt.want)
		}
	}
	if plan, err := packing.Pack(context.Background(), packing.Input{}); err != nil || len(plan.Nodes) > 0 {
		t.Errorf("nothing to pack: got %v, %v", plan, err)
	}
	if plan, err := packing.Pack(context.Background(), packing.Input{Pods: []packing.Pod{pod("a", 1)}}); err != nil || len(plan.Abstained) != 1 {
		t.Errorf("no offerings: got %v, %v; want one abstained", plan, err)
	}
}

func TestInputOrderNeverChangesThePlan(t *testing.T) {
	input := randomInput(t, 5, 50)
	input.Effort = 0.05
	want := mustPack(t, input)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2 {
		rng.Shuffle(len(input.Pods), func(i, j int) { input.Pods[i], input.Pods[j] = input.Pods[j], input.Pods[i] })
		rng.Shuffle(len(input.Offerings), func(i, j int) {
			input.Offerings[i], input.Offerings[j] = input.Offerings[j], input.Offerings[i]
		})
		if got := mustPack(t, input); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order gave another plan: %v $/h and bound %v, want %v and %v", got.Hourly, got.LowerBound, want.Hourly, want.LowerBound)
		}
	}
}

// The pattern bound stops within 0.02 % of its optimum, so that is the slack.
func TestAddingPodsNeverLowersTheBound(t *testing.T) {
	input := randomInput(t, 6, 60)
	all := slices.Clone(input.Pods)
	input.Effort = 0.05
	last := 0.0
	for n := 10; n <= len(all); n += 10 {
		input.Pods = all[:n]
		plan := mustPack(t, input)
		if plan.LowerBound < last*(1-5e-4) {
			t.Errorf("%d pods: bound fell from %v to %v", n, last, plan.LowerBound)
		}
		last = plan.LowerBound
	}
}

// optimum packs up to a dozen unconstrained pods exactly: the cheapest offering
// of every subset, then the cheapest partition.
func optimum(input packing.Input) float64 {
	n := len(input.Pods)
	one := make([]float64, 1<<n)
	best := make([]float64, 1<<n)
	for set := 1; set < 1<<n; set++ {
		var cpu, memory, count int64
		for i := range n {
			if set>>i&1 == 1 {
				cpu, memory, count = cpu+input.Pods[i].CPU, memory+input.Pods[i].Memory, count+1
			}
		}
		one[set] = math.Inf(1)
		for _, o := range input.Offerings {
			if cpu <= o.CPU && memory <= o.Memory && count <= o.Pods {
				one[set] = min(one[set], o.USDPerHour)
			}
		}
		best[set] = one[set]
		for part := (set - 1) & set; part > 0; part = (part - 1) & set {
			best[set] = min(best[set], one[part]+best[set&^part])
		}
	}
	return best[1<<n-1]
}

func TestAgainstExactOptimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	exact, proven := 0, 0
	const instances = 40
	for i := range instances {
		var input packing.Input
		for k := range 3 {
			scale := int64(1) << k
			input.Offerings = append(input.Offerings, packing.Offering{
				Type: string(rune('x' + k)), Zone: "a", CPU: 1900 * scale, Memory: 3000 * mib * scale * (1 + rng.Int64N(3)),
				Pods: 4 * scale, USDPerHour: float64(scale) * (0.9 + 0.2*rng.Float64()),
			})
		}
		for j := range 3 + rng.IntN(7) {
			input.Pods = append(input.Pods, packing.Pod{Name: string(rune('a' + j)), CPU: 100 + rng.Int64N(1800), Memory: (100 + rng.Int64N(2800)) * mib})
		}
		input.Effort = 0.2
		plan, want := mustPack(t, input), optimum(input)
		if plan.LowerBound > want+1e-9 {
			t.Errorf("instance %d: bound %v is above the optimum %v", i, plan.LowerBound, want)
		}
		if plan.Hourly < want+1e-9 {
			exact++
		}
		if plan.LowerBound > want*0.999 {
			proven++
		}
	}
	t.Logf("optimal plans %d, proven optima %d of %d", exact, proven, instances)
	if exact < instances-2 {
		t.Errorf("optimal plans: got %d of %d, want at least %d", exact, instances, instances-2)
	}
}

// TestBoundWithGPUs has more classes of pods than the pattern bound takes on,
// and kinds without the GPUs that a pod needs: the assignment bound alone has
// to hold.
func TestBoundWithGPUs(t *testing.T) {
	input := packing.Input{Offerings: []packing.Offering{small(), large()}}
	gpu := large()
	gpu.Type, gpu.GPUs, gpu.USDPerHour = "gpu", 1, 9
	input.Offerings = append(input.Offerings, gpu)
	for i := range 450 {
		input.Pods = append(input.Pods, pod("web"+strconv.Itoa(i), int64(500+i)))
	}
	train := pod("train", 4000)
	train.GPUs = 1
	input.Pods = append(input.Pods, train)
	plan := mustPack(t, input)
	if plan.LowerBound < 0.9*plan.Hourly || plan.LowerBound > plan.Hourly {
		t.Errorf("got a bound of %.2f USD an hour for a plan of %.2f, want at least 90%% of it", plan.LowerBound, plan.Hourly)
	}
}
