package cost

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// unpriced are the workloads of which no pod runs and whose pods were billed one by one:
// they had no room of a machine, and what their runs cost is not known. It names those that
// come and go.
func (c *Costs) unpriced(a *analyzer.Analysis) map[analyzer.Ref]bool {
	out, byPod := map[analyzer.Ref]bool{}, a.Snapshot.RanByPod()
	for i := range a.Workloads {
		w := &a.Workloads[i]
		program := byPod(w.Workload)
		if out[w.Ref] = program != ""; program != "" && (w.Batch() || len(w.HPAs) > 0) {
			c.unpricedRuns(w.Ref, program, "and no usage of them was seen")
		}
	}
	return out
}

// PodsByRole is the number of a workload's pods that advice on its size is multiplied by, by
// their role: those that run now, and of what runs to an end, is scaled, has roles or goes
// with nodes that come and go, the mean of the window's hours.
func (c *Costs) PodsByRole(w *analyzer.WorkloadFacts) map[string]float64 {
	out, mean := map[string]float64{}, c.Workloads[w.Ref].MeanPods
	varies := len(w.HPAs) > 0 || w.HasRoles() || w.Kind == "DaemonSet" && c.Mean != nil
	for _, role := range w.Roles() {
		for _, one := range w.ContainersOfRole(role) {
			if one.Role == role {
				out[role] = max(out[role], mean[one.Name])
			}
		}
		if !w.Batch() && (!varies || w.Replicas == 0 || out[role] == 0) {
			out[role] = float64(w.PodsOf(role))
		}
	}
	return out
}

// unitsOf gives workloads that come and go the unit prices of the nodes that their pods
// were on, by the time; those of no known node have the mean's.
func (c *Costs) unitsOf(items []allocation.Item, byNode map[string]pricing.NodePrice) {
	type sum struct {
		unit            UnitPrice
		hours, machines float64
	}
	sums := map[analyzer.Ref]sum{}
	for i := range items {
		unit, hours, machine := c.MeanUnit, items[i].Hold.PodHours, 1.0
		if price, ok := byNode[items[i].Node]; ok {
			if unit = unitOf(price); price.Offering.CapacityType == pricing.ByPod {
				machine = 0
			}
		}
		was := sums[items[i].Ref]
		sums[items[i].Ref] = sum{was.unit.plus(unit, hours), was.hours + hours, was.machines + machine*hours}
	}
	for ref, s := range sums {
		cost := c.Workloads[ref]
		cost.Unit, cost.ByPod = s.unit.over(s.hours), s.machines == 0 && s.hours > 0
		c.Workloads[ref] = cost
	}
}

// unpricedRuns notes a workload whose pods are billed one by one, and why what its runs
// cost can't be had.
func (c *Costs) unpricedRuns(ref analyzer.Ref, program, why string) {
	if c.UnpricedRuns == nil {
		c.UnpricedRuns = map[analyzer.Ref]string{}
	}
	c.UnpricedRuns[ref] = program
	c.Warnings = append(c.Warnings, analyzer.Warning{Code: "price", Subject: ref.String(), Message: "its runs are billed by the pod on " + program + ", " + why + ": it is not priced, and in no sum"})
}

// ofUnsold warns of pods that are in no size that Fargate sells: they are priced as they
// request.
func (c *Costs) ofUnsold(a *analyzer.Analysis) {
	for i := range a.Workloads {
		w := &a.Workloads[i]
		for j := range w.Pods {
			if p := &w.Pods[j]; !p.Ended() && p.Provisioned == p.Requests && !analyzer.FargateSells(p.Requests) {
				c.warn("price", fmt.Sprintf("a pod of %s requests "+cloud.BeyondFargate+": it is priced by what it requests", w.Ref))
				break
			}
		}
	}
}
