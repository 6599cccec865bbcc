// Package safe makes a plan of nodes no less safe than today: its pods ask for the zones,
// the distance and the quorum that they have.
package safe

import (
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Spot is a pod and where it is today.
type Spot struct {
	*packing.Pod
	Node, Zone string
	Stays      bool // its node is kept
	Down       bool // its node is not ready: what it should run there serves nobody
	Batch      bool // it runs to its end: that it is apart from its like is chance
	Added      bool // it does not run yet
	Ordered    bool // a StatefulSet's
	Wishes     *analyzer.PodSpec
}

// Keep makes the pods ask for what they have today, and would lose where nodes
// are only cheap: as many zones, no node with most of a workload or with the majority
// of a StatefulSet of three or more, and as much spread and distance as they wish
// for. before is the zones of each workload before its number of pods was changed;
// zones are those of the nodes that may go; nodes is how many these are. A workload of
// which most pods are yet to come has all zones, as its busiest hour's would.
func Keep(spots []Spot, before map[string][]string, zones []string, nodes int) {
	groups := map[string]*herd{}
	for i := range spots {
		p := &spots[i]
		g := groups[p.Group]
		if g == nil {
			g = &herd{hosts: map[string]int64{}, zones: map[string]int64{}}
			groups[p.Group] = g
		}
		g.spots = append(g.spots, p)
		if p.Added {
			g.added++
		}
		if !p.Added {
			g.hosts[p.Node]++
			if p.Zone != "" {
				g.zones[p.Zone]++
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		g := groups[name]
		if g.spots[0].Batch {
			continue
		}
		g.keepApart(nodes)
		g.keepWishes(groups, zones)
		if has := before[name]; g.grows() && len(has) > 0 {
			g.keepZones(zones, zones)
		} else {
			g.keepZones(has, zones)
		}
	}
}

// herd is the pods of one workload.
type herd struct {
	spots []*Spot
	hosts map[string]int64 // pods by node
	zones map[string]int64
	added int // pods that do not run yet
}

// grows reports whether most pods are yet to come: what the few that run now have says
// little of the workload.
func (g *herd) grows() bool { return 2*g.added > len(g.spots) }

func most(count map[string]int64) (n int64) {
	for _, v := range count {
		n = max(n, v)
	}
	return n
}

// spread adds a constraint to all pods.
func (g *herd) spread(key string, skew int64) {
	for _, p := range g.spots {
		p.Spread = append(slices.Clone(p.Spread), packing.Spread{TopologyKey: key, MaxSkew: max(skew, 1), Soft: true})
	}
}

// keepApart bounds the pods of one node: half, rounded up, of a workload that runs on
// several today; less than the majority of a StatefulSet, where there are nodes for
// that.
func (g *herd) keepApart(nodes int) {
	n := int64(len(g.spots))
	if g.spots[0].Ordered && n >= 3 {
		if minority := (n - 1) / 2; nodes >= 3 || most(g.hosts) <= minority {
			g.spread(packing.LabelHostname, minority)
			return
		}
	}
	if len(g.hosts) > 1 || g.grows() && nodes > 1 {
		g.spread(packing.LabelHostname, (n+1)/2)
	}
}

// keepWishes makes wishes hold as far as they do today.
func (g *herd) keepWishes(groups map[string]*herd, zones []string) {
	wishes := g.spots[0].Wishes
	if wishes == nil {
		return
	}
	for _, s := range wishes.SoftSpread {
		switch s.TopologyKey {
		case packing.LabelHostname:
			g.spread(s.TopologyKey, max(s.MaxSkew, most(g.hosts)))
		case packing.LabelZone:
			g.spread(s.TopologyKey, max(s.MaxSkew, g.skew(zones)))
		}
	}
	for _, a := range wishes.SoftAntiAffinity {
		g.keepDistance(a, groups)
	}
}

// skew is by how much the zone with the most pods of the workload is ahead today.
func (g *herd) skew(zones []string) int64 {
	low := most(g.zones)
	for _, z := range zones {
		low = min(low, g.zones[z])
	}
	return most(g.zones) - low
}

func (g *herd) keepDistance(a analyzer.PodAntiAffinity, groups map[string]*herd) {
	own := g.spots[0].Group
	for _, ref := range a.Workloads {
		other := groups[ref.String()]
		switch {
		case other == nil:
		case ref.String() == own && a.TopologyKey == packing.LabelHostname:
			g.spread(a.TopologyKey, most(g.hosts))
		case ref.String() != own && (a.TopologyKey == packing.LabelHostname && disjoint(g.hosts, other.hosts) ||
			a.TopologyKey == packing.LabelZone && disjoint(g.zones, other.zones)):
			for _, p := range g.spots {
				p.AntiAffinity = append(slices.Clone(p.AntiAffinity), packing.AntiAffinity{TopologyKey: a.TopologyKey, Groups: []string{ref.String()}, Soft: true})
			}
		}
	}
}

func disjoint(a, b map[string]int64) bool {
	for k := range a {
		if b[k] > 0 {
			return false
		}
	}
	return true
}

// keepZones leaves the workload in as many zones as it was before: by a spread that
// every zone gets a pod of, where it has one; else by a pod in each of them.
func (g *herd) keepZones(before, zones []string) {
	if len(before) < 2 {
		return
	}
	spread, apart := false, false
	for _, p := range g.spots {
		if p.Pod.Zone != "" { // volumes hold the workload where it is
			g.pinZones(before)
			return
		}
		for _, s := range p.Spread {
			spread = spread || s.TopologyKey == packing.LabelZone
		}
		for _, a := range p.AntiAffinity {
			apart = apart || a.TopologyKey == packing.LabelZone && slices.Contains(a.Groups, p.Group)
		}
	}
	switch {
	case apart:
	case spread:
		if n, z := int64(len(g.spots)), int64(len(zones)); z > 1 {
			g.spread(packing.LabelZone, (n-1)/(z-1))
		}
	default:
		g.pinZones(before)
	}
}

// pinZones gives each zone a pod that has to be there: one whose volume holds it, or
// that stays, or the first that is there now, or any.
func (g *herd) pinZones(before []string) {
	has := map[string]bool{}
	for _, p := range g.spots {
		switch {
		case p.Down: // it stands in for none
		case p.Stays:
			has[p.Pod.Zone], has[p.Zone] = true, true
		case p.Pod.Zone != "":
			has[p.Pod.Zone] = true
		}
	}
	for _, here := range []bool{true, false} {
		for _, zone := range before {
			if has[zone] {
				continue
			}
			for _, p := range g.spots {
				if !p.Stays && p.Pod.Zone == "" && (!here || p.Zone == zone && !p.Added) && inZone(p.Pod, zone) {
					p.Pod.Zone, p.SoftZone, has[zone] = zone, true, true
					break
				}
			}
		}
	}
}

// inZone reports whether the pod's node affinity lets it into a zone.
func inZone(p *packing.Pod, zone string) bool {
	if want := p.NodeSelector[packing.LabelZone]; want != "" && want != zone {
		return false
	}
	return len(p.Affinity) == 0 || slices.ContainsFunc(p.Affinity, func(t packing.Term) bool {
		return !slices.ContainsFunc(t, func(r packing.Requirement) bool {
			return r.Key == packing.LabelZone && (r.Operator == packing.In) != slices.Contains(r.Values, zone)
		})
	})
}
