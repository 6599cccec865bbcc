package pricing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestLookupListed(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		q            pricing.Query
		usd          float64
		asOf, source string
	}{
		{pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large"}, 0.096, "2026-07-20", "kp-aws"},
		{pricing.Query{Provider: "AWS", Region: "us-east-1", InstanceType: "m5.large", CapacityType: pricing.Spot}, 0.03168, "2025-05-28", "ec2info"},
		{pricing.Query{Provider: "eks", Region: "eu-west-1", InstanceType: "m6a.12xlarge"}, 2.3112, "2025-11-03", "aws-price"},
		{pricing.Query{Provider: "gce", Region: "us-central1", InstanceType: "n2-standard-4"}, 0.194236, "2026-08-03", "kp-gcp"},
		{pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: "e2-medium"}, 0.033506, "2026-08-03", "kp-gcp"},
		{pricing.Query{Provider: "azure", Region: "eastus", InstanceType: "Standard_D64as_v5"}, 2.752, "2025-05-28", "ec2info-az"},
		{pricing.Query{Provider: "aks", Region: "eastus", InstanceType: "Standard_D64s_v5"}, 3.072, "2026-06-18", "kp-azure"},
		{pricing.Query{Provider: "azure", Region: "eastus", InstanceType: "Standard_D64s_v5", CapacityType: pricing.Spot}, 0.59904, "2025-05-28", "ec2info-az"},
		{pricing.Query{Provider: "aws", Region: "ap-southeast-1", InstanceType: "c5.2xlarge", CapacityType: pricing.Reserved}, 0.247, "2025-05-28", "ec2info"},
		{pricing.Query{Provider: "aws", Region: "ap-southeast-1", InstanceType: "c5.2xlarge", CapacityType: pricing.Reserved, TermYears: 3}, 0.169, "2025-05-28", "ec2info"},
	} {
		p := c.Lookup(tt.q)
		o := p.Offering
		if p.Status != pricing.Listed || o.USDPerHour != tt.usd || o.AsOf != tt.asOf || o.Source != tt.source || p.Reason != "" {
			t.Errorf("Lookup(%+v) = %v %v USD, %s of %s, %q; want listed %v, %s of %s", tt.q, p.Status, o.USDPerHour, o.Source, o.AsOf, p.Reason, tt.usd, tt.source, tt.asOf)
		}
	}
}

func TestLookupHardware(t *testing.T) {
	c := pricing.New(pricing.Config{})
	got := c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "g5.12xlarge", CapacityType: pricing.Spot}).Offering
	if got.CPUMillis != 48000 || got.MemoryBytes != 192<<30 || got.GPUs != 4 || got.GPUName != "NVIDIA A10G" || got.MaxPods == 0 ||
		got.Arch != "amd64" || got.LocalDiskBytes <= 0 || got.InterruptionBand == "" || got.CapacityType != pricing.Spot {
		t.Errorf("g5.12xlarge = %+v", got)
	}
}

