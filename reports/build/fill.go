package build

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// fills says how full today's nodes are, and those of the plan with the advice
// followed.
func (b *builder) fills() (now, then []document.NodeFill) {
	if b.Costs == nil {
		return nil, nil
	}
	full := b.filler()
	leaves := map[string]bool{}
	if full.plan != nil {
		for _, m := range full.plan.Moves {
			leaves[m.Node] = !m.Keep
		}
	}
	today := map[string]document.NodeFill{}
	for _, n := range b.Costs.Nodes {
		x := document.NodeFill{Name: n.Name, InstanceType: n.InstanceType, CapacityType: n.CapacityType, MonthlyCost: document.Cents(n.Hourly * pricing.HoursPerMonth)}
		today[n.Name] = x
		x.CPU, x.Memory = filled(full.now[n.Name], full.room[n.Name])
		if leaves[n.Name] {
			x.Change = "drained"
		}
		now = append(now, x)
	}
	slices.SortFunc(now, func(a, b document.NodeFill) int { return cmp.Compare(a.Name, b.Name) })
	if full.plan == nil {
		return now, nil
	}
	for _, at := range full.plan.Placement {
		x, ok := today[at.Node]
		if !ok {
			x, ok = full.started(at.Node)
		}
		if !ok {
			return now, nil // a plan that nobody could draw
		}
		var sum analyzer.Amounts
		for _, name := range at.Pods {
			sum = sum.Plus(full.advised(name))
		}
		x.CPU, x.Memory = filled(sum, full.room[at.Node])
		then = append(then, x)
	}
	return now, then
}

// filler holds what pods reserve, today by node and as advised by pod.
type filler struct {
	plan      *nodes.Plan
	room      map[string]analyzer.Amounts // allocatable, by node
	now       map[string]analyzer.Amounts // reserved, by node
	pods      map[string]analyzer.Amounts // as advised, by namespace/name
	workloads map[string]analyzer.Amounts // of a pod yet to come
}

func (b *builder) filler() *filler {
	f := &filler{plan: b.steps.Plan, room: map[string]analyzer.Amounts{}, now: map[string]analyzer.Amounts{}, pods: map[string]analyzer.Amounts{}, workloads: map[string]analyzer.Amounts{}}
	for i := range b.Analysis.Snapshot.Nodes {
		n := &b.Analysis.Snapshot.Nodes[i]
		f.room[n.Name] = n.Allocatable
	}
	for i := range b.workloads {
		w := &b.workloads[i]
		if w.Kind == "DaemonSet" || w.Kind == "Node" { // one on each node, or of the node itself
			continue
		}
		byRole := map[string]analyzer.Amounts{"": b.Cluster.Pod(w, "")}
		f.workloads[w.Namespace+"/"+w.Name] = byRole[""]
		for j := range w.Pods {
			p := &w.Pods[j]
			if p.Ended() {
				continue
			}
			if _, ok := byRole[p.Role]; !ok {
				byRole[p.Role] = b.Cluster.Pod(w, p.Role)
			}
			f.now[p.Node] = f.now[p.Node].Plus(p.Requests)
			f.pods[w.Namespace+"/"+p.Name] = byRole[p.Role]
		}
	}
	return f
}

// started finds a node that the plan starts, by its name.
func (f *filler) started(name string) (document.NodeFill, bool) {
	s := f.plan.Start(name)
	if s == nil {
		return document.NodeFill{}, false
	}
	f.room[name] = analyzer.Amounts{CPU: s.CPU, Memory: s.Memory}
	return document.NodeFill{Name: name, InstanceType: s.Type, CapacityType: s.CapacityType, MonthlyCost: document.Cents(s.Hourly * pricing.HoursPerMonth), Change: "new"}, true
}

// advised is what a pod reserves as advised; one that is not there yet is as its
// workload's others.
func (f *filler) advised(name string) analyzer.Amounts {
	if a, ok := f.pods[name]; ok {
		return a
	}
	of, _, _ := strings.Cut(name, " (pod ")
	return f.workloads[of]
}

func filled(used, room analyzer.Amounts) (cpu, memory float64) {
	share := func(v, of int64) float64 {
		if of <= 0 {
			return 0
		}
		return document.Decimals(min(float64(v)/float64(of), 1), 3)
	}
	return share(used.CPU, room.CPU), share(used.Memory, room.Memory)
}
