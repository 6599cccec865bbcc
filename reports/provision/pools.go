package provision

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Objects adds to the plan what its groups are to those who make nodes.
// classes are the NodeClasses of today's nodes, by group; empty where they name
// none. cluster is the cluster's name.
func Objects(p *document.NodePlan, classes []Class, cluster string) {
	p.Karpenter = karpenterOf(p.Groups, classes, cluster)
	pools := poolsOf(p.Groups, classes)
	p.ClusterAutoscaler = clusterAutoscaler(pools)
	cloudPools(p, pools)
}

// pool is the machines of one size of a group.
type pool struct {
	document.AutoscalerGroup
	group *document.NodeGroup
	gpu   bool
}

// poolsOf makes a pool of every size of every group. Nodes of EKS Auto Mode are in no node
// group, and no Cluster Autoscaler runs them.
func poolsOf(groups []document.NodeGroup, classes []Class) []pool {
	var out []pool
	for i := range groups {
		g := &groups[i]
		if classes[i].AutoMode {
			continue
		}
		for j := range g.Shapes {
			s := &g.Shapes[j]
			name := cloud.FixedPool(g.Labels)
			if at := slices.IndexFunc(out, func(p pool) bool { return name != "" && p.Name == name }); at >= 0 {
				out[at].join(s)
				continue
			}
			one := document.AutoscalerGroup{
				Name: cmp.Or(name, fmt.Sprintf("%s-%dx%d", g.Name, s.Size.CPU/(1000*document.MicroPerMilli), (s.Size.Memory+1<<29)>>30)), Group: g.Name,
				InstanceTypes: s.All(), CapacityType: g.CapacityType, Zones: g.Zones, Labels: settable(g), Taints: g.Taints,
				Desired: s.Count, Max: max(2*s.Count, s.Most),
			}
			out = append(out, pool{one, g, s.Size.GPU > 0})
		}
	}
	return out
}

// join adds the machines of another size of a pool that is there already.
func (g *pool) join(s *document.NodeShape) {
	for _, name := range s.All() {
		if !slices.Contains(g.InstanceTypes, name) {
			g.InstanceTypes = append(g.InstanceTypes, name)
		}
	}
	g.Desired, g.Max = g.Desired+s.Count, g.Max+max(2*s.Count, s.Most)
}

// settable are the labels of a group that its cloud takes for a pool.
func settable(g *document.NodeGroup) map[string]string {
	if !slices.ContainsFunc(slices.Collect(maps.Keys(g.Labels)), func(key string) bool { return cloud.Refuses(g.Provider, key) }) {
		return g.Labels
	}
	var out map[string]string
	for key, value := range g.Labels {
		if cloud.Refuses(g.Provider, key) {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}

// clusterAutoscaler makes a node group of every pool; nil where there are none.
func clusterAutoscaler(pools []pool) *document.ClusterAutoscaler {
	if len(pools) == 0 {
		return nil
	}
	out := &document.ClusterAutoscaler{Expander: "priority,least-waste", Priorities: map[string][]string{}}
	for i := range pools {
		p := &pools[i]
		out.BalanceSimilar = out.BalanceSimilar || len(p.Zones) > 1
		out.NodeGroups = append(out.NodeGroups, p.AutoscalerGroup)
		priority := strconv.Itoa(p.group.Weight)
		out.Priorities[priority] = append(out.Priorities[priority], ".*"+p.Name+".*")
	}
	return out
}

// cloudPools turns the pools into settings of the clouds' own.
func cloudPools(p *document.NodePlan, pools []pool) {
	for i := range pools {
		g := &pools[i]
		switch g.group.Provider {
		case "aws":
			p.EKSNodegroups = append(p.EKSNodegroups, g.eks())
		case "gcp":
			p.GKENodePools = append(p.GKENodePools, g.gke())
		case "azure":
			p.AKSNodePools = append(p.AKSNodePools, g.aks(len(p.AKSNodePools)+1))
		}
	}
}

func (g *pool) spot() bool { return g.CapacityType == "spot" }

// shoutingTaints has the effects as the APIs of AWS and Google spell them.
func (g *pool) shoutingTaints() []document.NodeTaint {
	var out []document.NodeTaint
	for _, t := range g.Taints {
		t.Effect = map[string]string{"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}[t.Effect]
		out = append(out, t)
	}
	return out
}

func (g *pool) eks() document.EKSNodegroup {
	out := document.EKSNodegroup{
		NodegroupName: g.Name, CapacityType: "ON_DEMAND", AMIType: "AL2023_x86_64_STANDARD", InstanceTypes: g.InstanceTypes,
		ScalingConfig: document.EKSScaling{MinSize: g.Min, MaxSize: g.Max, DesiredSize: g.Desired}, UpdateConfig: document.EKSUpdate{MaxUnavailable: g.group.Drains},
		Labels: g.Labels, Taints: g.shoutingTaints(), Zones: g.Zones, DiskSize: g.group.DiskSize,
	}
	if g.spot() {
		out.CapacityType = "SPOT"
	}
	switch {
	case g.gpu && g.group.Arch == "arm64":
		out.AMIType = "AL2023_ARM_64_NVIDIA"
	case g.gpu:
		out.AMIType = "AL2023_x86_64_NVIDIA"
	case g.group.Arch == "arm64":
		out.AMIType = "AL2023_ARM_64_STANDARD"
	}
	return out
}

func (g *pool) gke() document.GKENodePool {
	zones := max(len(g.Zones), 1)
	out := document.GKENodePool{
		Name: g.Name, Locations: g.Zones, InitialNodeCount: (g.Desired + zones - 1) / zones,
		Config:      document.GKENodeConfig{MachineType: g.InstanceTypes[0], DiskSizeGB: g.group.DiskSize, Spot: g.spot(), Labels: g.Labels, Taints: g.shoutingTaints()},
		Autoscaling: document.GKEAutoscaling{Enabled: true, TotalMinNodeCount: g.Min, TotalMaxNodeCount: g.Max, LocationPolicy: "BALANCED"},
	}
	if g.spot() {
		out.Autoscaling.LocationPolicy = "ANY"
	}
	return out
}

// aks names a new pool by its number as well: twelve letters and digits are all
// that Azure takes.
func (g *pool) aks(number int) document.AKSNodePool {
	name, suffix := strings.ReplaceAll(g.group.Name, "-", ""), strconv.Itoa(number)
	out := document.AKSNodePool{
		Name: name[:min(len(name), 12-len(suffix))] + suffix, Mode: "User", VMSize: g.InstanceTypes[0], Count: g.Desired,
		EnableAutoScaling: true, MinCount: g.Min, MaxCount: g.Max, ScaleSetPriority: "Regular", NodeLabels: g.Labels, OSDiskSizeGB: g.group.DiskSize,
	}
	if own := cloud.FixedPool(g.group.Labels); own != "" {
		out.Name = own
	}
	if g.spot() {
		out.ScaleSetPriority = "Spot"
	}
	for _, z := range g.Zones {
		if n := z[strings.LastIndexByte(z, '-')+1:]; n != z {
			out.AvailabilityZones = append(out.AvailabilityZones, n)
		}
	}
	for _, t := range g.Taints {
		out.NodeTaints = append(out.NodeTaints, t.Key+"="+t.Value+":"+t.Effect)
	}
	return out
}
