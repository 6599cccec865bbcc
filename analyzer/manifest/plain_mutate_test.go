package manifest

import (
	"flag"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// awkward are the pieces by which YAML's forms differ from each other.
var awkward = []string{
	" ", "  ", "\n", "\n\n", "\n  ", "\n \n", "\n---\n", "\n--- # c\n", "\n---", "\n...\n", "...", "%YAML 1.2\n---\n", "---\n", "--- a: b\n",
	"#", " #", " # c", "\n# c\n", "\n  # c\n", ":", ": ", " : ", ":\n", "::", "? ", "?", "- ", "-", "- - ", "-\n", "\n- ", "\n  - ", "--", "---",
	"{", "}", "[", "]", ",", ", ", "{}", "[]", "{a: b}", "[a, b]", "[a,\n b]", "{a: b,\n c: d}", "{\"a\":1}", "{a:b}", "{? a}", "[a: b]", "{a}", "{,}",
	"'", "\"", "''", "\"\"", "'a''b'", "\"a\\nb\"", "\"\\x41\"", "\"\\u00e9\"", "\"\\\n", "'a\n  b'", "\"a\n  b\"", "\\", "\"\\/\"", "\"\\ \"",
	"|", "|\n", "|-\n", "|+\n", "|2\n", "|1-\n", "|+2\n", ">\n", ">-\n", "| # c\n", "|\n    x\n   y\n", "|\n\n  x\n", "|+\n  x\n\n\n", "|-\n  x \n \n     \n",
	"&a ", "*a", "&a", "<<: *a\n", "<<: ", "!!str ", "!t ", "!", "@", "`", "%", "~", "null", "Null", "<<", "=", "$", "^", "\\",
	"0o7", "0x1F", "1_000", ".5", "1e3", "+1", "-0", "012", "yes", "on", "y", "true", "2001-01-01", "2001-01-01T00:00:00Z", ".inf", ".nan",
	"\t", "\r\n", "\r", "\ufeff", "\u0085", "\u2028", "\u00a0", "é", "世", "\U0001f600", "\x7f", "\x00", "\ufffe",
	"{{ x }}", "{{- if x }}", "a: b\n", "a:\n", "  a: b\n", "a b", "a#b", "a #b", "a: b: c", "x: |\n  y\n",
}

// mutated changes a text in a few places: what it puts in, takes out and doubles are
// the pieces above, lines, and indents.
func mutated(r *rand.Rand, text string) string {
	for range 1 + r.IntN(4) {
		at := r.IntN(len(text) + 1)
		switch r.IntN(7) {
		case 0: // a line again, elsewhere
			lines := strings.SplitAfter(text, "\n")
			line, to := lines[r.IntN(len(lines))], r.IntN(len(lines))
			text = strings.Join(lines[:to], "") + line + strings.Join(lines[to:], "")
		case 1: // an indent more, or less
			lines := strings.SplitAfter(text, "\n")
			i := r.IntN(len(lines))
			if r.IntN(2) == 0 {
				lines[i] = strings.Repeat(" ", 1+r.IntN(3)) + lines[i]
			} else {
				lines[i] = strings.TrimPrefix(lines[i], strings.Repeat(" ", 1+r.IntN(3)))
			}
			text = strings.Join(lines, "")
		case 2: // something less
			text = text[:at] + text[min(len(text), at+1+r.IntN(4)):]
		case 3: // the end
			text = text[:at]
		default:
			text = text[:at] + awkward[r.IntN(len(awkward))] + text[at:]
		}
		if text == "" {
			return "a"
		}
	}
	return text
}

var mutations = flag.Int("mutations", 2000, "texts that TestPlainOnMutations reads in both ways")

// TestPlainOnMutations holds the two readers together on manifests that were changed
// a little: the fuzz target's text seldom comes that near to YAML.
func TestPlainOnMutations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var from []string
	for _, s := range plainSeeds {
		if len(s.text) < 300 {
			from = append(from, s.text)
		}
	}
	const pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p # c\n  labels: {a: b, \"c\": 'd'}\nspec:\n  containers:\n  - name: c\n    command: [sh, -c]\n    args:\n    - |\n      a\n        b\n\n    - -x\n    env: []\n    resources:\n      requests: {cpu: 1, memory: 1Gi}\n"
	from = append(from, pod, pod+"---\n"+pod)
	plain := 0
	for range *mutations {
		text := mutated(r, from[r.IntN(len(from))])
		if bothWays(t, text) {
			plain++
		}
		wholeBothWays(t, text)
	}
	t.Logf("%d of %d are plain", plain, *mutations)
	if plain == 0 {
		t.Error("nothing was compared")
	}
}

// wholeBothWays compares all that a file gives, trimmed and not.
func wholeBothWays(t *testing.T, data string) {
	t.Helper()
	for _, trim := range []bool{false, true} {
		want := byLibrary([]byte(data), trim)
		got := decodeAll("f", []byte(data), trim)
		for _, d := range got.Documents {
			d.plain = false
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %+v, want %+v", data, got, want)
		}
	}
}

// byLibrary reads a file as decodeAll does, all of it by the YAML library.
func byLibrary(data []byte, trim bool) Content {
	text, converted, err := toUTF8(data)
	if err != nil {
		return decodeAll("f", data, trim)
	}
	p := parser{text: newText("f", string(text)), raw: text}
	p.text.converted, p.text.json = converted, isJSON(text)
	for i, c := range split(text, p.text.yaml) {
		for _, part := range p.values(c) {
			p.full(i, part)
		}
	}
	for _, d := range p.Documents {
		if trim {
			d.Trim()
		}
	}
	return p.Content
}
