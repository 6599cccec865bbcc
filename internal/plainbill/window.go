package plainbill

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Machine is a node and the share of the window's hours in which it was there. One stands
// for all nodes of its kind that are gone.
type Machine struct {
	analyzer.Node
	Share float64
}

// kept is the share of a node's price that the system keeps: of each resource what is not
// allocatable, at its unit price.
func (b *Bill) kept(n *analyzer.Node) float64 {
	p := b.priceOf(n)
	all := p.CPUPerCoreHour*float64(n.Capacity.CPU)/1000 + p.MemoryPerGiBHour*float64(n.Capacity.Memory)/(1<<30) + p.GPUPerHour*float64(p.GPUs)
	if all == 0 {
		return 0
	}
	return (p.CPUPerCoreHour*float64(n.Capacity.CPU-n.Allocatable.CPU)/1000 + p.MemoryPerGiBHour*float64(n.Capacity.Memory-n.Allocatable.Memory)/(1<<30)) / all
}

// fleet are the nodes that the bill is of: today's in all hours, or where an autoscaler adds
// and takes them those of the window, each of today's for the hours in which its series was
// there, and beside it what its kind had as nodes that are gone.
func (b *Bill) fleet() (today []Machine) {
	for _, n := range b.Snap.Nodes {
		today = append(today, Machine{n, 1})
	}
	h := b.Snap.NodeHistory
	if h == nil || len(h.Hours) < 24 || b.Snap.NodeAutoscaler() == "" {
		return today
	}
	fleet := b.windowFleet(h)
	for i := range fleet {
		if b.hourly(&fleet[i].Node) == 0 && fleet[i].Share > 0 {
			return today // a node without a price: the bill stays that of the moment
		}
	}
	b.byHour = true
	return fleet
}

// windowFleet are today's nodes, and what stands for those of each kind that are gone.
func (b *Bill) windowFleet(h *analyzer.NodeHistory) (fleet []Machine) {
	mean, today := make([]float64, len(h.Kinds)), make([]float64, len(h.Kinds))
	for k := range h.Kinds {
		for _, count := range h.Kinds[k].Count {
			mean[k] += float64(count) / float64(len(h.Hours))
		}
	}
	kinds := h.IndexOf(b.Snap.Nodes)
	for i, k := range kinds {
		m := Machine{Node: b.Snap.Nodes[i]}
		if k >= 0 {
			m.Share = h.Stayed[m.Name] / float64(len(h.Hours))
			today[k] += m.Share
		}
		fleet = append(fleet, m)
	}
	for i, k := range kinds {
		if k >= 0 && today[k] > mean[k] {
			fleet[i].Share *= mean[k] / today[k]
		}
	}
	for k, one := range h.Kinds {
		if left := mean[k] - math.Min(today[k], mean[k]); left > 1e-8 {
			labels := maps.Clone(one.Labels)
			if zone := labels["topology.kubernetes.io/zone"]; labels["topology.kubernetes.io/region"] == "" && zone != "" {
				labels["topology.kubernetes.io/region"] = strings.TrimRight(zone, "abcdef")
			}
			fleet = append(fleet, Machine{analyzer.Node{Name: fmt.Sprintf("gone %d", k), Taints: one.Taints, Labels: labels, ProviderID: one.ProviderID, Capacity: one.Capacity, Allocatable: one.Allocatable}, left})
		}
	}
	return fleet
}
