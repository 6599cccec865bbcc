package brief

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Replayed says what the advice would have brought on the cluster's own last
// days, beside today's requests; empty where it was not scored.
func Replayed(b *document.Backtest) string {
	if b == nil {
		return ""
	}
	ours, today := b.Of(b.Advised), b.Of(document.AsItIs)
	if ours == nil {
		return ""
	}
	now := func(of func(*document.BacktestScore) float64) string {
		if today == nil {
			return ""
		}
		return " (now " + document.Percent(of(today)) + ")"
	}
	of := fmt.Sprintf("by sizes of the %d before", b.LearnDays)
	if b.Origins > 1 {
		of = fmt.Sprintf("each week by sizes of all days before it, %d or more", b.LearnDays)
	}
	return fmt.Sprintf("your last %s, %s: CPU short %s of the time%s, out of memory %s a week%s",
		document.Counted(b.TestDays*max(b.Origins, 1), "day"), of,
		document.Percent(ours.OverRequest), now(func(x *document.BacktestScore) float64 { return x.OverRequest }),
		document.Percent(ours.Killed), now(func(x *document.BacktestScore) float64 { return x.Killed }))
}

// BacktestOf says what was scored on what.
func BacktestOf(b *document.Backtest) string {
	if b.Origins > 1 {
		return fmt.Sprintf("Sizes made of %s or more and scored on the %d after, at %d origins a week apart.",
			document.Counted(b.LearnDays, "day"), b.TestDays, b.Origins)
	}
	return fmt.Sprintf("Sizes made of %s and scored on the %d after, at %s.",
		document.Counted(b.LearnDays, "day"), b.TestDays, document.Counted(b.Origins, "origin"))
}

// BacktestNotes say what the columns of a backtest mean.
func BacktestNotes(b *document.Backtest) []string {
	killed := "KILLED are those a week whose memory passed the setting"
	if x := b.Of(b.Advised); x != nil {
		killed += fmt.Sprintf("; of %s: %s to %s, at 90 %%", Clean(x.Rule), document.Percent(x.KilledLow), document.Percent(x.KilledHigh))
	}
	return []string{
		"OVER is the share of time above the CPU request.",
		"BROKEN are the containers above it for more than 5 % of the time.",
		killed + ".",
		"IDLE is requested and not used. A MONTH is the requests' worth.",
		"Samples are means of five minutes; other tools' rules are read off the same.",
	}
}
