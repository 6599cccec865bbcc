package object

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Selection is what kubectl's -n and -l select. The zero value selects all.
type Selection struct {
	// Namespaces are sorted and unique; none means all.
	Namespaces []string
	labels     labels.Selector
}

// Select reads namespaces (each may be a list with commas) and a label
// selector; both may be empty. The selector applies to workloads, not to their
// pods.
func Select(namespaces []string, selector string) (Selection, error) {
	var s Selection
	for _, list := range namespaces {
		for ns := range strings.SplitSeq(list, ",") {
			if ns = strings.TrimSpace(ns); ns != "" {
				s.Namespaces = append(s.Namespaces, ns)
			}
		}
	}
	slices.Sort(s.Namespaces)
	s.Namespaces = slices.Compact(s.Namespaces)
	if selector == "" {
		return s, nil
	}
	parsed, err := labels.Parse(selector)
	if err != nil {
		return s, fmt.Errorf("label selector %q cannot be read: %w; write it as kubectl -l takes it, such as app=cart,tier!=test", selector, err)
	}
	if !parsed.Empty() {
		s.labels = parsed
	}
	return s, nil
}

// ByLabels reports whether workloads are selected by their labels.
func (s Selection) ByLabels() bool { return s.labels != nil }

// in reports whether a namespace is selected.
func (s Selection) in(namespace string) bool {
	if len(s.Namespaces) == 0 {
		return true
	}
	_, ok := slices.BinarySearch(s.Namespaces, namespace)
	return ok
}

// matches reports whether a workload with the given labels is selected.
func (s Selection) matches(l map[string]string) bool {
	return s.labels == nil || s.labels.Matches(labels.Set(l))
}

// Apply leaves only what is selected in a snapshot that was collected before,
// and warns of what follows.
func (s Selection) Apply(snap *analyzer.Snapshot) {
	if s.String() == "" {
		return
	}
	known := map[analyzer.Ref]bool{}
	snap.Workloads = slices.DeleteFunc(snap.Workloads, func(w analyzer.Workload) bool {
		known[w.Ref] = s.in(w.Namespace) && s.matches(w.Labels)
		return !known[w.Ref]
	})
	snap.Usage = slices.DeleteFunc(snap.Usage, func(u analyzer.ContainerUsage) bool {
		return !s.in(u.Namespace) || s.labels != nil && !known[u.Ref]
	})
	snap.Requests = slices.DeleteFunc(snap.Requests, func(q analyzer.RequestRate) bool { return !known[q.Ref] })
	snap.HPAs = slices.DeleteFunc(snap.HPAs, func(o analyzer.HPA) bool { return !s.in(o.Namespace) })
	snap.VPAs = slices.DeleteFunc(snap.VPAs, func(o analyzer.VPA) bool { return !s.in(o.Namespace) })
	s.keepScalers(snap)
	snap.PDBs = slices.DeleteFunc(snap.PDBs, func(o analyzer.PDB) bool { return !s.in(o.Namespace) })
	snap.LimitRanges = slices.DeleteFunc(snap.LimitRanges, func(o analyzer.LimitRange) bool { return !s.in(o.Namespace) })
	snap.Quotas = slices.DeleteFunc(snap.Quotas, func(o analyzer.ResourceQuota) bool { return !s.in(o.Namespace) })
	snap.Volumes = slices.DeleteFunc(snap.Volumes, func(o analyzer.Volume) bool {
		ns, _, ok := strings.Cut(o.Claim, "/")
		return !ok || !s.in(ns)
	})
	snap.VolumeClaims = slices.DeleteFunc(snap.VolumeClaims, func(o analyzer.VolumeClaim) bool { return !s.in(o.Namespace) })
	snap.LoadBalancers = slices.DeleteFunc(snap.LoadBalancers, func(o analyzer.LoadBalancer) bool { return !s.in(o.Namespace) })
	s.warn(snap)
}

// keepScalers leaves out the autoscalers of workloads that labels do not
// select. A target that is not there at all can't be told from those.
func (s Selection) keepScalers(snap *analyzer.Snapshot) {
	if s.labels == nil {
		return
	}
	known := map[analyzer.Ref]bool{}
	for i := range snap.Workloads {
		known[snap.Workloads[i].Ref] = true
	}
	snap.HPAs = slices.DeleteFunc(snap.HPAs, func(o analyzer.HPA) bool { return !known[o.Target] })
	snap.VPAs = slices.DeleteFunc(snap.VPAs, func(o analyzer.VPA) bool { return !known[o.Target] })
}

// warn tells what a selection does to the nodes.
func (s Selection) warn(snap *analyzer.Snapshot) {
	if what := s.String(); what != "" && len(snap.Nodes) > 0 {
		snap.Warnings = append(snap.Warnings, analyzer.Warning{
			Code: analyzer.WarnSelection, Subject: "selection",
			Message: fmt.Sprintf("only %s are counted; what else runs on the nodes is not, so nodes look emptier than they are", what),
		})
	}
}

// String describes what is selected, or is empty where all is.
func (s Selection) String() string {
	var parts []string
	if len(s.Namespaces) > 0 {
		parts = append(parts, "namespaces "+strings.Join(s.Namespaces, ", "))
	}
	if s.labels != nil {
		parts = append(parts, "workloads with "+s.labels.String())
	}
	return strings.Join(parts, " and ")
}
