package reports_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

var update = flag.Bool("update", false, "write what tests got to the golden files and the schema")

const goldens = "../testdata/golden"

func output(t testing.TB, format string, r *document.Report, o reports.Options) string {
	t.Helper()
	switch { // table and wide stand for everything as text, with few columns and with all
	case format == "screen":
		format = "table"
	case format == "containers":
		format = "wide"
	case (format == "table" || format == "wide") && o.Section == "":
		o.Section = text.SectionAll
	}
	f, err := reports.Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := f.Write(&buf, r, o); err != nil {
		t.Fatalf("format %s: %v", format, err)
	}
	return buf.String()
}

// golden compares got with the file, or writes it under -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the code makes (rewrite it with -update and read the diff): %s", path, difference(got, string(want)))
	}
}

// difference gives the first line that differs.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: got\n%s\nwant\n%s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

func TestGolden(t *testing.T) {
	r := production().report()
	for _, width := range []int{60, 80, 120, 200} {
		name := fmt.Sprintf("report-table-%d.txt", width)
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join(goldens, name), output(t, "table", r, reports.Options{Width: width}))
		})
	}
	for _, tt := range []struct {
		file, format string
		o            reports.Options
	}{
		{"report-table-80-color.txt", "table", reports.Options{Width: 80, Color: true}},
		{"report-table-120-all.txt", "table", reports.Options{Width: 120, All: true, Verbose: true}},
		{"report-wide.txt", "wide", reports.Options{}},
		{"report-wide-color.txt", "wide", reports.Options{Color: true}},
		{"report.json", "json", reports.Options{Width: 80}},
		{"report.yaml", "yaml", reports.Options{}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			golden(t, filepath.Join(goldens, tt.file), output(t, tt.format, r, tt.o))
		})
	}
}

// TestJSONForPrograms holds that a file or pipe gets the same document as a terminal, without
// the spaces, which take half of a large one.
func TestJSONForPrograms(t *testing.T) {
	r := production().report()
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(output(t, "json", r, reports.Options{Width: 80}))); err != nil {
		t.Fatal(err)
	}
	if got := output(t, "json", r, reports.Options{}); strings.TrimSuffix(got, "\n") != want.String() {
		t.Errorf("got %d bytes, want the %d of the indented document without spaces", len(got), want.Len())
	}
}
