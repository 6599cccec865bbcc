package check

import "math"

// Replicas judges an autoscaler's least and most replicas.
func Replicas(least, most int32) (Kind, bool) {
	switch {
	case least < 0 || most < 1 || least > most:
		return Invalid, true
	case least == most:
		return Range, true
	}
	return Kind{}, false
}

// Metric is a metric of an autoscaler on usage of CPU or memory.
type Metric struct {
	Resource string // cpu or memory
	// Container is the only one that is counted; empty counts all.
	Container string
	// Share says that Target is percent of the request; else it is millicores or bytes
	// a pod. 0 and less is not known.
	Share  bool
	Target int64
	// Whole is the request of the pod as a whole, which the metric divides by in place
	// of its containers'; 0 is none.
	Whole int64
}

// Part is what a container of the target has of a metric's resource, in millicores or
// bytes; 0 is none.
type Part struct {
	Name           string
	Request, Limit int64
	// Unclear is a request that cannot be told.
	Unclear bool
	// BySet is a request that a VPA sets, by its mode and policies.
	BySet bool
}

// IsResource reports whether a metric of this type and name is usage of CPU or memory.
func IsResource(kind, name string) bool {
	return (kind == "Resource" || kind == "ContainerResource") && (name == "cpu" || name == "memory")
}

// Counted lists the parts whose usage the metric adds up.
func (m Metric) Counted(all []Part) (out []Part) {
	for _, p := range all {
		if m.Container == "" || p.Name == m.Container {
			out = append(out, p)
		}
	}
	return out
}

// WithoutRequest names the counted containers that lack the request which the metric
// divides by.
func (m Metric) WithoutRequest(all []Part) (names []string) {
	if !m.Share || m.Whole > 0 {
		return nil
	}
	for _, p := range m.Counted(all) {
		if p.Request == 0 && !p.Unclear {
			names = append(names, p.Name)
		}
	}
	return names
}

// Reach is how far usage of a pod must go for pods to be added, and how far its limits
// let it go, in millicores or bytes.
type Reach struct {
	Needed, Limit, Request int64
	// Most is the largest target, in percent of the request, that can be passed.
	Most int64
}

// Unreachable tells a metric that the limits keep below the target and the tolerance on
// top of it, a share. Containers without a limit may use what the node has.
func (m Metric) Unreachable(all []Part, tolerance float64) (r Reach, yes bool) {
	for _, p := range m.Counted(all) {
		if p.Limit == 0 || p.Unclear {
			return r, false
		}
		r.Request, r.Limit = r.Request+p.Request, r.Limit+p.Limit
	}
	if m.Whole > 0 {
		r.Request = m.Whole
	}
	if m.Target <= 0 || r.Request == 0 {
		return r, false
	}
	at := float64(m.Target)
	if m.Share {
		at = at / 100 * float64(r.Request)
	}
	const noise = 1e-9 // of binary fractions
	needed := at * (1 + tolerance)
	r.Needed = int64(math.Round(needed))
	r.Most = int64(math.Ceil(float64(r.Limit)/float64(r.Request)*100/(1+tolerance)-noise)) - 1
	return r, needed*(1+noise) >= float64(r.Limit)
}

// AgainstVPA reports whether a VPA sets a request that the metric divides by.
func (m Metric) AgainstVPA(all []Part) bool {
	if !m.Share {
		return false
	}
	for _, p := range m.Counted(all) {
		if p.BySet {
			return true
		}
	}
	return false
}

// VPASets reports whether a VPA of this mode changes requests. Initial sets them when a
// pod starts, which an autoscaler makes it do.
func VPASets(mode string) bool { return mode != "Off" }

// The utilization targets, in percent, that are let pass, and advised, where nothing else is
// known.
const (
	LeastTarget = 30
	MostTarget  = 90
)
