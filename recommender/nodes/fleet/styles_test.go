package fleet_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fleet"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestCoarserIsNoCheaper: on random clusters plans of any types are no dearer than those of
// one type a group, at each level of survival, and these have one type; no level is
// cheaper than one below it; and what lives through a level lives through those below.
func TestCoarserIsNoCheaper(t *testing.T) {
	for seed := range uint64(4) {
		in := randomStyles(rand.New(rand.NewPCG(seed, 22)))
		bare, err := packing.Pack(t.Context(), in)
		if err != nil || len(bare.Abstained) > 0 {
			t.Fatalf("seed %d: %v, %v", seed, err, bare.Abstained)
		}
		below := 0.0
		for l, level := range packing.Levels() {
			exact, simple := styled(in, bare, level, false), styled(in, bare, level, true)
			usd := checkStyle(t, fmt.Sprintf("seed %d, exact", seed), exact, bare, l)
			if least := checkStyle(t, fmt.Sprintf("seed %d, simple", seed), simple, bare, l); usd > least+1e-9 {
				t.Errorf("seed %d, %s: exact costs %v, simple %v", seed, level, usd, least)
			}
			if usd < below-1e-9 {
				t.Errorf("seed %d, %s: costs %v, the level below %v", seed, level, usd, below)
			}
			below = usd
		}
	}
}

// TestAskedIsNoDearerThanListed: a level that is asked for costs no more than any run lists
// for it.
func TestAskedIsNoDearerThanListed(t *testing.T) {
	for seed := range uint64(3) {
		in := randomStyles(rand.New(rand.NewPCG(seed, 22)))
		bare, err := packing.Pack(t.Context(), in)
		if err != nil || len(bare.Abstained) > 0 {
			t.Fatalf("seed %d: %v, %v", seed, err, bare.Abstained)
		}
		asked, listed := map[packing.Level]float64{}, map[packing.Level]float64{}
		for _, level := range packing.Levels() {
			f := styled(in, bare, level, true)
			f.Thorough = true
			plan, s, err := f.Survive(t.Context(), bare)
			if err != nil {
				t.Fatal(err)
			}
			asked[level] = plan.Hourly
			for _, l := range s.Prices {
				if had, seen := listed[l.Level]; !seen || l.Hourly < had {
					listed[l.Level] = l.Hourly
				}
			}
		}
		for level, usd := range asked {
			if usd > listed[level]+1e-9 {
				t.Errorf("seed %d, %s: asked for it costs %v, listed it is %v", seed, level, usd, listed[level])
			}
		}
	}
}

// TestLevelsHoldTogether: what is added for one level undoes none of another, also where
// pods spread over zones.
func TestLevelsHoldTogether(t *testing.T) {
	for _, seed := range []uint64{3} { // its listed zone was cheaper than a node
		r := rand.New(rand.NewPCG(seed, 23))
		in := randomStyles(r)
		for g := range 6 {
			for p := range 3 + r.IntN(6) {
				in.Pods = append(in.Pods, packing.Pod{
					Name: fmt.Sprintf("a/s%d-%d", g, p), Group: fmt.Sprint("a/Deployment/s", g), CPU: 300 + 450*int64(g), Memory: int64(1+g) << 29,
					Spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}},
				})
			}
		}
		bare, err := packing.Pack(t.Context(), in)
		if err != nil || len(bare.Abstained) > 0 {
			t.Fatalf("seed %d: %v, %v", seed, err, bare.Abstained)
		}
		for l, level := range packing.Levels() {
			f := styled(in, bare, level, false)
			checkStyle(t, fmt.Sprint("seed ", seed), f, bare, l)
		}
	}
}

