package pricing_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// newAWS is a list of what us-east-1's families cost, all at the built-in prices on demand, and
// under plans of a year at a share of them.
func newAWS(c *pricing.Catalog, share float64) (machines []pricing.NewPrice, more []pricing.NewCommitment) {
	for _, o := range c.Offerings("aws", "us-east-1") {
		if o.CapacityType != pricing.OnDemand {
			continue
		}
		machines = append(machines, pricing.NewPrice{InstanceType: o.InstanceType, OnDemand: o.USDPerHour, Reserved1y: o.USDPerHour * 0.6})
		for _, program := range []string{"Compute Savings Plans", "EC2 Instance Savings Plans"} {
			more = append(more, pricing.NewCommitment{Program: program, InstanceType: o.InstanceType, Years: 1, Payment: "no_upfront", USD: o.USDPerHour * share, Source: "plans"})
		}
	}
	return machines, more
}

// TestRenewCommitments: what a list says of programs becomes discounts by family, which lie
// over the built-in ones where they are newer. Savings plans take the place of the reserved
// instances that stand in for them, which are cheaper here and stay beside them.
func TestRenewCommitments(t *testing.T) {
	built := pricing.New(pricing.Config{})
	machines, more := newAWS(built, 0.7)
	table, n, err := built.RenewCommitments("aws", "us-east-1", machines, more, "list", "2026-11-30")
	if err != nil || n == 0 {
		t.Fatalf("got %d discounts, %v", n, err)
	}
	again, _, _ := built.RenewCommitments("aws", "us-east-1", machines, more, "list", "2026-11-30")
	if !bytes.Equal(table, again) {
		t.Error("the same list gives other bytes")
	}
	laid, err := pricing.ParseCached("us-east-1.commitments.csv", "aws", "us-east-1", pricing.Seal(table))
	if err != nil {
		t.Fatal(err)
	}
	offers := func(c *pricing.Catalog, region string) map[string]pricing.CommitmentOffer {
		list, _, err := c.CommitmentOffers("aws", region, "m6i", 0.1, "no_upfront")
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]pricing.CommitmentOffer{}
		for _, o := range list {
			if o.TermYears == 1 {
				out[o.Instrument] = o
			}
		}
		return out
	}
	got := offers(pricing.New(pricing.Config{Overrides: []pricing.Overrides{laid}}), "us-east-1")
	for _, name := range []string{"Compute Savings Plan", "EC2 Instance Savings Plan"} {
		o := got[name]
		closeTo(t, name, o.DiscountPercent, 30, 0.01)
		if len(got) != 3 || !got["standard reserved instance"].Whole || o.Note != "" || o.Source != "plans" || o.AsOf != "2026-11-30" || o.Flexible != (name == "Compute Savings Plan") {
			t.Errorf("%s: got %+v of %d offers", name, o, len(got))
		}
	}
	// Another region's are as they were, but for the median of regions that have none.
	before := offers(built, "eu-west-1")
	for name, o := range offers(pricing.New(pricing.Config{Overrides: []pricing.Overrides{laid}}), "eu-west-1") {
		if o != before[name] {
			t.Errorf("eu-west-1: got %+v, want %+v", o, before[name])
		}
	}
	sources, err := pricing.New(pricing.Config{Overrides: []pricing.Overrides{laid}}).CommitmentSources("aws", "us-east-1", "m6i")
	if err != nil || len(sources) == 0 || sources[0].Source != "ec2info" || sources[len(sources)-1].Source != "plans" {
		t.Errorf("got the sources %v, %v; want the three years' of before and the list's", sources, err)
	}
	// An older table yields.
	old := bytes.ReplaceAll(table, []byte("2026-11-30"), []byte("2020-01-01"))
	laid, err = pricing.ParseCached("old.csv", "aws", "us-east-1", bytes.ReplaceAll(old, []byte("plans"), []byte("older")))
	if err != nil {
		t.Fatal(err)
	}
	all, err := pricing.New(pricing.Config{Overrides: []pricing.Overrides{laid}}).Commitments("aws")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Program == "RI standard" && d.AsOf == "2020-01-01" && d.Family == "m6i" {
			t.Errorf("an older discount lies over a newer: %+v", d)
		}
	}
}

