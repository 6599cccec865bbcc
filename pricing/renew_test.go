package pricing_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// TestRenewKeeps: types that the list has no price of are named, and stay as they were: those of the
// built-in tables there, those of an earlier renewal in the new table with their own date.
func TestRenewKeeps(t *testing.T) {
	c := pricing.New(pricing.Config{})
	var list []pricing.NewPrice
	for _, o := range c.Offerings("gcp", "us-central1") {
		if o.CapacityType == pricing.OnDemand && o.InstanceType != "e2-micro" {
			list = append(list, pricing.NewPrice{InstanceType: o.InstanceType, OnDemand: o.USDPerHour * 1.1})
		}
	}
	first, err := c.Renew("gcp", "us-central1", list, "the list", "2026-11-01")
	if err != nil || !slices.Equal(first.Kept, []string{"e2-micro"}) || bytes.Contains(first.Table, []byte(",e2-micro,")) {
		t.Fatalf("got %v, %v", first.Kept, err)
	}
	cached, err := pricing.ParseCached("x.csv", "gcp", "us-central1", pricing.Seal(first.Table))
	if err != nil {
		t.Fatal(err)
	}
	c = pricing.New(pricing.Config{Overrides: []pricing.Overrides{cached}})
	list = slices.DeleteFunc(list, func(p pricing.NewPrice) bool { return p.InstanceType == "n2-standard-4" })
	second, err := c.Renew("gcp", "us-central1", list, "the list", "2026-11-29")
	if err != nil || !slices.Equal(second.Kept, []string{"e2-micro", "n2-standard-4"}) || second.Types != len(list) {
		t.Fatalf("got %v, %d types, %v", second.Kept, second.Types, err)
	}
	kept := ""
	for line := range strings.Lines(string(second.Table)) {
		if strings.Contains(line, ",n2-standard-4,") {
			kept = line
		}
	}
	if !strings.Contains(kept, "od:2026-11-01") || bytes.Contains(second.Table, []byte(",e2-micro,")) {
		t.Errorf("n2-standard-4 is kept as %q", kept)
	}
	// Beside new prices that are twice as high the old one makes no sense: it does not stand in their way.
	for i := range list {
		list[i].OnDemand *= 2
	}
	if third, err := c.Renew("gcp", "us-central1", list, "the list", "2026-11-30"); err != nil || bytes.Contains(third.Table, []byte(",n2-standard-4,")) {
		t.Errorf("beside other prices: %v", err)
	}
}
