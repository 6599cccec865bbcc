package manifest

import (
	"strings"
	"unicode/utf8"
)

// plain reads what most manifests are written in: block maps and lists, scalars of
// one line, literal blocks, comments, and flow collections within a line. It gives
// up on everything else, errors among it, and the YAML library reads the document
// from its start. What it reads, it reads as the library does, in less time: a
// fuzz target holds the two together.
type plain struct {
	text *Text
	data string // the file
	end  int    // where the document ends
	from int    // the file's line on which it begins
	// bol is where the cursor's line begins, number which of the document's it is,
	// from 0, and at the cursor.
	bol, number, at int
	ascii           bool
	depth           int
	bad             bool // it is not plain
	done            bool // the document has no more lines

	doubles []double
	open    []Field // of the maps that are being read, the innermost last
	items   []*Node // of the lists
	nodes   []Node  // room for nodes
	fields  []Field // room for fields
	lists   []*Node // room for items
}

// deepest bounds how deep a plain document nests.
const deepest = 64

// longestKey is what a key may have at most, with room to spare: the library
// looks no further than 1,024 characters for a colon.
const longestKey = 1000

// read gives the tree of a document; ok is false where it is not plain.
func (p *plain) read(t *Text, c chunk) (tree *Node, doubles []double, ok bool) {
	if c.glued || c.column > 0 || &t.yaml[0] != &t.lines[0] {
		return nil, nil, false
	}
	*p = plain{text: t, data: t.Data, end: c.end, from: c.line, bol: c.start, at: c.start,
		open: p.open[:0], items: p.items[:0], nodes: p.nodes, fields: p.fields, lists: p.lists}
	if p.ascii, ok = printable(t.Data[c.start:c.end]); !ok || !p.head() {
		return nil, nil, false
	}
	if p.at != p.bol || p.dash() {
		return nil, nil, false
	}
	tree = p.block(-1)
	return tree, p.doubles, !p.bad && p.done && tree.Kind == Map
}

// reuse takes back the room of the documents that were read: nobody may hold a part
// of their trees any more.
func (p *plain) reuse() {
	clear(p.nodes)
	clear(p.fields)
	clear(p.lists)
	p.nodes, p.fields, p.lists = p.nodes[:0], p.fields[:0], p.lists[:0]
}

// printable tells a text of printable characters and line feeds, and whether all of
// it is ASCII.
func printable(s string) (ascii, ok bool) {
	ascii = true
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7F || c == '\n' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			return false, false
		}
		r, w := utf8.DecodeRuneInString(s[i:])
		if r < 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r > 0xFFFD && r < 0x10000 || r == utf8.RuneError {
			return false, false
		}
		ascii = false
		i += w
	}
	return ascii, true
}

// head passes over comments and the mark before a document, and reports whether
// there is a line behind them.
func (p *plain) head() bool {
	p.settle()
	if !p.done && strings.HasPrefix(p.data[p.at:p.end], "---") && p.at == p.bol {
		p.at += len("---")
		p.lineEnd()
	}
	return !p.done && !p.bad
}

// settle moves to the first line from the cursor's on, which it stands at the start
// of, that holds more than a comment.
func (p *plain) settle() {
	for p.at < p.end {
		for p.at < p.end && p.data[p.at] == ' ' {
			p.at++
		}
		if p.at < p.end && p.data[p.at] != '\n' && p.data[p.at] != '#' {
			if p.at == p.bol && p.marked() {
				p.bad = true
			}
			return
		}
		p.nextLine()
	}
	p.done = true
}

// marked tells a directive, and the mark of a document behind its first line.
func (p *plain) marked() bool {
	rest := p.data[p.at:p.end]
	return rest[0] == '%' || strings.HasPrefix(rest, "...") || p.number > 0 && p.depth > 0 && strings.HasPrefix(rest, "---")
}

func (p *plain) nextLine() {
	if i := strings.IndexByte(p.data[p.at:p.end], '\n'); i >= 0 {
		p.at += i + 1
		p.number++
	} else {
		p.at = p.end
	}
	p.bol = p.at
}

// lineEnd wants nothing but a comment behind the cursor, and goes on to the next
// line that holds something.
func (p *plain) lineEnd() {
	start := p.at
	p.spaces()
	if p.at < p.end && p.data[p.at] != '\n' && (p.data[p.at] != '#' || p.at == start) {
		p.bad = true
		return
	}
	p.nextLine()
	p.settle()
}

func (p *plain) spaces() {
	for p.at < p.end && p.data[p.at] == ' ' {
		p.at++
	}
}

// peek gives the byte n behind the cursor, a line feed at the end.
func (p *plain) peek(n int) byte {
	if p.at+n < p.end {
		return p.data[p.at+n]
	}
	return '\n'
}

// indent is the cursor's column, from 0.
func (p *plain) indent() int { return p.at - p.bol }

func isBlank(c byte) bool { return c == ' ' || c == '\n' }

// dash tells the mark of a list's item.
func (p *plain) dash() bool { return p.peek(0) == '-' && isBlank(p.peek(1)) }

// colon takes the mark behind a key.
func (p *plain) colon() bool {
	if p.peek(0) != ':' || !isBlank(p.peek(1)) {
		return false
	}
	p.at++
	return true
}

