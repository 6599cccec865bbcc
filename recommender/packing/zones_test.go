package packing_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestZonesThatCount packs six pods that are spread over zones with a maxSkew of 1, where
// other zones than those that take them count too.
func TestZonesThatCount(t *testing.T) {
	const cordon = "node.kubernetes.io/unschedulable"
	offering := func(zone string, taints ...packing.Taint) packing.Offering {
		o := small()
		o.Zone, o.Taints = zone, taints
		return o
	}
	closed := packing.Taint{Key: "dedicated", Effect: "NoSchedule"}
	spot := offering("c")
	spot.CapacityType = "spot"
	kept := func(zone string, pods int, taints ...packing.Taint) packing.Kept {
		k := packing.Kept{Name: "kept-" + zone, Zone: zone, Labels: map[string]string{packing.LabelZone: zone}, Taints: taints}
		for i := range pods {
			k.Pods = append(k.Pods, packing.Pod{Name: fmt.Sprintf("stays-%s-%d", zone, i), Group: "p"})
		}
		return k
	}
	two := []packing.Offering{offering("a"), offering("b")}
	onDemand := func(p *packing.Pod) {
		p.NodeSelector, p.Own = map[string]string{packing.LabelCapacityType: "on-demand"}, []string{packing.LabelCapacityType}
	}
	for name, c := range map[string]struct {
		offerings []packing.Offering
		kept      []packing.Kept
		pod       func(*packing.Pod)
		want      string // pods by zone, and those without a place
	}{
		"two zones":                          {two, nil, nil, "a3 b3"},
		"a third whose taints nothing lifts": {append(slices.Clone(two), offering("c", closed)), nil, nil, "a1 b1 lost4"},
		"the same, with taints honoured":     {append(slices.Clone(two), offering("c", closed)), nil, func(p *packing.Pod) { p.Spread[0].HonorTaints = true }, "a3 b3"},
		"the same, where only the plan asks": {append(slices.Clone(two), offering("c", closed)), nil, func(p *packing.Pod) { p.Spread[0].Soft = true }, "a3 b3"},
		"the same, that the selector leaves out": {append(slices.Clone(two), offering("c", closed)), nil, func(p *packing.Pod) {
			p.Affinity = []packing.Term{{{Key: packing.LabelZone, Operator: packing.In, Values: []string{"a", "b"}}}}
		}, "a3 b3"},
		"a third that only the plan avoids":  {append(slices.Clone(two), spot), nil, onDemand, "a1 b1 lost4"},
		"three zones wanted of two":          {two, nil, func(p *packing.Pod) { p.Spread[0].MinDomains = 3 }, "a1 b1 lost4"},
		"two zones wanted of two":            {two, nil, func(p *packing.Pod) { p.Spread[0].MinDomains = 2 }, "a3 b3"},
		"more at once, three zones wanted":   {two, nil, func(p *packing.Pod) { p.Spread[0].MinDomains, p.Spread[0].MaxSkew = 3, 4 }, "a4 b2"},
		"two that stay in one":               {append(slices.Clone(two), offering("c")), []packing.Kept{kept("a", 2)}, nil, "a1 b3 c2"},
		"two that stay in a cordoned third":  {two, []packing.Kept{kept("c", 2, packing.Taint{Key: cordon, Effect: "NoSchedule"})}, nil, "a3 b3"},
		"one that stays in a cordoned third": {two, []packing.Kept{kept("c", 1, packing.Taint{Key: cordon, Effect: "NoSchedule"})}, nil, "a2 b2 lost2"},
		"none in a cordoned third":           {two, []packing.Kept{kept("c", 0, packing.Taint{Key: cordon, Effect: "NoSchedule"})}, nil, "a1 b1 lost4"},
		"one that stays keeps them apart": {two, []packing.Kept{{Name: "kept-a", Zone: "a", Pods: []packing.Pod{{
			Name: "stays", Group: "other", AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}},
		}}}}, func(p *packing.Pod) { p.Spread = nil }, "b6"},
	} {
		t.Run(name, func(t *testing.T) {
			list := pods("p", 6, 100, nil)
			for i := range list {
				list[i].Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}
				if c.pod != nil {
					c.pod(&list[i])
				}
			}
			plan, err := packing.Pack(context.Background(), packing.Input{Pods: list, Offerings: c.offerings, Kept: c.kept})
			if err != nil {
				t.Fatal(err)
			}
			if got := byZone(plan); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if err := packing.Check(plan, list, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func byZone(plan packing.Plan) string {
	count := map[string]int{}
	for i := range plan.Nodes {
		count[plan.Nodes[i].Offering.Zone] += len(plan.Nodes[i].Pods)
	}
	var out []string
	for _, zone := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprintf("%s%d", zone, count[zone]))
	}
	if n := len(plan.Abstained); n > 0 {
		out = append(out, fmt.Sprintf("lost%d", n))
	}
	return strings.Join(out, " ")
}

// TestCheckZonesThatCount wants a fault for a plan whose pods the scheduler would not
// spread so, since more zones count than take them, and none where they do not count.
func TestCheckZonesThatCount(t *testing.T) {
	closed := []packing.Taint{{Key: "dedicated", Effect: "NoSchedule"}}
	node := func(zone string, taints []packing.Taint, pods ...packing.Pod) packing.PlannedNode {
		n := packing.PlannedNode{Offering: small()}
		n.Offering.Zone, n.Offering.Taints = zone, taints
		for _, p := range pods {
			n.Pods, n.CPU, n.Memory = append(n.Pods, p.Name), n.CPU+p.CPU, n.Memory+p.Memory
		}
		return n
	}
	for name, c := range map[string]struct {
		plan func(*packing.Plan)
		pod  func(*packing.Pod)
		want string
	}{
		"a kept node behind its taints": {func(p *packing.Plan) { p.Kept = []packing.Kept{{Name: "k", Zone: "c", Taints: closed}} }, nil, "2 pods of p in its zone and 0 in c"},
		"the same, with taints honoured": {func(p *packing.Plan) {
			p.Nodes[2].Offering.Taints, p.Kept = closed, []packing.Kept{{Name: "k", Zone: "c", Taints: closed}}
		}, func(p *packing.Pod) { p.Spread[0].HonorTaints = true }, ""},
		"two of them on it": {func(p *packing.Plan) {
			p.Kept = []packing.Kept{{Name: "k", Zone: "c", Taints: closed, Pods: pods("p", 2, 1, nil)}}
		}, nil, ""},
		"three of them kept in their zone":  {func(p *packing.Plan) { p.Kept = []packing.Kept{{Name: "k", Zone: "a", Pods: pods("p", 3, 1, nil)}} }, nil, "5 pods of p in its zone and 2 in b"},
		"a planned node behind its taints":  {func(p *packing.Plan) { p.Nodes[2].Offering.Taints = closed }, nil, "2 pods of p in its zone and 0 in c"},
		"the same for what the plan keeps":  {func(p *packing.Plan) { p.Nodes[2].Offering.Taints = closed }, func(p *packing.Pod) { p.Spread[0].Soft = true }, ""},
		"zones that are too few":            {func(p *packing.Plan) { p.Nodes[2].Offering.Zone = "b" }, func(p *packing.Pod) { p.Spread[0].MinDomains = 3 }, "2 zones of 3"},
		"zones that are enough":             {func(p *packing.Plan) { p.Nodes[2].Offering.Zone = "b" }, func(p *packing.Pod) { p.Spread[0].MinDomains = 2 }, ""},
		"a selector that only the plan has": {nil, func(p *packing.Pod) { p.NodeSelector, p.Own = map[string]string{"x": "y"}, []string{"x"} }, "2 pods of p in its zone and 0 in c"},
		"a selector of its own": {func(p *packing.Plan) {
			p.Nodes[0].Offering.Labels, p.Nodes[1].Offering.Labels = map[string]string{"x": "y"}, map[string]string{"x": "y"}
		}, func(p *packing.Pod) { p.NodeSelector = map[string]string{"x": "y"} }, ""},
		"one that stays wants its zone for itself": {func(p *packing.Plan) {
			p.Kept = []packing.Kept{{Name: "k", Zone: "a", Pods: []packing.Pod{{Name: "s", Group: "s", AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}}}}}}
		}, func(p *packing.Pod) { p.Spread = nil }, "shares its zone with 2 pods of p"},
	} {
		t.Run(name, func(t *testing.T) {
			list := append(pods("p", 4, 100, nil), pods("q", 1, 100, nil)...)
			plan := packing.Plan{Nodes: []packing.PlannedNode{node("a", nil, list[:2]...), node("b", nil, list[2:4]...), node("c", nil, list[4])}}
			for i := range 4 {
				list[i].Spread = []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}
				if c.pod != nil {
					c.pod(&list[i])
				}
			}
			for i := range plan.Nodes {
				plan.Hourly += plan.Nodes[i].Offering.USDPerHour
			}
			if c.plan != nil {
				c.plan(&plan)
			}
			if list[4].Tolerations = []packing.Toleration{{Operator: "Exists"}}; c.want == "" {
				if err := packing.Check(plan, list, nil); err != nil {
					t.Errorf("got %v, want no fault", err)
				}
			} else if err := packing.Check(plan, list, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a fault with %q", err, c.want)
			}
		})
	}
}

