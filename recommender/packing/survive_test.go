package packing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// harden packs, makes the plan live through a level, and checks both.
func harden(t *testing.T, in packing.Input, s packing.Survival) (packing.Plan, []string) {
	t.Helper()
	plan := mustPack(t, in)
	hard, lost, err := packing.Harden(context.Background(), in, plan, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := packing.Check(hard, in.Pods, in.DaemonSets); err != nil {
		t.Errorf("the plan that lives through more: %v", err)
	}
	if s.Exempt == nil {
		s.Exempt = map[string]bool{}
	}
	for _, name := range lost {
		s.Exempt[name] = true
	}
	if err := packing.CheckSurvival(hard, in.Pods, in.DaemonSets, s, packing.Losses(in, hard, s)); err != nil {
		t.Errorf("%s: %v", s.Level, err)
	}
	return hard, lost
}

// TestHarden makes small plans live through each level, whose nodes can be counted.
func TestHarden(t *testing.T) {
	zones := []packing.Offering{in("a", small()), in("b", small())}
	apart := func(p *packing.Pod) {
		p.AntiAffinity = []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{p.Group}}}
	}
	volume := func(p *packing.Pod) { p.Zone = "a" }
	half := func(p *packing.Pod) {
		p.Spread = []packing.Spread{{TopologyKey: packing.LabelHostname, MaxSkew: 1, Soft: true}}
	}
	for name, c := range map[string]struct {
		offerings []packing.Offering
		pods      []packing.Pod
		s         packing.Survival
		nodes     int
		lost      int
	}{
		"none asks for nothing":             {zones, pods("p", 2, 1000, nil), packing.Survival{Level: packing.SurviveNone}, 1, 0},
		"a surge has room":                  {zones, pods("p", 1, 1000, nil), packing.Survival{Level: packing.SurvivePod, Surge: map[string]int{"p": 1}}, 1, 0},
		"a surge needs a node":              {zones, pods("p", 2, 1000, nil), packing.Survival{Level: packing.SurvivePod, Surge: map[string]int{"p": 1}}, 2, 0},
		"a surge keeps apart":               {zones, pods("p", 2, 100, apart), packing.Survival{Level: packing.SurvivePod, Surge: map[string]int{"p": 1}}, 3, 0},
		"exempt surges need none":           {zones, pods("p", 2, 1000, nil), packing.Survival{Level: packing.SurvivePod, Surge: map[string]int{"p": 1}, Exempt: map[string]bool{"p": true}}, 1, 0},
		"a node more than needed":           {zones, pods("p", 4, 1000, nil), packing.Survival{Level: packing.SurviveNode}, 3, 0},
		"room enough for a node":            {zones, pods("p", 2, 500, half), packing.Survival{Level: packing.SurviveNode}, 2, 0},
		"pods that keep apart need one":     {zones, pods("p", 2, 500, apart), packing.Survival{Level: packing.SurviveNode}, 3, 0},
		"a zone has to hold the other":      {zones, pods("p", 4, 1000, nil), packing.Survival{Level: packing.SurviveZone}, 4, 0},
		"volumes die with their zone":       {zones, pods("p", 2, 1000, volume), packing.Survival{Level: packing.SurviveZone}, 1, 2},
		"volumes move to another node":      {zones, pods("p", 2, 1000, volume), packing.Survival{Level: packing.SurviveNode}, 2, 0},
		"there is no other zone":            {[]packing.Offering{small()}, pods("p", 1, 1000, nil), packing.Survival{Level: packing.SurviveZone}, 1, 1},
		"a node beside the plan is lost":    {zones, pods("p", 1, 1000, nil), packing.Survival{Level: packing.SurviveNode, Beside: []packing.Beside{{Name: "kept", Zone: "a", Pods: pods("q", 4, 900, nil)}}}, 3, 0},
		"a zone with one beside is lost":    {zones, pods("p", 1, 1000, nil), packing.Survival{Level: packing.SurviveZone, Beside: []packing.Beside{{Name: "kept", Zone: "a", Pods: pods("q", 4, 900, nil)}}}, 4, 0},
		"one beside has nothing to move":    {zones, pods("p", 2, 500, half), packing.Survival{Level: packing.SurviveNode, Beside: []packing.Beside{{Name: "kept", Zone: "a"}}}, 2, 0},
		"what is exempt gets no spare node": {zones, pods("p", 2, 1000, nil), packing.Survival{Level: packing.SurviveNode, Exempt: map[string]bool{"p0": true, "p1": true}}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			hard, lost := harden(t, packing.Input{Offerings: c.offerings, Pods: c.pods}, c.s)
			if len(hard.Nodes) != c.nodes || len(lost) != c.lost {
				t.Errorf("got %d nodes and %d pods that can't be helped, want %d and %d", len(hard.Nodes), len(lost), c.nodes, c.lost)
			}
		})
	}
}

