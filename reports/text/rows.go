package text

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/internal/grid"
)

// rows is a small table whose first column has names. Names are never cut, so
// that they can be copied: one that is too long has lines of its own, broken
// after a slash where it must be, and the other cells stand below it.
type rows struct {
	indent int
	right  []bool // by column; names are always left
	lines  []cellLine
}

type cellLine struct {
	cells []string
	tones []tone
	// note is a sentence that follows the name and wraps.
	note string
	// mark stands before the name, in the indent: "!" where something fails today.
	mark string
}

func (t *rows) add(cells ...string) *cellLine {
	t.lines = append(t.lines, cellLine{cells: cells, tones: make([]tone, len(cells))})
	return &t.lines[len(t.lines)-1]
}

// print lays the rows out on at most width cells.
func (t *rows) print(width int, color bool) []string {
	others, widths := t.indent, []int{0}
	for _, l := range t.lines {
		for i, c := range l.cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c))
		}
	}
	for _, w := range widths[1:] {
		if w > 0 {
			others += gap + w
		}
	}
	widths[0] = min(widths[0], max(width-others, min(minName, width-t.indent)))
	if t.fits(widths, width) {
		return t.grid(color)
	}
	var out []string
	for i := range t.lines {
		l := &t.lines[i]
		printed := t.line(l, widths, width, color)
		if l.mark != "" && len(printed) > 0 && cells(l.mark) < t.indent {
			printed[0] = painted(l.mark, badTone, color) + printed[0][cells(l.mark):]
		}
		out = append(out, printed...)
	}
	return out
}

// fits reports whether each line is one of the terminal's: a table as others are.
func (t *rows) fits(widths []int, width int) bool {
	used := t.indent
	for i, w := range widths {
		if used += w; i > 0 && w > 0 {
			used += gap
		}
	}
	return used <= width && !slices.ContainsFunc(t.lines, func(l cellLine) bool {
		return l.note != "" || l.cells[0] == "" || cells(l.cells[0]) > widths[0]
	})
}

// grid lays out a table that fits.
func (t *rows) grid(color bool) []string {
	lines := make([][]string, len(t.lines))
	for i := range t.lines {
		l := &t.lines[i]
		for k, c := range l.cells {
			lines[i] = append(lines[i], painted(c, l.toneAt(k), color))
		}
	}
	var out strings.Builder
	if grid.Write(&out, t.right, lines) != nil {
		return nil // a builder takes all
	}
	printed := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i := range printed {
		head := strings.Repeat(" ", t.indent)
		if mark := t.lines[i].mark; mark != "" && cells(mark) < t.indent {
			head = painted(mark, badTone, color) + head[cells(mark):]
		}
		printed[i] = head + printed[i]
	}
	return printed
}

// minName is the least room for a name beside the other cells.
const minName = 16

func (t *rows) line(l *cellLine, widths []int, width int, color bool) []string {
	pad := strings.Repeat(" ", t.indent)
	var out []string
	if l.note != "" {
		return t.sentence(l, widths[0], width)
	}
	name := l.cells[0]
	if len(l.cells) == 1 && t.indent+cells(name) > width {
		return t.alone(l, width, color)
	}
	if cells(name) > widths[0] && len(l.cells) > 1 {
		for _, part := range breakName(name, width-t.indent) {
			out = append(out, pad+painted(part, l.tones[0], color))
		}
		name = ""
	}
	text := pad + painted(name, l.tones[0], color) + strings.Repeat(" ", max(widths[0]-cells(name), 0))
	used := t.indent + widths[0]
	for i, c := range l.cells[1:] {
		w := widths[i+1]
		if w == 0 || c == "" && used+gap+w > width {
			continue
		}
		fill := strings.Repeat(" ", w-cells(c))
		left, right := "", fill
		if i+1 < len(t.right) && t.right[i+1] {
			left, right = fill, ""
		}
		if used+gap+w > width { // too narrow for all: the rest goes to the next line
			out = append(out, strings.TrimRight(text, " "))
			text, used = pad+"  ", t.indent+2
			for _, part := range wrap(c, max(width-used, 1), 0) {
				out = append(out, text+painted(part, l.toneAt(i+1), color))
			}
			continue
		}
		text += strings.Repeat(" ", gap) + left + painted(c, l.toneAt(i+1), color) + right
		used += gap + w
	}
	if strings.TrimSpace(text) != "" {
		out = append(out, strings.TrimRight(text, " "))
	}
	return out
}

// alone wraps a text that is all of its line.
func (t *rows) alone(l *cellLine, width int, color bool) (out []string) {
	for _, part := range wrap(l.cells[0], max(width-t.indent, 1), 0) {
		out = append(out, strings.Repeat(" ", t.indent)+painted(part, l.toneAt(0), color))
	}
	return out
}

// sentence prints a name and a sentence beside it, or below it where there is
// no room.
func (t *rows) sentence(l *cellLine, name, width int) []string {
	pad := strings.Repeat(" ", t.indent)
	beside := t.indent + name + gap
	if cells(l.cells[0]) <= name && width-beside >= 2*minName {
		var out []string
		head := pad + l.cells[0] + strings.Repeat(" ", name-cells(l.cells[0])+gap)
		for _, part := range wrap(l.note, width-beside, 0) {
			out = append(out, head+part)
			head = strings.Repeat(" ", beside)
		}
		return out
	}
	var out []string
	for _, part := range breakName(l.cells[0], width-t.indent) {
		out = append(out, pad+part)
	}
	for _, part := range wrap(l.note, max(width-t.indent-2, 1), 0) {
		out = append(out, pad+"  "+part)
	}
	return out
}

func (l *cellLine) toneAt(i int) tone {
	if i < len(l.tones) {
		return l.tones[i]
	}
	return plainTone
}

func painted(s string, t tone, color bool) string {
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
		if cells(line)+cells(p) > width && line != "" {
			out, line = append(out, line), ""
		}
		line += p
		for cells(line) > width {
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
		if i > 0 && cells(s[:i+len(string(r))]) > width {
			break
		}
		at = i + len(string(r))
	}
	return s[:at]
}
