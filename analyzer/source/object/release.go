package object

import (
	"cmp"
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

// releases are those of the parts of a workload that have a time, oldest first.
func (g *group) releases() []analyzer.Release {
	var out []analyzer.Release
	for _, c := range g.children {
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
