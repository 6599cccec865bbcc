package spot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Split holds a workload's pods to its floor on demand and lets the rest go
// to spot: a topology spread constraint (DoNotSchedule) whose domains are bought
// on demand or on spot.
type Split struct {
	// TopologyKey is the node label to spread over: the one that tells the
	// capacity types apart, or where that can't hold the floor one of the
	// split's own, of which OnDemandValues are on nodes bought on demand and
	// SpotValues on spot nodes. These are empty for the former.
	TopologyKey                string
	OnDemandValues, SpotValues []string
	// MaxSkew and MinDomains are those of the constraint. 0 where all pods may
	// be on spot, which a node selector says.
	MaxSkew, MinDomains int32
	// CapacityKey is the label that tells the capacity types apart, and Spot its
	// value on spot nodes: preferred by node affinity, or selected where MaxSkew
	// is 0.
	CapacityKey, Spot string
	// Pools is the number of pools (types x zones) to spread over, LostAtOnce
	// the pods on one of them, spread evenly.
	Pools      int
	LostAtOnce int32
	domains    spotDomains
}

// OnDemandOf is how few of n pods the constraint lets be on demand, whatever
// the order in which they were placed.
func (s *Split) OnDemandOf(n int32) int32 { return s.domains.least(n) }

// Pool is what to allow in the place of an instance type: types that are
// as large, those with the lowest effective prices first.
type Pool struct {
	Instead string
	Types   []string
	Zones   []string
}

// mostPoolTypes is how many types a pool names: as many as Karpenter wants to
// choose from before it replaces spot nodes by others.
const mostPoolTypes = 15

// capacityLabel is the one that the cluster's nodes have, else that of the
// provider's autoscaler.
func capacityLabel(p *advice.Pass, provider string) (key, spot string) {
	for _, c := range cloud.All() {
		for _, l := range c.Capacity {
			for i := range p.Facts.Snapshot.Nodes {
				if p.Facts.Snapshot.Nodes[i].Labels[l.Key] != "" {
					return l.Key, l.Value
				}
			}
		}
	}
	if c := cloud.Of(provider); c != nil && len(c.Capacity) > 0 {
		return c.Capacity[0].Key, c.Capacity[0].Value
	}
	return cloud.Karpenter.Key, cloud.Karpenter.Value
}

// splitOf says how the floor is held at every number of pods; nil where nothing
// holds it and lets a pod go.
func splitOf(p *advice.Pass, w *analyzer.WorkloadFacts, price *Price, n podNumbers, provider string) *Split {
	key, spot := capacityLabel(p, provider)
	out := &Split{TopologyKey: key, CapacityKey: key, Spot: spot}
	if !w.Batch() {
		d, ok := holding(func(pods int32) int32 { return spotFloorOf(w, pods) }, n)
		if !ok {
			return nil
		}
		out.domains, out.MaxSkew, out.MinDomains = d, d.skew, d.onDemand+d.spot
		if out.MinDomains > 2 {
			out.TopologyKey = fmt.Sprintf("plimsoll.dev/on-demand-%d-of-%d", d.onDemand, out.MinDomains)
			for i := range out.MinDomains {
				if value := strconv.Itoa(int(i) + 1); i < d.onDemand {
					out.OnDemandValues = append(out.OnDemandValues, value)
				} else {
					out.SpotValues = append(out.SpotValues, value)
				}
			}
		}
	}
	for _, pool := range price.Pools {
		out.Pools = max(out.Pools, len(pool.Types)*len(pool.Zones))
	}
	if out.Pools > 0 {
		out.LostAtOnce = (n.usual - out.OnDemandOf(n.usual) + int32(out.Pools) - 1) / int32(out.Pools)
	}
	return out
}

// String is the split in words.
func (s *Split) String() string {
	if s.MaxSkew == 0 {
		return fmt.Sprintf("select nodes with %s=%s", s.TopologyKey, s.Spot)
	}
	return fmt.Sprintf("spread over %s with maxSkew %d, prefer %s", s.TopologyKey, s.MaxSkew, s.Spot)
}

// spotTypes lists the types on sale on spot that can take a type's place: as
// large, of the same architecture, no dearer than it is on demand. The
// cheapest with interruptions come first.
func spotTypes(p *advice.Pass, demand pricing.Offering) []string {
	type priced struct {
		name string
		usd  float64
	}
	var all []priced
	for _, o := range p.Costs.Catalog.Offerings(demand.Provider, demand.Region) {
		if o.CapacityType == pricing.Spot && o.Arch == demand.Arch && o.CPUMillis >= demand.CPUMillis &&
			o.MemoryBytes >= demand.MemoryBytes && o.GPUs == demand.GPUs && o.GPUName == demand.GPUName && o.USDPerHour <= demand.USDPerHour {
			monthly, _ := bandMiddle(o.InterruptionBand)
			all = append(all, priced{o.InstanceType, o.USDPerHour + interruption(monthly, o.USDPerHour, demand.USDPerHour)})
		}
	}
	slices.SortFunc(all, func(a, b priced) int { return cmp.Or(cmp.Compare(a.usd, b.usd), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, a := range all {
		out = append(out, a.name)
	}
	return out
}

// interruption is what interruptions cost an hour: machine time lost to
// draining and starting again, and the overlap with a replacement on demand.
func interruption(monthly, spot, onDemand float64) float64 {
	return hazard(monthly) * (restartHours*spot + overlapHours*onDemand)
}

// zonesAt lists the zones of the nodes in a region.
func zonesAt(p *advice.Pass, provider, region string) []string {
	var out []string
	for _, n := range p.Costs.Nodes {
		if n.Offering.Provider == provider && n.Offering.Region == region && n.Zone != "" && !slices.Contains(out, n.Zone) {
			out = append(out, n.Zone)
		}
	}
	slices.Sort(out)
	return out
}
