package manifest

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestPlainKeepsToTheLibrary reads documents that the quick reader takes, and what
// is near them, in both ways.
func TestPlainKeepsToTheLibrary(t *testing.T) {
	for _, tt := range plainSeeds {
		if got := bothWays(t, tt.text); got != tt.plain {
			t.Errorf("%q: read as plain: %v, want %v", tt.text, got, tt.plain)
		}
	}
}

// plainSeeds are texts, and whether all documents of them are plain.
var plainSeeds = []struct {
	text  string
	plain bool
}{
	{"a: 1\nb: two words  # said\n", true},
	{"---\n# first\na:\n  b: {c: d, e: [f, 'g', \"h\", {i: j}], k: {}, l: []}\n", true},
	{"a:\n- x\n- y: 1\n  z: 2\nb:\n  - - 1\n    - 2\n  -\n    c: d\n", true},
	{"a:\nb: ~\nc: ''\nd: \"\"\ne:   \nf: # nothing\n", true},
	{"a: |\n  one\n\n    two\n  \n     \n\nb: |-\n  x\n\nc: |+\n  y\n\n\nd: 1\n", true},
	{"a: 'it''s'\nb: \"say \\\"hi\\\"\\n\\\\ \\t.\"\nc: \"a\\\\\\\\b\"\n", true},
	{"é: ü\nñ: {é: ñ, b: é, c: d}  # ß\n'ß': x\n", true},
	{"a: ü b\nk: {x: aé, y: b}\n", true},
	{"a: 1\na: 2\nb: {c: 1, c: 2}\n", true},
	{"a: image:tag\nb: x#y\nc: [--flag=a:b, -v]\nd: --x\n", true},
	{"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n", true},
	{"a: 1\n...\n---\nb: 2\n", false},
	{"a: b\n  c\n", false},
	{"a:\n  - x\n  b: c\n", false},
	{"a:\n    b: 1\n  c: 2\n", false},
	{"a: b: c\n", false},
	{"a: *b\n", false},
	{"a: &b c\n", false},
	{"<<: {a: b}\n", false},
	{"a: >\n  x\n  y\n", false},
	{"a: [x,\n  y]\n", false},
	{"a: |2\n  x\n", false},
	{"a: |\n\n  x\n", false},
	{"a: \"x\n  y\"\n", false},
	{"a: \"\\u00e9\"\n", false},
	{"a: [b: c]\n", false},
	{"a: {b: }\n", false},
	{"a: [b, ]\n", false},
	{"a: \"x\"y\n", false},
	{"a: \"x\"#y\n", false},
	{"a: 'b'#c\n", false},
	{"a:\tb\n", false},
	{"a: b\r\n", false},
	{"- a\n- b\n", false},
	{"a\n", false},
	{"%YAML 1.1\n---\na: b\n", false},
	{"a: !!str 1\n", false},
	{"? a\n: b\n", false},
	{"a: -\nb: - c\n", false},
	{" a: b\n", false},
	{"a: {x: {y: 1}\n", false},
	{"a: |\n  x", false},
	{"{a: b}\n", true},
	{strings.Repeat("k", 1100) + ": v\n", false},
	{"a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "\n", false},
	{"a: b\u2028c: d\n", false},
	{"\ufeffa: b\n", false},
}

// FuzzPlain holds the quick reader against the library on any text.
func FuzzPlain(f *testing.F) {
	for _, tt := range plainSeeds {
		f.Add(tt.text)
	}
	for _, file := range manifestsBelow(f, "../../testdata") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 1<<14 {
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		bothWays(t, text)
		wholeBothWays(t, text)
	})
}

var corpusDir = flag.String("corpus", "", "folder of YAML that TestPlainOnCorpus reads in both ways")

// TestPlainOnCorpus reads the manifests of the test data, or of a folder, in both
// ways, and tells how much of it is plain.
func TestPlainOnCorpus(t *testing.T) {
	dir := *corpusDir
	if dir == "" {
		dir = "../../testdata"
	}
	all, plain := 0, 0
	for _, file := range manifestsBelow(t, dir) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all++
		if bothWays(t, string(data)) {
			plain++
		}
	}
	t.Logf("%d files, of which %d have nothing but plain documents", all, plain)
	if all == 0 || plain == 0 {
		t.Error("nothing was compared")
	}
}

func manifestsBelow(t testing.TB, dir string) (out []string) {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.Contains(".yaml.yml.txtar", filepath.Ext(path)) && filepath.Ext(path) != "" {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bothWays compares the two readers document by document, and reports whether the
// quick one took all of them.
func bothWays(t *testing.T, data string) (plain bool) {
	t.Helper()
	raw, _, err := toUTF8([]byte(data))
	if err != nil {
		return false
	}
	text := newText("f", string(raw))
	plain = true
	for i, c := range split(raw, text.yaml) {
		got := parser{text: text, raw: raw}
		tree, doubles, ok := got.quick.read(text, c)
		if !ok {
			plain = false
			continue
		}
		got.twice(doubles)
		got.add(i, tree, header{})
		want := parser{text: text, raw: raw}
		want.full(i, c)
		if !reflect.DeepEqual(got.Problems, want.Problems) || !reflect.DeepEqual(got.Skips, want.Skips) {
			t.Fatalf("%q:\n got %v %v\nwant %v %v", raw[c.start:c.end], got.Problems, got.Skips, want.Problems, want.Skips)
		}
		var root yaml.Node
		if err := unmarshal(raw[c.start:c.end], &root); err != nil {
			t.Fatalf("%q: read as plain, but %v", raw[c.start:c.end], err)
		}
		b := builder{text: text, line: c.line - 1, anchors: map[*yaml.Node]*Node{}}
		if full := b.build(root.Content[0]); !reflect.DeepEqual(tree, full) {
			t.Fatalf("%q:\n got %s\nwant %s", raw[c.start:c.end], dump(tree), dump(full))
		}
		if whole := packed(tree); !reflect.DeepEqual(whole, tree) {
			t.Fatalf("%q: packed is %s", raw[c.start:c.end], dump(whole))
		}
	}
	return plain
}

func sprint(v any) string { return fmt.Sprintf("%+v", v) }

// dump writes a tree for people.
func dump(n *Node) string {
	var out bytes.Buffer
	var walk func(n *Node, name string, depth int)
	walk = func(n *Node, name string, depth int) {
		if n == nil {
			out.WriteString("nil\n")
			return
		}
		flat := *n
		flat.Fields, flat.more = nil, nil
		out.WriteString(strings.Repeat("  ", depth) + name + " " + strings.ReplaceAll(strings.TrimSpace(sprint(flat)+sprint(n.Via())), "\n", " ") + "\n")
		for _, f := range n.Fields {
			walk(f.Value, f.Name+sprint(f.Key), depth+1)
		}
		for _, item := range n.Items() {
			walk(item, "-", depth+1)
		}
	}
	walk(n, "", 0)
	return out.String()
}

// TestDecodeTrimmed holds documents that are trimmed one by one, in room that is used
// again, against those that are trimmed in the end.
func TestDecodeTrimmed(t *testing.T) {
	for _, file := range manifestsBelow(t, "../../testdata") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, want := DecodeTrimmed(file, data), Decode(file, data)
		for _, d := range want.Documents {
			d.Trim()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: documents trimmed at once are others", file)
		}
	}
}
