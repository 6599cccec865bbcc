package manifest

import "slices"

// Selects reports whether a label selector matches the labels. An empty
// selector matches everything, a missing one nothing.
func Selects(selector *Node, labels map[string]string) bool {
	if selector == nil || selector.Kind != Map {
		return false
	}
	for name, want := range selector.Field("matchLabels").Strings() {
		if got, ok := labels[name]; !ok || got != want {
			return false
		}
	}
	for _, e := range selector.Field("matchExpressions").List() {
		if !matches(e, labels) {
			return false
		}
	}
	return true
}

func matches(e *Node, labels map[string]string) bool {
	got, there := labels[e.Field("key").String()]
	in := slices.ContainsFunc(e.Field("values").List(), func(v *Node) bool { return v.String() == got })
	switch e.Field("operator").String() {
	case "In":
		return there && in
	case "NotIn":
		return !there || !in
	case "Exists":
		return there
	case "DoesNotExist":
		return !there
	}
	return false
}
