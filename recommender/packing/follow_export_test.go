package packing

import (
	"context"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// PlanAt is what Nodes gives, with its pods named, so that Check can judge it.
func (f *Follower) PlanAt(groups map[string]int) (plan Plan, pods []Pod) {
	nodes, _ := f.settle(context.Background(), groups)
	for _, n := range nodes {
		o := f.kinds[n.kind]
		one := PlannedNode{Offering: o, CPU: o.CPU - n.left.cpu, Memory: o.Memory - n.left.memory}
		for c, count := range n.has {
			for range count {
				p := f.classes[c].Pod
				p.Name = fmt.Sprint("pod-", len(pods))
				pods, one.Pods = append(pods, p), append(one.Pods, p.Name)
			}
		}
		plan.Nodes = append(plan.Nodes, one)
		plan.Hourly += o.USDPerHour
	}
	plan.Monthly = plan.Hourly * pricing.HoursPerMonth
	plan.LowerBound = plan.Hourly
	return plan, pods
}
