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
