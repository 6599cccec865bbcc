package change

import "github.com/plimsoll-k8s/plimsoll/reports/document"

// AppliedSum is what the workloads come to whose advice was applied.
type AppliedSum struct {
	Workloads int `json:"workloads"`
	// MonthlyBefore and MonthlyAfter are their shares of the nodes' bill; absent where
	// one of them has no price.
	MonthlyBefore *document.USD `json:"monthlyBefore,omitempty"`
	MonthlyAfter  *document.USD `json:"monthlyAfter,omitempty"`
	// MonthlyGone is what of it left the nodes' bill, at the most: the bill may have
	// fallen for other reasons too. The rest is room on nodes that stayed. It is negative where
	// both rose.
	MonthlyGone *document.USD `json:"monthlyGone,omitempty"`
	// OOMKillsWeeklyBefore and OOMKillsWeeklyAfter are for seven days.
	OOMKillsWeeklyBefore float64 `json:"oomKillsWeeklyBefore"`
	OOMKillsWeeklyAfter  float64 `json:"oomKillsWeeklyAfter"`
}

// appliedSum adds up what was applied; nil where nothing was.
func appliedSum(c *Comparison) *AppliedSum {
	var out AppliedSum
	var before, after document.USD
	priced := true
	for i := range c.Workloads {
		d := &c.Workloads[i]
		if d.What != DiffApplied {
			continue
		}
		out.Workloads++
		out.OOMKillsWeeklyBefore = document.Decimals(out.OOMKillsWeeklyBefore+d.Before.OOMKillsWeekly, 2)
		out.OOMKillsWeeklyAfter = document.Decimals(out.OOMKillsWeeklyAfter+d.After.OOMKillsWeekly, 2)
		if d.Before.MonthlyCost == nil || d.After.MonthlyCost == nil {
			priced = false
			continue
		}
		before, after = before+*d.Before.MonthlyCost, after+*d.After.MonthlyCost
	}
	if out.Workloads == 0 {
		return nil
	}
	if priced {
		out.MonthlyBefore, out.MonthlyAfter = &before, &after
	}
	if a, b := c.Before.MonthlyCost, c.After.MonthlyCost; priced && a != nil && b != nil {
		gone := left(before-after, *a-*b)
		out.MonthlyGone = &gone
	}
	return &out
}

// left is what of one change is in another: as much as both have, where both go the
// same way.
func left(part, whole document.USD) document.USD {
	switch {
	case part > 0 && whole > 0:
		return min(part, whole)
	case part < 0 && whole < 0:
		return max(part, whole)
	}
	return 0
}
