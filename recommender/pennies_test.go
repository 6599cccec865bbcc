package recommender_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// TestPenniesEndAdvice: savings that the user does not want end the advice of every
// lever; what is missing or too small is still set.
func TestPenniesEndAdvice(t *testing.T) {
	count := func(file string, least advice.Options, has func(*advice.Advice) bool) (n int) {
		t.Helper()
		a, err := txtar.ParseFile(filepath.Join("..", "testdata", "rules", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		facts := analyzer.Analyze(casetest.Snapshot(t, a))
		all, err := recommender.Run(t.Context(), facts, cost.Of(facts, pricing.New(pricing.Config{})), least)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if has(&all[i]) {
				n++
			}
		}
		return n
	}
	lowers := func(r *advice.Advice) bool {
		s := advice.As[rightsize.Sizing](r.Detail)
		return s != nil && len(r.Changes) > 0 && r.MonthlySavings > 0
	}
	raises := func(r *advice.Advice) bool {
		s := advice.As[rightsize.Sizing](r.Detail)
		return s != nil && len(r.Changes) > 0 && r.MonthlySavings < 0
	}
	for _, tt := range []struct {
		what, file string
		has        func(*advice.Advice) bool
		stays      bool
	}{
		{"requests", "rightsize/pooled-percentile.txtar", lowers, false},
		{"missing requests", "rightsize/missing-requests.txtar", raises, true},
		{"spot", "spot/ready.txtar", func(r *advice.Advice) bool {
			s := advice.As[spot.Readiness](r.Detail)
			return s != nil && s.Advised
		}, false},
		{"commitments", "purchase/flat.txtar", func(r *advice.Advice) bool {
			p := advice.As[purchase.Advice](r.Detail)
			return p != nil && len(p.Commitments) > 0 && r.MonthlySavings > 0
		}, false},
		{"waste", "waste/unused-requests.txtar", func(r *advice.Advice) bool {
			f := advice.As[waste.Finding](r.Detail)
			return f != nil && f.Monthly > 0
		}, false},
	} {
		all := count(tt.file, advice.Options{}, tt.has)
		if all == 0 {
			t.Errorf("%s: no advice in %s: the case tells nothing", tt.what, tt.file)
		}
		if got := count(tt.file, advice.Options{MinSavings: 0.01}, tt.has); got != all {
			t.Errorf("%s: %d of %d worth a cent or more", tt.what, got, all)
		}
		want := 0
		if tt.stays {
			want = all
		}
		if got := count(tt.file, advice.Options{MinSavings: 1e6}, tt.has); got != want {
			t.Errorf("%s: %d of %d, want %d where a million a month is asked for", tt.what, got, all, want)
		}
	}
}
