package html

import (
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// proofView is what rules of sizing would have brought on the cluster's own history.
type proofView struct {
	Of, Said string
	Rules    *list
	Notes    []string
}

func proofOf(b *document.Backtest) *proofView {
	if b == nil {
		return nil
	}
	l := &list{ID: "proof", Label: "Rules on your own history", Class: " pairs", Heads: []head{
		{"Rule", ""}, {"Over", "n"}, {"Broken", "n"}, {"Killed", "n"}, {"Idle CPU", "n"}, {"Idle memory", "n"}, {"A month", "n"},
	}}
	for i := range b.Scores {
		x, money := &b.Scores[i], ""
		if x.Monthly != nil {
			money = brief.WholeOf(*x.Monthly).String()
		}
		row := []cell{{Text: brief.Clean(x.Rule), Strong: x.Rule == b.Advised}}
		for _, share := range []float64{x.OverRequest, x.Broken, x.Killed, x.CPUSlack, x.MemorySlack} {
			row = append(row, cell{Text: document.Percent(share)})
		}
		l.add(append(row, cell{Text: money})...)
	}
	return &proofView{Of: brief.BacktestOf(b), Said: brief.Replayed(b), Rules: orNil(l), Notes: brief.BacktestNotes(b)}
}
