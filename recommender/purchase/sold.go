package purchase

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/commitment"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// aCent is a cent a month, in USD an hour: what amounts of money are compared to.
const aCent = 0.01 / pricing.HoursPerMonth

// mostMemory is the GiB that a commitment may have for each vCPU.
func mostMemory(memory demand.Family) float64 { return max(cloud.MemoryPerVCPU, memory.GiBPerVCPU) }

// unit is what commitments of a resource are sold in: Google sells whole vCPUs
// and GPUs and quarters of a GiB. 0 where an amount of USD is bought.
func unit(resource string) float64 {
	switch resource {
	case pricing.ResourceVCPU, pricing.ResourceGPU:
		return 1
	case pricing.ResourceMemory:
		return 0.25
	}
	return 0
}

// sold scales amounts and rounds them down to what is sold; what is too small is
// left out.
func (m *market) sold(d *demand.Curve, amounts []float64, scale float64) []float64 {
	out := make([]float64, len(amounts))
	for k, o := range m.offers {
		step := cmp.Or(o.step, 0.001)
		if o.family >= 0 {
			if u := unit(d.Families[o.family].Resource) * m.perUnit(d, k); u > 0 {
				step = u
			}
		}
		out[k] = math.Floor(amounts[k]*scale/step+1e-9) * step
	}
	for _, k := range m.small(out) {
		out[k] = 0
	}
	m.limitMemory(d, out)
	return out
}

// wholeLimits hold what is sold in whole vCPUs and GPUs to those that are full in
// amounts, so that the rest can make up for the others.
func (m *market) wholeLimits(d *demand.Curve, offers []int, amounts []float64) []commitment.Limit {
	var out []commitment.Limit
	for i, k := range offers {
		if o := &m.offers[k]; amounts != nil && o.family >= 0 && unit(d.Families[o.family].Resource) == 1 && m.perUnit(d, k) > 0 {
			one := m.perUnit(d, k)
			out = append(out, commitment.Limit{Of: i, By: -1, Times: math.Floor(amounts[k]/one+1e-6) * one})
		}
	}
	return out
}

// small lists the amounts that are too small to buy.
func (m *market) small(amounts []float64) []int {
	var out []int
	for k, a := range amounts {
		if a > 0 && a < max(leastCommitment, leastShare*m.curve.Mean()) {
			out = append(out, k)
		}
	}
	return out
}

// perUnit is what a vCPU, GiB or GPU of an offer for one family costs, in USD an hour.
func (m *market) perUnit(d *demand.Curve, k int) float64 {
	o := &m.offers[k]
	return d.Families[o.family].PerUnit * o.rates[o.family]
}

// beside finds the offer for the vCPUs beside one for memory of the same family and
// term, -1 where there is none.
func (m *market) beside(d *demand.Curve, memory int) int {
	o := &m.offers[memory]
	scope := pricing.CommitmentScope{Family: d.Families[o.family].Family, Resource: pricing.ResourceVCPU}
	return slices.IndexFunc(m.offers, func(b familyOffer) bool {
		return b.family >= 0 && b.TermYears == o.TermYears && d.Families[b.family].CommitmentScope == scope && d.Families[b.family].PerUnit > 0
	})
}

// ofMemory reports whether an offer is for the memory of a family alone.
func (m *market) ofMemory(d *demand.Curve, k int) bool {
	j := m.offers[k].family
	return j >= 0 && d.Families[j].Resource == pricing.ResourceMemory && m.perUnit(d, k) > 0
}

// memoryLimits are the limits of memory beside vCPUs, for a program of some offers.
func (m *market) memoryLimits(d *demand.Curve, offers []int) []commitment.Limit {
	var out []commitment.Limit
	for i, k := range offers {
		if !m.ofMemory(d, k) {
			continue
		}
		limit := commitment.Limit{Of: i, By: slices.Index(offers, m.beside(d, k))}
		if limit.By >= 0 {
			limit.Times = mostMemory(d.Families[m.offers[k].family]) * m.perUnit(d, k) / m.perUnit(d, offers[limit.By])
		}
		out = append(out, limit)
	}
	return out
}

// limitMemory cuts commitments of memory to what may stand beside those of vCPUs
// of the same family and term. It gives the GiB that it took off each.
func (m *market) limitMemory(d *demand.Curve, amounts []float64) []float64 {
	cut := make([]float64, len(amounts))
	for k := range m.offers {
		if amounts[k] == 0 || !m.ofMemory(d, k) {
			continue
		}
		vcpus := 0.0
		if i := m.beside(d, k); i >= 0 {
			vcpus = amounts[i] / m.perUnit(d, i)
		}
		most := math.Floor(vcpus*mostMemory(d.Families[m.offers[k].family])*4+1e-6) / 4
		if have := amounts[k] / m.perUnit(d, k); have > most+1e-6 {
			amounts[k] *= most / have
			cut[k] = have - most
		}
	}
	return cut
}

// warnOfMemory says how much more memory would be bought if it might be.
func (m *market) warnOfMemory(d *demand.Curve, unlimited, amounts []float64) {
	for k := range unlimited {
		if !m.ofMemory(d, k) {
			continue
		}
		f := d.Families[m.offers[k].family]
		if gib := (unlimited[k] - amounts[k]) / m.perUnit(d, k); gib >= 1 {
			d.Warn("memory-limited", fmt.Sprintf("%.0f GiB more memory of %s would pay, but "+cloud.MemoryBound, gib, f.Family, mostMemory(f)))
		}
	}
}

// units says how much of the family so many USD an hour on demand are.
func (c *Commitment) units(f demand.Family, covers float64) {
	if f.PerUnit <= 0 {
		return
	}
	n := covers / f.PerUnit
	switch f.Resource {
	case pricing.ResourceMemory:
		c.GiB = n
	case pricing.ResourceGPU:
		c.GPUs = n
	case pricing.ResourceVCPU:
		c.VCPUs = n
	default:
		c.VCPUs, c.GiB = n, n*f.GiBPerVCPU
	}
}
