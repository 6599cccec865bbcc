package evidence

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Of takes from a report what the gate needs of it. name is the
// report's, for people.
func Of(r *document.Report, name string) *Set {
	from := r.Metadata.GeneratedFrom
	e := &Set{
		Source: fmt.Sprintf("%s of %s", name, from.End.UTC().Format("2006-01-02")),
		Days:   from.End.Sub(from.Start).Hours() / 24, Unread: analyzer.UnreadOf(r.Warnings), Workloads: map[analyzer.Ref]*Workload{},
	}
	for _, w := range r.Workloads {
		seen := &Workload{Replicas: w.MeanPods, Containers: map[string]*Container{}}
		if seen.Replicas == 0 {
			seen.Replicas = float64(w.Replicas)
		}
		for i := range w.Containers {
			seen.Containers[w.Containers[i].Name] = containerEvidence(&w.Containers[i])
		}
		if h := w.Horizontal; h != nil {
			seen.Scaling = &Scaling{Targets: targetsOf(&h.Current), Advised: targetsOf(h.Recommended), Slowdown: h.Slowdown}
			if v := h.Variability; v != nil {
				seen.Scaling.Variability = replay.Variability{Service: v.Service, Load: v.Load}
			}
			seen.Scaling.Requests = requestsOf(h.Recommended)
		}
		e.Workloads[analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}] = seen
	}
	return e
}

// targetsOf gives the utilization targets of an autoscaler, by resource.
func targetsOf(s *document.Scaling) map[string]int64 {
	if s == nil {
		return map[string]int64{}
	}
	return utilizations(s.Metrics)
}

// requestsOf gives the CPU requests that go together with a scaling, in millicores.
func requestsOf(s *document.Scaling) map[string]int64 {
	out := map[string]int64{}
	for i := 0; s != nil && i < len(s.Requests); i++ {
		out[s.Requests[i].Container] = amounts(document.Resources{CPU: s.Requests[i].CPU}).CPU
	}
	return out
}

func containerEvidence(c *document.Container) *Container {
	e := &Container{Current: amounts(c.Current.Requests), OOMKills: c.OOMKills, Confidence: c.Confidence}
	if c.Recommended != nil {
		requests, limits := amounts(c.Recommended.Requests), amounts(c.Recommended.Limits)
		e.Requests, e.Limits = &requests, &limits
	}
	for _, w := range c.Withheld {
		e.WithheldCPU = e.WithheldCPU || w.Resource == "cpu"
		e.WithheldMemory = e.WithheldMemory || w.Resource == "memory"
	}
	if u := c.Usage.CPU; u != nil {
		milli := func(v document.CPU) float64 { return float64(v) / 1000 }
		e.CPU = Curve{{Share: 0.5, Value: milli(u.P50)}, {Share: 0.95, Value: milli(u.P95)}, {Share: 0.99, Value: milli(u.P99)}, {Share: 1, Value: milli(u.Max)}}
	}
	if u := c.Usage.Memory; u != nil {
		e.Memory = Curve{{Share: 0.5, Value: float64(u.P50)}, {Share: 0.95, Value: float64(u.P95)}, {Share: 0.99, Value: float64(u.P99)}, {Share: 1, Value: float64(u.Max)}}
	}
	return e
}

// amounts gives the report's quantities as integers; parts of a millicore
// round up.
func amounts(r document.Resources) analyzer.Amounts {
	return analyzer.Amounts{CPU: (int64(r.CPU) + 999) / 1000, Memory: int64(r.Memory), GPU: int64(r.GPU)}
}

// PricesOf gives the mean unit price of the report's nodes: what their types'
// CPU and memory cost, brought to the hourly price that the report says.
// provider is the catalog's own, for nodes that name none; empty without one.
func PricesOf(r *document.Report, catalog *pricing.Catalog, provider string) Prices {
	var sum cost.UnitPrice
	nodes := 0.0
	for _, pool := range r.Nodes.Current.Pools {
		labels := map[string]string{"node.kubernetes.io/instance-type": pool.InstanceType, "topology.kubernetes.io/zone": pool.Zone}
		n := pricing.Node{Labels: labels}
		if own := providerOf(r); own != "" && provider == "" {
			n.ProviderID = cloud.Of(own).Schemes[0]
		}
		p := catalog.NodePrice(n)
		if p.Status == pricing.Missing || p.USDPerHour == 0 {
			continue
		}
		scale, count := pool.Hourly/p.USDPerHour, float64(pool.Count)
		sum.CoreHour += count * scale * p.CPUPerCoreHour
		sum.GiBHour += count * scale * p.MemoryPerGiBHour
		sum.GPUHour += count * scale * p.GPUPerHour
		nodes += count
	}
	if nodes == 0 {
		return Prices{}
	}
	unit := cost.UnitPrice{CoreHour: sum.CoreHour / nodes, GiBHour: sum.GiBHour / nodes, GPUHour: sum.GPUHour / nodes}
	return Prices{Unit: unit, Source: "the report's nodes"}
}

// providerOf gives the cloud of a report; "" where its
// prices are of several clouds, or of none. One cloud's prices may come from
// several tables.
func providerOf(r *document.Report) string {
	out := ""
	for _, p := range r.Prices {
		if out != "" && out != p.Provider {
			return ""
		}
		out = p.Provider
	}
	if cloud.Of(out) == nil {
		return ""
	}
	return out
}

// PriceOfType gives the unit price of an instance type, or of a usual machine
// of the region.
func PriceOfType(catalog *pricing.Catalog, instanceType string) Prices {
	n := pricing.Node{CPUMillis: 4000, MemoryBytes: 16 << 30}
	source := "a machine of 4 cores and 16 GiB"
	if instanceType != "" {
		n = pricing.Node{Labels: map[string]string{"node.kubernetes.io/instance-type": instanceType}}
		source = instanceType
	}
	p := catalog.NodePrice(n)
	if p.Status == pricing.Missing {
		return Prices{}
	}
	return Prices{
		Unit:   cost.UnitPrice{CoreHour: p.CPUPerCoreHour, GiBHour: p.MemoryPerGiBHour, GPUHour: p.GPUPerHour},
		Source: fmt.Sprintf("%s in %s, %s, as of %s", source, p.Offering.Region, p.Source, p.AsOf),
	}
}
