package build_test

import (
	"context"
	"math"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestHistoryOfTheDemo: the nodes of the history are those of the bill and of the
// plan, filled by what they can hold; the replayed pods stay within the advised
// bounds; and a curve's money rises with its size.
func TestHistoryOfTheDemo(t *testing.T) {
	s, err := snapshot.Read("../../cmd/plimsoll/demo.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	out, err := recommender.Advise(context.Background(), s, pricing.New(pricing.Config{}), advice.Options{RiskUnserved: advice.DefaultRiskUnserved, Slowdown: advice.DefaultSlowdown})
	if err != nil {
		t.Fatal(err)
	}
	r := build.Report(build.Of(out, ""))
	h, plan := r.History, r.Nodes.Plan
	if plan == nil {
		t.Fatal("the demo has no plan")
	}
	now, then := checkFills(t, h.Nodes, r.Nodes.Current.Count, *r.Nodes.Current.MonthlyCost), checkFills(t, h.PlanNodes, plan.Count, plan.MonthlyCost)
	if then <= now {
		t.Errorf("the plan's nodes are %.2f full, today's %.2f", then, now)
	}
	started, drained := 0, 0
	for _, x := range h.PlanNodes {
		if x.Change == "new" {
			started++
		}
	}
	for _, x := range h.Nodes {
		if x.Change == "drained" {
			drained++
		}
	}
	if h := len(h.Nodes) - drained + started; h != plan.Count {
		t.Errorf("%d nodes less %d drained and %d new are %d, want %d", len(r.History.Nodes), drained, started, h, plan.Count)
	}
	checkScaled(t, r)
	checkMemoryCurves(t, r)
	for i := range h.Containers {
		last := document.USD(-1)
		for _, p := range h.Containers[i].Curve {
			if p.Monthly != nil && *p.Monthly < last {
				t.Errorf("%s: a larger size costs less", h.Containers[i].Name)
			} else if p.Monthly != nil {
				last = *p.Monthly
			}
		}
	}
}

// checkFills gives the mean share of CPU that is requested, by money.
func checkFills(t *testing.T, all []document.NodeFill, count int, usd document.USD) float64 {
	t.Helper()
	sum, full := document.USD(0), 0.0
	for _, x := range all {
		if x.CPU < 0 || x.CPU > 1 || x.Memory < 0 || x.Memory > 1 {
			t.Errorf("%s is %v and %v full", x.Name, x.CPU, x.Memory)
		}
		sum += x.MonthlyCost
		full += x.CPU * float64(x.MonthlyCost)
	}
	if len(all) != count || math.Abs(float64(sum-usd)) > float64(count) { // a cent a node
		t.Errorf("got %d nodes for %s, want %d for %s", len(all), sum, count, usd)
	}
	return full / float64(max(sum, 1))
}

// checkMemoryCurves: more memory is passed no oftener and costs more; the advised limit's
// point is the risk that is stated of it; and one that was OOM-killed has no curve, since
// its need was not seen.
func checkMemoryCurves(t *testing.T, r *document.Report) {
	t.Helper()
	curves, stated := 0, 0
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			h := r.History.Of(w.Namespace, w.Kind, w.Name, c.Name)
			if h == nil {
				continue
			}
			if c.OOMKills > 0 && h.MemoryCurve != nil {
				t.Errorf("%s/%s was OOM-killed and has a curve", w.Name, c.Name)
			}
			curves += min(len(h.MemoryCurve), 1)
			for k, p := range h.MemoryCurve {
				if k > 0 && (p.Memory <= h.MemoryCurve[k-1].Memory || p.Passed > h.MemoryCurve[k-1].Passed || p.Monthly != nil && *p.Monthly < *h.MemoryCurve[k-1].Monthly) {
					t.Errorf("%s/%s: %v after %v", w.Name, c.Name, p, h.MemoryCurve[k-1])
				}
				if to, risk := c.Recommended, c.Risk.OOMProbability; to != nil && risk != nil && p.Memory == to.Limits.Memory {
					stated++
					if p.Passed != *risk {
						t.Errorf("%s/%s: the curve has %v at the advised limit, the risk is %v", w.Name, c.Name, p.Passed, *risk)
					}
				}
			}
		}
	}
	if curves < 50 || stated < 40 {
		t.Errorf("%d curves, %d of them with the risk that is stated", curves, stated)
	}
}

func checkScaled(t *testing.T, r *document.Report) {
	t.Helper()
	if len(r.History.Scaled) == 0 {
		t.Error("no workload's replayed pods are kept")
	}
	for i := range r.History.Scaled {
		x := &r.History.Scaled[i]
		for j := range r.Workloads {
			w := &r.Workloads[j]
			if w.Namespace != x.Namespace || w.Kind != x.Kind || w.Name != x.Name {
				continue
			}
			to := w.Horizontal.Recommended
			if to == nil || to.MinReplicas == nil || len(to.Schedules) > 0 {
				continue
			}
			for slot, v := range x.Pods.Values() {
				if v > float64(*to.MaxReplicas)*1.02 {
					t.Errorf("%s/%s: %.1f pods in slot %d, want %d at most", x.Namespace, x.Name, v, slot, *to.MaxReplicas)
				}
			}
		}
	}
}
