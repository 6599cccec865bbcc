package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is a document that could not be read, or what is wrong with one
// beside which it is read all the same.
type Problem struct {
	File     string
	Position Position
	Message  string
	// Beside says that the document is judged in spite of it.
	Beside bool
	// Path is the number of the path that the user named, from 0.
	Path int
}

// Skip is a document that was read and is not judged.
type Skip struct {
	File     string
	Position Position
	Kind     string // "" where it is no Kubernetes object
	Reason   string // in words, the same for all of a sort
	// Path is the number of the path that the user named, from 0.
	Path int
}

// The reasons for which a document is not judged.
const (
	NoObject   = "no Kubernetes object"
	NoItems    = "an empty list"
	IsTemplate = "a template that is not rendered: render it and pipe it in"
)

// Content is what a file holds. Each document stands in exactly one of the
// three, but for problems beside a document.
type Content struct {
	Documents []*Document
	Problems  []Problem
	Skips     []Skip
}

// Parse reads the objects of a file, as Decode does.
func Parse(file string, data []byte) ([]*Document, []Problem) {
	c := Decode(file, data)
	return c.Documents, c.Problems
}

// Decode reads all documents of a file: YAML, of which JSON is a part, one
// document or many, Lists item by item. A document that is broken is a
// Problem and the others are read all the same.
func Decode(file string, data []byte) Content { return decodeAll(file, data, false) }

// DecodeTrimmed reads a file as Decode does and trims every document at once, which
// takes less memory than to do so later.
func DecodeTrimmed(file string, data []byte) Content { return decodeAll(file, data, true) }

func decodeAll(file string, data []byte, trim bool) Content {
	text, converted, err := toUTF8(data)
	if err != nil {
		line := 1 + bytes.Count(data[:len(data)-len(fromInvalid(data))], []byte("\n"))
		return Content{Problems: []Problem{{File: file, Position: At(line, 1), Message: err.Error()}}}
	}
	p := parser{text: newText(file, string(text)), raw: text, trim: trim}
	p.text.converted, p.text.json = converted, isJSON(text)
	for i, c := range split(text, p.text.yaml) {
		for _, part := range p.values(c) {
			p.chunk(i, part)
		}
	}
	return p.Content
}

// chunk is the text of one document and the YAML line on which it begins.
type chunk struct {
	start, end int
	line       int
	glued      bool // the mark before it has text behind it
	column     int  // characters of its first line before it
}

// split cuts a stream at its document marks, so that one broken document does
// not take the rest of the file with it. Marks are lines that begin with ---
// or ... even inside a block of text. lines is where YAML begins them.
func split(data []byte, lines []int32) []chunk {
	var out []chunk
	cur, onlyHead := chunk{line: 1}, true
	for i, at := range lines {
		start, line := int(at), data[at:]
		if i+1 < len(lines) {
			line = data[at:lines[i+1]]
		}
		mark, glued := isMark(line), isGlued(line)
		if (mark || glued) && (line[0] == '.' || !onlyHead || glued) {
			end := start
			if line[0] == '.' || glued {
				end = start + 3
			}
			cur.end = start
			if line[0] == '.' {
				cur.end = end
			}
			out = append(out, cur)
			cur, onlyHead = chunk{start: end, line: i + 1, glued: glued}, !glued
			if glued {
				cur.column = len("---")
			}
		}
		if mark {
			onlyHead = line[0] == '.'
		} else if onlyHead {
			onlyHead = isHead(line)
		}
	}
	cur.end = len(data)
	return append(out, cur)
}

// isHead tells the lines that may stand before a document's first mark.
func isHead(line []byte) bool {
	bare := bytes.TrimSpace(line)
	return len(bare) == 0 || bare[0] == '#' || bare[0] == '%'
}

// isMark tells the lines that end a document.
func isMark(line []byte) bool {
	mark := bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))
	return mark && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

// isGlued tells a mark that a trimming template has glued to the first key
// behind it: ---apiVersion: v1. Helm takes it as a mark.
func isGlued(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) || len(line) < 4 {
		return false
	}
	c := line[3]
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '#' || c == '{' || c == '"' || c == '\''
}

