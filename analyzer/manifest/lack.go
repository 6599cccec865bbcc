package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// Runs reports whether the pod has a container beside those that come before
// it, as every pod must.
func (w *Workload) Runs() bool {
	return w.ByShape || areMaps(w.Pod.Field("containers"))
}

func areMaps(n *Node) bool {
	items := n.List()
	return len(items) > 0 && items[0] != nil && items[0].Kind == Map
}

// Lack says why a document of a kind that runs pods runs none, and where: a key
// on the way to its containers is misspelt, is missing, or holds something else.
// It is "" where there are containers, and where they may come from elsewhere: of
// a patch, a placeholder, another workload's template or a chart that still
// wants values.
func (d *Document) Lack() (Position, string) {
	t := d.template()
	if t == nil || d.Root.At("spec", "workloadRef") != nil {
		return Position{}, ""
	}
	n, path := d.Root, append(slices.Clone(t.Path), "spec", "containers")
	for i, name := range path {
		next := n.Field(name)
		switch last := i == len(path)-1; {
		case next == nil:
			return d.missing(n, path[:i+1])
		case next.Kind == Scalar && isOpen(next.Text):
			return Position{}, ""
		case last && areMaps(next), !last && next.Kind == Map:
		case d.wantsValues():
			return Position{}, ""
		case last:
			return next.Position, strings.Join(path, ".") + " holds no container"
		default:
			return next.Position, strings.Join(path[:i+1], ".") + " holds no fields"
		}
		n = next
	}
	return Position{}, ""
}

// missing tells a key that is misspelt, else one that a whole object must have.
func (d *Document) missing(in *Node, path []string) (Position, string) {
	want := path[len(path)-1]
	for _, f := range in.Fields {
		if sameWord(f.Name, want) {
			return f.Key, fmt.Sprintf("the key %q is not known; did you mean %s?", shorten(f.Name), want)
		}
	}
	if !d.isWhole() || d.wantsValues() {
		return Position{}, ""
	}
	at := in.Position
	if len(path) > 1 {
		at = d.Root.At(path[:len(path)-2]...).Key(path[len(path)-2])
	}
	return at, strings.Join(path, ".") + " is missing"
}

// isWhole tells an object from a part of one, such as a patch: it says which
// pods are its own, or when it runs.
func (d *Document) isWhole() bool {
	return d.Rendered != "" || d.Root.At("spec", "selector") != nil || d.Root.At("spec", "schedule") != nil
}

// wantsValues tells a chart that is rendered by itself: its own values may leave
// out what each release brings.
func (d *Document) wantsValues() bool { return d.Rendered == "helm" && d.Origin == "" }
