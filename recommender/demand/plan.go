package demand

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// levels gives each hour the hour whose packing stands for it: itself, or where
// that is too much work one of about the same demand.
func (h *planHours) levels(hours []*planHour) []*planHour {
	byWorth := slices.Clone(hours)
	slices.SortStableFunc(byWorth, func(a, b *planHour) int { return cmp.Compare(a.worth, b.worth) })
	most := max(leastLevels, mostFollowed/max(len(h.plan.Packed()), 1))
	stands := map[int]*planHour{}
	for i, one := range byWorth {
		stands[one.at] = one
		if len(hours) > most { // the middle of its stretch
			stretch := i * most / len(hours)
			stands[one.at] = byWorth[((2*stretch+1)*len(hours))/(2*most)]
		}
	}
	out := make([]*planHour, len(hours))
	for i, one := range hours {
		out[i] = stands[one.at]
	}
	return out
}

// fill packs the levels and fills the curve in.
func (h *planHours) fill(hours, levels []*planHour) {
	h.packAll(levels)
	seen := map[pricing.CommitmentScope]bool{}
	for i := range levels {
		for scope := range levels[i].on.byScope {
			seen[scope] = true
		}
	}
	scopes := slices.SortedFunc(maps.Keys(seen), CompareScopes)
	machines := h.machines()
	for _, scope := range scopes {
		of := Family{CommitmentScope: scope} // of what is attached to machines of another family
		if m := machines[scope.Family]; m != nil {
			of = m.demand(scope)
		}
		h.d.Families = append(h.d.Families, of)
	}
	lost := 0
	var counted [24]float64
	for i, one := range hours {
		level := levels[i].on
		scale := 1.0
		if levels[i].worth > 0 {
			scale = one.worth / levels[i].worth
		}
		row, total := make([]float64, len(scopes)), 0.0
		for j, scope := range scopes {
			row[j] = level.byScope[scope] * scale
			total += row[j]
			h.d.Families[j].Mean += row[j] / float64(len(hours))
		}
		clock := ((one.at % 24) + 24) % 24
		h.d.Hours, h.d.clock = append(h.d.Hours, row), append(h.d.clock, clock)
		h.d.nodes[clock] += float64(level.nodes)
		counted[clock]++
		if stay := one.worth - one.spot; stay > 0 {
			h.d.spot += one.spot / stay * total / float64(len(hours))
		}
		lost = max(lost, level.lost)
	}
	for c := range counted {
		h.d.nodes[c] /= max(counted[c], 1)
	}
	if by := h.plan.Hours; by != nil { // with what is to be on spot, and the room for losses
		h.d.nodes = by.Nodes
	}
	h.d.Seen = len(hours)
	if lost > 0 {
		h.d.Warn("pods-left-out", fmt.Sprintf("up to %d pods of busier hours fit on no node of the plan and are not in the demand", lost))
	}
}

// packers is how many levels are packed side by side; none depends on another.
const packers = 4

// packAll packs each level once.
func (h *planHours) packAll(levels []*planHour) {
	like := make([]*planHour, len(levels)) // the one of the same pods that is packed
	var once []*planHour
	for i, one := range levels {
		at := slices.IndexFunc(h.known[one.sum], func(o *planHour) bool { return slices.Equal(o.whole, one.whole) })
		if at < 0 {
			h.known[one.sum] = append(h.known[one.sum], one)
			like[i], once = one, append(once, one)
			continue
		}
		like[i] = h.known[one.sum][at]
	}
	var all sync.WaitGroup
	for p := range packers {
		all.Go(func() {
			for i := p; i < len(once); i += packers {
				once[i].on = h.pack(once[i])
			}
		})
	}
	all.Wait()
	for i, one := range levels {
		one.on = like[i].on
	}
}

func (h *planHours) pack(one *planHour) *levelNodes {
	pods := map[string]int{}
	for i, n := range one.whole {
		if n > 0 {
			pods[h.groups[i]] = int(n)
		}
	}
	nodes, lost := h.Nodes(pods)
	out := &levelNodes{byScope: map[pricing.CommitmentScope]float64{}, nodes: len(nodes), lost: lost}
	add := func(instanceType, capacity, zone string, usd float64) {
		if capacity == string(pricing.OnDemand) && (h.zones[zone] || len(h.zones) == 0) {
			for _, share := range h.shares[instanceType] {
				out.byScope[share.CommitmentScope] += usd * share.USD
			}
		}
	}
	for i := range nodes {
		o := &nodes[i].Offering
		add(o.Type, o.CapacityType, o.Zone, o.USDPerHour-o.Fee)
	}
	for i := range h.plan.Nodes {
		node := &h.plan.Nodes[i]
		if node.Kept == "" {
			continue
		}
		out.nodes++
		if h.lasts(node) {
			add(node.Cost.InstanceType, node.Cost.CapacityType, node.Cost.Zone, node.Cost.Hourly-node.Cost.Fee)
		}
	}
	return out
}

// machines adds up the plan's nodes on demand by family.
func (h *planHours) machines() map[string]*machineSum {
	out := map[string]*machineSum{}
	h.eachOnDemand(func(o pricing.Offering, usd float64) {
		family := pricing.CommitmentFamily(h.d.Provider, o.InstanceType)
		if out[family] == nil {
			out[family] = &machineSum{}
		}
		out[family].add(h.pass.Costs.Catalog, o, usd)
	})
	return out
}

// split works out which shares of their prices the plan's kinds of machines have
// in what commitments can cover.
func (h *planHours) split() {
	h.shares = map[string][]pricing.CommitmentPart{}
	h.eachOnDemand(func(o pricing.Offering, usd float64) {
		if h.shares[o.InstanceType] != nil || usd <= 0 {
			return
		}
		parts := h.pass.Costs.Catalog.CommitmentParts(o, usd)
		for i := range parts {
			parts[i].USD /= usd
		}
		h.shares[o.InstanceType] = parts
	})
}

// eachOnDemand calls f with the plan's nodes on demand, those that stay too, and with what
// commitments can cover of their price.
func (h *planHours) eachOnDemand(f func(o pricing.Offering, usd float64)) {
	add := func(instanceType, capacity string, gpus int64, usd float64) {
		if capacity != string(pricing.OnDemand) {
			return
		}
		o := h.pass.Costs.Catalog.Lookup(pricing.Query{Provider: h.d.Provider, Region: h.d.Region, InstanceType: instanceType}).Offering
		o.Provider, o.InstanceType = h.d.Provider, instanceType
		o.GPUs = max(o.GPUs, gpus) // attached ones are in no table of machines
		f(o, usd)
	}
	for i := range h.plan.Plan.Nodes {
		o := &h.plan.Plan.Nodes[i].Offering
		add(o.Type, o.CapacityType, o.GPUs, o.USDPerHour-o.Fee)
	}
	for i := range h.plan.Nodes {
		node := &h.plan.Nodes[i]
		if node.Kept != "" && h.lasts(node) {
			add(node.Cost.InstanceType, node.Cost.CapacityType, node.Cost.Offering.GPUs, node.Cost.Hourly-node.Cost.Fee)
		}
	}
}
