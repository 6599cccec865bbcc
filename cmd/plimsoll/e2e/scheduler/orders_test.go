//go:build e2e

package scheduler_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// TestOrders tells how many pods stay pending in every order, and what a plan
// for those alone costs more. PLIMSOLL_E2E_ORDERS lists instances, from 0,
// PLIMSOLL_E2E_ORDER has a part of the orders' names.
func TestOrders(t *testing.T) {
	list := os.Getenv("PLIMSOLL_E2E_ORDERS")
	if list == "" {
		t.Skip("PLIMSOLL_E2E_ORDERS names no instances")
	}
	b, onDemand := startBed(t), offerings(t)
	for _, field := range strings.Split(list, ",") {
		i, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		in := packingtest.Instance(onDemand, i)
		tight := pack(t, in)
		for _, o := range []order{
			{name: "at once, by workload", profile: defaultProfile, steps: atOnce},
			{name: "at once, largest first", profile: defaultProfile, steps: largestFirst},
			{name: "at once, by workload, MostAllocated", profile: tightProfile, steps: atOnce},
			{name: "at once, largest first, MostAllocated", profile: tightProfile, steps: largestFirst},
			{name: "node by node, new pods", profile: defaultProfile, steps: nodeByNode},
			{name: "node by node, moved pods", profile: defaultProfile, drain: true, steps: nodeByNode},
			{name: "5 % headroom, at once, by workload", profile: defaultProfile, headroom: 0.05, steps: atOnce},
			{name: "10 % headroom, at once, by workload", profile: defaultProfile, headroom: 0.10, steps: atOnce},
		} {
			if !strings.Contains(o.name, os.Getenv("PLIMSOLL_E2E_ORDER")) {
				continue
			}
			plan := tight
			if o.headroom > 0 {
				plan = roomy(t, in, o.headroom)
			}
			pending := b.play(t, in, plan, o)
			more := pack(t, onlyPending(in, pending))
			t.Logf("%4d pods, %3d nodes: %-38s %3d pending, %6.2f %% with the plan's %6.2f %%", len(in.Pods), len(plan.Nodes), o.name, len(pending),
				100*((plan.Hourly+more.Hourly)/tight.Hourly-1), 100*(plan.Hourly/tight.Hourly-1))
			b.clean(t)
		}
	}
}

// roomy plans with less than every node has.
func roomy(t *testing.T, in packing.Input, headroom float64) packing.Plan {
	t.Helper()
	some, whole := in, map[string]packing.Offering{}
	some.Offerings = slices.Clone(in.Offerings)
	for i := range some.Offerings {
		o := &some.Offerings[i]
		whole[o.Type] = *o
		o.CPU, o.Memory = int64(float64(o.CPU)*(1-headroom)), int64(float64(o.Memory)*(1-headroom))
	}
	plan := pack(t, some)
	for i := range plan.Nodes {
		o := &plan.Nodes[i].Offering
		o.CPU, o.Memory = whole[o.Type].CPU, whole[o.Type].Memory
	}
	return plan
}

func onlyPending(in packing.Input, pending []corev1.Pod) packing.Input {
	names := map[string]bool{}
	for i := range pending {
		names[podSpace+"/"+pending[i].Name] = true
	}
	in.Pods = slices.DeleteFunc(slices.Clone(in.Pods), func(p packing.Pod) bool { return !names[p.Name] })
	return in
}
