package object

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// readJSON reads JSON documents one after the other, object by object, and
// counts them.
func readJSON(v *Inventory, r io.Reader) (documents int, err error) {
	lines := &lineCounter{r: &unparted{in: bufio.NewReaderSize(r, 1<<16)}}
	dec := json.NewDecoder(lines)
	for ; ; documents++ {
		d := jsonDocument{v: v, dec: dec}
		v.where = func() place { return place{v.file, documents + 1, lines.line(d.start)} }
		err := d.read()
		if errors.Is(err, io.EOF) && !d.begun {
			return documents, nil
		}
		if err != nil {
			return documents, &positionError{documents + 1, lines.line(d.errorOffset(err, lines.offset)), err}
		}
	}
}

// unparted blanks the lines that part documents of a YAML stream ("---", with what follows
// on them): JSON documents may stand in one. No string of JSON has a newline, and no number
// begins with two signs, so that such a line is never a part of a value.
type unparted struct {
	in     *bufio.Reader
	within bool // of a line, not at its start
	blank  bool // the line is a mark
}

func (u *unparted) Read(p []byte) (int, error) {
	if !u.within {
		mark, _ := u.in.Peek(3)
		u.blank = string(mark) == "---"
	}
	if _, err := u.in.Peek(1); err != nil {
		return 0, err
	}
	some, _ := u.in.Peek(min(u.in.Buffered(), len(p)))
	end := bytes.IndexByte(some, '\n') + 1
	u.within = end == 0
	if u.within {
		end = len(some)
	}
	n := copy(p, some[:end])
	for i := 0; u.blank && i < n; i++ {
		if p[i] != '\n' {
			p[i] = ' '
		}
	}
	_, err := u.in.Discard(n)
	return n, err
}

// jsonDocument reads one document: an object, or a List whose items are read
// one at a time.
type jsonDocument struct {
	v       *Inventory
	dec     *json.Decoder
	begun   bool  // the document has a first token
	inValue bool  // the error is of a value, not of the syntax
	start   int64 // offset of the value that the error is of
	small   int   // items without a kind that are less than an object
}

// errorOffset finds where an error arose; end is how far the input was read.
func (d *jsonDocument) errorOffset(err error, end int64) int64 {
	switch {
	case d.inValue:
		return d.start
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return end
	}
	// The decoder's own offset counts values only, so what it has not yet
	// taken is read again to find the spot.
	rest, _ := io.ReadAll(d.dec.Buffered()) // a bytes.Reader
	var raw json.RawMessage
	if syntax := (*json.SyntaxError)(nil); errors.As(json.Unmarshal(rest, &raw), &syntax) {
		return d.dec.InputOffset() + syntax.Offset
	}
	return d.dec.InputOffset()
}

func (d *jsonDocument) read() error {
	t, err := d.dec.Token()
	if err != nil {
		return err
	}
	d.begun = true
	d.start = d.dec.InputOffset() - 1
	switch t {
	case json.Delim('['):
		return d.items(header{Kind: "List"}, nil)
	case json.Delim('{'):
		return d.object()
	}
	return d.noObject(t)
}

// noObject leaves out a document that is a bare value, and reads on.
func (d *jsonDocument) noObject(t json.Token) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	d.inValue = true
	return add(d.v, raw, header{})
}

// object reads the fields of an object whose brace is read. Only a List's
// items are not held until its end.
func (d *jsonDocument) object() error {
	fields := map[string]json.RawMessage{}
	var head header
	var early []json.RawMessage // items without a kind, before the List's own
	isList := false
	for n := 0; d.dec.More(); n++ {
		if n > mostFields {
			return errBarren
		}
		t, err := d.dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if name == "items" {
			found, err := d.beginItems(fields)
			if err == nil && found {
				isList, err = true, d.items(head, &early)
			}
			if err != nil {
				return err
			}
			continue
		}
		var raw json.RawMessage
		if err := d.dec.Decode(&raw); err != nil {
			return err
		}
		fields[name] = raw
		switch name {
		case "apiVersion":
			_ = json.Unmarshal(raw, &head.APIVersion) // a wrong type is met again below
		case "kind":
			_ = json.Unmarshal(raw, &head.Kind)
		}
	}
	if _, err := d.dec.Token(); err != nil { // the closing brace
		return err
	}
	d.inValue = true
	if !isList {
		return d.single(fields)
	}
	head.Kind = cmp.Or(head.Kind, "List")
	for _, raw := range early {
		if err := add(d.v, raw, head); err != nil {
			return err
		}
	}
	return nil
}

