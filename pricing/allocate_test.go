package pricing_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

const gib = 1 << 30

// bill is a node of 4 cores and 16 GiB, 3.5 and 14 of them allocatable, that
// costs 0.2 USD an hour: 0.03 a core, 0.005 a GiB.
func bill(name string, hours float64) pricing.NodeBill {
	return pricing.NodeBill{
		Name: name, Hours: hours, CPUMillis: 4000, MemoryBytes: 16 * gib,
		AllocatableCPUMillis: 3500, AllocatableMemoryBytes: 14 * gib,
		Price: pricing.NodePrice{USDPerHour: 0.2, CPUPerCoreHour: 0.03, MemoryPerGiBHour: 0.005, Status: pricing.Listed},
	}
}

// holding is a constant request and usage over some hours.
func holding(hours, request, usage float64) pricing.Holding {
	return pricing.Holding{Held: hours * max(request, usage), Used: hours * usage}
}

func TestAllocate(t *testing.T) {
	pods := []pricing.PodUse{
		{Node: "a", CPU: holding(10, 1000, 200), Memory: holding(10, 1*gib, 2*gib)},
		{Node: "a", CPU: holding(5, 0, 500), Memory: holding(5, 0, 4*gib)},
		{Node: "a", DaemonSet: true, CPU: holding(10, 100, 0), Memory: holding(10, gib/2, 0)},
	}
	b := pricing.Allocate([]pricing.NodeBill{bill("a", 10)}, pods)
	want := pricing.NodeCost{
		Name: "a", Total: 2,
		Workloads:  pricing.Cost{CPU: 0.3 + 0.075, Memory: 0.1 + 0.1},
		DaemonSets: pricing.Cost{CPU: 0.03, Memory: 0.025},
		Overhead:   pricing.Cost{CPU: 0.15, Memory: 0.1},
		Idle:       pricing.Cost{CPU: 1.2 - 0.375 - 0.03 - 0.15, Memory: 0.8 - 0.2 - 0.025 - 0.1},
		Slack:      pricing.Cost{CPU: 0.3 * 0.8},
	}
	checkCosts(t, b.Nodes[0], want)
	for i, want := range []float64{0.4, 0.175, 0.055} {
		if got := b.PerUse[i].Cost.Total(); !near(got, want, 1e-12) {
			t.Errorf("use %d costs %v, want %v", i, got, want)
		}
	}
	checkSums(t, b)
}

func checkCosts(t *testing.T, got, want pricing.NodeCost) {
	t.Helper()
	pairs := map[string][2]pricing.Cost{
		"workloads": {got.Workloads, want.Workloads}, "daemonsets": {got.DaemonSets, want.DaemonSets},
		"overhead": {got.Overhead, want.Overhead}, "idle": {got.Idle, want.Idle},
		"slack": {got.Slack, want.Slack}, "stranded": {got.Stranded, want.Stranded},
	}
	for name, p := range pairs {
		if math.Abs(p[0].CPU-p[1].CPU)+math.Abs(p[0].Memory-p[1].Memory)+math.Abs(p[0].GPU-p[1].GPU) > 1e-12 {
			t.Errorf("%s = %+v, want %+v", name, p[0], p[1])
		}
	}
	if got.Total != want.Total || got.Overcommitted != want.Overcommitted {
		t.Errorf("total %v, overcommitted %v; want %v, %v", got.Total, got.Overcommitted, want.Total, want.Overcommitted)
	}
}

// checkSums asserts that the parts add up on every node, over the nodes, over the workloads, and in cents.
func checkSums(t testing.TB, b pricing.Bill) {
	t.Helper()
	parts := b.Workloads.Total() + b.DaemonSets.Total() + b.Idle.Total() + b.Overhead.Total()
	if !near(parts, b.Total, 1e-9) {
		t.Fatalf("parts %v, bill %v", parts, b.Total)
	}
	var perUse float64
	for _, u := range b.PerUse {
		perUse += u.Cost.Total()
		if u.Slack.CPU > u.Cost.CPU || u.Slack.Memory > u.Cost.Memory || min(u.Slack.CPU, u.Slack.Memory, u.Slack.GPU) < 0 {
			t.Fatalf("slack %+v of %+v", u.Slack, u.Cost)
		}
	}
	if pods := b.Workloads.Total() + b.DaemonSets.Total(); math.Abs(perUse-pods) > 1e-9*b.Total {
		t.Fatalf("uses add up to %v, pods to %v", perUse, pods)
	}
	if b.Slack.Total() > b.Workloads.Total()*(1+1e-9) || b.Stranded.Total() > b.Idle.Total()*(1+1e-9) {
		t.Fatalf("slack %v of %v, stranded %v of %v", b.Slack, b.Workloads, b.Stranded, b.Idle)
	}
	var amounts []float64
	for _, n := range b.Nodes {
		sum := n.Workloads.Total() + n.DaemonSets.Total() + n.Idle.Total() + n.Overhead.Total()
		if !near(sum, n.Total, 1e-9) {
			t.Fatalf("node %s: parts %v of %v: %+v", n.Name, sum, n.Total, n)
		}
		for _, c := range []pricing.Cost{n.Workloads, n.DaemonSets, n.Idle, n.Overhead} {
			if min(c.CPU, c.Memory, c.GPU) < 0 {
				t.Fatalf("node %s: negative cost %+v", n.Name, n)
			}
			amounts = append(amounts, c.CPU, c.Memory, c.GPU)
		}
	}
	var cents int64
	for _, c := range pricing.RoundCents(amounts) {
		cents += c
	}
	if math.Abs(float64(cents)-b.Total*100) > 0.5+1e-6*b.Total {
		t.Fatalf("cents add up to %d, bill %v", cents, b.Total)
	}
}

