package object

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// maxChunk bounds one YAML object: 16 MiB is far above what etcd can hold.
const maxChunk = 16 << 20

// readYAML reads YAML documents. A document whose items lie below a top-level
// "items:" is read item by item, since parsing a whole List would take many
// times its size in memory. It counts the documents that are not empty.
func readYAML(v *Inventory, r *bufio.Reader) (documents int, err error) {
	s := yamlSplitter{v: v, in: r, document: 1, line: 1}
	v.where = func() place { return place{v.file, s.document, s.at} }
	for {
		line, err := s.next()
		if len(line) > 0 {
			if err := s.take(line); err != nil {
				return s.full, err
			}
			s.line++
		}
		if errors.Is(err, io.EOF) {
			err := s.endDocument()
			return s.full, err
		}
		if err != nil {
			return s.full, &positionError{s.document, s.line, err}
		}
	}
}

// yamlSplitter cuts a stream into the chunks that are parsed: documents, or
// items of Lists.
type yamlSplitter struct {
	v        *Inventory
	in       *bufio.Reader
	document int
	line     int
	full     int // documents that are not empty
	at       int // the line of the object that is being added

	head  chunk // the document without its items
	item  chunk
	state yamlState
	// indent is that of the items' dashes.
	indent int
	listed bool    // the document has items
	items  []chunk // items without a kind, which wait for the List's own
}

type yamlState int

const (
	inHead  yamlState = iota // before, after or without items
	atItems                  // "items:" was read; what follows decides
	inItems                  // between items
)

// chunk is a part of the stream and the line on which it begins.
type chunk struct {
	text  []byte
	start int
}

// next gives a line with its newline.
func (s *yamlSplitter) next() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		if bytes.IndexByte(long, 0) >= 0 && len(long) < 1<<20 {
			return nil, errors.New("it is no text: it has NUL bytes in it")
		}
		if len(long) > maxChunk {
			return nil, errors.New("a line is longer than 16 MiB")
		}
		line, err = s.in.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}

// take sorts a line into the chunk it belongs to.
func (s *yamlSplitter) take(line []byte) error {
	if isSeparator(line) {
		if err := s.endDocument(); err != nil {
			return err
		}
		s.document++
		if rest := bytes.TrimSpace(line[3:]); len(rest) > 0 && rest[0] != '#' && line[0] == '-' {
			return s.append(&s.head, line[3:]) // "--- {kind: Pod}"
		}
		return nil
	}
	if s.state == inHead {
		if string(bytes.TrimRight(line, " \t\r\n")) == "items:" {
			s.state = atItems
			return nil
		}
		return s.append(&s.head, line)
	}
	return s.takeItem(line, lookAt(line))
}

// look is what a line is to a list's items.
type look struct {
	indent int
	blank  bool // or a comment
	dash   bool // begins an item
}

func lookAt(line []byte) look {
	bare := bytes.TrimRight(line, " \t\r\n")
	l := look{indent: len(bare) - len(bytes.TrimLeft(bare, " "))}
	l.blank = len(bare) == 0 || bare[l.indent] == '#'
	l.dash = !l.blank && bare[l.indent] == '-' && (len(bare) == l.indent+1 || bare[l.indent+1] == ' ')
	return l
}

// takeItem sorts a line that comes after "items:".
func (s *yamlSplitter) takeItem(line []byte, l look) error {
	if s.state == atItems {
		switch {
		case l.dash:
			s.state, s.indent, s.listed = inItems, l.indent, true
			return s.beginItem(line)
		case !l.blank: // "items:" of another form
			s.state = inHead
			return errors.Join(s.append(&s.head, []byte("items:\n")), s.append(&s.head, line))
		}
		return s.append(&s.head, line)
	}
	begins := l.dash && l.indent == s.indent
	if !begins && (l.blank || l.indent > s.indent) {
		return s.append(&s.item, line)
	}
	if err := s.endItem(); err != nil {
		return err
	}
	if begins {
		return s.beginItem(line)
	}
	s.state = inHead
	return s.append(&s.head, line)
}

