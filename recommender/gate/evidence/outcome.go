package evidence

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// From takes from what was worked out about a snapshot what the gate needs
// of it: as Of of its report, and what no report has, each container's whole
// curve, each workload's own prices, the largest allocatable of a machine and what bills pods one by
// one beside them. name is the snapshot's, for people.
func From(out *recommender.Outcome, name string) (*Set, Prices) {
	s := out.Facts.Snapshot
	e := &Set{
		Source: fmt.Sprintf("%s of %s", name, s.Window.End.UTC().Format("2006-01-02")),
		Days:   s.Window.End.Sub(s.Window.Start).Hours() / 24, Unread: analyzer.UnreadOf(s.Warnings), Workloads: map[analyzer.Ref]*Workload{},
	}
	for i := range s.Nodes {
		switch program := s.Nodes[i].ByPod(); {
		case program == "":
			e.Node = e.Node.Max(s.Nodes[i].Allocatable)
		case !slices.Contains(e.Programs, program): // such a node is as large as its pods
			e.Programs = append(e.Programs, program)
		}
	}
	slices.Sort(e.Programs)
	for i := range out.Facts.Workloads {
		w := &out.Facts.Workloads[i]
		seen := &Workload{
			Replicas:   cmp.Or(document.Decimals(w.MeanPods, 2), float64(w.Replicas)),
			Containers: map[string]*Container{},
		}
		for j := range w.Containers {
			c := &w.Containers[j]
			seen.Containers[c.Name] = &Container{Current: c.Requests, OOMKills: c.OOMKills}
		}
		e.Workloads[w.Ref] = seen
	}
	for i := range out.Advice {
		e.size(&out.Advice[i])
		e.scale(&out.Advice[i])
	}
	e.AddCurves(out.Facts)
	prices := Prices{Unit: out.Costs.MeanUnit, Workloads: map[analyzer.Ref]cost.UnitPrice{}, Source: "the nodes of " + name}
	for ref, w := range out.Costs.Workloads {
		prices.Workloads[ref] = w.Unit
	}
	return e, prices
}

// size takes what right-sizing says of a container.
func (e *Set) size(r *advice.Advice) {
	if r.Lever != advice.LeverRightsize || e.Workloads[r.Workload] == nil {
		return
	}
	c := e.Workloads[r.Workload].Containers[r.Container]
	if c == nil {
		return
	}
	c.Confidence = document.Share(r.Confidence)
	if s := advice.As[rightsize.Sizing](r.Detail); s != nil {
		requests, limits := s.Requests, s.Limits
		c.Requests, c.Limits = &requests, &limits
	}
	for _, w := range r.Withheld {
		c.WithheldCPU = c.WithheldCPU || w.Resource == "cpu"
		c.WithheldMemory = c.WithheldMemory || w.Resource == "memory"
	}
}

// scale takes how a workload is scaled, and should be.
func (e *Set) scale(r *advice.Advice) {
	h, w := advice.As[horizontal.Advice](r.Detail), e.Workloads[r.Workload]
	if h == nil || w == nil {
		return
	}
	w.Scaling = &Scaling{Targets: utilizations(h.Current.Metrics), Advised: map[string]int64{}, Variability: h.Variable.Variability, Slowdown: h.Slowdown}
	if h.Recommended != nil {
		w.Scaling.Advised, w.Scaling.Requests = utilizations(h.Recommended.Metrics), h.Recommended.RequestCPU
	}
}

// utilizations gives the utilization targets among metrics, by resource.
func utilizations(metrics []analyzer.HPAMetric) map[string]int64 {
	out := map[string]int64{}
	for _, m := range metrics {
		if m.TargetType == "Utilization" {
			out[m.Name] = m.Target
		}
	}
	return out
}
