package object

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The annotations by which controllers number a ReplicaSet's revision.
var revisionKeys = []string{"deployment.kubernetes.io/revision", "rollout.argoproj.io/revision"}

// releaseOf is what a ReplicaSet's metadata tells of its release.
func releaseOf(o *metav1.ObjectMeta) analyzer.Release {
	r := analyzer.Release{At: o.CreationTimestamp.UTC()}
	for _, k := range revisionKeys {
		if n, err := strconv.ParseInt(o.Annotations[k], 10, 64); err == nil && n > 0 {
			r.Revision = n
		}
	}
	return r
}

// revisionKind is what StatefulSets and DaemonSets keep their revisions as.
const revisionKind = "ControllerRevision"

// addRevision takes one of them, numbered or 0. Nothing is kept of its template.
func (v *Inventory) addRevision(o *metav1.ObjectMeta, number int64) {
	by := ownerOf(o)
	if by.name == "" || o.CreationTimestamp.IsZero() {
		return
	}
	ref := analyzer.Ref{Namespace: namespaceOf(o), Kind: by.kind, Name: by.name}
	of := v.revisions[ref]
	put(&of, o.Name, analyzer.Release{At: o.CreationTimestamp.UTC(), Revision: max(number, 0)})
	put(&v.revisions, ref, of)
}

// releases are those of the parts of a workload that have a time, and the revisions that
// it or they keep, oldest first.
func (v *Inventory) releases(ref analyzer.Ref, g *group) []analyzer.Release {
	out := slices.Collect(maps.Values(v.revisions[ref]))
	for _, c := range g.children {
		if c.ref != ref {
			out = slices.AppendSeq(out, maps.Values(v.revisions[c.ref]))
		}
		if c.release.At.IsZero() {
			continue
		}
		r := c.release
		for i := range c.containers {
			if x := c.containers[i].Image; x != "" && c.containers[i].Type == analyzer.TypeContainer {
				r.Images = append(r.Images, x)
			}
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b analyzer.Release) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Revision, b.Revision), slices.Compare(a.Images, b.Images))
	})
	return out
}
