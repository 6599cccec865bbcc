package pricing_test

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// partsOf solves what a vCPU and a GiB of a series cost from two of its types.
func partsOf(a, b pricing.Offering) (core, ram float64) {
	const gib = 1 << 30
	ca, cb, ma, mb := float64(a.CPUMillis)/1000, float64(b.CPUMillis)/1000, float64(a.MemoryBytes)/gib, float64(b.MemoryBytes)/gib
	det := ca*mb - cb*ma
	return (a.USDPerHour*mb - b.USDPerHour*ma) / det, (ca*b.USDPerHour - cb*a.USDPerHour) / det
}

// TestFromParts: what two types of a series say of a vCPU and a GiB gives the price of
// all its others, as the table has them; spot likewise.
func TestFromParts(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, region := range []string{"us-central1", "europe-west4", "asia-southeast3"} {
		rates, want := gcpParts(c, region)
		got := c.FromParts("gcp", region, rates)
		if len(got) < 50 {
			t.Errorf("%s: %d types are priced by their parts", region, len(got))
		}
		for _, p := range got {
			table := want[p.InstanceType]
			if off := math.Abs(p.OnDemand/table - 1); off > 0.0035 {
				t.Errorf("%s in %s: got %g by its parts, the table has %g (%.2f %%)", p.InstanceType, region, p.OnDemand, table, 100*off)
			}
			if strings.Contains(p.InstanceType, "lssd") || strings.HasPrefix(p.InstanceType, "e2-m") && !strings.Contains(p.InstanceType, "highm") {
				t.Errorf("%s is priced by its parts, but has others too", p.InstanceType)
			}
			if p.Reserved1y != 0 {
				t.Errorf("%s has a commitment that no rate has: %+v", p.InstanceType, p)
			}
		}
	}
	if got := c.FromParts("gcp", "us-central1", []pricing.PartRate{{Series: "n2", Part: "core", OnDemand: 1}}); got != nil {
		t.Errorf("without memory's price got %v", got)
	}
	gpu := []pricing.PartRate{{Series: "g2", Part: "core", OnDemand: 0.025}, {Series: "g2", Part: "ram", OnDemand: 0.003}}
	if got := c.FromParts("gcp", "us-central1", gpu); got != nil {
		t.Errorf("without its GPU's price got %v", got)
	}
	// G4 has parts of GPUs, and the name of a GPU that Google's list has without its maker.
	g4 := []pricing.PartRate{{Series: "g4", Part: "core", OnDemand: 0.04891}, {Series: "g4", Part: "ram", OnDemand: 0.00587}, {Series: "Nvidia RTX PRO 6000", Part: "gpu", OnDemand: 1.09565}}
	sizes := 0
	for _, p := range c.FromParts("gcp", "us-central1", g4) {
		table := c.Lookup(pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: p.InstanceType}).Offering.USDPerHour
		if sizes++; math.Abs(p.OnDemand/table-1) > 0.0035 {
			t.Errorf("%s: got %g by its parts, the table has %g", p.InstanceType, p.OnDemand, table)
		}
	}
	if sizes != 7 {
		t.Errorf("%d sizes of G4 are priced by their parts, want 7", sizes)
	}
	got := c.FromParts("gcp", "us-central1", append(gpu, pricing.PartRate{Series: "Nvidia L4", Part: "gpu", OnDemand: 0.56}))
	if len(got) == 0 || got[0].InstanceType != "g2-standard-12" || math.Abs(got[0].OnDemand-(12*0.025+48*0.003+0.56)) > 1e-6 {
		t.Errorf("got %+v", got)
	}
}

// gcpParts gives rates of a region's series as its own types have them, and the types' prices.
func gcpParts(c *pricing.Catalog, region string) (rates []pricing.PartRate, usd map[string]float64) {
	lean, rich := map[string]pricing.Offering{}, map[string]pricing.Offering{}
	usd = map[string]float64{}
	for _, o := range c.Offerings("gcp", region) {
		if o.CapacityType != pricing.OnDemand {
			continue
		}
		usd[o.InstanceType] = o.USDPerHour
		series := pricing.CommitmentFamily("gcp", o.InstanceType)
		if o.GPUs > 0 || o.LocalDiskBytes > 0 || strings.HasSuffix(o.InstanceType, "metal") {
			continue
		}
		if strings.Contains(o.InstanceType, "-highcpu-") {
			lean[series] = o
		}
		if strings.Contains(o.InstanceType, "-highmem-") {
			rich[series] = o
		}
	}
	for series, a := range lean {
		if b, ok := rich[series]; ok {
			core, ram := partsOf(a, b)
			rates = append(rates, pricing.PartRate{Series: series, Part: "core", OnDemand: core}, pricing.PartRate{Series: series, Part: "ram", OnDemand: ram})
		}
	}
	return rates, usd
}
