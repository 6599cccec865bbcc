package packing

import (
	"slices"
	"strconv"
)

// Admits says whether a node of the offering may run the pod, sizes aside.
func Admits(o *Offering, p *Pod) bool {
	if p.Zone != "" && p.Zone != o.Zone {
		return false
	}
	if len(p.Archs) > 0 && !slices.Contains(p.Archs, o.Arch) {
		return false
	}
	for key, want := range p.NodeSelector {
		if got, ok := o.label(key); !ok || got != want {
			return false
		}
	}
	return affine(o, p.Affinity) && tolerated(o.Taints, p.Tolerations)
}

func affine(o *Offering, terms []Term) bool {
	if len(terms) == 0 {
		return true
	}
	for _, term := range terms {
		if len(term) > 0 && !slices.ContainsFunc(term, func(r Requirement) bool { return !r.holds(o) }) {
			return true
		}
	}
	return false
}

// holds compares as the scheduler does: NotIn and DoesNotExist hold for a
// missing label, Gt and Lt only between integers.
func (r Requirement) holds(o *Offering) bool {
	got, ok := o.label(r.Key)
	switch r.Operator {
	case In:
		return ok && slices.Contains(r.Values, got)
	case NotIn:
		return !ok || !slices.Contains(r.Values, got)
	case Exists:
		return ok
	case DoesNotExist:
		return !ok
	case Gt, Lt:
		if !ok || len(r.Values) != 1 {
			return false
		}
		a, errA := strconv.ParseInt(got, 10, 64)
		b, errB := strconv.ParseInt(r.Values[0], 10, 64)
		if errA != nil || errB != nil {
			return false
		}
		return r.Operator == Gt && a > b || r.Operator == Lt && a < b
	}
	return false
}

func tolerated(taints []Taint, tolerations []Toleration) bool {
	for _, taint := range taints {
		if taint.Effect == "PreferNoSchedule" {
			continue
		}
		if !slices.ContainsFunc(tolerations, func(t Toleration) bool { return t.Tolerates(taint) }) {
			return false
		}
	}
	return true
}

// Tolerates tells whether a pod with the toleration may run in spite of the taint.
func (t Toleration) Tolerates(taint Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect {
		return false
	}
	if t.Operator == "Exists" {
		return t.Key == "" || t.Key == taint.Key
	}
	return t.Key == taint.Key && t.Value == taint.Value
}