func TestAllocateOvercommitted(t *testing.T) {
	pods := []pricing.PodUse{
		{Node: "a", CPU: holding(1, 500, 6000), Memory: holding(1, gib, 0)},
		{Node: "a", CPU: holding(1, 2000, 0), Memory: holding(1, gib, 0)},
	}
	b := pricing.Allocate([]pricing.NodeBill{bill("a", 1)}, pods)
	checkSums(t, b)
	n := b.Nodes[0]
	if !n.Overcommitted || n.Idle.CPU != 0 || !near(n.Workloads.CPU, 0.105, 1e-12) || !near(n.Overhead.CPU, 0.015, 1e-12) || n.Idle.Memory <= 0 {
		t.Errorf("%+v", n)
	}
	if got := b.PerUse[0].Cost.CPU / b.PerUse[1].Cost.CPU; !near(got, 3, 1e-9) {
		t.Errorf("the first pays %v times what the second pays for CPU, want 6000/2000", got)
	}
	if !near(b.PerUse[1].Slack.CPU, b.PerUse[1].Cost.CPU, 1e-12) || b.PerUse[0].Slack.CPU != 0 {
		t.Errorf("slack %+v and %+v, want none and all", b.PerUse[0], b.PerUse[1])
	}
}

func TestAllocateStranded(t *testing.T) {
	pods := []pricing.PodUse{{Node: "a", CPU: holding(1, 3400, 0), Memory: holding(1, gib, 0)}}
	for _, tt := range []struct {
		name        string
		full        pricing.Full
		cpu, memory bool // whether what is idle of it is stranded
	}{
		{"room", pricing.Full{}, false, false},
		{"no CPU", pricing.Full{CPU: true}, false, true},
		{"no memory", pricing.Full{Memory: true}, true, false},
		{"neither", pricing.Full{CPU: true, Memory: true}, true, true},
		{"no pods", pricing.Full{Pods: true}, true, true},
	} {
		nb := bill("a", 1)
		nb.Full = tt.full
		b := pricing.Allocate([]pricing.NodeBill{nb}, pods)
		checkSums(t, b)
		var want pricing.Cost
		if tt.cpu {
			want.CPU = b.Idle.CPU
		}
		if tt.memory {
			want.Memory = b.Idle.Memory
		}
		if b.Stranded != want || b.Idle.CPU <= 0 || b.Idle.Memory <= 0 {
			t.Errorf("%s: stranded %+v, want %+v", tt.name, b.Stranded, want)
		}
	}
}

func TestAllocateOddInput(t *testing.T) {
	gpu := bill("g", 10)
	gpu.Price.USDPerHour, gpu.Price.GPUPerHour, gpu.Price.GPUs = 2.2, 1, 2
	free := pricing.NodeBill{Name: "free", Hours: 10, CPUMillis: 1000}
	pots := pricing.NodeBill{Name: "whole", Hours: 10, Price: pricing.NodePrice{USDPerHour: 1, Status: pricing.Listed}}
	core := holding(10, 1000, 0)
	uses := []pricing.PodUse{
		{Node: "g", GPU: holding(10, 1, 1), CPU: pricing.Holding{Held: -5, Used: math.NaN()}},
		{Node: "a", CPU: core},
		{Node: "a", CPU: pricing.Holding{Held: math.NaN()}},
		{Node: "gone", CPU: core},
		{Node: "zz", CPU: core},
		{Node: "free", CPU: core},
		{Node: "whole", CPU: core},
	}
	b := pricing.Allocate([]pricing.NodeBill{gpu, bill("a", 10), bill("a", 99), free, pots}, uses)
	checkSums(t, b)
	if want := 22.0 + 2 + 10; !near(b.Total, want, 1e-12) {
		t.Errorf("total %v, want %v", b.Total, want)
	}
	for i, want := range []float64{10, 0.3, 0, 0, 0, 0, 0} {
		if got := b.PerUse[i].Cost.Total(); math.Abs(got-want) > 1e-9 {
			t.Errorf("use %d costs %v, want %v", i, got, want)
		}
	}
	warnings := strings.Join(b.Warnings, "\n")
	for _, want := range []string{"node a has more than one bill", `node "gone"`, `node "zz"`, "node free has no price"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning with %q in\n%s", want, warnings)
		}
	}
}

