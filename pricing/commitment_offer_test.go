package pricing_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

func TestCommitmentFamily(t *testing.T) {
	for _, tt := range []struct{ provider, instanceType, want string }{
		{"aws", "m6i.2xlarge", "m6i"}, {"eks", "c7i-flex.large", "c7i-flex"},
		{"gcp", "n2-standard-8", "n2"}, {"gcp", "e2-medium", "e2"},
		{"azure", "Standard_D8s_v5", "dsv5"}, {"azure", "Standard_D16ads_v5", "dadsv5"},
		{"azure", "Standard_F8s_v2", "fsv2"}, {"azure", "Standard_B2ms", "bs"}, {"azure", "Standard_NC4as_T4_v3", "ncast4v3"},
		{"own", "big", "big"}, {"azure", "", ""},
	} {
		if got := pricing.CommitmentFamily(tt.provider, tt.instanceType); got != tt.want {
			t.Errorf("%s %s: got %q, want %q", tt.provider, tt.instanceType, got, tt.want)
		}
	}
}

func TestCommitmentOffers(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, tt := range []struct {
		name, provider, region, family string
		capital                        float64
		narrow1, flexible1             float64 // discount of the 1-year offers, percent
		upfront                        float64 // of the narrow one
		sustained                      int
	}{
		{"AWS, money is dear", "aws", "us-east-1", "m6i", 0.2, 33.8, 26.5, 0, 0},
		{"AWS, money is cheap", "aws", "us-east-1", "m6i", 0.02, 38.3, 31.4, 1, 0},
		{"Google", "gcp", "us-central1", "n2", 0.1, 37, 28, 0, 4},
		{"Azure", "azure", "eastus", "dsv5", 0.1, 41, 31.4, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			offers, sustained, err := catalog.CommitmentOffers(tt.provider, tt.region, tt.family, tt.capital)
			if err != nil || len(offers) != 4 || len(sustained) != tt.sustained {
				t.Fatalf("got %d offers, %d tiers, error %v; want two programs for two terms", len(offers), len(sustained), err)
			}
			for _, o := range offers[:2] {
				want := tt.narrow1
				if o.Flexible {
					want = tt.flexible1
				} else if o.Upfront != tt.upfront {
					t.Errorf("%s: got %g upfront, want %g", o.Instrument, o.Upfront, tt.upfront)
				}
				if o.TermYears != 1 {
					t.Errorf("%s: got %d years first, want 1", o.Instrument, o.TermYears)
				}
				closeTo(t, o.Instrument, o.DiscountPercent, want, 0.05)
			}
		})
	}
	offers, _, _ := catalog.CommitmentOffers("aws", "us-east-1", "m6i", 0.02, "no_upfront", "partial_upfront")
	for _, o := range offers {
		if len(offers) != 4 || o.Payment != "partial_upfront" {
			t.Errorf("without all upfront: got %s of %d offers, want partial upfront of 4", o.Payment, len(offers))
		}
	}
	if offers, _, _ := catalog.CommitmentOffers("azure", "eastus", "dsv5", 0.1, "all_upfront"); len(offers) != 4 {
		t.Errorf("a payment that Azure leaves no choice of: got %d offers, want 4", len(offers))
	}
	if offers, _, _ := catalog.CommitmentOffers("aws", "nowhere-1", "m6i", 0.1); len(offers) != 4 || offers[0].Note == "" {
		t.Errorf("another region: got %v, want four offers with a note", offers)
	}
	if offers, _, _ := catalog.CommitmentOffers("aws", "us-east-1", "zz9", 0.1); len(offers) != 0 {
		t.Errorf("an unknown family: got %v, want none", offers)
	}
}

// TestReservedBesidePlans: where savings plans have discounts of their own, reserved instances are
// a choice beside them if they are cheaper, in whole machines; not those of one size.
func TestReservedBesidePlans(t *testing.T) {
	const head = "provider,program,scope,family,region,term_years,payment,discount_pct_median,source,as_of\n"
	plan := "aws,EC2 Instance Savings Plans,,%s,us-east-1,1,no_upfront,%g,plans,2099-01-01\naws,RI standard,,%s,us-east-1,1,no_upfront,%g,list,2099-01-01\n"
	for _, tt := range []struct {
		family         string
		plan, reserved float64
		want           []string
	}{
		{"m6i", 33, 36, []string{"EC2 Instance Savings Plan", "standard reserved instance"}},
		{"m6i", 36, 36, []string{"EC2 Instance Savings Plan"}},
		{"m6i", 36, 33, []string{"EC2 Instance Savings Plan"}},
		{"g5", 33, 36, []string{"EC2 Instance Savings Plan"}},
	} {
		c := catalogOf(t, "commitments.csv", head+fmt.Sprintf(plan, tt.family, tt.plan, tt.family, tt.reserved))
		offers, _, err := c.CommitmentOffers("aws", "us-east-1", tt.family, 0.1, "no_upfront")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range offers {
			if o.TermYears != 1 || o.Flexible {
				continue
			}
			got = append(got, o.Instrument)
			alone, ok := o.PlanAlone("dedicated machines")
			if o.Whole == ok || !o.Whole && alone.Instrument != o.Instrument {
				t.Errorf("%s: %s is whole %v, and on dedicated machines %q, %v", tt.family, o.Instrument, o.Whole, alone.Instrument, ok)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s, %g and %g %%: got %q, want %q", tt.family, tt.plan, tt.reserved, got, tt.want)
		}
	}
}
