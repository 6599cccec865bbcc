package brief

import (
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
)

// StateChange says one figure of a workload before and after; a state that is
// not there is left out.
func StateChange(d *change.Difference, say func(*change.State) string) string {
	switch {
	case d.Before == nil:
		return say(d.After)
	case d.After == nil:
		return say(d.Before)
	}
	return Arrow(say(d.Before), say(d.After))
}

// StateCost is what a workload costs a month, in whole dollars; empty without a price.
func StateCost(s *change.State) string {
	if s.MonthlyCost == nil {
		return ""
	}
	return WholeOf(*s.MonthlyCost).String()
}

// StateKills is its OOM kills in seven days.
func StateKills(s *change.State) string { return document.Figures(s.OOMKillsWeekly) }

// StateThrottled is the share of CPU periods in which its most throttled
// container was throttled; empty where it was not measured.
func StateThrottled(s *change.State) string {
	if s.ThrottledShare == nil {
		return ""
	}
	return document.Percent(*s.ThrottledShare)
}
