package nodes

import (
	"slices"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// settleZones spreads the planned nodes that any zone would do for over the
// zones in which their kind is offered: first where today's nodes of the kind
// are, so that they can stay, then where the fewest planned nodes are. The
// packer puts them all in one zone, since the price is the same.
func (n *nodePlanner) settleZones(plan *packing.Plan) {
	bound := n.zoneBound()
	wanted := map[string]int{} // kind and zone: today's nodes not yet matched
	for _, node := range n.nodes {
		if node.kept == "" {
			wanted[kindOf(&node.offering)+node.offering.Zone]++
		}
	}
	perZone := map[string]int{}
	var free []*packing.PlannedNode
	for i := range plan.Nodes {
		node := &plan.Nodes[i]
		if slices.ContainsFunc(node.Pods, func(p string) bool { return bound[p] }) {
			wanted[kindOf(&node.Offering)+node.Offering.Zone]--
			perZone[node.Offering.Zone]++
			continue
		}
		free = append(free, node)
	}
	siblings := n.siblings()
	for _, node := range free {
		kind := kindOf(&node.Offering)
		best := node.Offering
		for _, o := range siblings[kind] {
			has, had := wanted[kind+o.Zone] > 0, wanted[kind+best.Zone] > 0
			if has && !had || has == had && perZone[o.Zone] < perZone[best.Zone] {
				best = o
			}
		}
		wanted[kind+best.Zone]--
		perZone[best.Zone]++
		node.Offering = best
	}
}

// kindOf is all of an offering but its zone: a burstable machine is one with each amount of
// CPU that may be used for good.
func kindOf(o *packing.Offering) string {
	return o.Type + "\x00" + strconv.FormatInt(o.CPU, 10) + "\x00" + o.CapacityType + "\x00" + natureOf(o.Labels, o.Taints) + "\x00"
}

// siblings lists, by kind, the offerings that differ by zone alone, in the
// order of zones.
func (n *nodePlanner) siblings() map[string][]packing.Offering {
	out := map[string][]packing.Offering{}
	for _, o := range n.in.Offerings {
		out[kindOf(&o)] = append(out[kindOf(&o)], o)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b packing.Offering) int {
			if a.Zone < b.Zone {
				return -1
			}
			return 1
		})
	}
	return out
}

// zoneBound names the pods that care for the zone of their node.
func (n *nodePlanner) zoneBound() map[string]bool {
	groups := map[string]bool{} // kept out of a zone by another pod
	for i := range n.in.Pods {
		for _, a := range n.in.Pods[i].AntiAffinity {
			for _, g := range a.Groups {
				groups[g] = groups[g] || a.TopologyKey == packing.LabelZone
			}
		}
	}
	out := map[string]bool{}
	for i := range n.in.Pods {
		p := &n.in.Pods[i]
		_, selects := p.NodeSelector[packing.LabelZone]
		out[p.Name] = selects || p.Zone != "" || groups[p.Group] ||
			slices.ContainsFunc(p.Spread, func(s packing.Spread) bool { return s.TopologyKey == packing.LabelZone }) ||
			slices.ContainsFunc(p.AntiAffinity, func(a packing.AntiAffinity) bool { return a.TopologyKey == packing.LabelZone }) ||
			slices.ContainsFunc(p.Affinity, func(t packing.Term) bool {
				return slices.ContainsFunc(t, func(r packing.Requirement) bool { return r.Key == packing.LabelZone })
			})
	}
	return out
}
