package build

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// five rounds to the decimals that OpenCost has.
func five(v float64) float64 { return document.Decimals(v, 5) }

func rowOf(r *allocation.Row, of *document.Allocation, hours float64) document.AllocationRow {
	p := r.Properties
	out := document.AllocationRow{
		Name: r.Name, Window: of.Window, Start: of.Window.Start, End: of.Window.End, Minutes: of.Minutes,
		Properties: document.AllocationProperties{
			Cluster: p.Cluster, Node: p.Node, Namespace: p.Namespace, Controller: p.Controller, ControllerKind: p.Kind, Container: p.Container,
			Pod: p.Pod, ProviderID: p.ProviderID, Labels: p.Labels, NamespaceLabels: p.NamespaceLabels,
		},
		CPUCores: five(r.Hold.CPU.Held / 1000 / hours), CPUCoreRequestAverage: five(r.Hold.CPU.Requested / 1000 / hours),
		CPUCoreUsageAverage: five(r.Hold.CPU.Used / 1000 / hours), CPUCoreHours: five(r.Hold.CPU.Held / 1000),
		GPUCount: five(r.Hold.GPUHours / hours), GPUHours: five(r.Hold.GPUHours),
		RAMBytes: math.Round(r.Hold.Memory.Held / hours), RAMByteRequestAverage: math.Round(r.Hold.Memory.Requested / hours),
		RAMByteUsageAverage: math.Round(r.Hold.Memory.Used / hours), RAMByteHours: math.Round(r.Hold.Memory.Held),
		PVBytes: math.Round(r.VolumeByteHours / hours), PVByteHours: math.Round(r.VolumeByteHours),
	}
	if of.Seen > 0 && !of.OfMoment() {
		cpu, memory, total := r.Efficiency()
		cpu, memory, total = five(cpu), five(memory), five(total)
		out.CPUEfficiency, out.RAMEfficiency, out.TotalEfficiency = &cpu, &memory, &total
	}
	out.PriceGap = gapText(typeNames(r.Estimated), typeNames(r.Unpriced))
	if !r.Limits.Unknown {
		cpu, memory := five(r.Limits.CPU/1000/hours), math.Round(r.Limits.Memory/hours)
		out.CPUCoreLimitAverage, out.RAMByteLimitAverage = &cpu, &memory
	}
	if r.Hold.GPUHours > 0 {
		out.GPUAllocation = &document.GPUAllocation{GPUModel: r.GPUModel, GPURequestAverage: out.GPUCount}
	}
	return out
}

func typeNames(types []string) []string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = cmp.Or(t, "a machine without a type")
	}
	return out
}

func setCost(r *document.AllocationRow, p []document.Dollars) {
	r.CPUCost, r.RAMCost, r.GPUCost, r.PVCost, r.LoadBalancerCost, r.SharedCost = p[0], p[1], p[2], p[3], p[4], p[5]
	r.TotalCost = p[0] + p[1] + p[2] + p[3] + p[4] + p[5]
}

// setIdle says which part of the costs is idle that is shared.
func setIdle(r *document.AllocationRow, idle pricing.Cost) {
	part := func(usd float64, of document.Dollars) document.Dollars {
		return min(of, document.Dollars(document.Whole(document.Finite(usd)*document.PerDollar)))
	}
	r.CPUCostIdle, r.RAMCostIdle, r.GPUCostIdle = part(idle.CPU, r.CPUCost), part(idle.Memory, r.RAMCost), part(idle.GPU, r.GPUCost)
}

// setSingle lists the volumes and load balancers one by one. Their costs are
// rounded so that they add up to the row's.
func setSingle(r *document.AllocationRow, of *allocation.Row, a *allocation.Allocation) {
	r.PVs = make(map[string]document.PVAllocation, len(of.Volumes))
	names, costs := partsOf(of.Volumes, r.PVCost)
	for i, name := range names {
		r.PVs["cluster="+a.Cluster+":name="+name] = document.PVAllocation{ByteHours: math.Round(of.Volumes[name].ByteHours), Cost: costs[i]}
	}
	r.LBAllocations = make(map[string]document.LBAllocation, len(of.LoadBalancers))
	names, costs = partsOf(of.LoadBalancers, r.LoadBalancerCost)
	for i, name := range names {
		r.LBAllocations[a.Cluster+"/"+name] = document.LBAllocation{Service: name, Cost: costs[i], Hours: five(a.Hours)}
	}
}

// partsOf gives the names of parts in order, and what each costs of a sum.
func partsOf(parts map[string]allocation.Part, sum document.Dollars) ([]string, []document.Dollars) {
	names := slices.Sorted(maps.Keys(parts))
	usd := make([]float64, len(names))
	for i, name := range names {
		usd[i] = parts[name].USD
	}
	return names, apportioned(sum, usd, 1, document.PerDollar)
}
