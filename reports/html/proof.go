package html

import (
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// proofView is what rules of sizing would have brought on the cluster's own history.
type proofView struct {
	Of, Said string
	Rows     []proofRow
	Notes    []string
}

type proofRow struct {
	Rule, Over, Broken, Killed, IdleCPU, IdleMemory, Money string
	Advised                                                bool
}

func proofOf(b *document.Backtest) *proofView {
	if b == nil {
		return nil
	}
	v := &proofView{Of: brief.BacktestOf(b), Said: brief.Replayed(b), Notes: brief.BacktestNotes(b)}
	for i := range b.Scores {
		x := &b.Scores[i]
		row := proofRow{
			Rule: brief.Clean(x.Rule), Over: document.Percent(x.OverRequest), Broken: document.Percent(x.Broken), Killed: document.Percent(x.Killed),
			IdleCPU: document.Percent(x.CPUSlack), IdleMemory: document.Percent(x.MemorySlack), Advised: x.Rule == b.Advised,
		}
		if x.Monthly != nil {
			row.Money = brief.WholeOf(*x.Monthly).String()
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}