// TestSpreadWhereThereAreNoZones: where no node has a zone, or all have the one that stands for
// none, a spread over zones leaves all pods in one.
func TestSpreadWhereThereAreNoZones(t *testing.T) {
	for name, spread := range map[string]packing.Spread{
		"a spread":                 {TopologyKey: packing.LabelZone, MaxSkew: 1},
		"one that is only planned": {TopologyKey: packing.LabelZone, MaxSkew: 1, Soft: true},
		"enough zones":             {TopologyKey: packing.LabelZone, MaxSkew: 2, MinDomains: 1},
	} {
		t.Run(name, func(t *testing.T) {
			input := packing.Input{Offerings: []packing.Offering{in("", small())}}
			input.Pods = pods("p", 7, 500, func(p *packing.Pod) { p.Spread = []packing.Spread{spread} })
			if plan, _ := harden(t, input, packing.Survival{Level: packing.SurviveNode}); len(plan.Nodes) != 3 || len(plan.Abstained) > 0 {
				t.Errorf("got %d nodes without %v, want 3 with all pods", len(plan.Nodes), plan.Abstained)
			}
		})
	}
}

// TestSpreadWhereSomeNodesHaveNoZone: pods of a rule about zones stay where they are; others
// are packed.
func TestSpreadWhereSomeNodesHaveNoZone(t *testing.T) {
	for name, own := range map[string]packing.Pod{
		"a spread":      {Spread: []packing.Spread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}},
		"anti-affinity": {AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"p"}}}},
	} {
		input := packing.Input{Offerings: []packing.Offering{in("", small()), in("a", small()), in("b", small())}}
		input.Pods = append(pods("p", 3, 500, func(p *packing.Pod) { p.Spread, p.AntiAffinity = own.Spread, own.AntiAffinity }), pods("q", 3, 500, nil)...)
		if plan := mustPack(t, input); len(plan.Abstained) != 3 || len(plan.Nodes) != 1 {
			t.Errorf("%s: got %d nodes without %v, want 1 for the pods without a rule", name, len(plan.Nodes), plan.Abstained)
		}
	}
}
