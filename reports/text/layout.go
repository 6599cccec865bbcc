package text

import (
	"bytes"
	"io"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// gap is the number of blank cells between two columns.
const gap = 2

// grid is the table's text before it is laid out, one slice a column: title,
// cells, foot.
type grid struct {
	rows    []row
	columns []column
	text    [][]string
	widths  []int
}

// render lays the rows out and writes them.
func render(w io.Writer, r *document.Report, rows []row, columns []column, o Options) error {
	g := fill(r, rows, columns)
	g.fit(o.room())
	return g.write(w, o.Color)
}

func fill(r *document.Report, rows []row, columns []column) *grid {
	g := &grid{rows: rows, columns: slices.Clone(columns)}
	if r.Summary.MonthlyCost == nil {
		g.columns = slices.DeleteFunc(g.columns, func(c column) bool { return c.money })
	}
	for _, c := range g.columns {
		text := make([]string, 0, len(rows)+2)
		text = append(text, c.title)
		for i := range rows {
			text = append(text, c.cell(&rows[i]))
		}
		foot := ""
		if c.foot != nil {
			foot = c.foot(r)
		}
		g.text = append(g.text, append(text, foot))
	}
	g.measure()
	return g
}

func (g *grid) measure() {
	g.widths = make([]int, len(g.text))
	for i, text := range g.text {
		for _, s := range text {
			g.widths[i] = max(g.widths[i], cells(s))
		}
	}
}

// fit shortens names, then drops columns, until the table is no wider than
// width.
func (g *grid) fit(width int) {
	for _, title := range DropOrder() {
		need := g.least()
		if title == titleConfidence || title == titleContainer {
			// Neither is worth shortening other names below what reads well.
			need = g.fair()
		}
		if g.total(need) > width {
			g.drop(title)
		}
	}
	g.shrink(width)
	for i := range g.text {
		for j, s := range g.text[i] {
			g.text[i][j] = shorten(s, g.widths[i])
		}
	}
}

// least gives each column's width with its names shortened to the minimum.
func (g *grid) least() []int {
	out := slices.Clone(g.widths)
	for i, c := range g.columns {
		if c.min > 0 {
			out[i] = min(out[i], c.min)
		}
	}
	return out
}

// fair gives each column's width with its names shortened to what reads well.
func (g *grid) fair() []int {
	out := slices.Clone(g.widths)
	for i, c := range g.columns {
		if c.min > 0 {
			out[i] = min(out[i], c.fair)
		}
	}
	return out
}

// shrink takes cells off the columns of names, the most excessive first, until
// the table fits or all are at their minimum; where even that is too wide,
// below it.
func (g *grid) shrink(width int) {
	for _, atLeast := range []func(column) int{func(c column) int { return c.min }, func(column) int { return 1 }} {
		for over := g.total(g.widths) - width; over > 0; over-- {
			widest := -1
			for i, c := range g.columns {
				if c.min > 0 && g.widths[i] > atLeast(c) && (widest < 0 || g.excess(i) > g.excess(widest)) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			g.widths[widest]--
		}
	}
}

func (g *grid) excess(i int) int { return g.widths[i] - g.columns[i].fair }

// total is the width of the whole table; an empty column takes no room.
func (g *grid) total(widths []int) int {
	sum := -gap
	for _, w := range widths {
		if w > 0 {
			sum += w + gap
		}
	}
	return sum
}

// drop takes a column out. The name of the container goes over to the
// workload's where the pod has several, and TOTAL to the first column left.
func (g *grid) drop(title string) {
	i := slices.IndexFunc(g.columns, func(c column) bool { return c.title == title })
	if i < 0 {
		return
	}
	work := g.text[slices.IndexFunc(g.columns, func(c column) bool { return c.title == titleWorkload })]
	switch title {
	case titleNamespace:
		work[len(work)-1] = "TOTAL, " + work[len(work)-1]
	case titleContainer:
		for j, r := range g.rows {
			if len(r.Workload.Containers) > 1 {
				work[j+1] += ":" + brief.Clean(r.Container.Name)
			}
		}
	}
	g.columns, g.text = slices.Delete(g.columns, i, i+1), slices.Delete(g.text, i, i+1)
	g.measure()
}

// write prints the grid through tablewriter, without lines or blanks at the
// end of a line.
func (g *grid) write(w io.Writer, color bool) error {
	var buf bytes.Buffer
	t := tablewriter.NewTable(&buf, tablewriter.WithRenderer(renderer.NewBlueprint(plainRendition())),
		tablewriter.WithConfig(g.config()), tablewriter.WithEastAsian(tw.Off))
	last := len(g.text[0]) - 1
	t.Header(g.line(0, func(int) tone { return strongTone }, color))
	for j := 1; j < last; j++ {
		r := &g.rows[j-1]
		err := t.Append(g.line(j, func(i int) tone {
			if f := g.columns[i].tone; f != nil {
				return f(r)
			}
			return plainTone
		}, color))
		if err != nil {
			return err
		}
	}
	t.Footer(g.line(last, func(int) tone { return strongTone }, color))
	if err := t.Render(); err != nil {
		return err
	}
	// tablewriter ends the padding of a colored cell with one reset more.
	text := bytes.ReplaceAll(buf.Bytes(), []byte("  \x1b[0m"), []byte("  "))
	for line := range bytes.Lines(text) {
		if _, err := w.Write(append(bytes.TrimRight(line, " \n"), '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (g *grid) line(j int, t func(column int) tone, color bool) []string {
	out := make([]string, 0, len(g.columns))
	for i := range g.columns {
		s := g.text[i][j]
		if color {
			s = paint(s, t(i))
		}
		if g.widths[i] > 0 {
			out = append(out, s)
		}
	}
	return out
}

func plainRendition() tw.Rendition {
	return tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleNone),
		Settings: tw.Settings{
			Lines:      tw.LinesNone,
			Separators: tw.SeparatorsNone,
		},
	}
}

func (g *grid) config() tablewriter.Config {
	var align []tw.Align
	for i, c := range g.columns {
		switch {
		case g.widths[i] == 0:
		case c.right:
			align = append(align, tw.AlignRight)
		default:
			align = append(align, tw.AlignLeft)
		}
	}
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{PerColumn: align},
		Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: "  ", Overwrite: true}},
	}
	return tablewriter.Config{Header: cell, Row: cell, Footer: cell, Behavior: tw.Behavior{TrimSpace: tw.Off}}
}
