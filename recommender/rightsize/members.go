package rightsize

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// ProfileAnnotation names the profile of a workload, or of all in a namespace.
const ProfileAnnotation = "plimsoll.dev/profile"

// promisesOf gives the promise of each workload: by its own annotation, its namespace's,
// or what the user asked for.
func promisesOf(a *analyzer.Analysis, o advice.Options) []Promise {
	namespaces := map[string]Profile{}
	for _, n := range a.Snapshot.Namespaces {
		if p := Profile(n.Annotations[ProfileAnnotation]); p.Known() {
			namespaces[n.Name] = p
		}
	}
	asked := PolicyOf(o).Promise
	out := make([]Promise, len(a.Workloads))
	for i := range a.Workloads {
		w := &a.Workloads[i]
		out[i] = asked
		if p, ok := namespaces[w.Namespace]; ok {
			out[i] = p.Promise()
		}
		if p := Profile(w.Annotations[ProfileAnnotation]); p.Known() {
			out[i] = p.Promise()
		}
	}
	return out
}

func unique(all []Promise) (out []Promise) {
	for _, p := range all {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// members lists the containers of all workloads.
func members(a *analyzer.Analysis) (out []*Member) {
	for i := range a.Workloads {
		w := &a.Workloads[i]
		for j := range w.Containers {
			out = append(out, &Member{Facts: &w.Containers[j], Batch: w.Batch()})
		}
	}
	return out
}
