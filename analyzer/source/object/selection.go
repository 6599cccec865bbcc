package object

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Selection is what -n, --exclude-namespaces and -l select. The zero value
// selects all.
type Selection struct {
	// Namespaces are sorted and unique; none means all. Where patterns were
	// given too it is empty, and In alone decides.
	Namespaces []string
	named      []string // as the user gave them
	patterns   []*regexp.Regexp
	excluded   []*regexp.Regexp
	without    []string // the excluded, as given
	labels     labels.Selector
}

// Select reads namespaces (each may be a list with commas, or a regular
// expression that must match a name as a whole) and a label selector; both may
// be empty. The selector applies to workloads, not to their pods.
func Select(namespaces []string, selector string) (Selection, error) {
	var s Selection
	var err error
	if s.named, s.patterns, err = namespacePatterns(namespaces); err != nil {
		return s, err
	}
	if plain := slices.DeleteFunc(slices.Clone(s.named), isPattern); len(plain) == len(s.named) {
		s.Namespaces, s.patterns = plain, nil
	}
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

// Flags says by which flags this was selected, in one order whatever the order in which
// they were given: ", -n a,b, -l app=cart"; empty of all.
func (s Selection) Flags() string {
	out := ""
	if len(s.named) > 0 {
		out += ", -n " + strings.Join(s.named, ",")
	}
	if len(s.without) > 0 {
		out += ", --exclude-namespaces " + strings.Join(s.without, ",")
	}
	if s.labels != nil {
		out += ", -l " + s.labels.String()
	}
	return out
}

// ByLabels reports whether workloads are selected by their labels.
func (s Selection) ByLabels() bool { return s.labels != nil }

// Exclude leaves namespaces out, given as Select takes them.
func (s *Selection) Exclude(namespaces []string) error {
	var err error
	s.without, s.excluded, err = namespacePatterns(namespaces)
	return err
}

// isPattern tells a regular expression from a name.
func isPattern(s string) bool { return strings.ContainsAny(s, `^$.*+?()[]{}|\`) }

// namespacePatterns reads lists of names and regular expressions, sorted.
func namespacePatterns(lists []string) (named []string, patterns []*regexp.Regexp, err error) {
	for _, list := range lists {
		parts := strings.Split(list, ",")
		if isPattern(list) && strings.ContainsAny(list, "{(") {
			parts = []string{list} // a comma may be the expression's own
		}
		for _, ns := range parts {
			if ns = strings.TrimSpace(ns); ns == "" {
				return nil, nil, errors.New("a namespace without a name: is a variable empty? Leave the flag out for all namespaces")
			}
			if strings.ContainsAny(ns, "/@") { // not shown: it may be a URL with a password
				return nil, nil, errors.New("a namespace's name has no / and no @: was another flag meant?")
			}
			named = append(named, ns)
		}
	}
	slices.Sort(named)
	named = slices.Compact(named)
	for _, ns := range named {
		re, err := regexp.Compile("^(?:" + ns + ")$")
		if err != nil {
			return nil, nil, fmt.Errorf("namespace %q is no regular expression: %w; a plain name needs no escapes", ns, err)
		}
		patterns = append(patterns, re)
	}
	return named, patterns, nil
}

// In reports whether a namespace is selected.
func (s Selection) In(namespace string) bool {
	matches := func(re *regexp.Regexp) bool { return re.MatchString(namespace) }
	switch {
	case slices.ContainsFunc(s.excluded, matches):
		return false
	case len(s.patterns) > 0 && !slices.ContainsFunc(s.patterns, matches):
		return false
	case len(s.Namespaces) == 0:
		return true
	}
	_, ok := slices.BinarySearch(s.Namespaces, namespace)
	return ok
}

// Nothing says what was selected where the snapshot has nothing of it: no
// workload and no usage. It is empty where there is something, or all was
// selected.
func (s Selection) Nothing(snap *analyzer.Snapshot) string {
	if len(snap.Workloads) > 0 || len(snap.Usage) > 0 {
		return ""
	}
	return s.String()
}

// Unused warns of the names and patterns that none of the namespaces is of: what was
// meant by them may be misspelt.
func (s Selection) Unused(namespaces []string) []analyzer.Warning {
	var out []analyzer.Warning
	idle := func(ns string) bool {
		re, err := regexp.Compile("^(?:" + ns + ")$") // read before, so that it compiles
		return err == nil && !slices.ContainsFunc(namespaces, re.MatchString)
	}
	for _, ns := range s.named {
		what, message := "namespace "+ns, "it was asked for and has no workload, or is not there: check its name"
		if isPattern(ns) {
			what, message = "namespaces "+ns, "they were asked for, and no namespace that was read matches: check the expression"
		}
		if idle(ns) {
			out = append(out, analyzer.Warning{Code: analyzer.WarnUnused, Subject: what, Message: message})
		}
	}
	for _, ns := range s.without {
		if idle(ns) {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnUnused, Subject: "--exclude-namespaces " + ns, Message: "no namespace that was read matches, so that it leaves nothing out: check the name",
			})
		}
	}
	return out
}

// namespacesOf lists the namespaces that a snapshot has anything of, each once.
func namespacesOf(snap *analyzer.Snapshot) []string {
	have := map[string]bool{}
	for i := range snap.Workloads {
		have[snap.Workloads[i].Namespace] = true
	}
	for i := range snap.Usage {
		have[snap.Usage[i].Namespace] = true
	}
	for i := range snap.Namespaces {
		have[snap.Namespaces[i].Name] = true
	}
	return slices.Sorted(maps.Keys(have))
}

// all reports whether nothing of the namespaces is left out.
func (s Selection) all(namespaces []string) bool {
	return len(s.named) == 0 && len(s.Namespaces) == 0 && s.labels == nil && !slices.ContainsFunc(namespaces, func(ns string) bool { return !s.In(ns) })
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
	was := namespacesOf(snap)
	known := map[analyzer.Ref]bool{}
	snap.Workloads = slices.DeleteFunc(snap.Workloads, func(w analyzer.Workload) bool {
		known[w.Ref] = s.In(w.Namespace) && s.matches(w.Labels)
		return !known[w.Ref]
	})
	snap.Usage = slices.DeleteFunc(snap.Usage, func(u analyzer.ContainerUsage) bool {
		return !s.In(u.Namespace) || s.labels != nil && !known[u.Ref]
	})
	snap.Requests = slices.DeleteFunc(snap.Requests, func(q analyzer.RequestRate) bool { return !known[q.Ref] })
	snap.HPAs = slices.DeleteFunc(snap.HPAs, func(o analyzer.HPA) bool { return !s.In(o.Namespace) })
	snap.ScaledObjects = slices.DeleteFunc(snap.ScaledObjects, func(o analyzer.ScaledObject) bool { return !s.In(o.Namespace) })
	snap.VPAs = slices.DeleteFunc(snap.VPAs, func(o analyzer.VPA) bool { return !s.In(o.Namespace) })
	s.keepScalers(snap)
	snap.PDBs = slices.DeleteFunc(snap.PDBs, func(o analyzer.PDB) bool { return !s.In(o.Namespace) })
	snap.LimitRanges = slices.DeleteFunc(snap.LimitRanges, func(o analyzer.LimitRange) bool { return !s.In(o.Namespace) })
	snap.Quotas = slices.DeleteFunc(snap.Quotas, func(o analyzer.ResourceQuota) bool { return !s.In(o.Namespace) })
	snap.Volumes = slices.DeleteFunc(snap.Volumes, func(o analyzer.Volume) bool {
		ns, _, ok := strings.Cut(o.Claim, "/")
		return !ok || !s.In(ns)
	})
	snap.VolumeClaims = slices.DeleteFunc(snap.VolumeClaims, func(o analyzer.VolumeClaim) bool { return !s.In(o.Namespace) })
	snap.LoadBalancers = slices.DeleteFunc(snap.LoadBalancers, func(o analyzer.LoadBalancer) bool { return !s.In(o.Namespace) })
	s.warn(snap, was)
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

// warn tells what a selection of the namespaces that were read does to the nodes.
func (s Selection) warn(snap *analyzer.Snapshot, namespaces []string) {
	snap.Warnings = append(snap.Warnings, s.Unused(namespaces)...)
	if what := s.String(); what != "" && len(snap.Nodes) > 0 && !s.all(namespaces) {
		snap.Warnings = append(snap.Warnings, analyzer.Warning{
			Code: analyzer.WarnSelection, Subject: "selection",
			Message: fmt.Sprintf("only %s are counted; what else runs on the nodes is not, so nodes look emptier than they are", what),
		})
	}
}

// Of describes what is selected of what was selected before; both may be empty, as of
// all.
func (s Selection) Of(before string) string { return analyzer.OfThese(before, s.String()) }

// String describes what is selected, or is empty where all is.
func (s Selection) String() string {
	var parts []string
	names := s.named
	if len(names) == 0 {
		names = s.Namespaces
	}
	if len(names) > 0 {
		parts = append(parts, "namespaces "+strings.Join(names, ", "))
	}
	if len(s.without) > 0 {
		parts = append(parts, "namespaces other than "+strings.Join(s.without, ", "))
	}
	if s.labels != nil {
		parts = append(parts, "workloads with "+s.labels.String())
	}
	return strings.Join(parts, " and ")
}
