package text

import (
	"cmp"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (s *screen) risks() []brief.Urgent { return brief.Urgents(s.r) }

// fixFirst is the block of what is dangerous as it is.
func (s *screen) fixFirst() {
	all := s.risks()
	if len(all) == 0 {
		if s.r.Summary.Containers.Total > 0 && judged(s.r) {
			s.block("FIX FIRST", brief.Quiet(s.r), strongTone)
		}
		return
	}
	s.block("FIX FIRST", brief.UrgentCounts(all), badTone)
	shown := brief.Pressing(all, s.risky)
	s.lines(riskRows(shown, false).print(s.o.line(), s.o.Color)...)
	if left := brief.Left(all, shown); len(left) > 0 {
		s.hang("  ", "and "+brief.UrgentCounts(left)+s.with("plimsoll show risks"), plainTone)
	}
}

// riskRows lays risks out; in full with what to do about those that no number
// mends.
func riskRows(all []brief.Urgent, full bool) *rows {
	t := &rows{indent: 2}
	for _, x := range all {
		if x.Change == "" {
			text := x.What
			if full {
				text = cmp.Or(x.InFull, x.What)
				if x.Fix != "" {
					text += "; " + x.Fix
				}
			}
			t.lines = append(t.lines, cellLine{cells: []string{x.Name}, note: text, mark: markOf(x.Kind)})
			continue
		}
		l := t.add(x.Name, x.What, x.Change)
		l.mark = markOf(x.Kind)
		l.tones[1] = badTone
		if strings.HasSuffix(x.Change, "or more") || x.Kind == document.ShortOfCPU {
			l.tones[2] = goodTone
		}
	}
	return t
}

// markOf tells what fails today from what is only slow.
func markOf(k document.UrgentKind) string {
	if k == document.ShortOfCPU {
		return ""
	}
	return "!"
}
