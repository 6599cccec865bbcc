package analyzer

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// NetworkUsage is the traffic of a workload's pods.
type NetworkUsage struct {
	Ref
	// Rate holds one value for every pod and hour: the bytes a second that the pod
	// received and sent, on the mean of the hour.
	Rate digest.Histogram `json:"rate,omitzero"`
}

// NetworkRecorder folds hours of pods into the traffic of their workloads. The zero
// value is ready. It is not safe for concurrent use.
type NetworkRecorder struct{ of map[Ref]*digest.Histogram }

// Add notes what a pod received and sent in an hour, in bytes a second. It reports
// whether that was taken: what cannot be is not.
func (r *NetworkRecorder) Add(ref Ref, bytesPerSecond float64) bool {
	if !(bytesPerSecond >= 0 && bytesPerSecond <= MostBytes) {
		return false
	}
	if r.of == nil {
		r.of = map[Ref]*digest.Histogram{}
	}
	if r.of[ref] == nil {
		r.of[ref] = &digest.Histogram{}
	}
	return r.of[ref].Add(bytesPerSecond)
}

// Network gives what was recorded, sorted. The recorder is not used afterwards.
func (r *NetworkRecorder) Network() []NetworkUsage {
	var out []NetworkUsage
	for ref, h := range r.of {
		out = append(out, NetworkUsage{Ref: ref, Rate: *h})
	}
	return MergeNetwork(out)
}

// MergeNetwork adds the traffic of separate pods (shards, days) up into one sorted list.
func MergeNetwork(lists ...[]NetworkUsage) []NetworkUsage {
	at := map[Ref]int{}
	var out []NetworkUsage
	for _, list := range lists {
		for i := range list {
			u := &list[i]
			if j, ok := at[u.Ref]; ok {
				out[j].Rate.Merge(&u.Rate)
				continue
			}
			at[u.Ref] = len(out)
			out = append(out, NetworkUsage{Ref: u.Ref, Rate: u.Rate.Clone()})
		}
	}
	sortNetwork(out)
	return out
}

func sortNetwork(list []NetworkUsage) {
	slices.SortFunc(list, func(a, b NetworkUsage) int { return a.Compare(b.Ref) })
}
