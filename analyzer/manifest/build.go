package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// builder turns the YAML library's tree into ours.
type builder struct {
	text    *Text
	line    int                  // lines before the chunk
	column  int                  // characters of its first line before it
	used    map[*yaml.Node]bool  // what an alias points to
	shared  int                  // how many of these the node is in
	anchors map[*yaml.Node]*Node // what aliases point to; nil while it is being built
	merged  int                  // fields that merge keys brought in
	doubles []double             // keys that are written twice in their map
	err     error
	at      Position
}

// double is a key that its map has already.
type double struct {
	name string
	at   Position
}

// maxMerged bounds what merge keys copy.
const maxMerged = 1 << 20

func (b *builder) fail(at Position, format string, args ...any) {
	if b.err == nil {
		b.err, b.at = fmt.Errorf(format, args...), at
	}
}

// start gives the byte at which a node's value begins, after its anchor and
// tag.
func (b *builder) start(n *yaml.Node) int {
	column := n.Column
	if n.Line == 1 {
		column += b.column
	}
	at := b.text.offset(n.Line+b.line, column)
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		return at
	}
	data := b.text.Data
	for at < len(data) && (data[at] == '&' || data[at] == '!') {
		for at < len(data) && strings.IndexByte(" \t\r\n", data[at]) < 0 {
			at++
		}
		for at < len(data) && strings.IndexByte(" \t\r\n", data[at]) >= 0 {
			at++
		}
	}
	return at
}

func (b *builder) build(n *yaml.Node) *Node {
	if b.err != nil {
		return &Node{}
	}
	if n.Kind == yaml.AliasNode {
		return b.alias(n)
	}
	start := b.start(n)
	if b.used[n] {
		b.shared++
		defer func() { b.shared-- }()
	}
	out := &Node{Position: b.text.Position(start), Shared: b.shared > 0}
	if n.Anchor != "" {
		b.anchors[n] = nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = Map
		b.mapping(n, out)
	case yaml.SequenceNode:
		out.Kind = List
		items := make([]*Node, 0, len(n.Content))
		for _, c := range n.Content {
			items = append(items, b.build(c))
		}
		out.setItems(items)
	default:
		b.scalar(n, out, start)
	}
	if n.Anchor != "" {
		b.anchors[n] = out
	}
	return out
}

// aliased notes what the aliases below n point to.
func (b *builder) aliased(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		if b.used == nil {
			b.used = map[*yaml.Node]bool{}
		}
		b.used[n.Alias] = true
		return
	}
	for _, c := range n.Content {
		b.aliased(c)
	}
}

// alias shares what the anchor holds, so that a file of aliases stays as small
// as it is written.
func (b *builder) alias(n *yaml.Node) *Node {
	via := b.text.Position(b.start(n))
	target, known := b.anchors[n.Alias]
	if target == nil {
		if known {
			b.fail(via, "anchor %q contains itself", n.Value)
		} else {
			b.fail(via, "anchor %q is not known", n.Value)
		}
		return &Node{}
	}
	out := *target
	out.SetVia(via)
	return &out
}

func (b *builder) scalar(n *yaml.Node, out *Node, start int) {
	out.Text = n.Value
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	out.Quoted = n.Style&(quotes|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str"
	if n.Style&quotes != 0 {
		start++
	}
	end := start + len(n.Value)
	if n.Value != "" && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && end <= len(b.text.Data) && b.text.Data[start:end] == n.Value {
		out.Text, out.Start, out.Literal = b.text.Data[start:end], int32(start), true
	}
}

// part gives a word that stands in the text, with or without a quote before it,
// as a part of it: the YAML library's copy need not be kept.
func (b *builder) part(start int, word string) string {
	for _, at := range []int{start, start + 1} {
		if end := at + len(word); end <= len(b.text.Data) && b.text.Data[at:end] == word {
			return b.text.Data[at:end]
		}
	}
	return word
}

func (b *builder) mapping(n *yaml.Node, out *Node) {
	out.Fields = make([]Field, 0, len(n.Content)/2)
	seen := names{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content) && b.err == nil; i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Tag == "!!merge" {
			merges = append(merges, v)
			continue
		}
		start := b.start(k)
		at := b.text.Position(start)
		name := k
		if k.Kind == yaml.AliasNode {
			name = k.Alias
		}
		if name.Kind != yaml.ScalarNode {
			b.fail(at, "a map's key must be text")
			return
		}
		if k.Anchor != "" {
			b.anchors[k] = b.build(k)
		}
		if seen.add(name.Value, out.Fields) { // the last one counts, as in JSON
			b.doubles = append(b.doubles, double{name.Value, at})
			i := slices.IndexFunc(out.Fields, func(f Field) bool { return f.Name == name.Value })
			out.Fields[i].Key, out.Fields[i].Value = at, b.build(v)
			continue
		}
		out.Fields = append(out.Fields, Field{Name: b.part(start, name.Value), Key: at, Value: b.build(v)})
	}
	for _, m := range merges {
		b.merge(m, out, &seen)
	}
}

// names finds keys that a map already has; small maps are searched directly.
type names map[string]bool

func (s *names) add(name string, fields []Field) (there bool) {
	const small = 12
	if len(fields) < small {
		for i := range fields {
			if fields[i].Name == name {
				return true
			}
		}
		return false
	}
	if len(*s) == 0 {
		*s = make(names, 2*len(fields))
		for i := range fields {
			(*s)[fields[i].Name] = true
		}
	}
	there = (*s)[name]
	(*s)[name] = true
	return there
}

var errMerge = errors.New("<< takes a map, or a list of maps")

// merge adds the fields of a merge key's maps that are not there yet; of
// several maps the first one wins.
func (b *builder) merge(n *yaml.Node, out *Node, seen *names) {
	src := b.build(n)
	maps := []*Node{src}
	if src.Kind == List {
		maps = src.Items()
	}
	for _, m := range maps {
		via := m.Via()
		if via == (Position{}) {
			via = m.Position
		}
		if m.Kind != Map && b.err == nil {
			b.fail(via, "%s", errMerge)
		}
		for _, f := range m.Fields {
			if seen.add(f.Name, out.Fields) {
				continue
			}
			if b.merged++; b.merged > maxMerged {
				b.fail(via, "merge keys bring in more than %d fields", maxMerged)
				return
			}
			v := *f.Value
			v.SetVia(via)
			out.Fields = append(out.Fields, Field{Name: f.Name, Key: f.Key, Value: &v})
		}
	}
}
