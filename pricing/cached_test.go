package pricing_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestCachedPricesByDate: of a cached and a built-in price the newer counts, each kind for itself.
func TestCachedPricesByDate(t *testing.T) {
	const head = "provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour,spot_usd_hour,reserved_1y_no_upfront_usd_hour,source,as_of\n"
	built := pricing.New(pricing.Config{})
	usd := func(c *pricing.Catalog, of pricing.CapacityType) float64 {
		return c.Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m6i.xlarge", CapacityType: of}).Offering.USDPerHour
	}
	onDemand, spot, reserved := usd(built, pricing.OnDemand), usd(built, pricing.Spot), usd(built, pricing.Reserved)
	for name, tt := range map[string]struct {
		row                      string
		onDemand, spot, reserved float64
	}{
		"all newer":             {"0.2,0.09,0.13,list,2099-01-01", 0.2, 0.09, 0.13},
		"all older":             {"0.2,0.09,0.13,list,2001-01-01", onDemand, spot, reserved},
		"spot alone newer":      {"0.2,0.09,0.13,list,od:2001-01-01;spot:2099-01-01;ri:2001-01-01", onDemand, 0.09, reserved},
		"spot alone older":      {"0.2,0.09,0.13,list,od:2099-01-01;spot:2001-01-01;ri:2099-01-01", 0.2, spot, 0.13},
		"without spot":          {"0.2,,,list,2099-01-01", 0.2, spot, reserved},
		"newer and senseless":   {"0.07,,,list,2099-01-01", 0.07, 0.07, 0},
		"older, dearer on spot": {"0.4,0.3,,list,od:2001-01-01;spot:2099-01-01", onDemand, spot, reserved},
	} {
		for _, seal := range []bool{true, false} {
			data := []byte(head + "aws,us-east-1,m6i.xlarge,4,16," + tt.row + "\n")
			if seal {
				data = pricing.Seal(data)
			}
			o, err := pricing.ParseCached("us-east-1.csv", "aws", "us-east-1", data)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c := pricing.New(pricing.Config{Overrides: []pricing.Overrides{o}})
			if got := usd(c, pricing.OnDemand); got != tt.onDemand {
				t.Errorf("%s: on demand is %v, want %v", name, got, tt.onDemand)
			}
			if got := usd(c, pricing.Spot); got != tt.spot {
				t.Errorf("%s: spot is %v, want %v", name, got, tt.spot)
			}
			if got := usd(c, pricing.Reserved); got != tt.reserved {
				t.Errorf("%s: reserved is %v, want %v", name, got, tt.reserved)
			}
			if got, want := len(c.Offerings("aws", "us-east-1")), len(built.Offerings("aws", "us-east-1")); got > want {
				t.Errorf("%s: %d offerings, %d before", name, got, want)
			}
		}
	}
}

// TestSeal: a table that is not as it was written is not used, wherever it differs.
func TestSeal(t *testing.T) {
	data := string(pricing.Seal([]byte("provider,region,instance_type,vcpu,memory_gib,on_demand_usd_hour\naws,us-east-1,m6i.xlarge,4,16,0.2\n")))
	if problems := pricing.Validate("us-east-1.csv", strings.NewReader(data)); len(problems) > 0 {
		t.Errorf("a closed table is no price file: %v", problems)
	}
	for i := range data {
		changed := data[:i] + string(data[i]^1) + data[i+1:]
		o, err := pricing.ParseCached("us-east-1.csv", "aws", "us-east-1", []byte(changed))
		if err == nil {
			p := pricing.New(pricing.Config{Overrides: []pricing.Overrides{o}}).Lookup(pricing.Query{Provider: "aws", Region: "us-east-1", InstanceType: "m6i.xlarge"})
			if p.Offering.USDPerHour != 0.192 && p.Offering.USDPerHour != 0.2 {
				t.Errorf("changed at %d: the price is %v", i, p.Offering.USDPerHour)
			}
		}
	}
}
