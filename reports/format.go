package reports

import (
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/format"
)

// Options is how a report is to be printed.
type Options struct {
	// Width is the number of terminal cells that the table may take; 0 means
	// DefaultWidth. wide and the machine formats take what they need.
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

// DefaultWidth is the table's width where nobody knows the terminal's.
const DefaultWidth = 80

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
