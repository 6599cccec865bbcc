// Package group says what pools an autoscaler needs to launch a plan's nodes: their machines
// by size, what may stand in for them, and how many may go at one time.
package group

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// StandInShare is how much more a type may cost than the planned one that
// it can stand in for where that is sold out.
const StandInShare = 0.15

// Group is the planned nodes that one pool of an autoscaler can launch:
// alike in capacity type, architecture, GPUs, the labels that pods select by,
// and taints. Kept nodes are in none.
type Group struct {
	Name         string // unique, a DNS label
	Provider     string
	Region       string
	CapacityType string
	Arch         string
	Labels       map[string]string
	Taints       []packing.Taint
	Zones        []string // where it may launch, sorted
	// NodeClass is the one of Karpenter that today's nodes of the kind share.
	NodeClass string
	AutoMode  bool    // EKS Auto Mode runs its nodes
	Shapes    []Shape // by size
	Count     int
	CPU       int64 // of the planned machines, millicores
	Memory    int64 // of the planned machines, bytes
	// LimitCPU and LimitMemory are a guard against a runaway bill, in machine sizes:
	// twice the plan, or what runs now and the plan beside it while pods move, whichever
	// is more, and what HPAs may ask for at their maxima.
	LimitCPU, LimitMemory int64
	// Disk is what its nodes' disks have to leave pods, in bytes, where the one that a node
	// gets by default is too small for those that the plan has on one; else 0.
	Disk int64
	// Weight, from 1 to 100, is higher the less its nodes cost for their size.
	Weight int
	// Drains is how many of its nodes may go at one time such that no
	// PodDisruptionBudget is asked for more than it allows; at least 1.
	Drains int
	// Range is what a flexible group may launch; nil in other styles.
	Range *Range
	Nodes []int // indexes into the plan's nodes
}

// Shape is the part of a group whose machines have the same size.
type Shape struct {
	CPU, Memory int64    // of a machine, millicores and bytes
	GPUs        int64    // of a machine
	Types       []string // the plan's first, most nodes first, then those that can stand in
	Planned     int      // how many of Types are in the plan
	Count       int
	Most        int     // nodes that it may grow to: as many as the group's limits hold of it
	Hourly      float64 // USD for all its nodes
}

// ShapeOf is the shape of nodes of one size. nodes are indexes into planned, own what their
// pool could grow by, sizes the machines' by type.
func ShapeOf(size Size, nodes []int, planned []packing.PlannedNode, own []packing.Offering, sizes map[string]Size) Shape {
	s := Shape{CPU: size.CPU, Memory: size.Memory, GPUs: size.GPUs, Count: len(nodes)}
	count, price := map[string]int{}, map[string]float64{}
	for _, i := range nodes {
		o := &planned[i].Offering
		count[o.Type]++
		price[o.Type] = o.USDPerHour
		s.Hourly += o.USDPerHour
	}
	s.Types = slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(s.Types, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	s.Planned = len(s.Types)
	s.Types = append(s.Types, standIns(nodes, planned, price, own, size, sizes)...)
	return s
}

// standIns lists types of the same size that hold what the planned ones hold
// for little more, the cheapest first.
func standIns(nodes []int, planned []packing.PlannedNode, price map[string]float64, own []packing.Offering, size Size, sizes map[string]Size) []string {
	least, most := packing.Offering{}, 0.0
	for _, i := range nodes {
		o := &planned[i].Offering
		least.CPU, least.Memory, least.Pods = max(least.CPU, o.CPU), max(least.Memory, o.Memory), max(least.Pods, o.Pods)
		most = max(most, o.USDPerHour)
	}
	cost := map[string]float64{}
	for _, o := range own {
		fits := o.CPU >= least.CPU && o.Memory >= least.Memory && o.Pods >= least.Pods && sizes[o.Type] == size
		if _, there := price[o.Type]; !there && fits && o.USDPerHour <= most*(1+StandInShare) {
			cost[o.Type] = o.USDPerHour
		}
	}
	out := slices.Sorted(maps.Keys(cost))
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(cost[a], cost[b]) })
	return out
}

// Name gives each group a name out of what tells it from others.
func Name(groups []Group) {
	used := map[string]int{}
	for i := range groups {
		g := &groups[i]
		parts := []string{g.CapacityType, g.Arch}
		for _, k := range slices.Sorted(maps.Keys(g.Labels)) {
			parts = append(parts, g.Labels[k])
		}
		if len(g.Labels) == 0 {
			for _, t := range g.Taints {
				word := t.Value
				if word == "" || word == "true" {
					word = t.Key
				}
				if !slices.Contains(parts, word) {
					parts = append(parts, word)
				}
			}
		}
		g.Name = dnsLabel(strings.Join(parts, "-"))
		if used[g.Name]++; used[g.Name] > 1 {
			g.Name += "-" + strconv.Itoa(used[g.Name])
		}
	}
}

// longestName leaves room for the suffixes that autoscalers add.
const longestName = 40

// dnsLabel turns text into a name that Kubernetes takes.
func dnsLabel(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if n := b.Len(); n > 0 && b.String()[n-1] != '-' {
			b.WriteByte('-')
		}
	}
	name := b.String()
	return strings.Trim(name[:min(len(name), longestName)], "-")
}

// Weigh ranks the groups by price for size, in steps of 10 from 1 for
// the dearest, so that an autoscaler tries the cheapest first.
func Weigh(groups []Group) {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	rate := func(g *Group) float64 {
		sum := 0.0
		for _, s := range g.Shapes {
			sum += s.Hourly
		}
		return sum / (float64(g.CPU)/1000 + float64(g.Memory)/(memoryPerCore<<30) + 1e-9)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rate(&groups[b]), rate(&groups[a])) })
	for rank, i := range order {
		groups[i].Weight = min(1+10*rank, 100)
	}
}

// memoryPerCore is the GiB that cost about what one core costs.
const memoryPerCore = 8