// TestSurvivalOfRandomPlans makes the plans of random clusters live through each
// level; the checker takes each node and each zone away. A level costs no less than
// the one below it needs.
func TestSurvivalOfRandomPlans(t *testing.T) {
	onDemand := awsOfferings(t, packingtest.Zones...)
	for i := range 3 {
		in := packingtest.Instance(onDemand, i)
		in.Effort = 0.02
		surge := map[string]int{}
		for _, p := range in.Pods {
			surge[p.Group] = 1
		}
		bare := mustPack(t, in)
		for _, level := range packing.Levels()[1:] {
			hard, lost := harden(t, in, packing.Survival{Level: level, Surge: surge})
			t.Logf("%d pods, %s: %.4f to %.4f USD/h, %d to %d nodes, %d pods can't be helped", len(in.Pods), level, bare.Hourly, hard.Hourly, len(bare.Nodes), len(hard.Nodes), len(lost))
			if hard.Hourly < bare.Hourly {
				t.Errorf("%s: costs %.4f, less than %.4f without it", level, hard.Hourly, bare.Hourly)
			}
		}
	}
}

// TestCheckSurvivalFinds what is wrong with losses that are told.
func TestCheckSurvivalFinds(t *testing.T) {
	in := packing.Input{Offerings: []packing.Offering{small()}, Pods: pods("p", 4, 1000, nil)}
	s := packing.Survival{Level: packing.SurviveNode}
	plan, _ := harden(t, in, s)
	right := packing.Losses(in, plan, s)
	for name, wrong := range map[string]func([]packing.Loss) []packing.Loss{
		"a node left out": func(l []packing.Loss) []packing.Loss { return l[1:] },
		"a pod left out":  func(l []packing.Loss) []packing.Loss { l[0].Refuge = map[string]int{}; return l },
		"too many on one": func(l []packing.Loss) []packing.Loss {
			for pod := range l[0].Refuge {
				l[0].Refuge[pod] = 1
			}
			return l
		},
		"no room": func(l []packing.Loss) []packing.Loss { l[0].Left = []string{"p0"}; return l },
	} {
		if err := packing.CheckSurvival(plan, in.Pods, nil, s, wrong(slices.Clone(right))); err == nil {
			t.Errorf("%s: found nothing", name)
		}
		right = packing.Losses(in, plan, s)
	}
}

// TestApartInZones: a lost pod that keeps away from its like in other zones needs room in its
// own. Nodes in other zones help nobody, and an update that would want a fourth zone nothing.
func TestApartInZones(t *testing.T) {
	in := packing.Input{NoBound: true, Effort: 0.1}
	for _, z := range []string{"a", "b", "c"} {
		in.Offerings = append(in.Offerings, packing.Offering{Type: "t", Zone: z, CapacityType: "on-demand", CPU: 2000, Memory: 4 << 30, Pods: 20, USDPerHour: 1})
	}
	for i := range 3 {
		in.Pods = append(in.Pods, packing.Pod{
			Name: fmt.Sprint("a/p", i), Group: "g", CPU: 500, Memory: 1 << 30,
			AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"g"}}},
		})
	}
	plan, err := packing.Pack(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		s    packing.Survival
		usd  float64
		lost int
	}{
		{packing.Survival{Level: packing.SurviveNode}, 6, 0},
		{packing.Survival{Level: packing.SurviveZone}, 3, 3},
		{packing.Survival{Level: packing.SurvivePod, Surge: map[string]int{"g": 1}}, 3, 1},
	} {
		out, lost, err := packing.Harden(t.Context(), in, plan, test.s)
		if err != nil || out.Hourly != test.usd || len(lost) != test.lost {
			t.Errorf("%s: %v USD an hour, %v without help, want %v and %d; %v", test.s.Level, out.Hourly, lost, test.usd, test.lost, err)
		}
	}
}

