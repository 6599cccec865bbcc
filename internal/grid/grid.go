// Package grid lays tables out for people: columns two blanks apart, without
// lines, and no blanks at the end of a line.
package grid

import (
	"bytes"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Gap is the number of blank cells between two columns.
const Gap = 2

// Write prints lines of cells; right says which columns are of numbers. Cells may
// be painted: what colours a terminal takes no room. A column without any text
// takes none either. Short lines are filled up.
func Write(w io.Writer, right []bool, lines [][]string) error {
	used := columns(lines)
	var buf bytes.Buffer
	t := tablewriter.NewTable(&buf, tablewriter.WithRenderer(renderer.NewBlueprint(plain())),
		tablewriter.WithConfig(config(right, used)), tablewriter.WithEastAsian(tw.Off))
	for _, line := range lines {
		cells := make([]string, 0, len(used))
		for _, i := range used {
			cell := ""
			if i < len(line) {
				cell = line[i]
			}
			cells = append(cells, cell)
		}
		if err := t.Append(cells); err != nil {
			return err
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	// tablewriter ends the padding of a painted cell with one reset more.
	text := bytes.ReplaceAll(buf.Bytes(), []byte("  \x1b[0m"), []byte("  "))
	for line := range bytes.Lines(text) {
		if _, err := w.Write(append(bytes.TrimRight(line, " \n"), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// columns gives those that hold text.
func columns(lines [][]string) (used []int) {
	most := 0
	for _, line := range lines {
		most = max(most, len(line))
	}
	for i := range most {
		for _, line := range lines {
			if i < len(line) && line[i] != "" {
				used = append(used, i)
				break
			}
		}
	}
	return used
}

func plain() tw.Rendition {
	return tw.Rendition{
		Borders:  tw.BorderNone,
		Symbols:  tw.NewSymbols(tw.StyleNone),
		Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
	}
}

func config(right []bool, used []int) tablewriter.Config {
	align := make([]tw.Align, 0, len(used))
	for _, i := range used {
		if i < len(right) && right[i] {
			align = append(align, tw.AlignRight)
		} else {
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
