package pricing

import (
	"cmp"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

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
	// ResourceUntold is of machines with GPUs whose price the tables do not tell
	// apart: nothing can be committed to for them.
	ResourceUntold = "untold"
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
// a catalog it is whole too. Google's GPUs whose price is not told apart from
// that of the machine are ResourceUntold.
func (c *Catalog) CommitmentParts(o Offering, usd float64) []CommitmentPart {
	family := CommitmentFamily(o.Provider, o.InstanceType)
	cores := float64(o.CPUMillis) / 1000
	if of := cloud.Of(cloud.Canonical(o.Provider)); c == nil || of == nil || !of.BillsParts || o.CPUMillis <= 0 || o.MemoryBytes <= 0 {
		return []CommitmentPart{{CommitmentScope{Family: family}, usd, cores}}
	}
	r, told := c.googleRates(&o)
	if !told {
		return []CommitmentPart{{CommitmentScope{family, ResourceUntold}, usd, cores}}
	}
	cpu, memory, gpu := r.shares(usd, o.CPUMillis, o.MemoryBytes, o.GPUs)
	out := []CommitmentPart{
		{CommitmentScope{family, ResourceVCPU}, cpu, cores},
		{CommitmentScope{family, ResourceMemory}, memory, float64(o.MemoryBytes) / bytesPerGiB},
	}
	switch {
	case o.GPUs > 0 && attachesGPUs(o.Provider, o.InstanceType):
		out = append(out, CommitmentPart{CommitmentScope{cmp.Or(o.GPUName, "GPU"), ResourceUntold}, gpu, float64(o.GPUs)})
	case o.GPUs > 0:
		out = append(out, CommitmentPart{CommitmentScope{family, ResourceGPU}, gpu, float64(o.GPUs)})
	}
	return out
}

// googleRates are what a vCPU and a GiB of a machine on Google's cloud cost; told
// is false for machines with GPUs whose parts the tables do not tell apart.
//
// N1 and A2 bill vCPUs and memory at the same prices: of a2-highgpu-1g in
// us-central1 that leaves 2.93391 USD for the A100, which is Google's price of
// one. A2 with local disks, A3 and later have one price for it all. G2 has one
// ratio of memory to vCPUs, so that two of its sizes tell its GPU: 0.56004 USD
// for the L4 in us-central1, which is Google's price too.
// Prices of the parts: skypilot-org/skypilot-catalog@006059e0 catalogs/v8/gcp/vms.csv.
func (c *Catalog) googleRates(o *Offering) (r rates, told bool) {
	usual := c.rates(Query{Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType}, o.Arch)
	plain := o.GPUs == 0 && o.GPUName == ""
	switch {
	case plain:
		return usual, true
	case attachesGPUs(o.Provider, o.InstanceType), strings.HasPrefix(o.InstanceType, "a2-highgpu-"), strings.HasPrefix(o.InstanceType, "a2-megagpu-"):
		book, _ := c.book(o.Provider, o.Region)
		r, told = book.groups["n1"]
		return r, told
	case strings.HasPrefix(o.InstanceType, "g2-standard-"):
		small := c.Lookup(Query{Provider: o.Provider, Region: o.Region, InstanceType: "g2-standard-4"}).Offering
		large := c.Lookup(Query{Provider: o.Provider, Region: o.Region, InstanceType: "g2-standard-8"}).Offering
		base := usual.cost(large.CPUMillis-small.CPUMillis, large.MemoryBytes-small.MemoryBytes)
		if more := large.USDPerHour - small.USDPerHour; more > 0 && base > 0 && small.GPUs == large.GPUs {
			return rates{cpu: usual.cpu * more / base, gib: usual.gib * more / base}, true
		}
	}
	return rates{}, false
}

// PriceHeld gives commitments that are stated in vCPUs and GiB what they cover in
// USD an hour, by the list prices of the family in the region. Families that the
// tables do not have there cover nothing. Those of all families get to know what
// they cover first there. One of another region is left out: what it pays for is not here.
func (c *Catalog) PriceHeld(provider, region string, held []HeldCommitment) []HeldCommitment {
	out := make([]HeldCommitment, 0, len(held))
	order := c.wideOrder(provider, region)
	for _, h := range held {
		if !h.HoldsIn(region) {
			continue
		}
		if h.Family == "" {
			h.wide = order
		}
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
