package pricing_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestUsed(t *testing.T) {
	c := pricing.New(pricing.Config{})
	m5 := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8))
	spot := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8, "karpenter.sh/capacity-type", "spot"))
	got := pricing.Used([]pricing.NodePrice{spot, m5, m5, {}})
	want := []pricing.Provenance{
		{Provider: "aws", Source: "ec2info", AsOf: "2025-05-28", Of: pricing.OfSpot},
		{Provider: "aws", Source: "kp-aws", AsOf: "2026-07-20"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSources: every kind of price of every provider has a dated source.
func TestSources(t *testing.T) {
	got, err := pricing.New(pricing.Config{}).Sources()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, p := range got {
		if kinds[p.Provider+" "+p.Of] = true; p.Provider == "" || p.Source == "" || p.AsOf == "" && p.Of != pricing.OfControlPlane && p.Of != pricing.OfCommitments {
			t.Errorf("incomplete: %+v", p)
		}
	}
	for _, provider := range []string{"aws", "azure", "gcp"} {
		for _, of := range []string{"", pricing.OfSpot, pricing.OfCommitments, pricing.OfVolumes, pricing.OfLoadBalancers, pricing.OfControlPlane} {
			if !kinds[provider+" "+of] {
				t.Errorf("no source of %s's prices of %q", provider, of)
			}
		}
	}
}

// TestCommitmentSources: the tables that offers come from, the family's own.
func TestCommitmentSources(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		provider, region string
		families         []string
		want             []string // source of date
	}{
		{"aws", "us-east-1", []string{"m6i", "m5"}, []string{"ec2info of 2025-05-28"}},
		{"azure", "eastus", []string{"dsv5"}, []string{"ec2info-az of 2025-05-28"}},
		{"aws", "us-east-1", []string{"of-another-cloud"}, nil},
		{"onprem", "here", []string{"m6i"}, nil},
	} {
		got, err := c.CommitmentSources(tt.provider, tt.region, tt.families...)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range got {
			if names = append(names, p.Source+" of "+p.AsOf); p.Of != pricing.OfCommitments || p.Provider != tt.provider {
				t.Errorf("%+v is not of %s's commitments", p, tt.provider)
			}
		}
		if !reflect.DeepEqual(names, tt.want) {
			t.Errorf("%s %v: got %q, want %q", tt.provider, tt.families, names, tt.want)
		}
	}
	google, err := c.CommitmentSources("gcp", "us-central1", "n2")
	if err != nil || len(google) < 2 {
		t.Errorf("n2 has discounts of its own, for sustained use among them, and flexible ones of another source; got %+v, error %v", google, err)
	}
}

// TestHeldSources: the file, and for vCPUs and GiB the family's prices.
func TestHeldSources(t *testing.T) {
	held, err := pricing.ReadHeld(strings.NewReader("name,family,vcpus,memory_gib\nbase,n2,100,400\n"), "held.csv")
	if err != nil {
		t.Fatal(err)
	}
	got := pricing.New(pricing.Config{}).HeldSources("gcp", "us-central1", held)
	if len(got) != 2 {
		t.Fatalf("got %+v, want the prices of n2 and the file", got)
	}
	slices.SortFunc(got, func(a, b pricing.Provenance) int { return strings.Compare(a.Of, b.Of) })
	if table := got[0]; table.Of != "" || table.AsOf == "" || table.Provider != "gcp" {
		t.Errorf("the prices of n2: got %+v", table)
	}
	if want := (pricing.Provenance{Provider: "gcp", Source: "held.csv", Of: pricing.OfCommitments}); got[1] != want {
		t.Errorf("the file: got %+v, want %+v", got[1], want)
	}
}

// TestUnused names the price file of which nothing matched.
func TestUnused(t *testing.T) {
	var cfg pricing.Config
	for _, file := range [][2]string{
		{"used.yaml", "prices:\n- {provider: aws, instanceType: m6i.large, usdPerHour: 0.1}\n- {provider: aws, instanceType: m6i.8xlarge, usdPerHour: 1}\n"},
		{"typo.yaml", "prices:\n- {provider: aws, instanceType: m6i.lrge, usdPerHour: 0.1}\n"},
		{"less.yaml", "prices:\n- {provider: aws, instanceType: c5.large, discountPercent: 10}\n"},
	} {
		o, err := pricing.ParseFile(file[0], strings.NewReader(file[1]))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Overrides = append(cfg.Overrides, o)
	}
	c := pricing.New(cfg)
	used := pricing.Used([]pricing.NodePrice{
		c.NodePrice(cloudNode("aws", "us-east-1", "m6i.large", 2, 8)), c.NodePrice(cloudNode("aws", "us-east-1", "c5.large", 2, 4)),
	})
	if got := c.Unused(used); len(got) != 1 || !strings.Contains(got[0], "typo.yaml") {
		t.Errorf("got %q, want typo.yaml alone", got)
	}
}
