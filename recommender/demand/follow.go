package demand

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Follower tells which of a plan's nodes other numbers of its pods need.
type Follower struct {
	pass   *advice.Pass
	plan   *nodes.Planned
	here   map[analyzer.Ref]*Placed
	packer *packing.Follower
	each   map[string]float64 // USD an hour that a pod is worth, by group
}

// Placed is where the plan has a workload's pods.
type Placed struct {
	Moved, Kept int  // on the plan's nodes, on nodes that stay as they are
	group       bool // some pods are in the plan, or may come to be
}

// Follow reads a plan, with the pods that run and those that may come to run.
func Follow(p *advice.Pass, plan *nodes.Planned) *Follower {
	f := &Follower{pass: p, plan: plan, here: map[analyzer.Ref]*Placed{}, each: map[string]float64{}}
	pods := slices.Clone(plan.Packed())
	planned := map[string]bool{}
	for i := range pods {
		planned[pods[i].Group] = true
		f.each[pods[i].Group] = max(f.each[pods[i].Group], f.usd(pods[i].CPU, pods[i].Memory))
	}
	on := placedNow(plan)
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		if w.Kind == "DaemonSet" || w.Kind == "Node" || w.Past {
			continue
		}
		at, group := on[w.Ref.String()], w.Ref.String()
		if at == nil {
			at = &Placed{}
			size := plan.Requests(w, &analyzer.Pod{})
			pods = append(pods, packing.Pod{Name: "none/" + group, Group: group, CPU: size.CPU, Memory: size.Memory, GPUs: size.GPU})
			f.each[group] = f.usd(size.CPU, size.Memory)
			planned[group] = true
		}
		at.group = planned[group]
		f.here[w.Ref] = at
	}
	f.packer = plan.Follower(pods)
	return f
}

// placedNow counts each group's pods by what becomes of the nodes that they are on.
func placedNow(plan *nodes.Planned) map[string]*Placed {
	on, kept := map[string]*Placed{}, map[string]bool{}
	for i := range plan.Nodes {
		kept[plan.Nodes[i].Name] = plan.Nodes[i].Kept != ""
	}
	for i := range plan.Pods {
		p := &plan.Pods[i]
		if on[p.Group] == nil {
			on[p.Group] = &Placed{}
		}
		if kept[p.Node] {
			on[p.Group].Kept++
		} else {
			on[p.Group].Moved++
		}
	}
	return on
}

func (f *Follower) usd(cpu, memory int64) float64 {
	return f.pass.Costs.MeanUnit.Hourly(analyzer.Amounts{CPU: cpu, Memory: memory})
}

// At is where a workload's pods are; nowhere for one that the plan does not follow.
func (f *Follower) At(ref analyzer.Ref) Placed {
	if at := f.here[ref]; at != nil {
		return *at
	}
	return Placed{}
}

// Nodes are those for so many pods of each group; lost is how many found none.
func (f *Follower) Nodes(pods map[string]int) (nodes []packing.PlannedNode, lost int) {
	return f.packer.Nodes(f.pass.Context, pods)
}
