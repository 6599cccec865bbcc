package recommender

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// aCent is a cent a month, in USD an hour: what amounts of money are compared to.
const aCent = 0.01 / HoursPerMonth

// googleMemory is the GiB for each vCPU that Google's API names as the most in a
// commitment. Families that have machines with more are sold by theirs.
// Source: cloud.google.com/ruby/docs/reference/google-cloud-compute-v1/latest/Google-Cloud-Compute-V1-ResourceCommitment.
const googleMemory = 6.5

// mostMemory is the GiB that a commitment may have for each vCPU.
func mostMemory(memory FamilyDemand) float64 { return max(googleMemory, memory.GiBPerVCPU) }

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
func (m *market) sold(d *demandCurve, amounts []float64, scale float64) []float64 {
	out := make([]float64, len(amounts))
	least := max(leastCommitment, leastShare*volume(d.hours))
	for k, o := range m.offers {
		step := 0.001
		if o.family >= 0 {
			f := d.families[o.family]
			if u := unit(f.Resource) * f.PerUnit * o.rates[o.family]; u > 0 {
				step = u
			}
		}
		out[k] = math.Floor(amounts[k]*scale/step+1e-9) * step
		if out[k] < least {
			out[k] = 0
		}
	}
	m.limitMemory(d, out)
	return out
}

// limitMemory cuts commitments of memory to what may stand beside those of vCPUs
// of the same family and term. It gives the GiB that it took off each.
func (m *market) limitMemory(d *demandCurve, amounts []float64) []float64 {
	cut := make([]float64, len(amounts))
	units := func(k int) float64 {
		f := d.families[m.offers[k].family]
		if f.PerUnit <= 0 {
			return 0
		}
		return amounts[k] / m.offers[k].rates[m.offers[k].family] / f.PerUnit
	}
	for k, o := range m.offers {
		if o.family < 0 || amounts[k] == 0 || d.families[o.family].Resource != pricing.ResourceMemory {
			continue
		}
		memory, vcpus := d.families[o.family], 0.0
		for i, beside := range m.offers {
			if beside.family >= 0 && beside.TermYears == o.TermYears && d.families[beside.family].CommitmentScope == (pricing.CommitmentScope{Family: memory.Family, Resource: pricing.ResourceVCPU}) {
				vcpus = units(i)
			}
		}
		most := math.Floor(vcpus*mostMemory(memory)*4+1e-6) / 4
		if have := units(k); have > most+1e-6 {
			amounts[k] *= most / have
			cut[k] = have - most
		}
	}
	return cut
}

// units says how much of the family so many USD an hour on demand are.
func (c *CommitmentAdvice) units(f FamilyDemand, covers float64) {
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
