package manifest

import (
	"math"
	"strconv"
	"strings"
)

// Kind is the shape of a Node.
type Kind uint8

// The shapes.
const (
	Scalar Kind = iota
	Map
	List
)

// Node is a value of a document: a scalar, a map or a list. Aliases and merge
// keys are resolved. The methods accept a nil Node, which has nothing.
type Node struct {
	// Text is a scalar's value without quotes.
	Text   string
	Fields []Field // of a Map, in the order they are written
	more   *more   // nil where there is nothing of it
	// Position is where the value is written: for an alias, at its anchor.
	Position Position
	// Start is the byte of the file at which Text begins; 0 where it is not Literal.
	Start int32
	// Literal says that a scalar's Text stands in the file as it is, and not as text
	// over several lines or a value that a patch set.
	Literal bool
	Kind    Kind
	// Quoted says that the scalar is a string whatever it looks like.
	Quoted bool
	// Shared says that the value stands under an anchor which other places use:
	// who changes it changes them too.
	Shared bool
}

// more is what few nodes have: a tree is mostly scalars, and of a large one memory is
// mostly nodes. A node's is never changed, for copies of the node share it.
type more struct {
	items []*Node
	via   Position
}

// End gives the byte of the file behind Text; 0 where it is not Literal.
func (n *Node) End() int32 {
	if !n.Literal {
		return 0
	}
	return n.Start + int32(len(n.Text))
}

// Items gives those of a List as they stand.
func (n *Node) Items() []*Node {
	if n == nil || n.more == nil {
		return nil
	}
	return n.more.items
}

// setItems makes the node one with these items.
func (n *Node) setItems(items []*Node) { n.more = &more{items, n.Via()} }

// Via is where the alias or merge key that brings the value in is written; zero where
// the value stands in its own place.
func (n *Node) Via() Position {
	if n.more == nil {
		return Position{}
	}
	return n.more.via
}

// SetVia tells where the alias or merge key that brings the value in is written.
func (n *Node) SetVia(at Position) {
	if at != n.Via() {
		n.more = &more{n.Items(), at}
	}
}

// Field is one entry of a Map.
type Field struct {
	Name string
	// Key is where the name is written.
	Key   Position
	Value *Node
}

// Field gives the value of a Map's field, or nil.
func (n *Node) Field(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Fields {
		if n.Fields[i].Name == name {
			return n.lead(n.Fields[i].Value)
		}
	}
	return nil
}

// lead tells a child by which alias its parent came in.
func (n *Node) lead(child *Node) *Node {
	if n.Via() == (Position{}) || child.Via() != (Position{}) {
		return child
	}
	c := *child
	c.SetVia(n.Via())
	return &c
}

// At walks down Map fields; nil where a step is missing.
func (n *Node) At(path ...string) *Node {
	for _, name := range path {
		n = n.Field(name)
	}
	return n
}

// Key gives the place of the name of a Map's field, and where there is no such
// field, of the Map itself.
func (n *Node) Key(name string) Position {
	if n == nil {
		return Position{}
	}
	for _, f := range n.Fields {
		if f.Name == name {
			return f.Key
		}
	}
	return n.Position
}

// List gives the items of a List.
func (n *Node) List() []*Node {
	if n == nil || n.Via() == (Position{}) {
		return n.Items()
	}
	out := make([]*Node, len(n.Items()))
	for i, item := range n.Items() {
		out[i] = n.lead(item)
	}
	return out
}

// IsNull reports whether there is no value, or null.
func (n *Node) IsNull() bool {
	return n == nil || n.Kind == Scalar && !n.Quoted && isNull(n.Text)
}

func isNull(s string) bool {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// String gives the text of a scalar, "" for null and for what is no scalar.
func (n *Node) String() string {
	if n.IsNull() || n.Kind != Scalar {
		return ""
	}
	return n.Text
}

// Int gives a whole number that fits an int32, as Kubernetes' counts do.
func (n *Node) Int() (int32, bool) {
	if n == nil || n.Kind != Scalar || n.Quoted {
		return 0, false
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(n.Text, "_", ""), 0, 32)
	return int32(v), err == nil
}

// number gives a scalar as kubectl hands it to the API server: its YAML is of
// version 1.1, where 1_000, 0x10, 0b1 and 010 are whole numbers.
func (n *Node) number() string {
	if n.Quoted || n.Kind != Scalar || n.Text == "" {
		return n.Text
	}
	bare := strings.ReplaceAll(n.Text, "_", "")
	if v, err := strconv.ParseInt(bare, 0, 64); err == nil {
		return strconv.FormatInt(v, 10)
	}
	if bare != n.Text {
		if _, err := strconv.ParseFloat(bare, 64); err == nil {
			return bare
		}
	}
	return n.Text
}

// Bool reports whether the value is true.
func (n *Node) Bool() bool {
	return n != nil && n.Kind == Scalar && !n.Quoted && (n.Text == "true" || n.Text == "True" || n.Text == "TRUE")
}

// Strings gives a Map of scalars, such as labels; nil without any.
func (n *Node) Strings() map[string]string {
	if n == nil || len(n.Fields) == 0 {
		return nil
	}
	out := make(map[string]string, len(n.Fields))
	for _, f := range n.Fields {
		if f.Value.Kind == Scalar {
			out[f.Name] = f.Value.String()
		}
	}
	return out
}

// maxPlain bounds the values that Plain makes of one document: aliases let a
// short file stand for a huge one.
const maxPlain = 1 << 20

// Plain gives the value as JSON has it: map[string]any, []any, string, int64,
// float64, bool or nil. ok is false where aliases make more than a million
// values of it.
func (n *Node) Plain() (v any, ok bool) {
	left := maxPlain
	return n.plain(&left), left >= 0
}

func (n *Node) plain(left *int) any {
	if *left--; n == nil || *left < 0 {
		return nil
	}
	switch n.Kind {
	case Map:
		m := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			m[f.Name] = f.Value.plain(left)
		}
		return m
	case List:
		l := make([]any, 0, len(n.Items()))
		for _, item := range n.Items() {
			l = append(l, item.plain(left))
		}
		return l
	}
	return n.scalar()
}

func (n *Node) scalar() any {
	if n.Quoted {
		return n.Text
	}
	switch n.Text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if isNull(n.Text) {
		return nil
	}
	if v, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
		return v
	}
	if v, err := strconv.ParseFloat(n.Text, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
		return v
	}
	return n.Text
}
