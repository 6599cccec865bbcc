package pricing_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestDiscountByFamily: a discount holds for a family by either of its names, and for no other.
func TestDiscountByFamily(t *testing.T) {
	for _, tt := range []struct {
		file, provider, region, instanceType string
		percent                              float64
	}{
		{"provider,family,discount_percent\naws,m6i,10\n", "aws", "us-east-1", "m6i.xlarge", 10},
		{"provider,family,discount_percent\naws,m6i,10\n", "aws", "us-east-1", "m6id.xlarge", 0},
		{"provider,family,region,discount_percent\naws,M6I,eu-west-1,10\n", "aws", "us-east-1", "m6i.xlarge", 0},
		{"provider,family,discount_percent\ngcp,n2,20\n", "gcp", "us-central1", "n2-standard-4", 20},
		{"provider,family,discount_percent\ngcp,n2-standard,20\n", "gcp", "us-central1", "n2-highmem-4", 0},
		{"provider,family,discount_percent\ngcp,n2-standard,20\n", "gcp", "us-central1", "n2-standard-4", 20},
		{"provider,family,discount_percent\nazure,dsv5,5\n", "azure", "westeurope", "Standard_D4s_v5", 5},
		{"provider,family,instance_type,discount_percent\naws,m6i,,10\naws,,m6i.xlarge,15\n", "aws", "us-east-1", "m6i.xlarge", 15},
	} {
		q := pricing.Query{Provider: tt.provider, Region: tt.region, InstanceType: tt.instanceType}
		list, own := pricing.New(pricing.Config{}).Lookup(q), catalogOf(t, "a.csv", tt.file).Lookup(q)
		if want := list.Offering.USDPerHour * (1 - tt.percent/100); list.Status != pricing.Listed || !near(own.Offering.USDPerHour, want, 1e-12) {
			t.Errorf("%q: %s at %v, want %v", tt.file, tt.instanceType, own.Offering.USDPerHour, want)
		}
	}
}

// TestHardware: what was paid for a vCPU, a GiB and a GPU is spread over all hours of the years.
func TestHardware(t *testing.T) {
	const yaml = "prices:\n- provider: onprem\n  hardwareUSDPerVCPU: 175.2\n  hardwareUSDPerGiB: 17.52\n  hardwareUSDPerGPU: 8760\n  hardwareYears: 4\n"
	const csv = "provider,hardware_usd_per_vcpu,hardware_usd_per_gib,hardware_usd_per_gpu,hardware_years\nonprem,175.2,17.52,8760,4\n"
	for name, text := range map[string]string{"a.yaml": yaml, "a.csv": csv} {
		c := pricing.New(pricing.Config{Provider: "onprem", Overrides: []pricing.Overrides{mustParse(t, name, text)}})
		p := c.NodePrice(cloudNode("", "", "", 16, 64))
		if want := 16*0.005 + 64*0.0005; !near(p.USDPerHour, want, 1e-12) || p.Status != pricing.Listed {
			t.Errorf("%s: got %v (%v), want %v", name, p.USDPerHour, p.Status, want)
		}
	}
	for text, want := range map[string]string{
		"hardware_usd_per_vcpu,hardware_usd_per_gib,hardware_years\n100,10,0.01\n":                                         "less than a month",
		"provider,instance_type,discount_percent\naws,m6i.*,10\n":                                                          "is a pattern",
		"hardware_usd_per_vcpu,hardware_usd_per_gib\n100,10\n":                                                             "needs the years",
		"hardware_usd_per_vcpu,hardware_years\n100,4\n":                                                                    "per vCPU and per GiB must both",
		"hardware_usd_per_vcpu,hardware_usd_per_gib,hardware_years\n100,10,400\n":                                          "at most 30",
		"hardware_usd_per_vcpu,hardware_usd_per_gib,hardware_years,usd_per_vcpu_hour,usd_per_gib_hour\n100,10,4,0.1,0.1\n": "both given",
		"hardware_usd_per_vcpu,hardware_usd_per_gib,hardware_years,discount_percent\n100,10,4,10\n":                        "more than one kind of price",
		"hardware_usd_per_vcpu,hardware_usd_per_gib,hardware_years\n-1,10,4\n":                                             "negative",
		"family,instance_type,discount_percent\nm6i,m6i.large,4\n":                                                         "one of them is enough",
	} {
		if _, err := pricing.ParseFile("a.csv", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
