package text_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

// otherFormats are the names of every format but those that this package writes.
func otherFormats() []string {
	names := append(append([]string{"html"}, reports.Names()...), finding.Names()...)
	return slices.DeleteFunc(names, func(s string) bool { return s == "table" || s == "wide" })
}

// named gives the first other format that a sentence names. A single word is no
// sentence, and neither is a command for the reader to type.
func named(sentence string) string {
	if !strings.Contains(strings.TrimSpace(sentence), " ") || strings.HasPrefix(sentence, "plimsoll ") {
		return ""
	}
	words := strings.FieldsFunc(strings.ToLower(sentence), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, name := range otherFormats() {
		if slices.Contains(words, name) {
			return name
		}
	}
	return ""
}

// TestNoSentenceNamesAnotherFormat: what the tables say stands by itself.
// reports/brief has the sentences that several writers share.
func TestNoSentenceNamesAnotherFormat(t *testing.T) {
	sentences := 0
	for _, pattern := range []string{"*.go", "../brief/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				sentence, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				sentences++
				if name := named(sentence); name != "" {
					t.Errorf("%s: %q names the format %s", file, sentence, name)
				}
				return true
			})
		}
	}
	if sentences < 100 {
		t.Errorf("only %d strings were read", sentences)
	}
}

// TestNamedFormatsAreFound: the test above would see them.
func TestNamedFormatsAreFound(t *testing.T) {
	for sentence, want := range map[string]string{
		"the whole list is in the JSON": "json", "see -o csv for the rest": "csv", "%d more in the YAML's list": "yaml",
		"openmetrics": "", "plimsoll audit -o json=report.json": "", "the table has all": "",
	} {
		if got := named(sentence); got != want {
			t.Errorf("%q: got %q, want %q", sentence, got, want)
		}
	}
}