// TestJudgedInOrder: nodes that have room for a lost one, but not for an update, live through
// neither level: the price of the loss would else be below that of the update.
func TestJudgedInOrder(t *testing.T) {
	o := packing.Offering{Type: "t", Zone: "a", CapacityType: "on-demand", CPU: 4000, Memory: 16 << 30, Pods: 50, USDPerHour: 1}
	f := &fleet.Fleet{Level: packing.SurviveNode, Surge: map[string]int{"a/Deployment/w": 5}, Group: func(*packing.Offering) string { return "all" }}
	f.Offerings = []packing.Offering{o}
	plan := packing.Plan{Hourly: 2}
	for n := range 2 {
		p := packing.Pod{Name: fmt.Sprint("a/w-", n), Group: "a/Deployment/w", CPU: 2000, Memory: 1 << 30}
		f.Pods = append(f.Pods, p)
		plan.Nodes = append(plan.Nodes, packing.PlannedNode{Offering: o, Pods: []string{p.Name}, CPU: p.CPU, Memory: p.Memory})
	}
	s := &fleet.Survived{Level: f.Level}
	for i, level := range packing.Levels() {
		s.Prices = append(s.Prices, fleet.LevelPrice{Level: level, Hourly: 2.5 + float64(i)})
	}
	f.Judge(plan, s)
	for i, want := range []float64{2, 3.5, 4.5, 5.5} {
		if s.Prices[i].Hourly != want {
			t.Errorf("%s: costs %v, want %v", s.Prices[i].Level, s.Prices[i].Hourly, want)
		}
	}
}

// TestTwoNeedsAreTwoTypes: one type for pods that want a node each and for some large ones
// would be as many large nodes. A second type serves where one is far dearer, and only there.
func TestTwoNeedsAreTwoTypes(t *testing.T) {
	for _, test := range []struct {
		apart, types int
	}{{40, 2}, {2, 1}} {
		in := packing.Input{Effort: 0.1, NoBound: true}
		for i, cores := range []int64{2, 4, 8, 16} {
			in.Offerings = append(in.Offerings, packing.Offering{
				Type: fmt.Sprint("t", cores), Zone: "a", CapacityType: "on-demand", CPU: cores * 1000, Memory: cores << 32, Pods: 58,
				USDPerHour: 0.05 * float64(cores) * (1 - 0.01*float64(i)),
			})
		}
		for p := range test.apart {
			in.Pods = append(in.Pods, packing.Pod{
				Name: fmt.Sprint("a/apart-", p), Group: "a/Deployment/apart", CPU: 1500, Memory: 1 << 30,
				AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"a/Deployment/apart"}}},
			})
		}
		for p := range 5 {
			in.Pods = append(in.Pods, packing.Pod{Name: fmt.Sprint("a/large-", p), Group: "a/Deployment/large", CPU: 7000, Memory: 4 << 30})
		}
		bare, err := packing.Pack(t.Context(), in)
		if err != nil || len(bare.Abstained) > 0 {
			t.Fatal(err, bare.Abstained)
		}
		plan, err := fleet.OneType(t.Context(), in, bare, func(*packing.Offering) string { return "all" })
		if err != nil {
			t.Fatal(err)
		}
		if err := packing.Check(plan, in.Pods, nil); err != nil {
			t.Error(err)
		}
		types := map[string]bool{}
		for i := range plan.Nodes {
			types[plan.Nodes[i].Offering.Type] = true
		}
		if len(types) != test.types || plan.Hourly > 1.25*bare.Hourly {
			t.Errorf("%d apart: types %v for %v USD an hour, want %d for about the %v of any types", test.apart, types, plan.Hourly, test.types, bare.Hourly)
		}
	}
}