// isJSON reports whether the text is JSON and not only YAML: what is put into
// it needs quotes.
func isJSON(data []byte) bool {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, mark8))
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}

type parser struct {
	text  *Text
	raw   []byte // the text
	plain bool   // the document that is added was read as plain
	trim  bool   // documents are trimmed
	quick plain  // reads those that are plain
	Content
}

func (p *parser) problem(at Position, format string, args ...any) {
	p.Problems = append(p.Problems, Problem{File: p.text.File, Position: at, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) skip(at Position, kind, reason string) {
	p.Skips = append(p.Skips, Skip{File: p.text.File, Position: at, Kind: kind, Reason: reason})
}

func (p *parser) chunk(index int, c chunk) {
	before := len(p.Documents)
	if tree, doubles, ok := p.quick.read(p.text, c); ok {
		p.twice(doubles)
		p.plain = true
		p.add(index, tree, header{})
		p.plain = false
	} else {
		p.full(index, c)
	}
	if p.trim {
		for _, d := range p.Documents[before:] {
			d.Trim()
		}
		p.quick.reuse()
	}
}

// full reads a document by the YAML library.
func (p *parser) full(index int, c chunk) {
	var root yaml.Node
	data := p.raw[c.start:c.end]
	if err := unmarshal(data, &root); err != nil {
		if isTemplate(data) {
			p.skip(p.text.Position(c.start), "", IsTemplate)
			return
		}
		p.broken(c, data, err)
		return
	}
	if len(root.Content) == 0 {
		return
	}
	b := builder{text: p.text, line: c.line - 1, column: c.column, anchors: map[*yaml.Node]*Node{}}
	if c.glued && p.text.Data[c.start] != '#' {
		p.problem(p.text.Position(c.start), "the document mark --- has text behind it; kubectl refuses the file")
		p.Problems[len(p.Problems)-1].Beside = true
	}
	p.trailing(c, data)
	if bytes.IndexByte(data, '*') >= 0 {
		b.aliased(&root)
	}
	tree := b.build(root.Content[0])
	if b.err != nil && isTemplate(data) {
		p.skip(p.text.Position(c.start), "", IsTemplate)
		return
	}
	if b.err != nil {
		p.problem(b.at, "%s", b.err)
		return
	}
	p.twice(b.doubles)
	p.add(index, tree, header{})
}

// twice files the keys that are written twice.
func (p *parser) twice(keys []double) {
	for _, d := range keys {
		p.problem(d.at, "the key %q is written twice", shorten(d.name))
		p.Problems[len(p.Problems)-1].Beside = true
	}
}

// The marks of a template: an action that stands for a line of its own, one
// that stands for a value, and those that decide or repeat.
var (
	actionLine  = regexp.MustCompile(`(?m)^[ \t]*(?:- )?\{\{[^\n]*\}\}[ \t]*\r?$`)
	actionValue = regexp.MustCompile(`\{\{[^\n]*?\}\}`)
	actionFlow  = regexp.MustCompile(`(?m)^[ \t]*\{\{-? *(?:if|else|end|range|with|define|include|template|block)\b`)
)

// isTemplate tells the text of a template, which is no YAML before it is
// rendered, from a broken document that only has such marks in a string.
func isTemplate(data []byte) bool {
	if !bytes.Contains(data, []byte("{{")) {
		return false
	}
	if actionFlow.Match(data) {
		return true
	}
	bare := actionValue.ReplaceAll(actionLine.ReplaceAll(data, nil), []byte("x"))
	var n yaml.Node
	return unmarshal(bare, &n) == nil
}

// unmarshal guards against the YAML library, which has had panics on hostile
// input; files come from pull requests of strangers.
func unmarshal(data []byte, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser gave up: %v", r)
		}
	}()
	return yaml.Unmarshal(data, n)
}

// header is what the items of a typed List leave out.
type header struct{ apiVersion, kind string }

