package lookup_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/lookup"
)

// TestBeside: a type is one line with each way to buy it, whatever the order of the rows; every
// price of the rows is there, and so is the date and source of each way.
func TestBeside(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, sort := range []string{"", "price", "name"} {
		ask := lookup.Ask{Query: pricing.Query{Provider: "azure", Region: "westeurope", CapacityType: lookup.All}, VCPU: "64", Sort: sort}
		rows, missing, err := ask.Find(catalog, nil)
		if err != nil || len(missing) > 0 || len(rows) == 0 {
			t.Fatalf("got %d rows, %v, %v", len(rows), missing, err)
		}
		var out bytes.Buffer
		if err := lookup.Write(&out, "table", rows, true); err != nil {
			t.Fatal(err)
		}
		table, sources, found := strings.Cut(out.String(), "\nUSD an hour, read from:\n")
		if !found {
			t.Fatalf("no sources in %s", out.String())
		}
		lines := strings.Split(strings.TrimSpace(table), "\n")
		if want := []string{"ON-DEMAND", "SPOT", "RESERVED", "RESERVED 3Y", "AZURE SAVINGS PLAN FOR COMPUTE 1Y", "AZURE SAVINGS PLAN FOR COMPUTE 3Y"}; !strings.HasSuffix(strings.Join(strings.Fields(lines[0]), " "), strings.Join(want, " ")) {
			t.Errorf("sorted by %q: got the columns %s", sort, lines[0])
		}
		types, prices := map[string]bool{}, 0
		for _, r := range rows {
			types[r.InstanceType] = true
			if !strings.Contains(sources, r.AsOf) {
				t.Errorf("the date %s of %s is not told", r.AsOf, r.InstanceType)
			}
		}
		for _, line := range lines[1:] {
			prices += len(strings.Fields(line)) - 3 // beside the type, its vCPUs and memory
		}
		if len(lines)-1 != len(types) || prices != len(rows) {
			t.Errorf("sorted by %q: got %d lines with %d prices, want %d with %d", sort, len(lines)-1, prices, len(types), len(rows))
		}
	}
}

// TestAnyCase: names of types are found in any case, also by patterns, and are printed as the tables have them.
func TestAnyCase(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	for _, tt := range []struct{ provider, region, name, want string }{
		{"aws", "us-east-1", "M6I.XLARGE", "m6i.xlarge"},
		{"AWS", "US-EAST-1", "M6i.xlarge", "m6i.xlarge"},
		{"aws", "us-east-1", "M6I.2XL*", "m6i.2xlarge"},
		{"azure", "WestEurope", "standard_d4S_V5", "Standard_D4s_v5"},
		{"gcp", "us-central1", "N2-Standard-4", "n2-standard-4"},
	} {
		for _, capacity := range []pricing.CapacityType{pricing.OnDemand, lookup.All} {
			ask := lookup.Ask{Query: pricing.Query{Provider: tt.provider, Region: tt.region, CapacityType: capacity}}
			rows, missing, err := ask.Find(catalog, []string{tt.name})
			if err != nil || len(missing) > 0 || len(rows) == 0 || rows[0].InstanceType != tt.want || rows[0].Region != strings.ToLower(tt.region) {
				t.Errorf("%s, %s: got %+v, %v, %v", tt.name, capacity, rows, missing, err)
			}
		}
	}
	ask := lookup.Ask{Query: pricing.Query{Provider: "aws", Region: "us-east-1"}}
	if rows, _, err := ask.Find(catalog, []string{""}); err == nil || rows != nil {
		t.Errorf("of an empty name got %+v, %v", rows, err)
	}
}
