package manifest

import (
	"slices"
	"strings"
)

// HasTemplate reports whether the document is of a kind whose pod template is
// known without being told.
func (d *Document) HasTemplate() bool { return d.template() != nil }

func (d *Document) template() *Template {
	for i := range templates {
		if t := &templates[i]; t.Kind == d.Kind && (t.Group == "" || t.Group == d.Group()) {
			return t
		}
	}
	return nil
}

// LacksImages tells pods of a known kind of which no container has an image: the
// API server takes none.
func (d *Document) LacksImages() bool {
	t := d.template()
	if t == nil {
		return false
	}
	pod, containers := d.Root.At(t.Path...).Field("spec"), 0
	for _, list := range [2]string{"initContainers", "containers"} {
		for _, c := range pod.Field(list).List() {
			if c.Field("image").String() != "" {
				return false
			}
			containers++
		}
	}
	return containers > 0
}

// Trim lets go of what no view on a document looks at: all but the
// annotations of kinds that hold no requests, and what pods have beside resources, placement and
// the flags of runtimes. What releases take their values from stays whole.
func (d *Document) Trim() {
	if d.trimmed {
		return
	}
	d.trim()
	d.trimmed = true
	if d.plain {
		d.Root, d.plain = packed(d.Root), false
	}
}

func (d *Document) trim() {
	switch t := d.template(); {
	case d.Kind == "ConfigMap" || d.Kind == "Secret" || d.Group() == "source.toolkit.fluxcd.io":
	case d.HoldsNone():
		d.Root = d.Root.only("apiVersion", "kind", "metadata").at(annotated, "metadata")
	case t != nil:
		if _, lack := d.Lack(); lack != "" {
			return // what is written in place of containers is told
		}
		d.Root = d.Root.without("status").at(trimmedMeta, "metadata").at(trimmedPod, append(slices.Clone(t.Path), "spec")...)
	}
}

// packed copies a tree into memory of its own, so that what was let go of it can
// go. It is for trees of which no part stands in two places.
func packed(n *Node) *Node {
	if n == nil {
		return nil
	}
	var r room
	r.count(n)
	r.nodes, r.fields, r.items, r.mores = make([]Node, 0, r.n), make([]Field, 0, r.f), make([]*Node, 0, r.i), make([]more, 0, r.m)
	return r.put(n)
}

// room is memory for a tree.
type room struct {
	n, f, i, m int
	nodes      []Node
	fields     []Field
	items      []*Node
	mores      []more
}

func (r *room) count(n *Node) {
	r.n, r.f, r.i = r.n+1, r.f+len(n.Fields), r.i+len(n.Items())
	for i := range n.Fields {
		r.count(n.Fields[i].Value)
	}
	if n.more != nil {
		r.m++
	}
	for _, item := range n.Items() {
		r.count(item)
	}
}

func (r *room) put(n *Node) *Node {
	r.nodes = append(r.nodes, *n)
	out := &r.nodes[len(r.nodes)-1]
	if n.Fields != nil {
		from := len(r.fields)
		r.fields = append(r.fields, n.Fields...)
		out.Fields = r.fields[from:len(r.fields):len(r.fields)]
		for i := range out.Fields {
			out.Fields[i].Value = r.put(out.Fields[i].Value)
		}
	}
	if n.more != nil {
		from := len(r.items)
		r.items = append(r.items, n.Items()...)
		items := r.items[from:len(r.items):len(r.items)]
		r.mores = append(r.mores, more{items, n.Via()})
		out.more = &r.mores[len(r.mores)-1]
		for i := range items {
			items[i] = r.put(items[i])
		}
	}
	return out
}

// annotated keeps what may hold a waiver.
func annotated(n *Node) *Node { return n.only("name", "annotations") }

func trimmedMeta(n *Node) *Node { return n.without("managedFields") }

func trimmedPod(n *Node) *Node {
	n = n.only("containers", "initContainers", "nodeSelector", "tolerations", "affinity", "terminationGracePeriodSeconds", "volumes", "overhead", "resources")
	n = n.at(onNode, "volumes")
	return n.at(trimmedContainers, "containers").at(trimmedContainers, "initContainers")
}

// onNode keeps the volumes that lie on the node.
func onNode(n *Node) *Node {
	return n.mapped(func(v *Node) *Node {
		if v.Field("hostPath") == nil {
			return nil
		}
		return v.only("name", "hostPath")
	})
}

// ofContainers are the fields of a container that rules read.
var ofContainers = []string{"name", "image", "resources", "restartPolicy", "env", "command", "args"}

func trimmedContainers(n *Node) *Node {
	return n.mapped(func(c *Node) *Node {
		c = c.filter(func(name string) bool { return slices.Contains(ofContainers, name) || isNearResources(name) })
		c = c.at(flagged, "command").at(flagged, "args")
		return c.at(func(env *Node) *Node {
			return env.mapped(func(e *Node) *Node {
				if value := e.Field("value").String(); value == "" || e.Field("name").String() != "GOMEMLIMIT" && !strings.Contains(value, "-") {
					return nil
				}
				return e
			})
		}, "env")
	})
}

// flagged keeps the words that may be flags.
func flagged(n *Node) *Node {
	return n.mapped(func(word *Node) *Node {
		if !strings.Contains(word.String(), "-") {
			return nil
		}
		return word
	})
}

// only gives a copy of a map with some of its fields.
func (n *Node) only(names ...string) *Node {
	return n.filter(func(name string) bool { return slices.Contains(names, name) })
}

// without gives a copy of a map without one of its fields.
func (n *Node) without(name string) *Node {
	if n.Field(name) == nil {
		return n
	}
	return n.filter(func(s string) bool { return s != name })
}

func (n *Node) filter(keep func(name string) bool) *Node {
	if n == nil || n.Kind != Map {
		return n
	}
	kept := 0
	for _, f := range n.Fields {
		if keep(f.Name) {
			kept++
		}
	}
	if kept == len(n.Fields) {
		return n
	}
	out := *n
	out.Fields = make([]Field, 0, kept)
	for _, f := range n.Fields {
		if keep(f.Name) {
			out.Fields = append(out.Fields, f)
		}
	}
	return &out
}

// mapped gives a copy of a list with what f makes of its items, but for those it
// makes nothing of.
func (n *Node) mapped(f func(*Node) *Node) *Node {
	if n == nil || n.Kind != List {
		return n
	}
	out := *n
	items := make([]*Node, 0, len(n.Items()))
	for _, item := range n.Items() {
		if item = f(item); item != nil {
			items = append(items, item)
		}
	}
	out.setItems(items)
	return &out
}

// at gives a copy in which f's result stands at a path; the node itself where
// there is nothing.
func (n *Node) at(f func(*Node) *Node, path ...string) *Node {
	if n == nil || len(path) == 0 {
		return f(n)
	}
	i := slices.IndexFunc(n.Fields, func(x Field) bool { return x.Name == path[0] })
	if i < 0 {
		return n
	}
	out := *n
	out.Fields = slices.Clone(n.Fields)
	out.Fields[i].Value = n.Fields[i].Value.at(f, path[1:]...)
	return &out
}
