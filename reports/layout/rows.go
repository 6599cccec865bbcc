package layout

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/internal/grid"
)

// Rows is a small table whose first column has names. Names are never cut, so
// that they can be copied: one that is too long has lines of its own, broken
// after a slash where it must be, and the other cells stand below it.
type Rows struct {
	// Indent is in cells; Right tells which columns stand at the right: names never do.
	Indent int
	Right  []bool
	// Together keeps the other cells in one line where they fit in one, and puts the names
	// above it then.
	Together bool
	lines    []Line
}

// Line is one row.
type Line struct {
	cells []string
	Tones []Tone // by cell
	// Note is a sentence that follows the name and wraps.
	Note string
	// Mark stands before the name, in the indent: "!" where something fails today.
	Mark string
}

// Add appends a row, whose first cell is its name. The row is good until the next is added.
func (t *Rows) Add(cells ...string) *Line {
	t.lines = append(t.lines, Line{cells: cells, Tones: make([]Tone, len(cells))})
	return &t.lines[len(t.lines)-1]
}

// Len is the number of rows.
func (t *Rows) Len() int { return len(t.lines) }

// Print lays the rows out on at most width cells.
func (t *Rows) Print(width int, color bool) []string {
	others, widths := t.Indent, []int{0}
	for _, l := range t.lines {
		for i, c := range l.cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Cells(c))
		}
	}
	for _, w := range widths[1:] {
		if w > 0 {
			others += Gap + w
		}
	}
	least := min(MinName, width-t.Indent)
	if t.Together && others < width {
		least = 0
	}
	widths[0] = min(widths[0], max(width-others, least))
	if t.fits(widths, width) {
		return t.grid(color)
	}
	var out []string
	for i := range t.lines {
		l := &t.lines[i]
		printed := t.line(l, widths, width, color)
		if l.Mark != "" && len(printed) > 0 && Cells(l.Mark) < t.Indent {
			printed[0] = Painted(l.Mark, Bad, color) + printed[0][Cells(l.Mark):]
		}
		out = append(out, printed...)
	}
	return out
}

// fits reports whether each line is one of the terminal's: a table as others are.
func (t *Rows) fits(widths []int, width int) bool {
	used := t.Indent
	for i, w := range widths {
		if used += w; i > 0 && w > 0 {
			used += Gap
		}
	}
	return used <= width && !slices.ContainsFunc(t.lines, func(l Line) bool {
		return l.Note != "" || l.cells[0] == "" || Cells(l.cells[0]) > widths[0]
	})
}

// grid lays out a table that fits.
func (t *Rows) grid(color bool) []string {
	lines := make([][]string, len(t.lines))
	for i := range t.lines {
		l := &t.lines[i]
		for k, c := range l.cells {
			lines[i] = append(lines[i], Painted(c, l.toneAt(k), color))
		}
	}
	var out strings.Builder
	if grid.Write(&out, t.Right, lines) != nil {
		return nil // a builder takes all
	}
	printed := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i := range printed {
		head := strings.Repeat(" ", t.Indent)
		if mark := t.lines[i].Mark; mark != "" && Cells(mark) < t.Indent {
			head = Painted(mark, Bad, color) + head[Cells(mark):]
		}
		printed[i] = head + printed[i]
	}
	return printed
}

// MinName is the least room for a name beside the other cells.
const MinName = 16

func (t *Rows) line(l *Line, widths []int, width int, color bool) []string {
	pad := strings.Repeat(" ", t.Indent)
	var out []string
	if l.Note != "" {
		return t.sentence(l, widths[0], width)
	}
	name := l.cells[0]
	if len(l.cells) == 1 && t.Indent+Cells(name) > width {
		return t.alone(l, width, color)
	}
	if Cells(name) > widths[0] && len(l.cells) > 1 {
		for _, part := range breakName(name, width-t.Indent) {
			out = append(out, pad+Painted(part, l.Tones[0], color))
		}
		name = ""
	}
	text := pad + Painted(name, l.Tones[0], color) + strings.Repeat(" ", max(widths[0]-Cells(name), 0))
	used := t.Indent + widths[0]
	for i, c := range l.cells[1:] {
		w := widths[i+1]
		if w == 0 || c == "" && used+Gap+w > width {
			continue
		}
		fill := strings.Repeat(" ", w-Cells(c))
		left, right := "", fill
		if i+1 < len(t.Right) && t.Right[i+1] {
			left, right = fill, ""
		}
		if used+Gap+w > width { // too narrow for all: the rest goes to the next line
			out = append(out, strings.TrimRight(text, " "))
			text, used = pad+"  ", t.Indent+2
			for _, part := range Wrap(c, max(width-used, 1), 0) {
				out = append(out, text+Painted(part, l.toneAt(i+1), color))
			}
			continue
		}
		text += strings.Repeat(" ", Gap) + left + Painted(c, l.toneAt(i+1), color) + right
		used += Gap + w
	}
	if strings.TrimSpace(text) != "" {
		out = append(out, strings.TrimRight(text, " "))
	}
	return out
}

// alone wraps a text that is all of its line.
func (t *Rows) alone(l *Line, width int, color bool) (out []string) {
	for _, part := range Wrap(l.cells[0], max(width-t.Indent, 1), 0) {
		out = append(out, strings.Repeat(" ", t.Indent)+Painted(part, l.toneAt(0), color))
	}
	return out
}

// sentence prints a name and a sentence beside it, or below it where there is
// no room.
func (t *Rows) sentence(l *Line, name, width int) []string {
	pad := strings.Repeat(" ", t.Indent)
	beside := t.Indent + name + Gap
	if Cells(l.cells[0]) <= name && width-beside >= 2*MinName {
		var out []string
		head := pad + l.cells[0] + strings.Repeat(" ", name-Cells(l.cells[0])+Gap)
		for _, part := range Wrap(l.Note, width-beside, 0) {
			out = append(out, head+part)
			head = strings.Repeat(" ", beside)
		}
		return out
	}
	var out []string
	for _, part := range breakName(l.cells[0], width-t.Indent) {
		out = append(out, pad+part)
	}
	for _, part := range Wrap(l.Note, max(width-t.Indent-2, 1), 0) {
		out = append(out, pad+"  "+part)
	}
	return out
}

func (l *Line) toneAt(i int) Tone {
	if i < len(l.Tones) {
		return l.Tones[i]
	}
	return Plain
}

// Painted puts a color around s where there are colors.
func Painted(s string, t Tone, color bool) string {
	if !color {
		return s
	}
	return paint(s, t)
}

// breakName breaks a name that is wider than width after its slashes, and only
// where a part of it is still wider, within it.
func breakName(name string, width int) []string {
	width = max(width, 1)
	var out []string
	line := ""
	for _, p := range strings.SplitAfter(name, "/") {
		if Cells(line)+Cells(p) > width && line != "" {
			out, line = append(out, line), ""
		}
		line += p
		for Cells(line) > width {
			head := cutAt(line, width)
			out, line = append(out, head), line[len(head):]
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// cutAt gives as much of the beginning of s as takes at most width cells, at
// least one letter.
func cutAt(s string, width int) string {
	at := 0
	for i, r := range s {
		if i > 0 && Cells(s[:i+len(string(r))]) > width {
			break
		}
		at = i + len(string(r))
	}
	return s[:at]
}