// beginItems reads what follows "items" and tells whether it is a list, or null, which
// is a list of nothing. What is none is a field like others, so that it is named with
// the object that has it.
func (d *jsonDocument) beginItems(fields map[string]json.RawMessage) (list bool, err error) {
	t, err := d.dec.Token()
	switch {
	case err != nil || t == nil:
		return false, err
	case t == json.Delim('['):
		return true, nil
	case t != json.Delim('{'):
		fields["items"], err = json.Marshal(t)
		return false, err
	}
	fields["items"] = json.RawMessage("{}")
	for d.dec.More() {
		var passed json.RawMessage
		if _, err := d.dec.Token(); err != nil { // its name
			return false, err
		}
		if err := d.dec.Decode(&passed); err != nil {
			return false, err
		}
	}
	_, err = d.dec.Token()
	return false, err
}

// single adds the object whose fields were collected.
func (d *jsonDocument) single(fields map[string]json.RawMessage) error {
	if fields["items"] != nil && fields["kind"] == nil {
		fields["kind"] = json.RawMessage(`"List"`)
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return add(d.v, raw, header{})
}

const (
	// leastObject is how many bytes an object has at least that is worth waiting for.
	leastObject = 100
	// mostFields bounds the fields of an object, and the items that are less than one.
	mostFields = 10_000
)

// items reads a list's items up to and with its closing bracket. An item
// without a kind waits in early where the list's kind is not yet known.
func (d *jsonDocument) items(list header, early *[]json.RawMessage) error {
	for d.dec.More() {
		var raw json.RawMessage
		if err := d.dec.Decode(&raw); err != nil {
			return err
		}
		if early != nil && list.Kind == "" {
			var h header
			if err := json.Unmarshal(raw, &h); err == nil && h.Kind == "" {
				*early = append(*early, slices.Clone(raw))
				if len(raw) > leastObject {
					d.v.waiting++
				} else if d.small++; d.small > mostFields {
					return errBarren
				}
				continue
			}
		}
		d.start = d.dec.InputOffset() - int64(len(raw))
		if err := add(d.v, raw, list); err != nil {
			d.inValue = true
			return err
		}
	}
	_, err := d.dec.Token()
	return err
}

// itemKind gives the kind of a typed list's items: a PodList holds Pods.
func (h header) itemKind() header {
	kind, ok := strings.CutSuffix(h.Kind, "List")
	if !ok || kind == "" {
		return header{}
	}
	return header{APIVersion: h.APIVersion, Kind: kind}
}

// lineCounter tells the line of an offset in what was read through it.
// Newlines ahead of the last offset that was asked for are kept.
type lineCounter struct {
	r      io.Reader
	offset int64
	breaks []int64 // offsets of newlines, for the last megabyte or so
	passed int     // newlines before those
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if len(l.breaks) > 1<<20 { // the decoder is far beyond the older half
		half := len(l.breaks) / 2
		l.passed += half
		l.breaks = slices.Delete(l.breaks, 0, half)
	}
	for i, b := range p[:n] {
		if b == '\n' {
			l.breaks = append(l.breaks, l.offset+int64(i))
		}
	}
	l.offset += int64(n)
	return n, err
}

func (l *lineCounter) line(offset int64) int {
	before, _ := slices.BinarySearch(l.breaks, offset)
	return l.passed + before + 1
}