// isSeparator tells the lines that end a document.
func isSeparator(line []byte) bool {
	mark := bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))
	return mark && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

// beginItem takes an item's first line, whose dash becomes a space.
func (s *yamlSplitter) beginItem(line []byte) error {
	first := bytes.Clone(line)
	first[s.indent] = ' '
	return s.append(&s.item, first)
}

func (s *yamlSplitter) append(c *chunk, line []byte) error {
	if len(c.text) == 0 {
		c.start = s.line
	}
	if len(c.text)+len(line) > maxChunk {
		return &positionError{s.document, c.start, errors.New("one object is larger than 16 MiB")}
	}
	c.text = append(c.text, line...)
	return nil
}

func (s *yamlSplitter) endItem() error {
	item := s.item
	s.item = chunk{text: s.item.text[:0]}
	raw, err := s.toJSON(item)
	if err != nil {
		return err
	}
	if raw == nil {
		raw = []byte("null")
	}
	s.at = item.start
	err = addObject(s.v, raw, header{})
	if errors.Is(err, errNoKind) && raw[0] == '{' {
		s.items = append(s.items, chunk{raw, item.start})
		return nil
	}
	if err := s.v.leave(err, raw, header{Kind: "List"}); err != nil {
		return &positionError{s.document, item.start, err}
	}
	return nil
}

func (s *yamlSplitter) endDocument() error {
	if s.state == inItems {
		if err := s.endItem(); err != nil {
			return err
		}
	}
	items, head, listed := s.items, s.head, s.listed || s.state == atItems
	s.items, s.head, s.listed, s.state = nil, chunk{}, false, inHead
	raw, err := s.toJSON(head)
	if err != nil {
		return err
	}
	return s.addDocument(raw, head.start, items, listed)
}

func (s *yamlSplitter) addDocument(raw []byte, start int, items []chunk, listed bool) error {
	if raw != nil || listed {
		s.full++
	}
	if listed {
		list := header{}
		if raw != nil {
			s.at = start
			if err := json.Unmarshal(raw, &list); err != nil {
				return s.v.leave(decodeError("list", err), raw, header{})
			}
		}
		list.Kind = cmp.Or(list.Kind, "List")
		for _, item := range items {
			s.at = item.start
			if err := add(s.v, item.text, list); err != nil {
				return &positionError{s.document, item.start, err}
			}
		}
		return nil
	}
	if raw == nil {
		return nil
	}
	s.at = start
	if err := add(s.v, raw, header{}); err != nil {
		return &positionError{s.document, start, err}
	}
	return nil
}

// yamlLine finds the line in an error of the YAML parser, which counts within
// the chunk.
var yamlLine = regexp.MustCompile(`yaml: (?:line (\d+): )?`)

// toJSON parses a chunk; nil where there is nothing but comments.
func (s *yamlSplitter) toJSON(c chunk) ([]byte, error) {
	if len(bytes.TrimSpace(c.text)) == 0 {
		return nil, nil
	}
	if err := manifest.CheckAliases(c.text); err != nil {
		return nil, &positionError{s.document, c.start, err}
	}
	raw, err := yaml.YAMLToJSON(c.text)
	if err != nil {
		line := c.start
		m := yamlLine.FindStringSubmatchIndex(err.Error())
		if m == nil {
			return nil, &positionError{s.document, line, err}
		}
		if m[2] >= 0 {
			n, _ := strconv.Atoi(err.Error()[m[2]:m[3]]) // digits by the pattern
			line += n - 1
		}
		return nil, &positionError{s.document, line, fmt.Errorf("not valid YAML: %s", err.Error()[m[1]:])}
	}
	if string(raw) == "null" {
		return nil, nil
	}
	return raw, nil
}
