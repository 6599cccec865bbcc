package text

import (
	"fmt"
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
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
	s.hang("", fmt.Sprintf("Sizes made of %s and scored on the %d after, at %s.",
		document.Counted(b.LearnDays, "day"), b.TestDays, document.Counted(b.Origins, "origin")), plainTone)
	s.WriteByte('\n')
	wide := s.o.line() >= wideScreen
	t := &rows{right: []bool{false, true, true, true, true, true, true, true, true, true}}
	head := []string{"RULE", "OVER", "BROKEN", "KILLED", "IDLE CPU", "IDLE MEM", "A MONTH"}
	if wide {
		head = append(head, "UNSERVED", "CHANGED", "SIZES")
	}
	titles := t.add(head...)
	for i := range titles.tones {
		titles.tones[i] = strongTone
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
		l := t.add(cells...)
		if x.Rule == b.Advised {
			l.tones[0] = strongTone
		}
	}
	s.lines(t.print(s.o.line(), s.o.Color)...)
	s.WriteByte('\n')
	for _, text := range []string{
		"OVER is the share of time above the CPU request.",
		"BROKEN are the containers above it for more than 5 % of the time.",
		"KILLED are those a week whose memory passed the setting" + killedRange(b) + ".",
		"IDLE is requested and not used. A MONTH is the requests' worth.",
		"Samples are means of five minutes; other tools' rules are read off the same.",
	} {
		s.hang("", text, plainTone)
	}
}

// killedRange tells how sure the kills of the advised rule are.
func killedRange(b *document.Backtest) string {
	x := b.Of(b.Advised)
	if x == nil {
		return ""
	}
	return fmt.Sprintf("; of %s: %s to %s, at 90 %%", brief.Clean(x.Rule), document.Percent(x.KilledLow), document.Percent(x.KilledHigh))
}

// replayed says what the advice would have brought on the user's own last days.
func (s *screen) replayed() {
	b := s.r.Backtest
	ours, today := b.Of(advisedBy(b)), b.Of(document.AsItIs)
	if ours == nil {
		return
	}
	text := fmt.Sprintf("your last %s, by sizes of the %d before: CPU short %s of the time%s, out of memory %s a week%s",
		document.Counted(b.TestDays, "day"), b.LearnDays, document.Percent(ours.OverRequest), beside(today, func(x *document.BacktestScore) float64 { return x.OverRequest }),
		document.Percent(ours.Killed), beside(today, func(x *document.BacktestScore) float64 { return x.Killed }))
	s.hang("  replayed  ", text, plainTone)
}

func advisedBy(b *document.Backtest) string {
	if b == nil {
		return ""
	}
	return b.Advised
}

func beside(today *document.BacktestScore, of func(*document.BacktestScore) float64) string {
	if today == nil {
		return ""
	}
	return " (now " + document.Percent(of(today)) + ")"
}