// TestRenewCommitmentsRefuses: half a list, and discounts that nobody gives, are not used.
func TestRenewCommitmentsRefuses(t *testing.T) {
	built := pricing.New(pricing.Config{})
	machines, more := newAWS(built, 0.7)
	half := slices.Clone(machines)
	for i := range half[40:] {
		half[40+i].Reserved1y = 0
	}
	if _, _, err := built.RenewCommitments("aws", "us-east-1", half, more, "list", "2026-11-30"); err == nil || !strings.Contains(err.Error(), "half an answer") {
		t.Errorf("half a list: got %v", err)
	}
	dearer := append(more[:len(more):len(more)], pricing.NewCommitment{Program: "Compute Savings Plans", InstanceType: "m6i.large", Years: 3, Payment: "no_upfront", USD: 0.09})
	if _, _, err := built.RenewCommitments("aws", "us-east-1", machines, dearer, "list", "2026-11-30"); err == nil || !strings.Contains(err.Error(), "three years take") {
		t.Errorf("three years dearer than one: got %v", err)
	}
	if table, n, err := built.RenewCommitments("aws", "us-east-1", []pricing.NewPrice{{InstanceType: "m6i.large", OnDemand: 0.1}}, nil, "list", "2026-11-30"); table != nil || n != 0 || err != nil {
		t.Errorf("without any: got %d, %v", n, err)
	}
	if _, _, err := built.RenewCommitments("hetzner", "fsn1", nil, nil, "list", "2026-11-30"); err == nil {
		t.Error("a cloud that is not known: got no error")
	}
}

func TestValidateCommitments(t *testing.T) {
	const head = "provider,program,scope,family,region,term_years,payment,discount_pct_median,discount_pct_min,discount_pct_max,n_types,source,as_of\n"
	const good = "aws,Compute Savings Plans,,m6i,eu-west-1,1,no_upfront,26.9,26.5,27,9,list,2026-11-30\n"
	if problems := pricing.Validate("good.csv", strings.NewReader(head+good)); len(problems) > 0 {
		t.Fatal(problems)
	}
	for want, line := range map[string]string{
		"stands here and on line 2": good,
		"must be 1 or 3":            strings.Replace(good, ",1,no", ",2,no", 1),
		"over 0 and under 100":      strings.Replace(good, "26.9,26.5,27", "126,,", 1),
		"their median is":           strings.Replace(good, ",26.5,", ",30,", 1),
		"not a date":                strings.Replace(good, "2026-11-30", "soon", 1),
		"must all be given":         strings.Replace(good, "m6i", "", 1),
		"three years take":          strings.Replace(good, ",1,no_upfront,26.9,26.5,27", ",3,no_upfront,20,,", 1),
		"is not a number":           strings.Replace(good, "26.9", "many", 1),
	} {
		problems := pricing.Validate("bad.csv", strings.NewReader(head+good+line))
		if len(problems) != 1 || problems[0].Line != 3 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: got %v", want, problems)
		}
	}
	for name, text := range map[string]string{"no discounts": head, "no column": strings.Replace(head, "family,", "", 1) + good} {
		if problems := pricing.Validate("bad.csv", strings.NewReader(text)); len(problems) == 0 {
			t.Errorf("%s: got no problem", name)
		}
	}
}

// TestEmbeddedCommitmentsAreSane: the built-in tables keep the rules that files must.
func TestEmbeddedCommitmentsAreSane(t *testing.T) {
	c := pricing.New(pricing.Config{})
	for _, provider := range c.Providers() {
		list, err := c.Commitments(provider)
		if err != nil {
			t.Fatal(err)
		}
		year := map[pricing.Commitment]float64{}
		key := func(d pricing.Commitment) pricing.Commitment {
			return pricing.Commitment{Provider: d.Provider, Region: d.Region, Program: d.Program, Family: d.Family, Payment: d.Payment}
		}
		for _, d := range list {
			if d.TermYears == 1 {
				year[key(d)] = d.DiscountPercent
			}
		}
		for _, d := range list {
			if !(d.DiscountPercent > 0 && d.DiscountPercent < 100) || d.TermYears == 3 && d.DiscountPercent < year[key(d)] {
				t.Errorf("%+v breaks the rules", d)
			}
		}
	}
}
