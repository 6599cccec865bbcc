package group

import (
	"cmp"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Range is the machines that a flexible group may launch.
type Range struct {
	Types []string // the cheapest for their size first
	// Families are those of Types, where they say the same with LeastCPU and MostCPU: on
	// demand, on AWS, without patterns of types; sorted.
	Families          []string
	LeastCPU, MostCPU int64 // millicores of the smallest and the largest machine
	// Fallback is the capacity type to launch where there is none of the group's own;
	// empty for none.
	Fallback string
}

// Bound gives the range the least and most size of its types.
func (r *Range) Bound(sizes map[string]Size) {
	for _, name := range r.Types {
		if cpu := sizes[name].CPU; r.LeastCPU == 0 || cpu < r.LeastCPU {
			r.LeastCPU = cpu
		}
		r.MostCPU = max(r.MostCPU, sizes[name].CPU)
	}
}

// Candidate is a type that a group may launch.
type Candidate struct {
	Name string
	Size Size
	Rate float64 // USD an hour for its size
}

// Candidates lists the types of offerings whose devices are those of the plan, the
// cheapest for their size first.
func Candidates(own []packing.Offering, devices map[string]bool, sizes map[string]Size) []Candidate {
	byType := map[string]Candidate{}
	for i := range own {
		o := &own[i]
		size := sizes[o.Type]
		if c, seen := byType[o.Type]; devices[o.Labels[pin.DeviceLabel]] && size.CPU > 0 && (!seen || o.USDPerHour/size.Units() < c.Rate) {
			byType[o.Type] = Candidate{o.Type, size, o.USDPerHour / size.Units()}
		}
	}
	return slices.SortedFunc(maps.Values(byType), func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Name, b.Name))
	})
}

// Size is what the autoscalers count: the machine, not its allocatable.
type Size struct{ CPU, Memory, GPUs int64 } // millicores, bytes

// Compare orders sizes.
func (a Size) Compare(b Size) int {
	return cmp.Or(cmp.Compare(a.CPU, b.CPU), cmp.Compare(a.Memory, b.Memory), cmp.Compare(a.GPUs, b.GPUs))
}

// SizeOf is the size of an offering's machine.
func SizeOf(o pricing.Offering) Size { return Size{o.CPUMillis, o.MemoryBytes, o.GPUs} }

// Units is a size as money sees it, in cores.
func (a Size) Units() float64 {
	return float64(a.CPU)/1000 + float64(a.Memory)/(memoryPerCore<<30)
}
