package nodes

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// spotTypes is how many types a pool on spot has at the least, where there are so many:
// Karpenter replaces spot nodes by cheaper ones from 15 types on, and interruptions are
// fewer the more there are to choose from.
const spotTypes = 15

// Range is the machines that a flexible group may launch.
type Range struct {
	Types []string // the cheapest for their size first
	// Families are those of Types, where they say the same with LeastCPU and MostCPU: on
	// demand, on AWS, without patterns of types; sorted.
	Families          []string
	LeastCPU, MostCPU int64 // millicores of the smallest and the largest machine
	// Fallback is the capacity type to launch where there is none of the group's own;
	// empty for none.
	Fallback string
}

// candidate is a type that a group may launch.
type candidate struct {
	name string
	size machineSize
	rate float64 // USD an hour for its size
}

// widen gives a group the types to choose from: of the sizes of the plan, those that
// cost at most 15 % more for their size than the plan; on spot at least 15, of other generations
// and twice the size where there are fewer. own is what its pool could grow by.
func (n *nodePlanner) widen(g *Group, own []packing.Offering, sizes map[string]machineSize) {
	planned, devices := map[string]bool{}, map[string]bool{}
	least, most, paid, units := int64(0), int64(0), 0.0, 0.0
	for _, i := range g.nodes {
		o := &n.plan.Nodes[i].Offering
		size := sizes[o.Type]
		planned[o.Type], devices[o.Labels[pin.DeviceLabel]] = true, true
		if least == 0 || size.cpu < least {
			least = size.cpu
		}
		most, paid, units = max(most, size.cpu), paid+o.USDPerHour, units+size.units()
	}
	spot := g.CapacityType == string(pricing.Spot)
	r := &Range{}
	take := func(c candidate) bool {
		inside := c.size.cpu >= least && c.size.cpu <= most
		cheap := c.rate <= paid/units*(1+standInShare)
		return planned[c.name] || inside && (cheap || spot && len(r.Types) < spotTypes)
	}
	for _, c := range candidates(own, devices, sizes) {
		if take(c) {
			r.Types = append(r.Types, c.name)
		}
	}
	if spot {
		r.Fallback = string(pricing.OnDemand)
		if devices[""] {
			n.addSpot(r, g, least, most)
		}
	}
	r.bound(sizes)
	if !spot && devices[""] {
		r.Families = n.families(g, r)
	}
	g.Range = r
}

// families are those of the range's types, where a range of families says what
// the types say: on AWS, and where no types are named by the user.
func (n *nodePlanner) families(g *Group, r *Range) []string {
	o := n.pass.Options.Nodes
	if g.Provider != "aws" || len(o.Types)+len(o.DenyTypes) > 0 {
		return nil
	}
	return familiesOf(g.Provider, r.Types)
}

// bound gives the range the least and most size of its types.
func (r *Range) bound(sizes map[string]machineSize) {
	for _, name := range r.Types {
		if cpu := sizes[name].cpu; r.LeastCPU == 0 || cpu < r.LeastCPU {
			r.LeastCPU = cpu
		}
		r.MostCPU = max(r.MostCPU, sizes[name].cpu)
	}
}

// addSpot fills a range up with whatever types of the plan's sizes there are on spot,
// of any generation, and then of twice the size; not with machines that burst, nor with
// devices.
func (n *nodePlanner) addSpot(r *Range, g *Group, least, most int64) {
	o := n.pass.Options.Nodes
	all := n.pass.Costs.Catalog.Offerings(g.Provider, g.Region)
	slices.SortStableFunc(all, func(a, b pricing.Offering) int {
		return cmp.Compare(a.USDPerHour/sizeOf(a).units(), b.USDPerHour/sizeOf(b).units())
	})
	for _, limit := range []int64{most, 2 * most} {
		for _, c := range all {
			fits := string(c.CapacityType) == g.CapacityType && c.Arch == g.Arch && c.GPUs == 0 && c.CPUMillis >= least && c.CPUMillis <= limit
			steady := pin.Sustained(c, c.CPUMillis) == c.CPUMillis && pin.Allowed(c.InstanceType, o.Types, o.DenyTypes)
			if fits && steady && len(r.Types) < spotTypes && !slices.Contains(r.Types, c.InstanceType) {
				r.Types = append(r.Types, c.InstanceType)
			}
		}
	}
}

func sizeOf(o pricing.Offering) machineSize { return machineSize{o.CPUMillis, o.MemoryBytes, o.GPUs} }

// candidates lists the types of offerings whose devices are those of the plan, the
// cheapest for their size first.
func candidates(own []packing.Offering, devices map[string]bool, sizes map[string]machineSize) []candidate {
	byType := map[string]candidate{}
	for i := range own {
		o := &own[i]
		size := sizes[o.Type]
		if c, seen := byType[o.Type]; devices[o.Labels[pin.DeviceLabel]] && size.cpu > 0 && (!seen || o.USDPerHour/size.units() < c.rate) {
			byType[o.Type] = candidate{o.Type, size, o.USDPerHour / size.units()}
		}
	}
	return slices.SortedFunc(maps.Values(byType), func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rate, b.rate), cmp.Compare(a.name, b.name))
	})
}

// units is a size as money sees it, in cores.
func (a machineSize) units() float64 {
	return float64(a.cpu)/1000 + float64(a.memory)/(memoryPerCore<<30)
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
