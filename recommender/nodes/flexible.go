package nodes

import (
	"cmp"
	"context"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// spotTypes is how many types a pool on spot has at the least, where there are so many:
// Karpenter replaces spot nodes by cheaper ones from 15 types on, and interruptions are
// fewer the more there are to choose from.
const spotTypes = 15

// widen gives a group the types to choose from: of the sizes of the plan, those that
// cost at most 15 % more for their size than the plan; on spot at least 15, of other generations
// and twice the size where there are fewer. own is what its pool could grow by.
func (n *nodePlanner) widen(g *group.Group, own []packing.Offering, sizes map[string]group.Size) {
	planned, devices := map[string]bool{}, map[string]bool{}
	least, most, paid, units := int64(0), int64(0), 0.0, 0.0
	for _, i := range g.Nodes {
		o := &n.plan.Nodes[i].Offering
		size := sizes[o.Type]
		planned[o.Type], devices[o.Labels[pin.DeviceLabel]] = true, true
		if least == 0 || size.CPU < least {
			least = size.CPU
		}
		most, paid, units = max(most, size.CPU), paid+o.USDPerHour, units+size.Units()
	}
	spot := g.CapacityType == string(pricing.Spot)
	r := &group.Range{}
	take := func(c group.Candidate) bool {
		inside := c.Size.CPU >= least && c.Size.CPU <= most
		cheap := c.Rate <= paid/units*(1+group.StandInShare)
		steady := !pin.Bursts(g.Provider, c.Name) // the autoscaler fills a node, whatever its baseline
		return planned[c.Name] || inside && steady && (cheap || spot && len(r.Types) < spotTypes)
	}
	for _, c := range group.Candidates(own, devices, sizes) {
		if take(c) {
			r.Types = append(r.Types, c.Name)
		}
	}
	if spot {
		r.Fallback = string(pricing.OnDemand)
		if devices[""] {
			n.addSpot(r, g, least, most)
		}
	}
	r.Bound(sizes)
	if !spot && devices[""] {
		r.Families = n.families(g, r)
	}
	g.Range = r
}

// families are those of the range's types, where a range of families says what
// the types say: on AWS, and where no types are named by the user.
func (n *nodePlanner) families(g *group.Group, r *group.Range) []string {
	o := n.pass.Options.Nodes
	bursts := func(name string) bool { return pin.Bursts(g.Provider, name) } // its family has others
	if c := cloud.Of(g.Provider); c == nil || !c.Families || len(o.Types)+len(o.DenyTypes) > 0 || slices.ContainsFunc(r.Types, bursts) {
		return nil
	}
	return familiesOf(g.Provider, r.Types)
}

// addSpot fills a range up with whatever types of the plan's sizes there are on spot,
// of any generation, and then of twice the size; not with machines that burst, nor with
// devices.
func (n *nodePlanner) addSpot(r *group.Range, g *group.Group, least, most int64) {
	o := n.pass.Options.Nodes
	all := n.pass.Costs.Catalog.Offerings(g.Provider, g.Region)
	slices.SortStableFunc(all, func(a, b pricing.Offering) int {
		return cmp.Compare(a.USDPerHour/group.SizeOf(a).Units(), b.USDPerHour/group.SizeOf(b).Units())
	})
	for _, limit := range []int64{most, 2 * most} {
		for _, c := range all {
			fits := string(c.CapacityType) == g.CapacityType && c.Arch == g.Arch && c.GPUs == 0 && c.CPUMillis >= least && c.CPUMillis <= limit
			steady := !pin.Bursts(c.Provider, c.InstanceType) && pin.Allowed(c.InstanceType, o.Types, o.DenyTypes)
			if fits && steady && len(r.Types) < spotTypes && !slices.Contains(r.Types, c.InstanceType) {
				r.Types = append(r.Types, c.InstanceType)
			}
		}
	}
}

func familiesOf(provider string, types []string) []string {
	seen := map[string]bool{}
	for _, name := range types {
		seen[(&pricing.Offering{Provider: provider, InstanceType: name}).Family()] = true
	}
	return SortedNames(seen)
}

// flexible reports whether groups are to have many types.
func (n *nodePlanner) flexible() bool { return n.style() == advice.PoolsFlexible }

// leastNodes is how many nodes the user wants beside the kept ones.
func (n *nodePlanner) leastNodes() int {
	want := n.pass.Options.Nodes.LeastNodes
	for _, node := range n.nodes {
		if node.kept != "" {
			want--
		}
	}
	return want
}

// enough packs again, from smaller machines, until there are as many nodes as the user
// wants, kept ones among them. Where the pods do not fill so many, it takes what comes
// nearest.
func (n *nodePlanner) enough(ctx context.Context, plan packing.Plan) (packing.Plan, error) {
	want := n.leastNodes()
	for len(plan.Nodes) < want {
		largest := int64(0)
		for i := range plan.Nodes {
			largest = max(largest, plan.Nodes[i].Offering.CPU)
		}
		few := n.in
		few.NoBound = true
		few.Offerings = slices.DeleteFunc(slices.Clone(n.in.Offerings), func(o packing.Offering) bool { return o.CPU >= largest })
		if len(few.Offerings) == 0 {
			break
		}
		other, err := packing.Pack(ctx, few)
		if err != nil {
			return plan, err
		}
		if len(other.Abstained) > 0 {
			break
		}
		n.in.Offerings = few.Offerings
		other.LowerBound = plan.LowerBound
		if other.LowerBound > 0 {
			other.GapPercent = 100 * (other.Hourly/other.LowerBound - 1)
		}
		plan = other
	}
	return plan, nil
}
