package pricing

import (
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// PartRate is what a part of the machines of a series costs, in USD an hour: a vCPU
// (core), a GiB (ram) or, by its name in place of the series, a GPU (gpu). 0 is not known.
type PartRate struct {
	Series, Part                       string
	OnDemand, Spot, Commit1y, Commit3y float64
}

// FromParts prices the types of a region by the sum of their parts, for a list that has
// no machines, as Google's. Types that the region is not known to have are priced where their whole
// series is new there. Left out are types whose price has other parts too: with disks
// of their own, with shared cores, with GPUs that the rates do not name.
func (c *Catalog) FromParts(provider, region string, rates []PartRate) []NewPrice {
	provider = cloud.Canonical(provider)
	t := c.table(provider)
	if t == nil {
		return nil
	}
	parts := map[[2]string]PartRate{}
	for _, r := range rates {
		parts[[2]string{strings.ToLower(r.Series), r.Part}] = r
	}
	here, series := map[string]bool{}, map[string]bool{}
	if r := t.region(region); r != nil {
		for name := range r.types {
			here[name], series[CommitmentFamily(provider, name)] = true, true
		}
	}
	var out []NewPrice
	for name, r := range c.sizes(t) {
		family := CommitmentFamily(provider, name)
		if series[family] && !here[name] || cloud.ParseType(provider, name).Burstable || r.diskBytes > 0 || strings.HasSuffix(name, "-metal") {
			continue
		}
		if p, ok := r.fromParts(parts, family); ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b NewPrice) int { return strings.Compare(a.InstanceType, b.InstanceType) })
	return out
}

// fromParts adds the parts of a type up; ok is false where one is not known. A way to
// buy that not all parts have is left at 0.
func (r *row) fromParts(parts map[[2]string]PartRate, series string) (n NewPrice, ok bool) {
	n = NewPrice{InstanceType: r.instanceType, VCPUs: float64(r.cpuMillis) / 1000, MemoryGiB: float64(r.memoryBytes) / bytesPerGiB}
	amounts := map[[2]string]float64{{series, "core"}: n.VCPUs, {series, "ram"}: n.MemoryGiB}
	if r.gpus > 0 || r.gpuName != "" {
		amounts[[2]string{gpuSKU(r.gpuName), "gpu"}] = r.devices()
	}
	for _, price := range []struct {
		to *float64
		of func(PartRate) float64
	}{
		{&n.OnDemand, func(p PartRate) float64 { return p.OnDemand }}, {&n.Spot, func(p PartRate) float64 { return p.Spot }},
		{&n.Reserved1y, func(p PartRate) float64 { return p.Commit1y }}, {&n.Reserved3y, func(p PartRate) float64 { return p.Commit3y }},
	} {
		sum := 0.0
		for _, key := range [][2]string{{series, "core"}, {series, "ram"}, {gpuSKU(r.gpuName), "gpu"}} {
			amount, has := amounts[key]
			if !has {
				continue
			}
			usd := price.of(parts[key])
			if usd <= 0 {
				sum = math.NaN() // a part without a price
			}
			sum += amount * usd
		}
		if sum > 0 {
			*price.to = math.Round(sum*1e6) / 1e6
		}
	}
	return n, n.OnDemand > 0
}

// gpuSKU is the name of a GPU as Google's price list has it, in lower case: it leaves the memory
// of the smaller A100 out.
func gpuSKU(name string) string {
	return strings.TrimSuffix(strings.ToLower(name), " 40gb")
}
