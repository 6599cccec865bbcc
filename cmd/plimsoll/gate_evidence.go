package main

import (
	"context"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// addEvidence reads the report or snapshot, and finds the prices.
func (f *gateFlags) addEvidence(ctx context.Context, in *gate.Input, policy *gate.Policy) error {
	catalog, err := f.prices.catalog(ctx)
	if err != nil {
		return err
	}
	switch {
	case f.snapshot != "":
		err = f.fromSnapshot(ctx, in, policy, catalog)
	case f.report != "":
		err = f.fromReport(ctx, in, catalog)
	}
	if err != nil {
		return err
	}
	if !in.Prices.Known() && f.prices.provider != "" && f.prices.region != "" {
		in.Prices = priceOfType(catalog, policy.Node.InstanceType)
	}
	node, err := policy.NodeSize(catalog, f.prices.provider, f.prices.region)
	if err != nil {
		return err
	}
	if in.Node = node; node == (analyzer.Amounts{}) && in.Evidence != nil {
		in.Node = in.Evidence.Node
	}
	return nil
}

func (f *gateFlags) fromReport(ctx context.Context, in *gate.Input, catalog *pricing.Catalog) error {
	file, err := f.files.open(ctx, f.report)
	if err != nil {
		return sourceError(reading("--report", err))
	}
	name := f.files.shown(f.report)
	defer file.Close()
	r, err := document.Read(file)
	if err != nil {
		return sourceError(fmt.Errorf("reading --report: %s: %w", name, err))
	}
	in.Evidence = evidenceOf(r, name)
	in.Prices = pricesOf(r, catalog, f.prices)
	return nil
}

func (f *gateFlags) fromSnapshot(ctx context.Context, in *gate.Input, policy *gate.Policy, catalog *pricing.Catalog) error {
	snap, err := readSnapshot(ctx, f.files, f.snapshot)
	if err != nil {
		return sourceError(err)
	}
	name := f.files.shown(f.snapshot)
	opts := recommender.Options{RiskCPU: policy.Evidence.RiskCPU, RiskOOM: policy.Evidence.RiskOOM}
	r, err := advise(ctx, snap, catalog, opts, &allocateFlags{}, &f.prices)
	if err != nil {
		return err
	}
	in.Evidence = evidenceOf(r, name)
	for _, n := range snap.Nodes {
		in.Evidence.Node = in.Evidence.Node.Max(n.Allocatable)
	}
	facts := analyzer.Analyze(snap)
	costs := cost.Of(facts, catalog)
	in.Prices = gate.Prices{Unit: costs.MeanUnit, Workloads: map[analyzer.Ref]cost.UnitPrice{}, Source: "the nodes of " + name}
	for ref, w := range costs.Workloads {
		in.Prices.Workloads[ref] = w.Unit
	}
	addCurves(in.Evidence, facts)
	return nil
}

// addCurves replaces the report's five quantiles by a hundred.
func addCurves(e *gate.Evidence, facts *analyzer.Analysis) {
	for i := range facts.Workloads {
		w := &facts.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			if seen := e.Workloads[w.Ref]; seen != nil && seen.Containers[c.Name] != nil {
				seen.Containers[c.Name].CPU = curveOf(&c.CPU)
				seen.Containers[c.Name].Memory = curveOf(&c.Memory)
			}
		}
	}
}

func curveOf(u *analyzer.ResourceUsage) gate.Curve {
	if u.Samples.Count() == 0 {
		return nil
	}
	out := gate.Curve{}
	for q := 0.01; q < 0.995; q += 0.01 {
		out = append(out, gate.Point{Share: q, Value: u.Samples.Quantile(q)})
	}
	return append(out, gate.Point{Share: 1, Value: u.Samples.Max()})
}