// TestSpreadOverNodesAfterALoss: pods that a loss sends off are spread over the nodes that are
// left, kept ones too, as the scheduler does. None of these may have fewer than maxSkew allows.
func TestSpreadOverNodesAfterALoss(t *testing.T) {
	spread := func(change func(*packing.Spread)) []packing.Pod {
		s := packing.Spread{TopologyKey: packing.LabelHostname, MaxSkew: 1}
		if change != nil {
			change(&s)
		}
		return pods("p", 3, 500, func(p *packing.Pod) { p.Spread = []packing.Spread{s} })
	}
	node := func(names ...string) packing.PlannedNode {
		return packing.PlannedNode{Offering: small(), Pods: names, CPU: int64(len(names)) * 500, Memory: int64(len(names)) * 64 * mib, Spare: len(names) == 0}
	}
	full := packing.PlannedNode{Offering: small(), Pods: []string{"q0"}, CPU: 2000, Memory: 64 * mib}
	three := []packing.PlannedNode{node("p0"), node("p1"), node("p2")}
	taint := packing.Taint{Key: "own", Effect: "NoSchedule"}
	stays := func(taints []packing.Taint, pods ...packing.Pod) []packing.Kept {
		return []packing.Kept{{Name: "kept", Zone: "a", Labels: map[string]string{packing.LabelArch: "amd64"}, Taints: taints, Pods: pods}}
	}
	honors := func(s *packing.Spread) { s.HonorTaints = true }
	for name, c := range map[string]struct {
		nodes []packing.PlannedNode
		kept  []packing.Kept
		pods  []packing.Pod
		finds bool // whether all find room
		could bool // whether they could if nodes were empty
	}{
		"each has one, so one may have two":      {three, nil, spread(nil), true, true},
		"a full node has none":                   {append(slices.Clone(three), full), nil, spread(nil), false, true},
		"a spare node has none, and takes it":    {append(slices.Clone(three), node()), nil, spread(nil), true, true},
		"fewer nodes than there must be":         {three, nil, spread(func(s *packing.Spread) { s.MinDomains = 3 }), false, false},
		"as many nodes as there must be":         {three, nil, spread(func(s *packing.Spread) { s.MinDomains = 2 }), true, true},
		"a kept node has none":                   {three, stays(nil), spread(nil), false, false},
		"a kept node has one":                    {three, stays(nil, pod("p9", 500)), spread(nil), true, true},
		"a kept node without a zone has none":    {three, zoneless(stays(nil)), spread(nil), false, false},
		"a kept node without a zone has one":     {three, zoneless(stays(nil, pod("p9", 500))), spread(nil), true, true},
		"taints do not matter":                   {three, stays([]packing.Taint{taint}), spread(nil), false, false},
		"taints matter where they are honoured":  {three, stays([]packing.Taint{taint}), spread(honors), true, true},
		"two more than on another are allowed":   {append(slices.Clone(three), full), nil, spread(func(s *packing.Spread) { s.MaxSkew = 2 }), true, true},
		"a node that the pod can't be on, aside": {append(slices.Clone(three), elsewhere(full)), nil, bound(spread(nil)), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			all := append(slices.Clone(c.pods), pod("q0", 2000))
			in := packing.Input{Offerings: []packing.Offering{small()}, Pods: all, Kept: c.kept}
			s := packing.Survival{Level: packing.SurviveNode, Exempt: map[string]bool{"q0": true}}
			plan := packing.Plan{Nodes: c.nodes, Kept: c.kept}
			for i := range c.nodes {
				plan.Hourly += c.nodes[i].Offering.USDPerHour
			}
			if !slices.ContainsFunc(c.nodes, func(n packing.PlannedNode) bool { return slices.Contains(n.Pods, "q0") }) {
				in.Pods = c.pods
			}
			if err := packing.Check(plan, in.Pods, nil); err != nil {
				t.Fatal(err)
			}
			losses := packing.Losses(in, plan, s)
			err := packing.CheckSurvival(plan, in.Pods, nil, s, losses)
			if (err == nil) != c.finds {
				t.Errorf("all find room: %v, want %v: %v", err == nil, c.finds, err)
			}
			exempt := packing.Exempt(in, plan, packing.SurviveNode, nil, nil)
			if (len(exempt) == 0 || len(exempt) == 1 && exempt["q0"]) != c.could {
				t.Errorf("can't survive today: %v, want none: %v", exempt, c.could)
			}
			if c.finds || losses[0].Left == nil {
				return
			}
			// The checker has to see by itself that the place is wrong.
			losses[0].Left, losses[0].Refuge = nil, map[string]int{"p0": 1}
			if err := packing.CheckSurvival(plan, in.Pods, nil, s, losses[:1]); err == nil || !strings.Contains(err.Error(), "maxSkew") {
				t.Errorf("the checker lets p0 onto node 1: %v", err)
			}
		})
	}
}

