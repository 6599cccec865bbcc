package brief_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestReplayedDays: the scores are of all weeks that were tested, and the sentence says how
// many days that is and what each was sized by.
func TestReplayedDays(t *testing.T) {
	for _, x := range []struct {
		learn, test, origins int
		said, of             string
	}{
		{7, 7, 1, "your last 7 days, by sizes of the 7 before: ", "7 days and scored on the 7 after, at 1 origin."},
		{3, 1, 1, "your last 1 day, by sizes of the 3 before: ", "3 days and scored on the 1 after, at 1 origin."},
		{9, 7, 3, "your last 21 days, each week by sizes of all days before it, 9 or more: ", "9 days or more and scored on the 7 after, at 3 origins a week apart."},
	} {
		b := &document.Backtest{LearnDays: x.learn, TestDays: x.test, Origins: x.origins, Advised: "ours", Scores: []document.BacktestScore{{Rule: "ours", Containers: 1}}}
		if got := brief.Replayed(b); !strings.HasPrefix(got, x.said) {
			t.Errorf("got %q, want %q", got, x.said)
		}
		if got := brief.BacktestOf(b); !strings.HasSuffix(got, x.of) {
			t.Errorf("got %q, want %q", got, x.of)
		}
	}
}