// TestAllocateAddsUp is the invariant: on random clusters, over-committed ones
// among them, the parts add up to the bill, and the order of the input changes nothing.
func TestAllocateAddsUp(t *testing.T) {
	c := pricing.New(pricing.Config{})
	var machines []pricing.Offering
	for _, p := range c.Providers() {
		machines = append(machines, c.Offerings(p, c.Regions(p)[0])...)
	}
	schemes := map[string]string{"aws": "aws", "gcp": "gce", "azure": "azure"}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		var nodes []pricing.NodeBill
		var pods []pricing.PodUse
		for i := range 1 + r.IntN(12) {
			o := machines[r.IntN(len(machines))]
			n := cloudNode(schemes[o.Provider], o.Region, o.InstanceType, 0, 0)
			n.CPUMillis, n.MemoryBytes, n.GPUs = o.CPUMillis, o.MemoryBytes-r.Int64N(o.MemoryBytes/10), o.GPUs*r.Int64N(2)
			nb := pricing.NodeBill{
				Name: fmt.Sprint("n", i), Price: c.NodePrice(n), Hours: 730 * r.Float64(), CPUMillis: n.CPUMillis, MemoryBytes: n.MemoryBytes,
				AllocatableCPUMillis: n.CPUMillis - r.Int64N(100), AllocatableMemoryBytes: n.MemoryBytes - r.Int64N(n.MemoryBytes/4),
				Full: pricing.Full{CPU: r.IntN(3) == 0, Memory: r.IntN(3) == 0, Pods: r.IntN(9) == 0},
			}
			nodes = append(nodes, nb)
			for range r.IntN(40) {
				hours := nb.Hours * r.Float64()
				pods = append(pods, pricing.PodUse{
					Node: nb.Name, DaemonSet: r.IntN(8) == 0, GPU: holding(hours, float64(r.IntN(3)/2), 0),
					CPU:    holding(hours, float64(r.Int64N(1+n.CPUMillis/8)), float64(r.Int64N(1+n.CPUMillis/4))),
					Memory: holding(hours, float64(r.Int64N(1+n.MemoryBytes/8)), float64(r.Int64N(1+n.MemoryBytes/4))),
				})
			}
		}
		b := pricing.Allocate(nodes, pods)
		checkSums(t, b)
		at := r.Perm(len(pods))
		mixed := make([]pricing.PodUse, len(pods))
		for i, j := range at {
			mixed[i] = pods[j]
		}
		r.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		again := pricing.Allocate(nodes, mixed)
		perUse := make([]pricing.UseCost, len(pods))
		for i, j := range at {
			perUse[j] = again.PerUse[i]
		}
		if again.PerUse = perUse; !reflect.DeepEqual(again, b) {
			t.Fatalf("seed %d: the order of the input changes the bill", seed)
		}
	}
}

func TestRoundCents(t *testing.T) {
	for _, tt := range []struct {
		in   []float64
		want []int64
	}{
		{nil, []int64{}},
		{[]float64{0.005, 0.005}, []int64{1, 0}},
		{[]float64{1.0 / 3, 1.0 / 3, 1.0 / 3}, []int64{34, 33, 33}},
		{[]float64{0.29, 1.1}, []int64{29, 110}},
		{[]float64{-0.004, 0.014}, []int64{0, 1}},
		{[]float64{10.006, 0.004, 0.001}, []int64{1001, 0, 0}},
	} {
		if got := pricing.RoundCents(tt.in); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("RoundCents(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		var sum float64
		amounts := make([]float64, r.IntN(200))
		for i := range amounts {
			amounts[i] = r.ExpFloat64() * math.Pow(10, float64(r.IntN(6)-3))
			sum += amounts[i]
		}
		var cents int64
		for i, c := range pricing.RoundCents(amounts) {
			if math.Abs(float64(c)-100*amounts[i]) > 1+1e-6 {
				t.Fatalf("%v became %d cents", amounts[i], c)
			}
			cents += c
		}
		if cents != int64(math.Round(sum*100)) {
			t.Fatalf("seed %d: cents add up to %d, the amounts to %v", seed, cents, sum)
		}
	}
}

func BenchmarkAllocate(b *testing.B) {
	var nodes []pricing.NodeBill
	var pods []pricing.PodUse
	for i := range 1000 {
		name := fmt.Sprint("n", i)
		nodes = append(nodes, bill(name, 336))
		for j := range 30 {
			pods = append(pods, pricing.PodUse{Node: name, CPU: holding(336, 100, float64(j)), Memory: holding(336, 0, gib/4)})
		}
	}
	for b.Loop() {
		if got := pricing.Allocate(nodes, pods); len(got.Nodes) != 1000 {
			b.Fatal(len(got.Nodes))
		}
	}
}