// zoneless are the nodes without their zone.
func zoneless(kept []packing.Kept) []packing.Kept {
	kept[0].Zone = ""
	return kept
}

// TestKeptWithoutAZone: a node without a zone is none where pods are spread over zones, or keep
// apart by them.
func TestKeptWithoutAZone(t *testing.T) {
	apart := []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}}
	for name, own := range map[string]packing.Pod{
		"a spread":      {Spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}},
		"anti-affinity": {AntiAffinity: apart},
	} {
		t.Run(name, func(t *testing.T) {
			stays := pod("q0", 500)
			stays.AntiAffinity = apart
			in := packing.Input{Offerings: []packing.Offering{in("a", small()), in("b", small()), in("c", small())}, Kept: []packing.Kept{{Name: "kept", Labels: map[string]string{packing.LabelArch: "amd64"}, Pods: []packing.Pod{stays}}}}
			in.Pods = pods("p", 3+2*len(own.Spread), 500, func(p *packing.Pod) { p.Spread, p.AntiAffinity = own.Spread, own.AntiAffinity })
			hard, lost := harden(t, in, packing.Survival{Level: packing.SurviveNode})
			if len(hard.Abstained)+len(lost) > 0 {
				t.Errorf("got %v without a place and %v without a refuge, want none", hard.Abstained, lost)
			}
		})
	}
}

// TestCheckCountsNoZoneWithoutAName: a kept node without a zone makes no second one.
func TestCheckCountsNoZoneWithoutAName(t *testing.T) {
	spread := []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1, MinDomains: 2}}
	plan := packing.Plan{
		Nodes:  []packing.PlannedNode{{Offering: small(), Pods: []string{"p0", "p1"}, CPU: 1000, Memory: 128 * mib}},
		Hourly: 1, Kept: []packing.Kept{{Name: "kept"}},
	}
	if err := packing.Check(plan, pods("p", 2, 500, func(p *packing.Pod) { p.Spread = spread }), nil); err == nil || !strings.Contains(err.Error(), "1 zones of 2") {
		t.Errorf("got %v, want 1 zone of 2", err)
	}
}

// elsewhere is the node with a label that bound pods do not select.
func elsewhere(n packing.PlannedNode) packing.PlannedNode {
	n.Offering.Labels = map[string]string{"pool": "other"}
	return n
}

// bound are pods that stay off nodes of another pool.
func bound(pods []packing.Pod) []packing.Pod {
	for i := range pods {
		pods[i].Affinity = []packing.Term{{{Key: "pool", Operator: packing.DoesNotExist}}}
	}
	return pods
}
