package karpenter

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/reserve"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestPlaceholdersKeepTheRoom lets Karpenter's consolidation work on a plan that lives through
// the loss of any node. Without placeholders it takes the room away; with those that the plan
// prints every node's pods still find room after it.
func TestPlaceholdersKeepTheRoom(t *testing.T) {
	const gi = 1 << 30
	var in packing.Input
	for _, zone := range []string{"us-east-1a", "us-east-1b"} {
		in.Offerings = append(in.Offerings, packing.Offering{
			Type: "m5.xlarge", Zone: zone, Arch: "amd64", CapacityType: "on-demand", CPU: 3900, Memory: 14 * gi, Pods: 50, USDPerHour: 0.192,
		})
	}
	for i := range 9 {
		in.Pods = append(in.Pods, packing.Pod{Name: fmt.Sprintf("shop/web-%d", i), Group: "web", CPU: 1200, Memory: 3 * gi})
	}
	s := packing.Survival{Level: packing.SurviveNode}
	bare, err := packing.Pack(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	plan, _, err := packing.Harden(context.Background(), in, bare, s)
	if err != nil {
		t.Fatal(err)
	}
	losses := packing.Losses(in, plan, s)
	if lost(losses) || plan.Hourly <= bare.Hourly {
		t.Fatalf("the plan was to be made to live through the loss of a node, for more than the bare one: %.3f beside %.3f", plan.Hourly, bare.Hourly)
	}
	without, _, _, err := consolidate(in, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !lost(packing.Losses(in, without, s)) {
		t.Fatal("Karpenter left the room by itself: this says nothing of placeholders")
	}
	room := reserve.Of(in, plan, losses, nil, func(string) bool { return false }, func(*packing.Offering) string { return "all" })
	if len(room.Pods) == 0 || len(room.Left) > 0 {
		t.Fatalf("the room is not kept: %+v", room)
	}
	with, seats := in, plan
	with.Pods, seats.Nodes = slices.Clone(in.Pods), slices.Clone(plan.Nodes)
	for i, r := range room.Pods {
		for k := range r.Count {
			p := packing.Pod{Name: fmt.Sprintf("kube-system/placeholder-%d-%d", i, k), Group: "placeholder", CPU: r.CPU, Memory: r.Memory}
			at := slices.IndexFunc(seats.Nodes, func(n packing.PlannedNode) bool {
				return n.Offering.CPU-n.CPU >= p.CPU && n.Offering.Memory-n.Memory >= p.Memory
			})
			if at < 0 {
				t.Fatalf("placeholder %s has no place on the plan's nodes", p.Name)
			}
			n := &seats.Nodes[at]
			n.Pods, n.CPU, n.Memory = append(slices.Clone(n.Pods), p.Name), n.CPU+p.CPU, n.Memory+p.Memory
			with.Pods = append(with.Pods, p)
		}
	}
	after, steps, _, err := consolidate(with, seats, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the plan has %d nodes; Karpenter leaves %d without placeholders, and %d with %d of them, in %d commands", len(plan.Nodes), len(without.Nodes), len(after.Nodes), len(with.Pods)-len(in.Pods), steps)
	if gone := packing.Losses(in, yielding(after, in), s); lost(gone) {
		t.Errorf("with placeholders a lost node's pods find no room: %+v", gone)
	}
}

// yielding is a plan without its placeholders: they give way.
func yielding(plan packing.Plan, in packing.Input) packing.Plan {
	size := map[string]*packing.Pod{}
	for i := range in.Pods {
		size[in.Pods[i].Name] = &in.Pods[i]
	}
	out := plan
	out.Nodes = nil
	for _, n := range plan.Nodes {
		n.Pods = slices.DeleteFunc(slices.Clone(n.Pods), func(name string) bool { return size[name] == nil })
		n.CPU, n.Memory = 0, 0
		for _, name := range n.Pods {
			n.CPU, n.Memory = n.CPU+size[name].CPU, n.Memory+size[name].Memory
		}
		out.Nodes = append(out.Nodes, n)
	}
	return out
}

func lost(all []packing.Loss) bool {
	return slices.ContainsFunc(all, func(l packing.Loss) bool { return len(l.Left) > 0 })
}
