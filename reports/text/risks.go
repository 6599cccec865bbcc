package text

import (
	"cmp"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

func (s *screen) risks() []brief.Urgent { return brief.Urgents(s.r) }

// fixFirst is the block of what is dangerous as it is.
func (s *screen) fixFirst() {
	all := s.risks()
	if len(all) == 0 {
		if s.r.Summary.Containers.Total > 0 && judged(s.r) {
			s.block("FIX FIRST", brief.Quiet(s.r), layout.Strong)
		}
		return
	}
	s.block("FIX FIRST", brief.UrgentCounts(all), layout.Bad)
	shown := brief.Pressing(all, s.risky)
	s.lines(riskRows(shown, false).Print(s.o.line(), s.o.Color)...)
	if left := brief.Left(all, shown); len(left) > 0 {
		s.hang("  ", "and "+brief.UrgentCounts(left)+s.with("plimsoll show risks"), layout.Plain)
	}
}

// riskRows lays risks out; in full with what to do about those that no number
// mends.
func riskRows(all []brief.Urgent, full bool) *layout.Rows {
	t := &layout.Rows{Indent: 2}
	for _, x := range all {
		if x.Change == "" {
			text := x.What
			if full {
				text = cmp.Or(x.InFull, x.What)
				if x.Fix != "" {
					text += "; " + x.Fix
				}
			}
			l := t.Add(x.Name)
			l.Note, l.Mark = text, markOf(x.Kind)
			continue
		}
		l := t.Add(x.Name, x.What, x.Change)
		l.Mark = markOf(x.Kind)
		l.Tones[1] = layout.Bad
		if strings.HasSuffix(x.Change, "or more") || x.Kind == document.ShortOfCPU {
			l.Tones[2] = layout.Good
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
