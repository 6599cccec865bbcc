package reports

import (
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/format"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// Options is how a report is to be printed.
type Options = text.Options

// Format is one way to print a report.
type Format struct {
	Name  string
	Doc   string // one line
	Write func(w io.Writer, r *document.Report, o Options) error
}

// Formats lists every format.
func Formats() []Format {
	return []Format{
		{"table", "for a terminal: fits its width, columns drop in a stated order", text.WriteTable},
		{"wide", "the table with all its columns, as wide as it takes", text.WriteWide},
		{"json", "the report document, indented", plain(document.WriteJSON)},
		{"yaml", "the report document as YAML", plain(document.WriteYAML)},
	}
}

// plain is a writer that has no options.
func plain(write func(io.Writer, *document.Report) error) func(io.Writer, *document.Report, Options) error {
	return func(w io.Writer, r *document.Report, _ Options) error { return write(w, r) }
}

// Lookup finds a format by name.
func Lookup(name string) (Format, error) { return format.Lookup(Formats(), nameOf, name) }

// Names lists the formats' names.
func Names() []string { return format.Names(Formats(), nameOf) }

func nameOf(f Format) string { return f.Name }