// TestLookupDoubt shows what is answered where the tables are silent: an estimate
// near the truth, or no price, and never a price without a reason.
func TestLookupDoubt(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		name     string
		q        pricing.Query
		status   pricing.Status
		cause    pricing.Cause
		min, max float64
		reason   string
	}{
		{"unknown provider", pricing.Query{Provider: "hetzner", Region: "fsn1", InstanceType: "cx31"},
			pricing.Missing, pricing.UnknownProvider, 0, 0, `provider "hetzner"`},
		{"no provider", pricing.Query{InstanceType: "m5.large"}, pricing.Missing, pricing.UnknownProvider, 0, 0, "--pricing"},
		{"unknown region, known type", pricing.Query{Provider: "aws", Region: "eu-nowhere-1", InstanceType: "m5.large"},
			pricing.Estimated, pricing.UnknownRegion, 0.10, 0.12, "eu-central-1, eu-central-2"},
		{"unknown region far away", pricing.Query{Provider: "azure", Region: "moonbase", InstanceType: "Standard_D4s_v5"},
			pricing.Estimated, pricing.UnknownRegion, 0.18, 0.25, "moonbase"},
		{"unknown region and type", pricing.Query{Provider: "aws", Region: "eu-nowhere-1", InstanceType: "x9.large"},
			pricing.Missing, pricing.UnknownRegion, 0, 0, "in none of them"},
		{"known type of another region", pricing.Query{Provider: "aws", Region: "eu-west-1", InstanceType: "m8a.xlarge"},
			pricing.Estimated, pricing.UnknownType, 0.24, 0.32, "not listed in eu-west-1"},
		{"known family, unknown size", pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.18xlarge"},
			pricing.Estimated, pricing.UnknownType, 3.4559, 3.4561, "other sizes of m5"},
		{"known GCP series, custom size", pricing.Query{Provider: "gcp", Region: "us-central1", InstanceType: "n2-standard-24"},
			pricing.Estimated, pricing.UnknownType, 1.16, 1.17, "n2-standard"},
		{"unknown family", pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "hpc9.large"},
			pricing.Missing, pricing.UnknownType, 0, 0, "nor for its family"},
		{"Azure sells no spot of B", pricing.Query{Provider: "azure", Region: "eastus", InstanceType: "Standard_B1ms", CapacityType: pricing.Spot},
			pricing.Estimated, pricing.UnknownCapacityType, 0.0207, 0.0207, "on-demand price stands in"},
		{"no reserved price", pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "p5.48xlarge", CapacityType: pricing.Reserved},
			pricing.Missing, pricing.UnknownCapacityType, 0, 0, "1-year reserved"},
		{"two-year term", pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large", CapacityType: pricing.Reserved, TermYears: 2},
			pricing.Missing, pricing.UnknownCapacityType, 0, 0, "2 years"},
		{"unknown capacity type", pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large", CapacityType: "dedicated"},
			pricing.Missing, pricing.UnknownCapacityType, 0, 0, `"dedicated"`},
	} {
		p := c.Lookup(tt.q)
		usd := p.Offering.USDPerHour
		if p.Status != tt.status || p.Cause != tt.cause || usd < tt.min || usd > tt.max || !strings.Contains(p.Reason, tt.reason) {
			t.Errorf("%s: got %v, %q, %v USD, %q; want %v, %q, %v to %v, ...%q...",
				tt.name, p.Status, p.Cause, usd, p.Reason, tt.status, tt.cause, tt.min, tt.max, tt.reason)
		}
		if p.Status == pricing.Estimated && (p.Offering.InstanceType != tt.q.InstanceType || p.Offering.Region != tt.q.Region || p.Offering.CPUMillis == 0) {
			t.Errorf("%s: the estimate is for %+v", tt.name, p.Offering)
		}
	}
}

func TestEveryRegionIsThere(t *testing.T) {
	c := pricing.New(pricing.Config{})
	want := map[string]struct {
		regions int
		some    []string // of all parts of the world
	}{
		"aws":   {36, []string{"ap-southeast-6", "eu-north-1", "il-central-1", "sa-east-1", "us-east-1", "us-gov-west-1"}},
		"azure": {37, []string{"brazilsouth", "eastus", "newzealandnorth", "uaenorth", "westeurope"}},
		"gcp":   {43, []string{"africa-south1", "europe-west12", "me-central2", "northamerica-south1", "us-central1"}},
	}
	if got := c.Providers(); !slices.Equal(got, []string{"aws", "azure", "gcp"}) {
		t.Errorf("Providers() = %v", got)
	}
	types := 0
	for provider, want := range want {
		regions := c.Regions(provider)
		if len(regions) != want.regions || !slices.IsSorted(regions) {
			t.Errorf("Regions(%s) = %v, want %d, sorted", provider, regions, want.regions)
		}
		for _, region := range want.some {
			if !slices.Contains(regions, region) {
				t.Errorf("Regions(%s) = %v, want %s among them", provider, regions, region)
			}
		}
		for _, region := range regions {
			for _, o := range c.Offerings(provider, region) {
				if o.USDPerHour <= 0 || o.Source == "" || o.AsOf == "" || o.CPUMillis <= 0 || o.MemoryBytes <= 0 {
					t.Fatalf("incomplete offering %+v", o)
				}
				if o.CapacityType == pricing.OnDemand {
					types++
				}
			}
		}
	}
	if types != 15064+154+12410+21691 {
		t.Errorf("%d types in all regions, want 49,319", types)
	}
	if got := c.Offerings("aws", "mars-1"); got != nil {
		t.Errorf("Offerings of an unknown region = %v", got)
	}
}

