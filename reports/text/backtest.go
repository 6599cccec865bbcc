package text

import (
	"fmt"
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// Backtest prints the scores of the rules, with what their columns mean.
func Backtest(w io.Writer, b *document.Backtest, o Options) error {
	s := &screen{o: o}
	s.scores(b)
	_, err := w.Write(s.Bytes())
	return err
}

func (s *screen) backtestSection() {
	if b := s.r.Backtest; b != nil {
		s.scores(b)
	}
}

func (s *screen) scores(b *document.Backtest) {
	s.hang("", brief.BacktestOf(b), layout.Plain)
	s.WriteByte('\n')
	wide := s.o.line() >= wideScreen
	t := &layout.Rows{Right: []bool{false, true, true, true, true, true, true, true, true, true}}
	head := []string{"RULE", "OVER", "BROKEN", "KILLED", "IDLE CPU", "IDLE MEM", "A MONTH"}
	if wide {
		head = append(head, "UNSERVED", "CHANGED", "SIZES")
	}
	titles := t.Add(head...)
	for i := range titles.Tones {
		titles.Tones[i] = layout.Strong
	}
	for i := range b.Scores {
		x := &b.Scores[i]
		monthly, changes := "-", "-"
		if x.Monthly != nil {
			monthly = brief.WholeOf(*x.Monthly).String()
		}
		if x.Changes != nil {
			changes = document.Percent(*x.Changes)
		}
		cells := []string{brief.Clean(x.Rule), document.Percent(x.OverRequest), document.Percent(x.Broken), document.Percent(x.Killed), document.Percent(x.CPUSlack), document.Percent(x.MemorySlack), monthly}
		if wide {
			cells = append(cells, document.Percent(x.Unserved), changes, fmt.Sprint(x.Containers))
		}
		l := t.Add(cells...)
		if x.Rule == b.Advised {
			l.Tones[0] = layout.Strong
		}
	}
	s.lines(t.Print(s.o.line(), s.o.Color)...)
	s.WriteByte('\n')
	for _, text := range brief.BacktestNotes(b) {
		s.hang("", text, layout.Plain)
	}
}

// replayed says what the advice would have brought on the user's own last days.
func (s *screen) replayed() {
	if text := brief.Replayed(s.r.Backtest); text != "" {
		s.hang("  replayed  ", text, layout.Plain)
	}
}
