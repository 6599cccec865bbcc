package recommender_test

import (
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// TestAdviseShares: the program as one call shares the bill out and warns of old
// prices where it is asked to, each once, and of names that nothing is of.
func TestAdviseShares(t *testing.T) {
	a, err := txtar.ParseFile(filepath.Join("..", "testdata", "rules", "spot", "ready.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	by := &allocation.Options{Aggregate: []allocation.Key{allocation.ByNamespace}, ShareNamespaces: []string{"nobody"}}
	for name, tt := range map[string]struct {
		o                   advice.Options
		ofCosts, ofTheShare []string
	}{
		"nothing asked": {o: advice.Options{}},
		"ages alone":    {o: advice.Options{PriceAges: pricing.SameAges(1)}, ofCosts: []string{"stale-price"}},
		"both": {
			o:          advice.Options{PriceAges: pricing.SameAges(1), Allocation: by},
			ofTheShare: []string{analyzer.WarnUnused, "stale-price"},
		},
	} {
		got, err := recommender.Advise(t.Context(), casetest.Snapshot(t, a), pricing.New(pricing.Config{}), tt.o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (got.Allocation != nil) != (tt.o.Allocation != nil) {
			t.Fatalf("%s: got an allocation %v", name, got.Allocation)
		}
		asked := func(all []analyzer.Warning) (codes []string) {
			for _, w := range all {
				if w.Code == "stale-price" || w.Code == analyzer.WarnUnused {
					codes = append(codes, w.Code)
				}
			}
			return codes
		}
		if codes := asked(got.Costs.Warnings); !slices.Equal(codes, tt.ofCosts) {
			t.Errorf("%s: the costs warn of %q, want %q", name, codes, tt.ofCosts)
		}
		if got.Allocation == nil {
			continue
		}
		if codes := asked(got.Allocation.Warnings); !slices.Equal(codes, tt.ofTheShare) {
			t.Errorf("%s: the share warns of %q, want %q", name, codes, tt.ofTheShare)
		}
		if len(got.Allocation.Items) == 0 || got.AllocateBy.ShareNamespaces[0] != "nobody" {
			t.Errorf("%s: got %d items by %+v", name, len(got.Allocation.Items), got.AllocateBy)
		}
	}
}
