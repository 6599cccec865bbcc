package cost

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// ofAbsent gives workloads that come and go, and have no pod at the moment, what they cost
// on the mean of the window's hours at the nodes' mean price: jobs between two runs, and
// what an autoscaler has taken to zero. Their pods had the room that is idle now, so it is
// taken from there. Where it is less than they would take, they share it, and the bill stays.
// Those that are billed by the pod had no such room: they are not priced, by name.
func (c *Costs) ofAbsent(a *analyzer.Analysis) {
	absent, byPod := map[analyzer.Ref]WorkloadCost{}, a.Snapshot.RanByPod()
	var sum float64
	for i := range a.Workloads {
		w := &a.Workloads[i]
		if _, here := c.Workloads[w.Ref]; here || !w.Batch() && len(w.HPAs) == 0 {
			continue
		}
		if program := byPod(w.Workload); program != "" {
			c.unpricedRuns(w.Ref, program)
			continue
		}
		if cost := meanOverHours(a.Snapshot.Window, w, c.MeanUnit); cost.Monthly > 0 {
			absent[w.Ref], sum = cost, sum+cost.Monthly
		}
	}
	by := min(1, max(c.Idle, 0)/max(sum, 1e-12))
	for ref, w := range absent {
		w.scale(by)
		c.Workloads[ref] = w
	}
	c.Idle -= sum * by
	if by < 1 && sum-sum*by >= 0.005 {
		c.warn("not-counted", fmt.Sprintf("workloads without a pod at the window's end took %.2f USD a month by their runs, and no more than %.2f of it is idle now: the rest is in no sum", sum, sum*by))
	}
}

// unpricedRuns notes a workload between two runs whose pods are billed one by one: the
// bill is of the pods of the moment, and there is none.
func (c *Costs) unpricedRuns(ref analyzer.Ref, program string) {
	if c.UnpricedRuns == nil {
		c.UnpricedRuns = map[analyzer.Ref]string{}
	}
	c.UnpricedRuns[ref] = program
	c.Warnings = append(c.Warnings, analyzer.Warning{Code: "price", Subject: ref.String(), Message: "its runs are billed by the pod on " + program + ", and none runs at the window's end: it is not priced, and in no sum"})
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

// meanOverHours is what a workload's pods of the window held, over a month.
func meanOverHours(window analyzer.Window, w *analyzer.WorkloadFacts, unit UnitPrice) WorkloadCost {
	out := WorkloadCost{Containers: map[string]float64{}, Unit: unit}
	months := pricing.HoursPerMonth / allocation.Hours(window)
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == analyzer.TypeInit {
			continue
		}
		h := allocation.HoldOf(window, c.Days, c.Requests, false)
		usd := months * (h.CPU.Held/1000*unit.CoreHour + h.Memory.Held/(1<<30)*unit.GiBHour + h.GPUHours*unit.GPUHour)
		out.Containers[c.Name], out.Monthly = out.Containers[c.Name]+usd, out.Monthly+usd
	}
	return out
}

// scale multiplies what a workload costs.
func (w *WorkloadCost) scale(by float64) {
	w.Monthly *= by
	for name := range w.Containers {
		w.Containers[name] *= by
	}
}
