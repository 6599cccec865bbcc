package text

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// keeping is how a report is kept that was not, and keptAs how it is read from there.
const (
	keeping = "plimsoll audit -o json=report.json"
	keptAs  = "report.json"
)

// wordRoom is the room of the words beside a command.
const wordRoom = 21

// next names commands that go on from here. Where the report was not kept, the
// first says how, and the others read it from there.
func (s *screen) next() {
	t, first := layout.Rows{Indent: titleRoom}, ""
	var folded []string
	if !s.o.Saved {
		s.o.From, first = "--report "+keptAs, "this report is kept nowhere: run "+keeping+" with your other flags, then"
	}
	add := func(command, words string) {
		command = layout.Called(s.o.Program, command)
		switch used := titleRoom + layout.Cells(command); {
		case used > s.o.line():
			folded = append(folded, layout.FoldCommand(command, s.o.line(), titleRoom)...)
		case used+layout.Gap+wordRoom > s.o.line():
			t.Add(command)
		default:
			t.Add(command, words)
		}
	}
	if w := s.first(); w != nil {
		add(s.command("plimsoll explain "+brief.ShellWord(brief.Path(w))), "why, usage, manifest")
	}
	if len(s.risks()) > 0 {
		add(s.command("plimsoll show risks"), "all that is dangerous")
	}
	add("plimsoll help first-report#save", "what each line means")
	add(s.command("plimsoll show -o html=report.html"), "all of it, to mail")
	printed := folded
	if t.Len() > 0 {
		printed = append(printed, t.Print(s.o.line(), s.o.Color)...)
	}
	if first == "" && titleRoom+2*layout.MinName <= s.o.line() {
		s.WriteByte('\n')
		s.lines(layout.Painted("NEXT", layout.Strong, s.o.Color) + strings.Repeat(" ", titleRoom-len("NEXT")) + printed[0][titleRoom:])
		s.lines(printed[1:]...)
		return
	}
	s.block("NEXT", first, layout.Strong)
	s.lines(printed...)
}
