// Package kubelet says what the nodes of a pool show of how their kubelets are set: what these
// keep for themselves beyond the provider's formula, and how many pods they take. A new type in
// the pool is set likewise.
package kubelet

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
)

// Setting is how the kubelets of a pool are set. The zero value is as the provider sets them.
type Setting struct {
	// CPU and Memory are the most that a node keeps beyond the formula, in millicores and
	// bytes; CPUShare and MemoryShare the same as parts of the machine.
	CPU, Memory           int64
	CPUShare, MemoryShare float64
	// MaxPods is the least that a node takes, where the provider's table of types does not
	// bind: its nodes take more. 0 where it does.
	MaxPods int64
	// Fewer is the least that a node takes where it takes fewer than the table says; else 0.
	Fewer int64
	// Halved says that some node takes as many fewer as one of its network interfaces has
	// addresses: pods may not use the first one.
	Halved bool
}

// Of reads the setting of a pool's nodes.
func Of(provider string, members []pin.Member) Setting {
	var s Setting
	of := cloud.Of(provider)
	if of == nil {
		return s
	}
	bound := false // by the table
	for i := range members {
		m := &members[i]
		if m.Machine.CPUMillis > 0 && m.Machine.MemoryBytes > 0 && !pin.Bursts(provider, m.Machine.InstanceType) {
			s.keeps(of, m)
		}
		bound = s.takes(of, m) || bound
	}
	if bound {
		s.MaxPods = 0
	}
	return s
}

// takes notes how many pods a node takes, and reports whether its provider's table bounds them.
func (s *Setting) takes(of *cloud.Cloud, m *pin.Member) (bound bool) {
	table, most := m.Machine.MaxPods, of.Leaves(cloud.Machine{VCPU: m.Machine.CPUMillis / 1000}).Pods
	switch {
	case !of.PodsByType || table <= 0 || m.MaxPods <= 0:
	case m.MaxPods > table:
		if s.MaxPods == 0 || m.MaxPods < s.MaxPods {
			s.MaxPods = m.MaxPods
		}
	case m.MaxPods < min(table, most):
		if s.Fewer == 0 || m.MaxPods < s.Fewer {
			s.Fewer = m.MaxPods
		}
		s.Halved = s.Halved || (table-2)%(table-m.MaxPods) == 0
		return true
	case table < most:
		return true
	}
	return false
}

// keeps notes what a node keeps beyond the formula. Huge pages are of its memory too.
func (s *Setting) keeps(of *cloud.Cloud, m *pin.Member) {
	formula := of.Leaves(MachineOf(&m.Machine, m.MaxPods))
	memory := m.Allocatable.Memory
	for name, n := range m.Resources {
		if strings.HasPrefix(name, "hugepages-") {
			memory += n
		}
	}
	if more := formula.CPU - m.Allocatable.CPU; m.Allocatable.CPU > 0 && more > 0 {
		s.CPU, s.CPUShare = max(s.CPU, more), max(s.CPUShare, float64(more)/float64(m.Machine.CPUMillis))
	}
	if more := formula.Memory - memory; m.Allocatable.Memory > 0 && more > 0 {
		s.Memory, s.MemoryShare = max(s.Memory, more), max(s.MemoryShare, float64(more)/float64(m.Machine.MemoryBytes))
	}
}

// MachineOf is a type as the formulas take it.
func MachineOf(o *pricing.Offering, maxPods int64) cloud.Machine {
	return cloud.Machine{VCPU: o.CPUMillis / 1000, Memory: o.MemoryBytes, ARM64: o.Arch == "arm64", MaxPods: maxPods}
}

// Pods is how many pods a new type takes on a network that gives each an address of its
// machine; 0 where nothing bounds them but the kubelet. Where pods may not use the first of its
// interfaces, half of the addresses are left where it has two, the least that there are.
func (s *Setting) Pods(o *pricing.Offering) int64 {
	switch {
	case s.MaxPods > 0:
		return s.MaxPods
	case s.Fewer == 0:
		return o.MaxPods
	case o.MaxPods == 0:
		return s.Fewer
	case s.Halved:
		return min(s.Fewer, o.MaxPods/2)
	}
	return min(s.Fewer, o.MaxPods)
}

// Less takes what the pool's kubelets keep off what the formula leaves of a new type: as much,
// or as large a part of it, whichever is more. It is not known which of the two they were set to.
func (s *Setting) Less(o *pricing.Offering, a cloud.Allocatable) cloud.Allocatable {
	a.CPU = max(a.CPU-max(s.CPU, int64(s.CPUShare*float64(o.CPUMillis))), 0)
	a.Memory = max(a.Memory-max(s.Memory, int64(s.MemoryShare*float64(o.MemoryBytes))), 0)
	return a
}
