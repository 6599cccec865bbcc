package packing

import (
	"errors"
	"fmt"
	"maps"
)

// CheckSurvival proves that a plan lives through a level: for every node, zone or
// workload, the nodes that are left are held against all rules by Check, with the
// pods where losses say they find room. Pods that are exempt may be missing.
func CheckSurvival(plan Plan, pods, daemonSets []Pod, s Survival, losses []Loss) error {
	var faults []error
	told := map[string]bool{}
	for _, loss := range losses {
		told[loss.name(plan)] = true
		if len(loss.Left) > 0 {
			faults = append(faults, fmt.Errorf("%s: no room for %d pods, such as %s", loss.name(plan), len(loss.Left), loss.Left[0]))
			continue
		}
		after, there := loss.after(plan, pods, s)
		if err := check(checker{plan: after, lost: true}, there, daemonSets); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", loss.name(plan), err))
		}
	}
	for _, name := range mustTell(plan, pods, s) {
		if !told[name] {
			faults = append(faults, fmt.Errorf("%s: not played", name))
		}
	}
	return errors.Join(faults...)
}

func (loss *Loss) name(plan Plan) string {
	switch {
	case loss.Zone != "":
		return "loss of zone " + loss.Zone
	case loss.Group != "":
		return "update of " + loss.Group
	case loss.Beside != "":
		return "loss of node " + loss.Beside
	}
	return fmt.Sprintf("loss of node %d (%s)", loss.Node, plan.Nodes[loss.Node].Offering.Type)
}

// mustTell lists what a level asks of a plan.
func mustTell(plan Plan, pods []Pod, s Survival) []string {
	seen := map[string]bool{}
	var out []string
	add := func(l Loss) {
		if name := l.name(plan); !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	for n := range plan.Nodes {
		zone := plan.Nodes[n].Offering.Zone
		if s.Level == SurviveNode && len(plan.Nodes[n].Pods) > 0 {
			add(Loss{Node: n})
		}
		if s.Level == SurviveZone && zone != "" {
			add(Loss{Node: -1, Zone: zone})
		}
	}
	for i := range s.Beside {
		switch b := &s.Beside[i]; {
		case len(b.Pods) == 0:
		case s.Level == SurviveNode:
			add(Loss{Node: -1, Beside: b.Name})
		case s.Level == SurviveZone && b.Zone != "":
			add(Loss{Node: -1, Zone: b.Zone})
		}
	}
	for i := range pods {
		if g := pods[i].Group; s.Level == SurvivePod && s.Surge[g] > 0 && !s.Exempt[g] {
			add(Loss{Node: -1, Group: g})
		}
	}
	return out
}

// with is a node that has taken pods in.
func (loss *Loss) with(node PlannedNode, moved []string, size map[string]*Pod, pods []Pod) PlannedNode {
	node.Pods = append(append([]string(nil), node.Pods...), moved...)
	for _, name := range moved {
		p := size[name]
		if p == nil {
			p = anyOf(pods, loss.Group)
		}
		node.CPU, node.Memory = node.CPU+p.CPU, node.Memory+p.Memory
	}
	return node
}

// after is the plan once the loss has come about, with the pods as the scheduler
// would have them: without what only the plan asked for.
func (loss *Loss) after(plan Plan, pods []Pod, s Survival) (Plan, []Pod) {
	size := map[string]*Pod{}
	beside := map[string]*Pod{}
	broken := map[string]bool{} // groups that miss a pod, or have some beside, whose spread can't be told
	for i := range pods {
		size[pods[i].Name] = &pods[i]
	}
	for i := range s.Beside {
		for k := range s.Beside[i].Pods {
			beside[s.Beside[i].Pods[k].Name] = &s.Beside[i].Pods[k]
		}
	}
	maps.Copy(size, beside)
	moved := map[int][]string{}
	for name, n := range loss.Refuge {
		moved[n] = append(moved[n], name)
		if p := beside[name]; p != nil {
			broken[p.Group] = true
		}
	}
	var out Plan
	for i := range plan.Kept {
		if k := &plan.Kept[i]; k.Name != loss.Beside && (loss.Zone == "" || k.Zone != loss.Zone) {
			out.Kept = append(out.Kept, *k)
		}
	}
	for n, node := range plan.Nodes {
		if n == loss.Node || loss.Zone != "" && node.Offering.Zone == loss.Zone {
			loss.abstain(&out, node, s.Exempt, size, broken)
			continue
		}
		node = loss.with(node, moved[n], size, pods)
		node.Spare = len(node.Pods) == 0 // it is there all the same, and spreads count it
		out.Nodes = append(out.Nodes, node)
		out.Hourly += node.Offering.USDPerHour
	}
	return out, loss.scheduled(pods, beside, size, broken)
}

// abstain leaves out what was on a lost node and may stay without room.
func (loss *Loss) abstain(out *Plan, node PlannedNode, exempt map[string]bool, size map[string]*Pod, broken map[string]bool) {
	for _, name := range node.Pods {
		if _, ok := loss.Refuge[name]; !ok && exempt[name] {
			broken[size[name].Group] = true
			out.Abstained = append(out.Abstained, Abstention{name, "exempt"})
		}
	}
}

// scheduled is the pods of a plan, and beside them those that a loss brought in.
func (loss *Loss) scheduled(pods []Pod, beside, size map[string]*Pod, broken map[string]bool) []Pod {
	there := make([]Pod, 0, len(pods))
	for i := range pods {
		there = append(there, asScheduled(&pods[i], broken))
	}
	for name := range loss.Refuge {
		p := beside[name]
		if p == nil && size[name] == nil {
			p = anyOf(pods, loss.Group)
		}
		if p != nil {
			q := asScheduled(p, broken)
			q.Name = name
			there = append(there, q)
		}
	}
	return there
}

func anyOf(pods []Pod, group string) *Pod {
	for i := range pods {
		if pods[i].Group == group {
			return &pods[i]
		}
	}
	return nil
}

func asScheduled(p *Pod, broken map[string]bool) Pod {
	out := *p
	out.Spread, out.AntiAffinity = nil, nil
	if p.SoftZone {
		out.Zone = ""
	}
	for _, s := range p.Spread {
		if !s.Soft && !broken[p.Group] {
			out.Spread = append(out.Spread, s)
		}
	}
	for _, a := range p.AntiAffinity {
		if !a.Soft {
			out.AntiAffinity = append(out.AntiAffinity, a)
		}
	}
	return out
}
