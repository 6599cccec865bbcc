package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/store"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// writeJSON writes a document, with what would steer a terminal escaped.
func writeJSON(w io.Writer, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(analyzer.EscapeJSON(data), '\n'))
	return err
}

// sink is one -o: a format, and the file it goes to (stdout where empty).
type sink[F any] struct {
	format F
	file   string
}

// parseSinks reads the values of -o. At most one goes to stdout.
func parseSinks[F any](values []string, lookup func(name string) (F, error)) ([]sink[F], error) {
	if len(values) == 0 {
		values = []string{"table"}
	}
	var out []sink[F]
	onStdout := ""
	for _, v := range values {
		name, file, hasFile := strings.Cut(v, "=")
		format, err := lookup(name)
		if err != nil {
			return nil, fmt.Errorf("-o %s: %w", v, err)
		}
		switch {
		case hasFile && file == "":
			return nil, fmt.Errorf("-o %s: no file after the =", v)
		case file == "-":
			file = ""
		}
		if file == "" {
			if onStdout != "" {
				return nil, fmt.Errorf("-o %s and -o %s would both go to stdout: give one of them a file, as in -o %s=report.%s", onStdout, v, name, name)
			}
			onStdout = v
		}
		if i := slices.IndexFunc(out, func(k sink[F]) bool { return file != "" && k.file == file }); i >= 0 {
			return nil, fmt.Errorf("-o %s and -o %s would both go to %s: give each a file of its own", values[i], v, file)
		}
		if err := checkFolder("-o "+name, file); err != nil {
			return nil, err
		}
		out = append(out, sink[F]{format, file})
	}
	return out, nil
}

// checkFolder tells before the work, not after it, that a file cannot be
// written where it should.
func checkFolder(flag, file string) error {
	if file == "" || file == "-" || store.IsURL(file) {
		return checkURL(flag, file)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("%s cannot write %s: it is a folder; name a file in it", flag, file)
	}
	info, err := os.Stat(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("%s cannot write %s: %w; make the folder first", flag, file, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s cannot write %s: %s is no folder", flag, file, filepath.Dir(file))
	}
	return nil
}

// addReport renders the report into every sink.
func (w *writing) addReport(s streams, out *files, sinks []sink[reports.Format], r *document.Report, o reports.Options) {
	for _, k := range sinks {
		opts := o
		if k.file != "" {
			opts.Width, opts.Color = 0, false
		}
		w.addSink(s, out, k.format.Name, k.file, func(to io.Writer) error { return k.format.Write(to, r, opts) })
	}
}

// sayLeftOut names on stderr the columns for which a line of the wide table has no room.
func sayLeftOut(s streams, sinks []sink[reports.Format], r *document.Report, o reports.Options, quiet bool) {
	for _, k := range sinks {
		if out := text.LeftOut(r, o); k.format.Name == "wide" && !quiet && len(out) > 0 {
			fmt.Fprintf(s.Err, "wide has no room in %d columns for: %s; name fewer with --columns, or take -o csv, which has all\n", text.Widest, strings.Join(out, ", "))
			return
		}
	}
}
