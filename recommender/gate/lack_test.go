package gate_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
)

// TestLacksMoney: a limit of money without prices is refused, one of an increase only
// where there is something to compare with; without that it is named.
func TestLacksMoney(t *testing.T) {
	priced := policy.Document{Budgets: policy.Budgets{MaxMonthly: 1}, Prices: policy.UnitPrices{CPUCoreHour: 1}}
	for _, x := range []struct {
		name             string
		in               gate.Input
		lacks, unchecked bool
	}{
		{"defaults", gate.Input{}, false, false},
		{"monthly", gate.Input{Policy: &policy.Document{Budgets: policy.Budgets{MaxMonthly: 1}}}, true, false},
		{"monthly, priced", gate.Input{Policy: &priced}, false, false},
		{"increase", gate.Input{Policy: &policy.Document{Budgets: policy.Budgets{MaxIncrease: 1}}}, false, true},
		{"increase of a base", gate.Input{Policy: &policy.Document{Budgets: policy.Budgets{MaxIncrease: 1}}, Base: &gate.Base{}}, true, false},
	} {
		if err := x.in.LacksMoney(); (err != nil) != x.lacks {
			t.Errorf("%s: got %v", x.name, err)
		}
		if got := x.in.Unchecked(); (got != "") != x.unchecked {
			t.Errorf("%s: got %q", x.name, got)
		}
	}
}
