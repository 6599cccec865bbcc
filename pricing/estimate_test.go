package pricing_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// spread is how far estimates were off, in shares of the price.
type spread []float64

func (s *spread) add(got, want float64) { *s = append(*s, got/want-1) }

func (s spread) of(q float64) float64 {
	abs := make([]float64, len(s))
	for i, e := range s {
		abs[i] = math.Abs(e)
	}
	slices.Sort(abs)
	return abs[min(int(q*float64(len(abs))), len(abs)-1)]
}

// byClass are spreads by what families begin with: m of m6i, c2 of c2-standard, D of Standard_D4s_v5.
type byClass map[string]*spread

func (b byClass) of(o *pricing.Offering) *spread {
	class := cloud.LeadingLetters(strings.TrimPrefix(o.InstanceType, "Standard_"))
	if b[class] == nil {
		b[class] = &spread{}
	}
	return b[class]
}

// table is a line a class, of two ways to estimate.
func (b byClass) table(t *testing.T, title string, other byClass) {
	for _, class := range slices.Sorted(maps.Keys(b)) {
		t.Logf("%s, %-3s: %v; before: %v", title, class, *b[class], *other[class])
	}
}

func (s spread) String() string {
	return fmt.Sprintf("median %.1f %%, p90 %.1f %%, worst %.0f %% of %d", 100*s.of(0.5), 100*s.of(0.9), 100*s.of(1), len(s))
}

// TestRegionLeftOut prices every type of some regions as if the region had no table.
func TestRegionLeftOut(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for provider, tt := range map[string]struct {
		regions []string
		median  float64
	}{
		"aws":   {[]string{"us-east-2", "eu-north-1", "ap-south-1", "eu-west-3", "ca-central-1", "ap-northeast-1"}, 0.13},
		"gcp":   {[]string{"us-east4", "europe-west9", "asia-south1", "europe-north1", "us-south1", "asia-northeast1"}, 0.13},
		"azure": {[]string{"westus", "francecentral", "centralindia", "swedencentral", "canadacentral", "japaneast"}, 0.11},
	} {
		var all spread
		after, before := byClass{}, byClass{}
		for _, region := range tt.regions {
			without := c.WithoutRegion(provider, region)
			var here spread
			for _, o := range c.Offerings(provider, region) {
				if o.CapacityType != pricing.OnDemand {
					continue
				}
				p := without.Lookup(pricing.Query{Provider: provider, Region: region, InstanceType: o.InstanceType})
				if p.Status == pricing.Estimated && p.Cause == pricing.UnknownRegion {
					here.add(p.Offering.USDPerHour, o.USDPerHour)
					after.of(&o).add(p.Offering.USDPerHour, o.USDPerHour)
					before.of(&o).add(linear(without, &o), o.USDPerHour)
				}
			}
			t.Logf("%s without %s: %v", provider, region, here)
			all = append(all, here...)
		}
		after.table(t, provider+" without a region", before)
		t.Logf("%s without a region: %v", provider, all)
		if all.of(0.5) > tt.median {
			t.Errorf("%s: half of the estimates are off by more than %.0f %%, at most %.0f %% expected", provider, 100*all.of(0.5), 100*tt.median)
		}
	}
}

// linear is the old rule for what has no row: the vCPUs and GiB of the machine.
func linear(c *pricing.Catalog, o *pricing.Offering) float64 {
	node := cloudNode(o.Provider, o.Region, "of-no-family", 0, 0, "kubernetes.io/arch", o.Arch)
	node.CPUMillis, node.MemoryBytes = o.CPUMillis, o.MemoryBytes
	return c.NodePrice(node).USDPerHour
}

// TestTypeAndFamilyLeftOut prices families that a region does not have, or no
// region has, and holds them against what a vCPU and a GiB usually cost.
func TestTypeAndFamilyLeftOut(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider, region string
		local, nowhere   float64 // what half of the estimates keep
	}{
		{"aws", "us-east-1", 0.01, 0.15}, {"aws", "ap-south-1", 0.03, 0.15}, {"gcp", "us-central1", 0.01, 0.12}, {"azure", "eastus", 0.01, 0.08},
	} {
		var local, nowhere, capacity spread
		done := map[string]bool{}
		kind, old := byClass{}, byClass{}
		for _, o := range c.Offerings(tt.provider, tt.region) {
			family := o.Family()
			if o.CapacityType != pricing.OnDemand || o.GPUs > 0 || o.GPUName != "" || done[family] {
				continue
			}
			if done[family] = true; len(done)%5 != 0 {
				continue // a fifth of the families tell enough
			}
			q := pricing.Query{Provider: tt.provider, Region: tt.region, InstanceType: o.InstanceType}
			here := c.WithoutFamily(tt.provider, family, tt.region)
			if p := here.Lookup(q); p.Status == pricing.Estimated {
				local.add(p.Offering.USDPerHour, o.USDPerHour)
			}
			gone := c.WithoutFamily(tt.provider, family, c.Regions(tt.provider)...)
			p := gone.Lookup(q)
			if p.Status != pricing.Estimated {
				continue
			}
			nowhere.add(p.Offering.USDPerHour, o.USDPerHour)
			capacity.add(linear(gone, &o), o.USDPerHour)
			kind.of(&o).add(p.Offering.USDPerHour, o.USDPerHour)
			old.of(&o).add(linear(gone, &o), o.USDPerHour)
		}
		kind.table(t, tt.provider+" without the family, as in "+tt.region, old)
		t.Logf("%s %s: not in the region: %v; in no region, by its kind: %v; the same by vCPU and GiB: %v", tt.provider, tt.region, local, nowhere, capacity)
		if local.of(0.5) > tt.local || nowhere.of(0.5) > tt.nowhere {
			t.Errorf("%s %s: half of the estimates are off by more than %.1f and %.1f %%, at most %.0f and %.0f %% expected",
				tt.provider, tt.region, 100*local.of(0.5), 100*nowhere.of(0.5), 100*tt.local, 100*tt.nowhere)
		}
		if nowhere.of(0.9) > capacity.of(0.9) {
			t.Errorf("%s %s: one in ten estimates by kind is off by %.0f %%, by vCPU and GiB by %.0f %%", tt.provider, tt.region, 100*nowhere.of(0.9), 100*capacity.of(0.9))
		}
	}
}

// TestEstimateSaysItsRange: what an estimate was worked out from bounds it.
func TestEstimateSaysItsRange(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, q := range []pricing.Query{
		{Provider: "aws", Region: "eu-nowhere-1", InstanceType: "m5.large"},
		{Provider: "aws", Region: "us-east-1", InstanceType: "m5.18xlarge"},
		{Provider: "aws", Region: "us-east-1", InstanceType: "m19idn.xlarge"},
		{Provider: "gcp", Region: "us-central1", InstanceType: "n9-standard-8"},
		{Provider: "azure", Region: "eastus", InstanceType: "Standard_D8ads_v17"},
	} {
		p := c.Lookup(q)
		if usd := p.Offering.USDPerHour; p.Status != pricing.Estimated || p.Low <= 0 || usd < p.Low || usd > p.High || p.Offering.CPUMillis == 0 {
			t.Errorf("%s in %s: got %v %v USD from %v to %v (%s)", q.InstanceType, q.Region, p.Status, usd, p.Low, p.High, p.Reason)
		}
	}
	if p := c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large"}); p.Low != 0 || p.High != 0 {
		t.Errorf("a listed price has a range: %+v", p)
	}
}
