package reports

import (
	"bytes"
	"io"

	"github.com/plimsoll-k8s/plimsoll/reports/csv"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/format"
	"github.com/plimsoll-k8s/plimsoll/reports/html"
	"github.com/plimsoll-k8s/plimsoll/reports/markdown"
	"github.com/plimsoll-k8s/plimsoll/reports/openmetrics"
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
		{"json", "the report document; indented on a terminal", writeJSON},
		{"yaml", "the report document as YAML", plain(document.WriteYAML)},
		{"csv", "a row a container, for spreadsheets", plain(csv.Write)},
		{"markdown", "the report in short, for a job's summary or a ticket", writeMarkdown},
		{"html", "one page that needs no network: figures, graphs and reasons", plain(html.Write)},
		{"openmetrics", "gauges for a textfile collector", plain(openmetrics.Write)},
	}
}

// writeJSON writes for people on a terminal, and for programs elsewhere.
func writeJSON(w io.Writer, r *document.Report, o Options) error {
	return document.WriteJSON(w, r, o.Width > 0)
}

// sectionWidth is the width of a section within markdown.
const sectionWidth = 100

// writeMarkdown writes the whole in short, and one section in full.
func writeMarkdown(w io.Writer, r *document.Report, o Options) error {
	p := r.Metadata.Part
	if p == nil || p.Section == "" {
		return markdown.Write(w, r)
	}
	var section bytes.Buffer
	o.Width, o.Color, o.Section = sectionWidth, false, p.Section
	if err := text.WriteTable(&section, r, o); err != nil {
		return err
	}
	return markdown.WriteSection(w, r, section.String())
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

// DiffFormat is one way to print what differs between two reports.
type DiffFormat struct {
	Name  string
	Write func(w io.Writer, d *change.Comparison, o Options) error
}

// DiffFormats lists every one.
func DiffFormats() []DiffFormat {
	return []DiffFormat{
		{"table", text.Diff},
		{"json", func(w io.Writer, d *change.Comparison, o Options) error {
			return change.WriteJSON(w, d, o.Width > 0)
		}},
		{"markdown", func(w io.Writer, d *change.Comparison, _ Options) error { return markdown.WriteDiff(w, d) }},
	}
}

// LookupDiff finds a format of comparisons by name.
func LookupDiff(name string) (DiffFormat, error) {
	return format.Lookup(DiffFormats(), diffName, name)
}

// DiffNames lists their names.
func DiffNames() []string { return format.Names(DiffFormats(), diffName) }

func diffName(f DiffFormat) string { return f.Name }