// add files an object, or each item of a List.
func (p *parser) add(index int, n *Node, inherit header) {
	if n.IsNull() {
		return
	}
	if n.Kind == List { // a JSON array of objects
		for _, item := range n.Items() {
			p.add(index, item, inherit)
		}
		return
	}
	if n.Kind != Map {
		p.problem(n.Position, "a Kubernetes object was expected, not the value %q", shorten(n.Text))
		return
	}
	h := header{n.Field("apiVersion").String(), n.Field("kind").String()}
	if p.addHeld(index, n, h) {
		return
	}
	if h.kind == "" {
		h.kind = inherit.kind
	}
	if h.apiVersion == "" {
		h.apiVersion = inherit.apiVersion
	}
	if at, message := p.header(n, h); message != "" {
		p.problem(at, "%s", message)
		return
	}
	if h.kind == "" || h.apiVersion == "" {
		p.skip(n.Position, "", NoObject) // values files, CI configuration: not meant for Kubernetes
		return
	}
	d := newDocument(p.text, index, h, n)
	d.plain = p.plain
	p.Documents = append(p.Documents, d)
}

// addHeld files the objects that a List or a Template holds, and reports whether
// n is one.
func (p *parser) addHeld(index int, n *Node, h header) bool {
	if items := n.Field("items"); strings.HasSuffix(h.kind, "List") && (items.IsNull() || items.Kind == List) {
		of := header{h.apiVersion, strings.TrimSuffix(h.kind, "List")}
		for _, item := range items.List() {
			p.add(index, item, of)
		}
		if len(items.List()) == 0 {
			p.skip(n.Position, h.kind, NoItems)
		}
		return true
	}
	if objects := n.Field("objects"); isOpenShiftTemplate(h) && objects != nil && objects.Kind == List {
		given := parametersOf(n)
		for _, o := range objects.List() {
			p.add(index, given.fill(o), header{})
		}
		return true
	}
	return false
}

// header says what is wrong with the fields that name an object's kind, and
// where; "" where nothing is, or where no object is meant.
func (p *parser) header(n *Node, h header) (Position, string) {
	if h.apiVersion != "" && h.kind != "" {
		field, message := misspelt(h.apiVersion, h.kind)
		if v := n.Field(field); v != nil {
			return v.Position, message
		}
		return n.Position, message
	}
	meant := n.Field("metadata") != nil || n.Field("spec") != nil
	if meant || h != (header{}) {
		if at, message := misspeltKey(n, h); message != "" {
			return at, message
		}
	}
	switch {
	case !meant || h == header{} && n.Field("metadata").Field("name") == nil:
		return Position{}, ""
	case h.apiVersion == "" && h.kind == "":
		return n.Position, "apiVersion and kind are missing"
	case h.apiVersion == "":
		return n.Key("kind"), fmt.Sprintf("apiVersion is missing of this %s", shorten(h.kind))
	case h.kind == "":
		return n.Key("apiVersion"), fmt.Sprintf("kind is missing of this object of %s", shorten(h.apiVersion))
	}
	return Position{}, ""
}

// misspeltKey finds a key that is apiVersion or kind misspelt, where that is
// missing.
func misspeltKey(n *Node, h header) (Position, string) {
	for _, want := range []struct{ name, have string }{{"apiVersion", h.apiVersion}, {"kind", h.kind}} {
		for _, f := range n.Fields {
			if want.have == "" && f.Name != want.name && sameWord(f.Name, want.name) {
				return f.Key, fmt.Sprintf("the key %q is not known; did you mean %s?", f.Name, want.name)
			}
		}
	}
	return Position{}, ""
}

// sameWord tells a key that is another one misspelt.
func sameWord(got, want string) bool {
	if strings.EqualFold(joined.Replace(got), want) {
		return true
	}
	most, longer := max(1, len(want)/5), len(got)-len(want)
	return longer <= most && -longer <= most && distance(got, want) <= most // each letter more is a step
}

// joined takes out what parts the words of a key.
var joined = strings.NewReplacer("_", "", "-", "", " ", "")

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
