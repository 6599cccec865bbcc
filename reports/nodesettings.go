package reports

import (
	"fmt"
	"strconv"
	"strings"
)

// ClusterAutoscaler is the plan's groups as node groups of the Cluster
// Autoscaler, whose nodes must all have one size.
type ClusterAutoscaler struct {
	// Expander is for its flag --expander.
	Expander string `json:"expander"`
	// Priorities are for the ConfigMap cluster-autoscaler-priority-expander: names of node groups by priority, the highest first choice.
	Priorities map[string][]string `json:"priorities"`
	// BalanceSimilar is for --balance-similar-node-groups, where a group is made anew in every zone.
	BalanceSimilar bool              `json:"balanceSimilarNodeGroups"`
	NodeGroups     []AutoscalerGroup `json:"nodeGroups"`
}

// AutoscalerGroup is a node group of machines of one size.
type AutoscalerGroup struct {
	Name string `json:"name"`
	// Group is the group of the plan that it belongs to.
	Group         string            `json:"group"`
	InstanceTypes []string          `json:"instanceTypes"`
	CapacityType  string            `json:"capacityType"`
	Zones         []string          `json:"zones,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Taints        []NodeTaint       `json:"taints,omitempty"`
	Min           int               `json:"min"`
	Desired       int               `json:"desired"`
	// Max is twice Desired.
	Max int `json:"max"`

	group *NodeGroup
	gpu   bool
}

// EKSNodegroup is settings of an EKS managed node group, by the names of its API.
type EKSNodegroup struct {
	NodegroupName string            `json:"nodegroupName"`
	CapacityType  string            `json:"capacityType" jsonschema:"enum=ON_DEMAND,enum=SPOT"`
	AMIType       string            `json:"amiType"`
	InstanceTypes []string          `json:"instanceTypes"`
	ScalingConfig EKSScaling        `json:"scalingConfig"`
	UpdateConfig  EKSUpdate         `json:"updateConfig"`
	Labels        map[string]string `json:"labels,omitempty"`
	Taints        []NodeTaint       `json:"taints,omitempty"`
	// Zones are those of its subnets.
	Zones []string `json:"zones,omitempty"`
}

// EKSScaling is the size of a managed node group.
type EKSScaling struct {
	MinSize     int `json:"minSize"`
	MaxSize     int `json:"maxSize"`
	DesiredSize int `json:"desiredSize"`
}

// EKSUpdate is how many nodes an update may take away at one time.
type EKSUpdate struct {
	MaxUnavailable int `json:"maxUnavailable"`
}

// GKENodePool is settings of a GKE node pool, by the names of its API.
type GKENodePool struct {
	Name      string   `json:"name"`
	Locations []string `json:"locations,omitempty"`
	// InitialNodeCount is for each location.
	InitialNodeCount int            `json:"initialNodeCount"`
	Config           GKENodeConfig  `json:"config"`
	Autoscaling      GKEAutoscaling `json:"autoscaling"`
}

// GKENodeConfig is what a node pool's machines are.
type GKENodeConfig struct {
	MachineType string            `json:"machineType"`
	Spot        bool              `json:"spot"`
	Labels      map[string]string `json:"labels,omitempty"`
	Taints      []NodeTaint       `json:"taints,omitempty"`
}

// GKEAutoscaling is the size of a node pool over all locations.
type GKEAutoscaling struct {
	Enabled           bool   `json:"enabled"`
	TotalMinNodeCount int    `json:"totalMinNodeCount"`
	TotalMaxNodeCount int    `json:"totalMaxNodeCount"`
	LocationPolicy    string `json:"locationPolicy" jsonschema:"enum=BALANCED,enum=ANY"`
}

// AKSNodePool is settings of an AKS agent pool, by the names of its API.
type AKSNodePool struct {
	Name              string            `json:"name"`
	Mode              string            `json:"mode"`
	VMSize            string            `json:"vmSize"`
	Count             int               `json:"count"`
	EnableAutoScaling bool              `json:"enableAutoScaling"`
	MinCount          int               `json:"minCount"`
	MaxCount          int               `json:"maxCount"`
	ScaleSetPriority  string            `json:"scaleSetPriority" jsonschema:"enum=Regular,enum=Spot"`
	AvailabilityZones []string          `json:"availabilityZones,omitempty"`
	NodeLabels        map[string]string `json:"nodeLabels,omitempty"`
	NodeTaints        []string          `json:"nodeTaints,omitempty"`
}

// clusterAutoscaler makes a node group of every size of every group; nil where
// there are none.
func clusterAutoscaler(groups []NodeGroup) *ClusterAutoscaler {
	if len(groups) == 0 {
		return nil
	}
	out := &ClusterAutoscaler{Expander: "priority,least-waste", Priorities: map[string][]string{}}
	for i := range groups {
		g := &groups[i]
		out.BalanceSimilar = out.BalanceSimilar || len(g.Zones) > 1
		priority := strconv.Itoa(g.Weight)
		for j := range g.Shapes {
			s := &g.Shapes[j]
			one := AutoscalerGroup{
				Name: fmt.Sprintf("%s-%dx%d", g.Name, s.Size.CPU/(1000*microPerMilli), (s.Size.Memory+1<<29)>>30), Group: g.Name,
				InstanceTypes: s.all(), CapacityType: g.CapacityType, Zones: g.Zones, Labels: g.Labels, Taints: g.Taints,
				Desired: s.Count, Max: 2 * s.Count, group: g, gpu: s.Size.GPU > 0,
			}
			out.NodeGroups = append(out.NodeGroups, one)
			out.Priorities[priority] = append(out.Priorities[priority], ".*"+one.Name+".*")
		}
	}
	return out
}

// cloudPools turns the node groups into settings of the clouds' own.
func (p *NodePlan) cloudPools() {
	if p.ClusterAutoscaler == nil {
		return
	}
	for i := range p.ClusterAutoscaler.NodeGroups {
		g := &p.ClusterAutoscaler.NodeGroups[i]
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

func (g *AutoscalerGroup) spot() bool { return g.CapacityType == "spot" }

// shoutingTaints has the effects as the APIs of AWS and Google spell them.
func (g *AutoscalerGroup) shoutingTaints() []NodeTaint {
	var out []NodeTaint
	for _, t := range g.Taints {
		t.Effect = map[string]string{"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}[t.Effect]
		out = append(out, t)
	}
	return out
}

func (g *AutoscalerGroup) eks() EKSNodegroup {
	out := EKSNodegroup{
		NodegroupName: g.Name, CapacityType: "ON_DEMAND", AMIType: "AL2023_x86_64_STANDARD", InstanceTypes: g.InstanceTypes,
		ScalingConfig: EKSScaling{g.Min, g.Max, g.Desired}, UpdateConfig: EKSUpdate{g.group.Drains},
		Labels: g.Labels, Taints: g.shoutingTaints(), Zones: g.Zones,
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

func (g *AutoscalerGroup) gke() GKENodePool {
	zones := max(len(g.Zones), 1)
	out := GKENodePool{
		Name: g.Name, Locations: g.Zones, InitialNodeCount: (g.Desired + zones - 1) / zones,
		Config:      GKENodeConfig{MachineType: g.InstanceTypes[0], Spot: g.spot(), Labels: g.Labels, Taints: g.shoutingTaints()},
		Autoscaling: GKEAutoscaling{true, g.Min, g.Max, "BALANCED"},
	}
	if g.spot() {
		out.Autoscaling.LocationPolicy = "ANY"
	}
	return out
}

// aks names the pool by its number as well: twelve letters and digits are all
// that Azure takes.
func (g *AutoscalerGroup) aks(number int) AKSNodePool {
	name, suffix := strings.ReplaceAll(g.group.Name, "-", ""), strconv.Itoa(number)
	out := AKSNodePool{
		Name: name[:min(len(name), 12-len(suffix))] + suffix, Mode: "User", VMSize: g.InstanceTypes[0], Count: g.Desired,
		EnableAutoScaling: true, MinCount: g.Min, MaxCount: g.Max, ScaleSetPriority: "Regular", NodeLabels: g.Labels,
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
