package reports

import (
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/format"
)

// Options is how a report is to be printed.
type Options struct {
	// Width is the number of terminal cells that the table may take; 0 means
	// that it goes to no terminal: then it takes what it needs, so that no name
	// is cut. wide and the machine formats do so always.
	Width int
	// Color allows ANSI colors.
	Color bool
	// All lists the containers that are fine as they are, too.
	All bool
	// Top limits the table to that many rows, those at its head; 0 means all.
	Top int
	// Verbose prints every warning in full, where otherwise like ones are one
	// line.
	Verbose bool
}

// proseWidth is where sentences wrap that go to no terminal.
const proseWidth = 80

// unlimited is a width that no table reaches.
const unlimited = 1 << 20

// room is the width that a table may take.
func (o Options) room() int {
	if o.Width <= 0 {
		return unlimited
	}
	return o.Width
}

// line is the width at which sentences wrap.
func (o Options) line() int {
	if o.Width <= 0 {
		return proseWidth
	}
	return o.Width
}

// Format is one way to print a report.
type Format struct {
	Name  string
	Doc   string // one line
	Write func(w io.Writer, r *Report, o Options) error
}

// Formats lists every format.
func Formats() []Format {
	return []Format{
		{"table", "for a terminal: fits its width, columns drop in a stated order", writeTable},
		{"wide", "the table with all its columns, as wide as it takes", writeWide},
		{"json", "the report document, indented", writeJSON},
		{"yaml", "the report document as YAML", writeYAML},
	}
}

// Lookup finds a format by name.
func Lookup(name string) (Format, error) { return format.Lookup(Formats(), nameOf, name) }

// Names lists the formats' names.
func Names() []string { return format.Names(Formats(), nameOf) }

func nameOf(f Format) string { return f.Name }
