package manifest

import "strings"

// Document is one Kubernetes object of a file.
type Document struct {
	// File is the name by which the file is known to the user.
	File string
	// Index counts the documents of the file from 0; the items of a List share
	// their List's.
	Index      int
	APIVersion string
	Kind       string
	Namespace  string // "" where the manifest leaves it to the client
	Name       string
	Root       *Node
	// Text is the file, for edits; nil where the document was rendered.
	Text *Text
	// Rendered says what made the document where the file does not hold it as
	// it is: "kustomize", "helm".
	Rendered string
	// Path is the number of the path that the user named, from 0.
	Path int
	// Tree names the environment that the document belongs to: a kustomization, a
	// chart, or a folder. Documents of two trees never meet in a cluster.
	Tree string
	// Cluster names what the environment is deployed with, as far as folders tell:
	// trees of one cluster may meet in a namespace that both name.
	Cluster string
	// Area is the folder or file that the document shares a namespace with, where
	// neither it nor the user names one: what bounds a namespace reaches no
	// further. "" where all of the environment is one.
	Area string
	// Alone says that nothing of the folders above Area reaches it either.
	Alone bool
	// Shared says that other documents are made of the same text, as several
	// overlays of one base are.
	Shared bool
	// Through says what renders the document's objects, where it stands for
	// others: they are judged in its stead.
	Through string
	// Origin is the template that the document was rendered from, where File is
	// what deploys it.
	Origin string
	// Unrendered says why nothing was rendered of such a document.
	Unrendered string
	// plain says that no part of Root stands in two places of it, and that Root has
	// room around it.
	plain bool
	// trimmed says that Trim let go of what it does.
	trimmed bool
	// RenderedLines says that the positions are those of the rendered text and
	// not of File.
	RenderedLines bool
}

// RenderedLine is said where a line counts in the rendered text.
const RenderedLine = "the line is that of the rendered text, not of the file"

func newDocument(t *Text, index int, h header, root *Node) *Document {
	d := &Document{File: t.File, Index: index, APIVersion: h.apiVersion, Kind: h.kind, Root: root, Text: t}
	meta := root.Field("metadata")
	d.Namespace, d.Name = meta.Field("namespace").String(), meta.Field("name").String()
	if d.Name == "" {
		d.Name = meta.Field("generateName").String()
	}
	return d
}

// Group gives the API group: "apps" of apps/v1, "" of v1.
func (d *Document) Group() string {
	group, _, ok := strings.Cut(d.APIVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// Labels gives the object's labels.
func (d *Document) Labels() map[string]string { return d.Root.At("metadata", "labels").Strings() }

// Annotation gives an annotation of the object, or of a workload's pod
// template; nil without it.
func (d *Document) Annotation(name string) *Node {
	return d.Root.At("metadata", "annotations", name)
}

// ID gives namespace/kind/name, with "-" where the manifest names no
// namespace.
func (d *Document) ID() string {
	ns := d.Namespace
	if ns == "" {
		ns = "-"
	}
	return ns + "/" + d.Kind + "/" + d.Name
}