// TestTypeAfterSurvival: the type of a group is the one that is cheapest with the room for a
// lost node in it. A node of the cheapest bare type holds one of these pods, one of the other
// two.
func TestTypeAfterSurvival(t *testing.T) {
	in := packing.Input{Effort: 0.1, NoBound: true}
	for _, o := range []packing.Offering{{Type: "lean", Memory: 3 << 30, USDPerHour: 0.0765}, {Type: "wide", Memory: 7 << 30, USDPerHour: 0.0864}} {
		o.Zone, o.CapacityType, o.CPU, o.Pods = "a", "on-demand", 1900, 29
		in.Offerings = append(in.Offerings, o)
	}
	for p := range 2 {
		in.Pods = append(in.Pods, packing.Pod{
			Name: fmt.Sprint("a/w-", p), Group: "a/Deployment/w", CPU: 500, Memory: 2 << 30,
			Spread: []packing.Spread{{TopologyKey: packing.LabelHostname, MaxSkew: 1, Soft: true}},
		})
	}
	bare, err := packing.Pack(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for level, want := range map[packing.Level]string{packing.SurviveNone: "lean", packing.SurviveNode: "wide"} {
		plan, _, err := styled(in, bare, level, true).Survive(t.Context(), bare)
		if err != nil {
			t.Fatal(err)
		}
		for i := range plan.Nodes {
			if got := plan.Nodes[i].Offering.Type; got != want {
				t.Errorf("%s: got a node of type %s, want %s", level, got, want)
			}
		}
	}
}

// styled is a fleet whose plan of today is the bare one.
func styled(in packing.Input, bare packing.Plan, level packing.Level, simple bool) *fleet.Fleet {
	f := &fleet.Fleet{
		Input: in, Today: bare, Level: level, Surge: map[string]int{}, Simple: simple, Search: true,
		Group: func(*packing.Offering) string { return "all" }, Settle: func(*packing.Plan) {},
	}
	for i := range in.Pods {
		f.Surge[in.Pods[i].Group] = 1
	}
	return f
}

// checkStyle plans for a level, and gives the price of the plan.
func checkStyle(t *testing.T, name string, f *fleet.Fleet, bare packing.Plan, l int) float64 {
	t.Helper()
	plan, s, err := f.Survive(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := packing.Check(plan, f.Pods, f.DaemonSets); err != nil {
		t.Errorf("%s, %s: %v", name, f.Level, err)
	}
	types := map[string]bool{}
	for i := range plan.Nodes {
		types[plan.Nodes[i].Offering.Type] = true
	}
	if f.Simple && len(types) != 1 {
		t.Errorf("%s, %s: got types %v, want one", name, f.Level, types)
	}
	for i, p := range s.Prices {
		if p.Level == f.Level && math.Abs(p.Hourly-plan.Hourly) > 1e-9 || i > 0 && p.Hourly < s.Prices[i-1].Hourly-1e-9 {
			t.Errorf("%s, %s: %v, and the plan costs %v", name, f.Level, s.Prices, plan.Hourly)
		}
	}
	for _, lower := range packing.Levels()[:l+1] {
		held := packing.Survival{Level: lower, Surge: f.Surge, Exempt: packing.Exempt(f.Input, bare, lower, f.Surge, nil)}
		for _, exempt := range s.Exempt {
			held.Exempt[exempt] = true
		}
		for _, loss := range packing.Losses(f.Input, plan, held) {
			if len(loss.Left) > 0 {
				t.Errorf("%s: the plan for %s leaves %v by %s", name, f.Level, loss.Left, lower)
			}
		}
	}
	return plan.Hourly
}

// randomStyles is a few workloads and machines of four sizes in three zones.
func randomStyles(r *rand.Rand) packing.Input {
	in := packing.Input{Effort: 0.01, NoBound: true}
	for i, cores := range []int64{2, 4, 8, 16} {
		for z := range 3 {
			zone := fmt.Sprint("z", z)
			in.Offerings = append(in.Offerings, packing.Offering{
				Type: fmt.Sprint("t", cores), Zone: zone, CapacityType: "on-demand", CPU: cores*1000 - 100, Memory: cores << 32, Pods: 58,
				USDPerHour: 0.05 * float64(cores) * (1 - 0.02*float64(i)), Labels: map[string]string{packing.LabelZone: zone},
			})
		}
	}
	for g := range 2 + r.IntN(5) {
		cpu, memory := 100+int64(r.IntN(30))*50, int64(1+r.IntN(6))<<29
		for p := range 1 + r.IntN(6) {
			in.Pods = append(in.Pods, packing.Pod{Name: fmt.Sprintf("a/w%d-%d", g, p), Group: fmt.Sprint("a/Deployment/w", g), CPU: cpu, Memory: memory})
		}
	}
	return in
}
