package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is a part of a file that could not be read.
type Problem struct {
	File     string
	Position Position
	Message  string
}

// Parse reads all documents of a file: YAML, of which JSON is a part, one
// document or many, Lists item by item. A document that is broken is a
// Problem and the others are read all the same.
func Parse(file string, data []byte) ([]*Document, []Problem) {
	p := parser{text: newText(file, data)}
	for i, c := range split(data) {
		p.chunk(i, c)
	}
	return p.docs, p.problems
}

// chunk is the text of one document and the YAML line on which it begins.
type chunk struct {
	start, end int
	line       int
}

// split cuts a stream at its document marks, so that one broken document does
// not take the rest of the file with it. Marks are lines that begin with ---
// or ... even inside a block of text.
func split(data []byte) []chunk {
	var out []chunk
	t := newText("", data)
	cur, onlyHead := chunk{line: 1}, true
	for i, start := range t.yaml {
		line := data[start:]
		if i+1 < len(t.yaml) {
			line = data[start:t.yaml[i+1]]
		}
		if isMark(line) && (line[0] == '.' || !onlyHead) {
			end := start
			if line[0] == '.' {
				end = start + 3
			}
			cur.end = end
			out = append(out, cur)
			cur, onlyHead = chunk{start: end, line: i + 1}, true
		}
		bare := bytes.TrimSpace(line)
		if isMark(line) {
			onlyHead = line[0] == '.'
		} else if onlyHead && len(bare) > 0 && bare[0] != '#' && bare[0] != '%' {
			onlyHead = false
		}
	}
	cur.end = len(data)
	return append(out, cur)
}

// isMark tells the lines that end a document.
func isMark(line []byte) bool {
	mark := bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))
	return mark && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

type parser struct {
	text     *Text
	docs     []*Document
	problems []Problem
}

func (p *parser) problem(at Position, format string, args ...any) {
	p.problems = append(p.problems, Problem{File: p.text.File, Position: at, Message: fmt.Sprintf(format, args...)})
}

// errorLine finds the line in an error of the YAML parser.
var errorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func (p *parser) chunk(index int, c chunk) {
	var root yaml.Node
	if err := unmarshal(p.text.Data[c.start:c.end], &root); err != nil {
		line, m := c.line, errorLine.FindStringSubmatch(err.Error())
		if m != nil && m[1] != "" {
			n, _ := strconv.Atoi(m[1]) // digits by the pattern
			line += n - 1
		}
		message := errorLine.ReplaceAllString(err.Error(), "")
		p.problem(p.text.Position(p.text.offset(line, 1)), "not valid YAML: %s", strings.Join(strings.Fields(message), " "))
		return
	}
	if len(root.Content) == 0 {
		return
	}
	b := builder{text: p.text, line: c.line - 1, anchors: map[*yaml.Node]*Node{}}
	tree := b.build(root.Content[0])
	if b.err != nil {
		p.problem(b.at, "%s", b.err)
		return
	}
	p.add(index, tree, header{})
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
		for _, item := range n.Items {
			p.add(index, item, inherit)
		}
		return
	}
	if n.Kind != Map {
		p.problem(n.Position, "a Kubernetes object was expected, not the value %q", shorten(n.Text))
		return
	}
	h := header{n.Field("apiVersion").String(), n.Field("kind").String()}
	if items := n.Field("items"); strings.HasSuffix(h.kind, "List") && (items.IsNull() || items.Kind == List) {
		of := header{h.apiVersion, strings.TrimSuffix(h.kind, "List")}
		for _, item := range items.List() {
			p.add(index, item, of)
		}
		return
	}
	if h.kind == "" {
		h.kind = inherit.kind
	}
	if h.apiVersion == "" {
		h.apiVersion = inherit.apiVersion
	}
	if h.kind == "" || h.apiVersion == "" {
		return // values files, CI configuration: not meant for Kubernetes
	}
	p.docs = append(p.docs, newDocument(p.text, index, h, n))
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
