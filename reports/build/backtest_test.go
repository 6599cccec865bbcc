package build_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// The screen compares with the rule that the document names; by another name the
// comparison would be gone in silence.
func TestAsItIsIsOneName(t *testing.T) {
	if document.AsItIs != backtest.AsItIs {
		t.Errorf("the document looks for %q, the backtest scores %q", document.AsItIs, backtest.AsItIs)
	}
}
