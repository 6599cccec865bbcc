package brief_test

import (
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestSpan: a window is said with the days that are there.
func TestSpan(t *testing.T) {
	end := time.Date(2026, 6, 5, 0, 0, 0, 0, time.UTC)
	for want, w := range map[string]document.Window{
		"14 days to 5 Jun 2026":                 {Start: end.AddDate(0, 0, -14), End: end},
		"8 of 14 days to 5 Jun 2026":            {Start: end.AddDate(0, 0, -14), End: end, DaysSeen: 8},
		"6 hours to 5 Jun 2026":                 {Start: end.Add(-6 * time.Hour), End: end},
		"one reading on 5 Jun 2026, no history": {Start: end, End: end, Moment: true},
	} {
		if got := brief.Span(w); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
