package object

import (
	"maps"
	"slices"
	"strings"
)

// labelSet is a set of labels that many pods share.
type labelSet map[string]string

// Has, Get and Lookup make a labelSet a labels.Labels.
func (l labelSet) Has(label string) bool { _, ok := l[label]; return ok }

// Get gives a label's value, or nothing.
func (l labelSet) Get(label string) string { return l[label] }

// Lookup gives a label's value and whether it is there.
func (l labelSet) Lookup(label string) (string, bool) { v, ok := l[label]; return v, ok }

// intern gives the one copy of an equal set: the pods of a ReplicaSet have the
// same labels, and a large cluster has a hundred thousand pods.
func (v *Inventory) intern(set map[string]string) labelSet {
	if len(set) == 0 {
		return nil
	}
	var key strings.Builder
	for _, k := range slices.Sorted(maps.Keys(set)) {
		key.WriteString(k)
		key.WriteByte(0)
		key.WriteString(set[k])
		key.WriteByte(0)
	}
	if known, ok := v.labelSets[key.String()]; ok {
		return known
	}
	put(&v.labelSets, key.String(), labelSet(set))
	return set
}
