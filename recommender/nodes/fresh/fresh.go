// Package fresh says what nodes a cluster would need that has none yet: which pods it would
// run, and what these ask of their nodes.
package fresh

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const (
	// leastLargest is the vCPUs of the largest machine that is offered where no pod needs a
	// larger one.
	leastLargest = 16
	// zonesOfCluster is how many zones the clouds' clusters have by default.
	zonesOfCluster = 3
	// mostPools bounds the sets of labels that pods select by.
	mostPools = 16
)

// Pods lists the pods that a workload would have on a fresh cluster: those that exist and
// have not ended, else one made from its template for each of its replicas. An autoscaler
// has its minimum at the least. A DaemonSet has one, for every node.
func Pods(w *analyzer.WorkloadFacts) (out []analyzer.Pod) {
	for i := range w.Pods {
		if !w.Pods[i].Ended() {
			out = append(out, w.Pods[i])
		}
	}
	switch {
	case len(out) > 0 && w.Kind == "DaemonSet":
		return out[:1]
	case len(out) > 0 || w.Template == nil:
		return out
	}
	count := int(w.Replicas)
	if len(w.HPAs) > 0 && count > 0 {
		count = max(count, int(w.HPAs[0].Min))
	}
	if w.Kind == "DaemonSet" {
		count = 1
	}
	for i := range count {
		one := *w.Template
		one.Name = fmt.Sprintf("%s-%d", w.Name, i)
		out = append(out, one)
	}
	return out
}

// Bare is the pod without what only a node gives it: a disk that is there already and data
// on one. disks is how many disks would be made for it.
func Bare(pod *analyzer.Pod) (bare analyzer.Pod, disks int) {
	bare = *pod
	bare.Spec.Claims, bare.Spec.Local, bare.Spec.LocalStorage = nil, nil, false
	return bare, len(pod.Spec.Claims)
}

// Wants is what pods ask of the nodes of a cluster that has none.
type Wants struct {
	Labels  []map[string]string // a set for each pool, the first one empty
	Types   map[string]bool     // types that pods name
	Archs   []string
	Zones   []string // as many as a cluster has by default, those that pods name among them
	Largest int64    // millicores of the largest machine to offer
}

// Of reads what pods ask for. intrinsic reports whether a label is the machine's or the
// cloud's own, so that no pool can promise it.
func Of(pods []packing.Pod, intrinsic func(key string) bool) Wants {
	w := Wants{Labels: []map[string]string{{}}, Types: map[string]bool{}, Archs: []string{"amd64"}, Largest: 1000 * leastLargest}
	seen := map[string]bool{"": true}
	for i := range pods {
		p := &pods[i]
		own := map[string]string{}
		for key, value := range p.NodeSelector {
			w.note(own, key, value, intrinsic)
		}
		for k, term := range p.Affinity {
			into := own
			if k > 0 { // one term will do
				into = map[string]string{}
			}
			for _, r := range term {
				w.noteTerm(into, r, intrinsic)
			}
		}
		if text := textOf(own); !seen[text] && len(w.Labels) < mostPools {
			seen[text] = true
			w.Labels = append(w.Labels, own)
		}
		w.Largest = max(w.Largest, 2*p.CPU, (p.Memory>>30+1)*1000/4)
	}
	for i := 1; len(w.Zones) < zonesOfCluster; i++ {
		w.Zones = append(w.Zones, fmt.Sprintf("zone-%d", i))
	}
	slices.Sort(w.Zones)
	slices.Sort(w.Archs)
	return w
}

func (w *Wants) noteTerm(own map[string]string, r packing.Requirement, intrinsic func(string) bool) {
	switch {
	case r.Operator == packing.In:
		for i := len(r.Values) - 1; i >= 0; i-- { // the first value stays
			w.note(own, r.Key, r.Values[i], intrinsic)
		}
	case r.Operator == packing.Exists:
		w.note(own, r.Key, "true", intrinsic)
	}
}

func (w *Wants) note(own map[string]string, key, value string, intrinsic func(string) bool) {
	add := func(list *[]string) {
		if !slices.Contains(*list, value) {
			*list = append(*list, value)
		}
	}
	switch key {
	case packing.LabelArch:
		add(&w.Archs)
	case packing.LabelInstanceType:
		w.Types[value] = true
	case packing.LabelZone:
		add(&w.Zones)
	default:
		if !intrinsic(key) {
			own[key] = value
		}
	}
}

func textOf(labels map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(k + "=" + labels[k] + "\x00")
	}
	return b.String()
}

// SelectsArch reports whether a pod asks for an architecture itself.
func SelectsArch(p *packing.Pod) bool {
	_, selects := p.NodeSelector[packing.LabelArch]
	return selects || slices.ContainsFunc(p.Affinity, func(t packing.Term) bool {
		return slices.ContainsFunc(t, func(r packing.Requirement) bool { return r.Key == packing.LabelArch })
	})
}

// Wishes are those of a pod's that cost a fresh cluster little: spread over zones.
func Wishes(pod *analyzer.Pod) *analyzer.PodSpec {
	out := &analyzer.PodSpec{}
	for _, s := range pod.Spec.SoftSpread {
		if s.TopologyKey == packing.LabelZone {
			out.SoftSpread = append(out.SoftSpread, s)
		}
	}
	return out
}

// LeftOut is what a plan for a fresh cluster does not hold.
type LeftOut struct {
	Workload string
	Pods     int
	Reason   string
}

// Lefts adds up what is left out, by workload.
type Lefts struct{ list []LeftOut }

// Add notes a pod of a workload; the reason of the first stands.
func (l *Lefts) Add(workload, reason string) {
	for i := range l.list {
		if l.list[i].Workload == workload {
			l.list[i].Pods++
			return
		}
	}
	l.list = append(l.list, LeftOut{workload, 1, reason})
}

// List is by workload.
func (l *Lefts) List() []LeftOut {
	slices.SortFunc(l.list, func(a, b LeftOut) int { return strings.Compare(a.Workload, b.Workload) })
	return l.list
}
