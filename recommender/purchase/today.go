package purchase

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// safeToday works out which part of each commitment may be bought before anything
// else is done: what the usage of today's nodes fills for the share of the hours from
// which on it pays. Commitments of one family share that usage, the narrow ones first.
func (m *market) safeToday(told []Commitment, before *demand.Curve) {
	taken := make([]float64, len(before.Families)) // USD an hour on demand
	for i := range told {
		if c := &told[i]; c.Family != "" {
			scope := pricing.CommitmentScope{Family: c.Family, Resource: c.Resource}
			j := slices.IndexFunc(before.Families, func(f demand.Family) bool { return f.CommitmentScope == scope })
			if j < 0 {
				continue
			}
			row := make([]float64, len(before.Hours))
			for h, hour := range before.Hours {
				row[h] = hour[j]
			}
			safe := min(c.Covers, max(0, filled(row, c.BreakEven)-taken[j]))
			taken[j] += safe
			c.safe(safe, before.Families[j].PerUnit)
		}
	}
	for i := range told {
		if c := &told[i]; c.Family == "" {
			row := make([]float64, len(before.Hours))
			for h, hour := range before.Hours {
				for j := range hour {
					if f := &before.Families[j]; f.Resource != pricing.ResourceUntold && f.Resource != pricing.ResourceGPU {
						row[h] += max(0, hour[j]-taken[j])
					}
				}
			}
			safe := min(c.Covers, filled(row, c.BreakEven))
			c.safe(safe, 0)
			for j := range taken { // what is left for the next is what this one does not fill
				taken[j] += safe / float64(len(taken))
			}
		}
	}
}

// nearly is the part of a vCPU or GPU that may be missing: pods that start and end
// within an hour count for a part of it.
const nearly = 0.02

// filled is the usage that is there for a share of the hours.
func filled(row []float64, share float64) float64 {
	if share > 1 {
		return 0
	}
	return pricing.DemandOf(row).Quantile(1 - share)
}

// safe notes so many USD an hour of on-demand usage, in what is sold whole.
func (c *Commitment) safe(covers, perUnit float64) {
	if step := unit(c.Resource) * perUnit; step > 0 && covers < c.Covers {
		covers = math.Floor(covers/step+nearly) * step
	}
	c.SafeToday = min(covers*(1-c.Discount), c.Amount)
}
