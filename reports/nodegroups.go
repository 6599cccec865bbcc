package reports

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// NodeGroup is planned nodes that one pool of an autoscaler can launch. Kept
// nodes are in none.
type NodeGroup struct {
	Name         string   `json:"name"`
	Provider     string   `json:"provider"`
	Region       string   `json:"region"`
	CapacityType string   `json:"capacityType"`
	Arch         string   `json:"arch"`
	Zones        []string `json:"zones,omitempty"`
	// Labels are those that pods select the nodes by.
	Labels map[string]string `json:"labels,omitempty"`
	Taints []NodeTaint       `json:"taints,omitempty"`
	// Shapes are the sizes of its machines, the smallest first.
	Shapes []NodeShape `json:"shapes"`
	Count  int         `json:"count"`
	// Limits is what the group should not grow beyond: twice the plan, in machine sizes.
	Limits Resources `json:"limits"`
	// Weight is higher the less the group's nodes cost for their size.
	Weight int `json:"weight" jsonschema:"minimum=1,maximum=100"`
	// Drains is how many of its nodes may go at one time such that no PodDisruptionBudget is asked for more than it allows.
	Drains int `json:"drains" jsonschema:"minimum=1"`
}

// NodeTaint keeps pods without a matching toleration off a node.
type NodeTaint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}

// NodeShape is the nodes of a group whose machines have one size.
type NodeShape struct {
	Size Resources `json:"size"`
	// InstanceTypes are the plan's.
	InstanceTypes []string `json:"instanceTypes"`
	// StandIns are types of the same size for at most 15 % more, the cheapest first, for when the plan's are sold out.
	StandIns []string `json:"standIns,omitempty"`
	Count    int      `json:"count"`
}

// all is the planned types, then the stand-ins.
func (s *NodeShape) all() []string {
	return append(append([]string(nil), s.InstanceTypes...), s.StandIns...)
}

func nodeGroups(groups []recommender.NodeGroup) []NodeGroup {
	var out []NodeGroup
	for i := range groups {
		g := &groups[i]
		one := NodeGroup{
			Name: g.Name, Provider: g.Provider, Region: g.Region, CapacityType: g.CapacityType, Arch: g.Arch, Zones: g.Zones,
			Labels: g.Labels, Count: g.Count, Weight: g.Weight, Drains: g.Drains,
			Limits: machine(g.LimitCPU, g.LimitMemory, 0),
		}
		for _, t := range g.Taints {
			one.Taints = append(one.Taints, NodeTaint(t))
		}
		for _, s := range g.Shapes {
			one.Shapes = append(one.Shapes, NodeShape{
				Size: machine(s.CPU, s.Memory, s.GPUs), InstanceTypes: s.Types[:s.Planned], StandIns: s.Types[s.Planned:], Count: s.Count,
			})
		}
		out = append(out, one)
	}
	return out
}

func machine(cpu, memory, gpus int64) Resources {
	return Resources{CPU: milli(cpu), Memory: Bytes(memory), GPU: Devices(gpus)}
}

// provision adds the groups and what they are to autoscalers.
func (p *NodePlan) provision(groups []recommender.NodeGroup, cluster string) {
	p.Groups = nodeGroups(groups)
	var classes []string
	for i := range groups {
		classes = append(classes, groups[i].NodeClass)
	}
	p.Karpenter = karpenterOf(p.Groups, classes, cluster)
	p.ClusterAutoscaler = clusterAutoscaler(p.Groups)
	p.cloudPools()
}

// groupLines tell people of the groups, and of the way to them.
func groupLines(p *NodePlan) []string {
	if p == nil || len(p.Groups) == 0 {
		return nil
	}
	out := []string{"Node groups of the plan (objects and settings for autoscalers: -o yaml, nodes.plan):"}
	for i := range p.Groups {
		g := &p.Groups[i]
		var parts []string
		for j := range g.Shapes {
			s := &g.Shapes[j]
			parts = append(parts, fmt.Sprintf("%d %s", s.Count, strings.Join(s.InstanceTypes, "/")))
		}
		line := fmt.Sprintf("  %s: %s", g.Name, strings.Join(parts, ", "))
		if len(g.Zones) > 0 {
			line += " in " + strings.Join(g.Zones, ", ")
		}
		out = append(out, clean(line)+fmt.Sprintf("; at most %s CPU, %s; %s at a time.", cores(g.Limits.CPU), memory(g.Limits.Memory), counted(g.Drains, "drain")))
	}
	return append(out, moveLines(p)...)
}

// moveLines are the way from today's nodes to the plan's.
func moveLines(p *NodePlan) []string {
	var out []string
	if len(p.Launch) > 0 {
		var parts []string
		for _, l := range p.Launch {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s %s", l.Count, l.InstanceType, l.Zone)))
		}
		out = append(out, clean("First start "+strings.Join(parts, ", ")+", cordoned, and open them one by one as pods move: over all of them at once the scheduler spreads pods so that some find no room."))
	}
	for _, m := range p.Moves {
		line := fmt.Sprintf("%s %s: %s in %s, %s a month", m.Action, m.Node, counted(m.Evictions, "pod"), counted(m.Rounds, "round"), m.MonthlySavings)
		if m.SavingsPerEviction != 0 {
			line += fmt.Sprintf(" (%s a pod)", m.SavingsPerEviction)
		}
		if m.Blocked != "" {
			line += "; blocked: " + m.Blocked
		}
		out = append(out, clean(line)+".")
	}
	if len(p.Stays) > 0 {
		out = append(out, clean("Unchanged, with all pods: "+strings.Join(p.Stays, ", ")+"."))
	}
	return out
}
