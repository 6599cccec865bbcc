package rightsize

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// ProfileAnnotation names the profile of a workload, or of all in a namespace.
const ProfileAnnotation = "plimsoll.dev/profile"

// promisesOf gives the promise of each workload: the workload's own before its namespace's,
// an annotation before an option, and without any of them what the user asked for.
func promisesOf(a *analyzer.Analysis, o advice.Options) []Promise {
	annotated := map[string]string{}
	for _, n := range a.Snapshot.Namespaces {
		annotated[n.Name] = n.Annotations[ProfileAnnotation]
	}
	asked := PolicyOf(o).Promise
	out := make([]Promise, len(a.Workloads))
	for i := range a.Workloads {
		w := &a.Workloads[i]
		out[i] = asked
		for _, name := range []string{
			w.Annotations[ProfileAnnotation], o.Profiles[w.Namespace+"/"+w.Kind+"/"+w.Name], annotated[w.Namespace], o.Profiles[w.Namespace],
		} {
			if p := Profile(name); p.Known() {
				out[i] = p.Promise()
				break
			}
		}
	}
	return out
}

// unknownProfile gives what a workload, or else its namespace, is annotated with that is no
// profile, cut to what a message holds; "" where it is one, or none.
func unknownProfile(a *analyzer.Analysis, w *analyzer.WorkloadFacts) string {
	name := w.Annotations[ProfileAnnotation]
	for i := range a.Snapshot.Namespaces {
		if n := &a.Snapshot.Namespaces[i]; n.Name == w.Namespace && name == "" {
			name = n.Annotations[ProfileAnnotation]
		}
	}
	if Profile(name).Known() {
		return ""
	}
	return name[:min(len(name), 40)]
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
