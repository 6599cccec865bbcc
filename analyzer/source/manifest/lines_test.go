package manifest_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

var marks = regexp.MustCompile("\uf8ff[\ue000-\uefff]{3}")

func TestMarks(t *testing.T) {
	source := "{{- /* c */}}\na: 1\n{{- if .x }}\nb:\n  {{ .y }}\n{{- end }}\n{{ define \"d\" }}\ntext\n{{ end }}c: {{ .z -}}\n  d\n"
	// What is rendered where x is true, as the marks come out of it.
	marked := manifest.MarkText(source, 7)
	if got := marks.ReplaceAllString(marked, ""); got != source {
		t.Errorf("got %q without the marks, want the source", got)
	}
	if got := len(marks.FindAllString(marked, -1)); got != 4 {
		t.Errorf("got %d marks in %q, want those of a, b, c and d", got, marked)
	}
	a, _, _ := strings.Cut(strings.SplitAfter(marked, "a: 1")[1], "\n")
	if got := manifest.LinesOf("x\na: 1\ny", "x\na: 1"+a+"\ny", 7); !slices.Equal(got, []int{0, 1, 1}) {
		t.Errorf("got %v, want the line of a, and what follows at it", got)
	}
	if got := manifest.LinesOf("a: 1", "a: 1"+a, 8); !slices.Equal(got, []int{0}) {
		t.Errorf("got %v, want another template's mark passed over", got)
	}
	if got := manifest.LinesOf("a\nb", "a", 7); got != nil {
		t.Errorf("got %v, want nothing where the lines differ", got)
	}
}

// FuzzMarks wants marks to change nothing but themselves: without them the
// template is the same, with them it still parses.
func FuzzMarks(f *testing.F) {
	for _, s := range []string{"a: {{ .b }}\n", "{{- if a -}}\n x \n{{- else }}\n y\n{{ end -}}\nz", "{{ range $i, $x := .l }}{{ break }}\n- {{ $x }}{{ end }}", "{{ define \"x\" }}a\n{{ end }}b", "{{", "{{/* c */ -}}\n\ufeffa\r\nb\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		marked := manifest.MarkText(source, 3)
		if !strings.ContainsRune(source, '\uf8ff') && marks.ReplaceAllString(marked, "") != source {
			t.Errorf("got %q of %q", marked, source)
		}
		before, after := parses(source), parses(marked)
		if before != after {
			t.Errorf("%q parses: %v, with marks: %v", source, before, after)
		}
		manifest.LinesOf(source, marked, 3)
	})
}

func parses(text string) bool {
	tree := parse.New("t")
	tree.Mode = parse.SkipFuncCheck
	_, err := tree.Parse(text, "", "", map[string]*parse.Tree{})
	return err == nil
}
