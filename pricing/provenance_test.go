package pricing_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestUsed(t *testing.T) {
	c := pricing.New(pricing.Config{})
	m5 := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8))
	spot := c.NodePrice(cloudNode("aws", "us-east-1", "m5.large", 2, 8, "karpenter.sh/capacity-type", "spot"))
	got := pricing.Used([]pricing.NodePrice{spot, m5, m5, {}})
	want := []pricing.Provenance{
		{Provider: "aws", Source: "ec2info", AsOf: "2025-05-28"},
		{Provider: "aws", Source: "kp-aws", AsOf: "2026-07-20"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSources(t *testing.T) {
	got := pricing.New(pricing.Config{}).Sources()
	if len(got) != 10 {
		t.Errorf("%d sources, want 10: %v", len(got), got)
	}
	for _, p := range got {
		if p.Provider == "" || p.Source == "" || p.AsOf == "" {
			t.Errorf("incomplete: %+v", p)
		}
	}
}

func TestStale(t *testing.T) {
	now := time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC)
	c := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		maxAge time.Duration
		want   int
	}{
		{10 * 24 * time.Hour, 8}, {100 * 24 * time.Hour, 3}, {1000 * 24 * time.Hour, 0},
	} {
		if got := c.Stale(now, tt.maxAge); len(got) != tt.want {
			t.Errorf("older than %v: %q, want %d", tt.maxAge, got, tt.want)
		}
	}
	got := pricing.Stale([]pricing.Provenance{{Provider: "aws", Source: "x", AsOf: "2026-08-01"}, {Source: "undated"}}, now, 18*24*time.Hour)
	if len(got) != 1 || !strings.Contains(got[0], "aws prices from x are of 2026-08-01, 19 days old") {
		t.Errorf("got %q", got)
	}
	for of, want := range map[string]string{
		pricing.OfVolumes:     `aws prices of "volumes" from x are of 2026-01-01, 231 days old; give newer ones with --pricing`,
		pricing.OfCommitments: `aws prices of "commitments" from x are of 2026-01-01, 231 days old; look at today's before you buy`,
	} {
		got := pricing.Stale([]pricing.Provenance{{Provider: "aws", Source: "x", AsOf: "2026-01-01", Of: of}}, now, 24*time.Hour)
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", of, got, want)
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
