package pricing

// CommitmentScope is what usage a commitment of one family can cover.
type CommitmentScope struct {
	Family string // m6i, n2, dsv5
	// Resource is ResourceVCPU, ResourceMemory or ResourceGPU where the provider
	// commits to each apart, as Google does; empty for machines as a whole.
	Resource string
}

// The resources of a family that Google commits to apart.
const (
	ResourceVCPU   = "vcpu"
	ResourceMemory = "memory"
	ResourceGPU    = "gpu"
)

// CommitmentPart is the part of a machine's price in one scope.
type CommitmentPart struct {
	CommitmentScope
	USD   float64 // an hour
	Units float64 // vCPUs, GiB or GPUs by the resource; vCPUs of a whole machine
}

// CommitmentParts splits what machines of an offering cost an hour over what
// commitments can cover: on Google's cloud the vCPUs, the memory and the GPUs,
// by the prices of each in the family; elsewhere the machine as a whole. Without
// a catalog it is whole too.
func (c *Catalog) CommitmentParts(o Offering, usd float64) []CommitmentPart {
	family := CommitmentFamily(o.Provider, o.InstanceType)
	cores := float64(o.CPUMillis) / 1000
	if c == nil || canonicalProvider(o.Provider) != "gcp" || o.CPUMillis <= 0 || o.MemoryBytes <= 0 {
		return []CommitmentPart{{CommitmentScope{Family: family}, usd, cores}}
	}
	r := c.rates(Query{Provider: "gcp", Region: o.Region, InstanceType: o.InstanceType}, o.Arch)
	cpu, memory, gpu := r.shares(usd, o.CPUMillis, o.MemoryBytes, o.GPUs)
	out := []CommitmentPart{
		{CommitmentScope{family, ResourceVCPU}, cpu, cores},
		{CommitmentScope{family, ResourceMemory}, memory, float64(o.MemoryBytes) / bytesPerGiB},
	}
	if o.GPUs > 0 {
		out = append(out, CommitmentPart{CommitmentScope{family, ResourceGPU}, gpu, float64(o.GPUs)})
	}
	return out
}

// PriceHeld gives commitments that are stated in vCPUs and GiB what they cover in
// USD an hour, by the list prices of the family in the region. Families that the
// tables do not have there cover nothing.
func (c *Catalog) PriceHeld(provider, region string, held []HeldCommitment) []HeldCommitment {
	out := make([]HeldCommitment, 0, len(held))
	for _, h := range held {
		if h.Units > 0 {
			usd, _ := c.unitPrice(provider, region, CommitmentScope{h.Family, h.Resource})
			h.Covers = h.Units * usd
			if h.paysCovers {
				h.Pays = h.Covers
			}
		}
		out = append(out, h)
	}
	return out
}

// unitPrice is what a vCPU or a GiB of a family costs an hour, by the offering
// that tells; 0 where there is no such family.
func (c *Catalog) unitPrice(provider, region string, of CommitmentScope) (usd float64, by Offering) {
	for _, o := range c.Offerings(provider, region) {
		if CommitmentFamily(o.Provider, o.InstanceType) != of.Family {
			continue
		}
		for _, part := range c.CommitmentParts(o, o.USDPerHour) {
			if part.CommitmentScope == of && part.Units > 0 {
				return part.USD / part.Units, o
			}
		}
	}
	return 0, Offering{}
}

// CoverHeld takes what commitments cover off an hour's usage, in USD at on-demand
// prices, by scope: those of one resource of a family first, then those of a
// family, spread over its resources by their usage, then those of all in the
// scopes' order. It changes usage and gives what was covered.
func CoverHeld(held []HeldCommitment, scopes []CommitmentScope, usage []float64) (covered float64) {
	take := func(j int, usd float64) {
		usd = min(usd, usage[j])
		usage[j] -= usd
		covered += usd
	}
	wide := 0.0
	byFamily := map[string]float64{}
	for _, h := range held {
		switch {
		case h.Family == "":
			wide += h.Covers
		case h.Resource == "":
			byFamily[h.Family] += h.Covers
		default:
			for j, s := range scopes {
				if s.Family == h.Family && s.Resource == h.Resource {
					take(j, h.Covers)
				}
			}
		}
	}
	used := map[string]float64{}
	for j, s := range scopes {
		used[s.Family] += usage[j]
	}
	for j, s := range scopes {
		if used[s.Family] > 0 {
			take(j, usage[j]*min(1, byFamily[s.Family]/used[s.Family]))
		}
	}
	for j := range scopes {
		before := covered
		take(j, wide)
		wide -= covered - before
	}
	return covered
}
