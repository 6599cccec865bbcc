package manifest

import (
	"path/filepath"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// trace gives the nodes of a rendered document the places where they are
// written in the file that it is from. What a patch set has no bytes there and
// points at the nearest value that the file has.
func trace(d *manifest.Document, file string, sources map[string][]*manifest.Document) {
	start := manifest.Position{Line: 1, Column: 1}
	if file == "" {
		d.Text = nil
		place(d.Root, nil, start)
		return
	}
	docs, ok := sources[file]
	if !ok {
		if data, err := readFile(file); err == nil {
			docs, _ = manifest.Parse(filepath.ToSlash(file), data)
		}
		sources[file] = docs
	}
	d.File = filepath.ToSlash(file)
	from := counterpart(d, docs)
	if from == nil {
		d.Text = nil
		place(d.Root, nil, start)
		return
	}
	d.Index, d.Text = from.Index, from.Text
	place(d.Root, from.Root, from.Root.Position)
}

// counterpart finds the document that a rendered one was made of: the same
// kind and name, or a name that a prefix or suffix was put on.
func counterpart(d *manifest.Document, docs []*manifest.Document) *manifest.Document {
	var like, only *manifest.Document
	same := 0
	for _, s := range docs {
		if s.Kind != d.Kind || s.Group() != d.Group() {
			continue
		}
		if s.Name == d.Name {
			return s
		}
		if s.Name != "" && strings.Contains(d.Name, s.Name) && (like == nil || len(s.Name) > len(like.Name)) {
			like = s
		}
		same++
		only = s
	}
	if like == nil && same == 1 {
		return only
	}
	return like
}

// place moves n to where o is written, or where that is not known, to at.
func place(n, o *manifest.Node, at manifest.Position) {
	n.Start, n.Literal = 0, false
	if o == nil || o.Kind != n.Kind {
		n.Position = at
		o = nil
	} else {
		n.Position = o.Position
		n.SetVia(o.Via())
		if n.Kind == manifest.Scalar && o.Text == n.Text {
			n.Start, n.Literal = o.Start, o.Literal
		}
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		f.Key = n.Position
		if o.Field(f.Name) != nil {
			f.Key = o.Key(f.Name)
		}
		place(f.Value, o.Field(f.Name), n.Position)
	}
	for i, item := range n.Items() {
		place(item, itemLike(item, o, i), n.Position)
	}
}

// itemLike finds the item with the same name, or in the same place.
func itemLike(item, list *manifest.Node, i int) *manifest.Node {
	items := list.List()
	if name := item.Field("name").String(); name != "" {
		for _, o := range items {
			if o.Field("name").String() == name {
				return o
			}
		}
		return nil
	}
	if i < len(items) {
		return items[i]
	}
	return nil
}