func TestOfferingsCountAsPeopleDo(t *testing.T) {
	var got []string
	for _, o := range pricing.New(pricing.Config{}).Offerings("aws", "us-east-1") {
		if strings.HasPrefix(o.InstanceType, "m5.") && o.CapacityType == pricing.OnDemand {
			got = append(got, strings.TrimPrefix(o.InstanceType, "m5."))
		}
	}
	want := []string{"2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "large", "xlarge"}
	if !slices.Equal(got, want) {
		t.Errorf("m5 sizes = %v, want %v", got, want)
	}
}

func TestCommitmentsAndManagedPrices(t *testing.T) {
	c := pricing.New(pricing.Config{})
	commitments, err := c.Commitments("aws")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(commitments, func(d pricing.Commitment) bool {
		return d.Program == "RI standard" && d.Family == "m6i" && d.Region == "us-east-1" && d.TermYears == 1 && d.Payment == "no_upfront"
	})
	if i < 0 || commitments[i].DiscountPercent != 33.8 || commitments[i].AsOf != "2025-05-28" {
		t.Errorf("standard RI of m6i: index %d of %d", i, len(commitments))
	}
	managed, err := c.ManagedPrices("aws")
	if err != nil {
		t.Fatal(err)
	}
	i = slices.IndexFunc(managed, func(m pricing.ManagedPrice) bool { return m.Item == "EKS cluster, standard support" })
	if i < 0 || managed[i].USD != 0.10 || managed[i].Unit != "cluster-hour" {
		t.Errorf("EKS control plane: index %d of %d", i, len(managed))
	}
	if got, err := c.Commitments("hetzner"); len(got) != 0 || err != nil {
		t.Errorf("commitments of an unknown provider: %v, %v", got, err)
	}
}

func BenchmarkCatalogLoad(b *testing.B) {
	for b.Loop() {
		c := pricing.New(pricing.Config{})
		for _, p := range c.Providers() {
			if len(c.Regions(p)) < 6 {
				b.Fatal(p)
			}
		}
	}
}

func BenchmarkFirstLookup(b *testing.B) {
	for b.Loop() {
		c := pricing.New(pricing.Config{})
		if c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m5.large"}).Status != pricing.Listed {
			b.Fatal("no price")
		}
	}
}

func TestRegionsNear(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for region, first := range map[string]string{"eu-nowhere-9": "eu-central-1", "us-nowhere-1": "us-east-1", "moon": "af-south-1", "eu-wset-3": "eu-west-3", "ap-south1": "ap-south-1", "US-EAST-1": "us-east-1"} {
		got := c.RegionsNear("aws", region)
		if len(got) != len(c.Regions("aws")) || got[0] != first {
			t.Errorf("near %s: got %v, want all and %s first", region, got, first)
		}
	}
}

// TestTypesNear: a slip of the pen finds what was meant, an unknown size its family.
func TestTypesNear(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct{ provider, region, name, first string }{
		{"aws", "us-east-1", "m6i.xlage", "m6i.xlarge"},
		{"aws", "us-east-1", "M6I.xlarge", "m6i.xlarge"},
		{"aws", "us-east-1", "m6i.huge", "m6i.large"},
		{"eks", "us-east-1", "m6i.xlarg", "m6i.xlarge"},
		{"gcp", "us-central1", "n2-standart-4", "n2-standard-4"},
		{"azure", "westeurope", "Standard_D4_v5s", "Standard_D4s_v5"},
		{"azure", "westeurope", "D4s_v5", ""},
		{"aws", "us-east-1", "no.such", ""},
		{"aws", "us-east-1", strings.Repeat("m", 1000), ""},
		{"moon", "us-east-1", "m6i.xlarge", ""},
		{"aws", "moon", "m6i.xlarge", ""},
	} {
		got := c.TypesNear(tt.provider, tt.region, tt.name, 3)
		if tt.first == "" && len(got) > 0 || tt.first != "" && (len(got) == 0 || len(got) > 3 || !slices.Contains(got, tt.first)) {
			t.Errorf("near %s of %s: got %v, want %q among at most 3", tt.name, tt.provider, got, tt.first)
		}
	}
}
