//go:build e2e

package scheduler_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// step opens nodes, creates pods and waits for the scheduler's word on them.
type step struct {
	nodes []int
	pods  []*packing.Pod
}

// order is a way to bring a plan's pods onto its nodes.
type order struct {
	name     string
	profile  string
	drain    bool    // the pods run on other nodes before
	headroom float64 // part of every node that the plan leaves free
	steps    func(in packing.Input, plan packing.Plan) []step
}

// atOnce opens all nodes, and creates the pods by workload.
func atOnce(in packing.Input, plan packing.Plan) []step {
	var s step
	for i := range plan.Nodes {
		s.nodes = append(s.nodes, i)
	}
	for i := range in.Pods {
		s.pods = append(s.pods, &in.Pods[i])
	}
	slices.SortFunc(s.pods, func(a, b *packing.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return []step{s}
}

// largestFirst creates the pods by the sum of their parts of all requests.
func largestFirst(in packing.Input, plan packing.Plan) []step {
	steps := atOnce(in, plan)
	var cpu, memory int64
	for _, p := range steps[0].pods {
		cpu, memory = cpu+p.CPU, memory+p.Memory
	}
	size := func(p *packing.Pod) float64 { return float64(p.CPU)/float64(cpu) + float64(p.Memory)/float64(memory) }
	slices.SortStableFunc(steps[0].pods, func(a, b *packing.Pod) int { return cmp.Compare(size(b), size(a)) })
	return steps
}

// nodeByNode opens one node after the other, each for the pods that the plan
// has there.
func nodeByNode(in packing.Input, plan packing.Plan) []step {
	pods := map[string]*packing.Pod{}
	for i := range in.Pods {
		pods[in.Pods[i].Name] = &in.Pods[i]
	}
	var out []step
	for i := range plan.Nodes {
		s := step{nodes: []int{i}}
		for _, name := range plan.Nodes[i].Pods {
			s.pods = append(s.pods, pods[name])
		}
		out = append(out, s)
	}
	return out
}

// play brings the plan into the cluster and returns the pods that stay pending.
func (b bed) play(t *testing.T, in packing.Input, plan packing.Plan, o order) []corev1.Pod {
	t.Helper()
	for i := range in.DaemonSets {
		b.createDaemonSet(t, &in.DaemonSets[i])
	}
	steps := o.steps(in, plan)
	oneByOne := len(steps) > 1
	for i := range plan.Nodes {
		b.createNode(t, nodeName(i), &plan.Nodes[i].Offering, oneByOne)
	}
	b.awaitNodes(t, len(plan.Nodes), len(in.DaemonSets))
	pods := 0
	if o.drain {
		pods = b.crowd(t, in, plan)
	}
	var pending []corev1.Pod
	for i, s := range steps {
		for _, n := range s.nodes {
			if oneByOne {
				b.uncordon(t, nodeName(n))
			}
		}
		for _, p := range s.pods {
			if o.drain {
				b.evict(t, p)
			} else {
				pods++
			}
			b.createPod(t, p, o.profile, "")
		}
		calm := 300 * time.Millisecond
		if i == len(steps)-1 {
			calm = 10 * time.Second
		}
		pending = b.settle(t, pods, calm)
	}
	return pending
}

// crowd has all pods run on other, cordoned nodes of endless room, in the zones
// where the plan has them: one node for each zone, capacity type and pool.
func (b bed) crowd(t *testing.T, in packing.Input, plan packing.Plan) int {
	t.Helper()
	old, pods := map[string]string{}, 0
	for i, s := range nodeByNode(in, plan) {
		o := plan.Nodes[i].Offering
		o.Type, o.CPU, o.Memory, o.Pods = "old", 1e9, 1<<60, 1e6
		key := fmt.Sprint(o.Zone, o.CapacityType, o.Labels)
		if old[key] == "" {
			old[key] = fmt.Sprint(oldPrefix, len(old))
			b.createNode(t, old[key], &o, true)
		}
		for _, p := range s.pods {
			b.createPod(t, p, defaultProfile, old[key])
			pods++
		}
	}
	return pods
}