// evidenceOf takes from a report what the gate needs of it.
func evidenceOf(r *document.Report, name string) *gate.Evidence {
	from := r.Metadata.GeneratedFrom
	e := &gate.Evidence{
		Source: fmt.Sprintf("%s of %s", name, from.End.UTC().Format("2006-01-02")),
		Days:   from.End.Sub(from.Start).Hours() / 24, Workloads: map[analyzer.Ref]*gate.WorkloadEvidence{},
	}
	for _, w := range r.Workloads {
		seen := &gate.WorkloadEvidence{Replicas: w.MeanPods, Containers: map[string]*gate.ContainerEvidence{}}
		if seen.Replicas == 0 {
			seen.Replicas = float64(w.Replicas)
		}
		for i := range w.Containers {
			seen.Containers[w.Containers[i].Name] = containerEvidence(&w.Containers[i])
		}
		e.Workloads[analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}] = seen
	}
	return e
}

func containerEvidence(c *document.Container) *gate.ContainerEvidence {
	e := &gate.ContainerEvidence{Current: amounts(c.Current.Requests), OOMKills: c.OOMKills, Confidence: c.Confidence}
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
		e.CPU = gate.Curve{{Share: 0.5, Value: milli(u.P50)}, {Share: 0.95, Value: milli(u.P95)}, {Share: 0.99, Value: milli(u.P99)}, {Share: 1, Value: milli(u.Max)}}
	}
	if u := c.Usage.Memory; u != nil {
		e.Memory = gate.Curve{{Share: 0.5, Value: float64(u.P50)}, {Share: 0.95, Value: float64(u.P95)}, {Share: 0.99, Value: float64(u.P99)}, {Share: 1, Value: float64(u.Max)}}
	}
	return e
}

// amounts gives the report's quantities as integers; parts of a millicore
// round up.
func amounts(r document.Resources) analyzer.Amounts {
	return analyzer.Amounts{CPU: (int64(r.CPU) + 999) / 1000, Memory: int64(r.Memory), GPU: int64(r.GPU)}
}

// pricesOf gives the mean unit price of the report's nodes: what their types'
// CPU and memory cost, brought to the hourly price that the report says.
func pricesOf(r *document.Report, catalog *pricing.Catalog, flags priceFlags) gate.Prices {
	var sum cost.UnitPrice
	nodes := 0.0
	for _, pool := range r.Nodes.Current.Pools {
		labels := map[string]string{"node.kubernetes.io/instance-type": pool.InstanceType, "topology.kubernetes.io/zone": pool.Zone}
		n := pricing.Node{Labels: labels}
		if provider := providerOf(r); provider != "" && flags.provider == "" {
			n.ProviderID = provider + "://"
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
		return gate.Prices{}
	}
	unit := cost.UnitPrice{CoreHour: sum.CoreHour / nodes, GiBHour: sum.GiBHour / nodes, GPUHour: sum.GPUHour / nodes}
	return gate.Prices{Unit: unit, Source: "the report's nodes"}
}

// providerOf gives the cloud of a report, as nodes' IDs name it; "" where its
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
	if out == "gcp" {
		return "gce"
	}
	return out
}

// priceOfType gives the unit price of an instance type, or of a usual machine
// of the region.
func priceOfType(catalog *pricing.Catalog, instanceType string) gate.Prices {
	n := pricing.Node{CPUMillis: 4000, MemoryBytes: 16 << 30}
	source := "a machine of 4 cores and 16 GiB"
	if instanceType != "" {
		n = pricing.Node{Labels: map[string]string{"node.kubernetes.io/instance-type": instanceType}}
		source = instanceType
	}
	p := catalog.NodePrice(n)
	if p.Status == pricing.Missing {
		return gate.Prices{}
	}
	return gate.Prices{
		Unit:   cost.UnitPrice{CoreHour: p.CPUPerCoreHour, GiBHour: p.MemoryPerGiBHour, GPUHour: p.GPUPerHour},
		Source: fmt.Sprintf("%s in %s, %s, as of %s", source, p.Offering.Region, p.Source, p.AsOf),
	}
}
