package demand

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// machineSum adds up machines of one family by what commitments can cover.
type machineSum struct {
	parts []pricing.CommitmentPart // sums, by scope
	cores float64
	gib   float64
	most  float64 // GiB beside a vCPU of the machine that has most
}

// add adds a machine that costs so much an hour.
func (s *machineSum) add(c *pricing.Catalog, o pricing.Offering, usd float64) {
	for _, part := range c.CommitmentParts(o, usd) {
		i := slices.IndexFunc(s.parts, func(p pricing.CommitmentPart) bool { return p.CommitmentScope == part.CommitmentScope })
		if i < 0 {
			s.parts = append(s.parts, part)
		} else {
			s.parts[i].USD, s.parts[i].Units = s.parts[i].USD+part.USD, s.parts[i].Units+part.Units
		}
	}
	if o.CPUMillis > 0 {
		cores, gib := float64(o.CPUMillis)/1000, float64(o.MemoryBytes)/(1<<30)
		s.cores, s.gib, s.most = s.cores+cores, s.gib+gib, max(s.most, gib/cores)
	}
}

// demand is what the machines tell of a scope.
func (s *machineSum) demand(of pricing.CommitmentScope) Family {
	f := Family{CommitmentScope: of}
	for _, p := range s.parts {
		if p.CommitmentScope == of && p.Units > 0 {
			f.PerUnit = max(p.USD, 0) / p.Units
		}
	}
	switch {
	case of.Resource == pricing.ResourceMemory:
		f.GiBPerVCPU = s.most
	case of.Resource == "" && s.cores > 0:
		f.GiBPerVCPU = s.gib / s.cores
	}
	return f
}

// apart splits the families of today's nodes into what commitments can cover.
// The nodes of a family keep their proportions through the hours.
func (d *Curve) apart(fleets map[string]*fleet) {
	var scopes []Family
	rows := make([][]float64, len(d.Hours))
	for j, f := range d.Families {
		m := &fleets[f.Family].machines
		total := 0.0
		for _, part := range m.parts {
			total += part.USD
		}
		for _, part := range m.parts {
			share := 0.0
			if total > 0 {
				share = part.USD / total
			}
			one := m.demand(part.CommitmentScope)
			one.Mean = f.Mean * share
			scopes = append(scopes, one)
			for i, hour := range d.Hours {
				rows[i] = append(rows[i], hour[j]*share)
			}
		}
	}
	d.Families, d.Hours = scopes, rows
}

// cover takes what existing commitments cover off every hour.
func (d *Curve) cover(held []pricing.HeldCommitment) {
	var scopes []pricing.CommitmentScope
	for _, f := range d.Families {
		scopes = append(scopes, f.CommitmentScope)
	}
	for _, h := range held {
		known := slices.ContainsFunc(scopes, func(s pricing.CommitmentScope) bool {
			return h.CanCover(s)
		})
		if !known {
			d.Warn("unused-commitment", fmt.Sprintf("commitment %q of %s covers nothing: the demand has no such family, it has %s", h.Name, scopeName(h.Family, h.Resource), FamilyList(d)))
		}
	}
	for _, hour := range d.Hours {
		d.held += pricing.CoverHeld(held, scopes, hour) / float64(len(d.Hours))
	}
}

// scopeName says what a commitment is tied to.
func scopeName(family, resource string) string {
	if name, ok := map[string]string{pricing.ResourceVCPU: "vCPUs", pricing.ResourceMemory: "memory", pricing.ResourceGPU: "GPUs"}[resource]; ok {
		return name + " of " + family
	}
	return cmp.Or(family, "all families")
}

// CompareScopes orders scopes by family, and in one by vCPUs, memory and GPUs.
func CompareScopes(a, b pricing.CommitmentScope) int {
	return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(scopeRank[a.Resource], scopeRank[b.Resource]))
}

var scopeRank = map[string]int{pricing.ResourceVCPU: 1, pricing.ResourceMemory: 2, pricing.ResourceGPU: 3, pricing.ResourceUntold: 4}
