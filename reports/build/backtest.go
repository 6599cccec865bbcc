package build

import (
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Backtest gives the scores as the document has them; nil without any.
func Backtest(r *backtest.Result) *document.Backtest {
	if r == nil || len(r.Scores) == 0 {
		return nil
	}
	out := &document.Backtest{LearnDays: r.LearnDays, TestDays: r.TestDays, Origins: r.Origins, Advised: r.Advised}
	for _, s := range r.Scores {
		out.Scores = append(out.Scores, document.BacktestScore{
			Rule: s.Rule, Containers: s.Containers, CPUSlack: document.Share(s.CPUSlack), MemorySlack: document.Share(s.MemorySlack),
			OverRequest: document.Share(s.OverRequest), Broken: document.Share(s.Broken), Unserved: document.Share(s.Unserved),
			Killed: document.Share(s.Killed), KilledLow: document.Share(s.KilledLow), KilledHigh: document.Share(s.KilledHigh),
			Changes: knownShare(s.Changes), Monthly: dollars(s.Monthly),
		})
	}
	return out
}

func dollars(v *float64) *document.USD {
	if v == nil {
		return nil
	}
	out := document.Cents(*v)
	return &out
}
