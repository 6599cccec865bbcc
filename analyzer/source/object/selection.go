package object

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
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