// place gives where a byte of the cursor's line stands.
func (p *plain) place(at int) Position {
	column := at - p.bol
	if !p.ascii {
		column = p.text.characters(p.bol, at)
	}
	return At(p.from+p.number, column+1)
}

// block reads the node at the cursor, within a map or list whose column is given.
func (p *plain) block(parent int) *Node {
	if p.depth++; p.depth > deepest {
		p.bad = true
		return nil
	}
	defer func() { p.depth-- }()
	if p.dash() {
		return p.list(p.indent())
	}
	start := p.at
	if c := p.peek(0); c != '{' && c != '[' && c != '|' {
		p.key()
		if key := p.at; !p.bad && p.colon() && key-start < longestKey {
			p.at = start
			return p.mapping(p.indent())
		}
		p.at = start
	}
	return p.inline(parent)
}

// key passes over a key, or a scalar.
func (p *plain) key() {
	if c := p.peek(0); c == '"' || c == '\'' {
		p.quoted()
	} else {
		p.word()
	}
}

// mapping reads the map whose first key is at the cursor.
func (p *plain) mapping(indent int) *Node {
	n := p.node(Map, p.at)
	base := len(p.open)
	var seen names
	for !p.bad {
		start := p.at
		name, _ := p.name()
		if p.bad || p.at-start >= longestKey || !p.colon() {
			p.bad = true
			return nil
		}
		i := p.field(base, &seen, Field{Name: name, Key: p.place(start)})
		value := p.after(indent)
		p.open[i].Value = value
		if p.done || p.bad || p.indent() < indent {
			break
		}
		if p.indent() > indent {
			p.bad = true
		}
	}
	p.close(n, base)
	return n
}

// field files a key of the innermost map, and gives where its value belongs: the
// last of two keys counts, as in JSON.
func (p *plain) field(base int, seen *names, f Field) int {
	if seen.add(f.Name, p.open[base:]) {
		p.doubles = append(p.doubles, double{f.Name, f.Key})
		for i := base; i < len(p.open); i++ {
			if p.open[i].Name == f.Name {
				p.open[i].Key = f.Key
				return i
			}
		}
	}
	p.open = append(p.open, f)
	return len(p.open) - 1
}

// close gives a map the fields that were read for it.
func (p *plain) close(n *Node, base int) {
	own := p.open[base:]
	if p.fields == nil || cap(p.fields)-len(p.fields) < len(own) {
		p.fields = make([]Field, 0, max(len(own), 64))
	}
	from := len(p.fields)
	p.fields = append(p.fields, own...)
	n.Fields = p.fields[from:len(p.fields):len(p.fields)]
	clear(own)
	p.open = p.open[:base]
}

// after reads the value behind a key of a map in the given column.
func (p *plain) after(indent int) *Node {
	colon := p.at
	empty := p.place(colon)
	p.spaces()
	if c := p.peek(0); c != '\n' && c != '#' {
		return p.inline(indent)
	}
	p.at = colon
	if p.lineEnd(); p.bad {
		return nil
	}
	switch {
	case !p.done && p.indent() > indent:
		return p.block(indent)
	case !p.done && p.indent() == indent && p.dash():
		return p.list(indent)
	}
	n := p.node(Scalar, nowhere)
	n.Position = empty
	return n
}

// list reads the list whose first mark is at the cursor.
func (p *plain) list(indent int) *Node {
	n := p.node(List, p.at)
	base := len(p.items)
	for !p.bad {
		if !p.dash() {
			p.bad = p.indent() > indent || p.indent() == indent && p.peek(0) == '-'
			break
		}
		p.at++
		if c := p.afterDash(); c == '\n' || c == '#' {
			p.lineEnd()
			p.bad = p.bad || p.done || p.indent() <= indent
		}
		if p.bad {
			return nil
		}
		p.items = append(p.items, p.block(indent))
		if p.done || p.bad || p.indent() != indent {
			p.bad = p.bad || !p.done && p.indent() > indent
			break
		}
	}
	p.closeList(n, base)
	return n
}

// afterDash goes to what stands behind the mark of an item, and gives its first
// byte; where that ends the line, the cursor stays.
func (p *plain) afterDash() byte {
	start := p.at
	p.spaces()
	c := p.peek(0)
	if c == '\n' || c == '#' {
		p.at = start
	}
	return c
}

func (p *plain) closeList(n *Node, base int) {
	own := p.items[base:]
	if p.lists == nil || cap(p.lists)-len(p.lists) < len(own) {
		p.lists = make([]*Node, 0, max(len(own), 32))
	}
	from := len(p.lists)
	p.lists = append(p.lists, own...)
	n.setItems(p.lists[from:len(p.lists):len(p.lists)])
	p.items = p.items[:base]
}

// nowhere is the place of a node that is told it later.
const nowhere = -1

// node gives an empty node at a byte of the cursor's line.
func (p *plain) node(kind Kind, at int) *Node {
	if len(p.nodes) == cap(p.nodes) {
		p.nodes = make([]Node, 0, min(max((p.end-p.at)/16, 8), 256))
	}
	p.nodes = p.nodes[:len(p.nodes)+1]
	n := &p.nodes[len(p.nodes)-1]
	n.Kind = kind
	if at != nowhere {
		n.Position = p.place(at)
	}
	return n
}
