package provision

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const (
	placeholderName  = "plimsoll-placeholder"
	placeholderImage = "registry.k8s.io/pause:3.10"
	// placeholderPriority is the least that the Cluster Autoscaler still counts: below its
	// --expendable-pods-priority-cutoff a pod neither starts a node nor holds one.
	placeholderPriority = -10
	zoneLabel           = "topology.kubernetes.io/zone"
)

// Room is placeholders that are alike: of a group by name, in a zone or in any.
type Room struct {
	Group, Zone string
	Each        document.Resources
	Devices     map[string]int64 // by resource
	Pods        int
	For         string
	Spread      bool // over zones, whose names are not known
}

// Placeholders makes a Deployment of each kind of placeholder, after Objects; nil where there
// are none, and nothing that is not kept. classes are those of Objects.
func Placeholders(p *document.NodePlan, classes []Class, rooms []Room, left map[string]int) *document.Placeholders {
	if len(rooms)+len(left) == 0 {
		return nil
	}
	out := &document.Placeholders{
		PriorityClass: document.PriorityClass{
			APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass", Metadata: document.ObjectMeta{Name: placeholderName}, Value: placeholderPriority, PreemptionPolicy: "Never",
			Description: "Placeholder pods: they keep room on nodes and give way to any other pod.",
		},
		Deployments: []document.PlaceholderDeployment{}, Reserved: []document.ReservedRoom{},
	}
	number := map[string]int{}
	for _, r := range rooms {
		at := slices.IndexFunc(p.Groups, func(g document.NodeGroup) bool { return g.Name == r.Group })
		number[r.Group]++
		name := fmt.Sprintf("%s-%s-%d", placeholderName, r.Group, number[r.Group])
		d := r.deployment(name, &p.Groups[at], selector(p, &p.Groups[at], classes[at]))
		out.Deployments = append(out.Deployments, d)
		out.Reserved = append(out.Reserved, document.ReservedRoom{
			Deployment: name, Group: r.Group, Zone: r.Zone, Pods: r.Pods, Each: d.Spec.Template.Spec.Containers[0].Resources.Requests, For: r.For,
		})
	}
	for _, g := range slices.Sorted(maps.Keys(left)) {
		out.NotKept = append(out.NotKept, document.RoomNotKept{Group: g, Pods: left[g]})
	}
	return out
}

// selector is how pods ask for the nodes of a group: by the name of its NodePool under
// Karpenter, else by its architecture and its labels.
func selector(p *document.NodePlan, g *document.NodeGroup, class Class) map[string]string {
	if p.Karpenter != nil && class.Karpenter && cloud.FixedPool(g.Labels) == "" {
		return map[string]string{labelNodePool: poolName(g)}
	}
	out := map[string]string{"kubernetes.io/arch": g.Arch}
	maps.Copy(out, g.Labels)
	return out
}

// poolName is the name of a group's NodePool. Karpenter sets the label to the name.
func poolName(g *document.NodeGroup) string {
	if own := g.Labels[labelNodePool]; own != "" {
		return own
	}
	return g.Name
}

func (r *Room) deployment(name string, g *document.NodeGroup, on map[string]string) document.PlaceholderDeployment {
	labels := map[string]string{"app.kubernetes.io/name": placeholderName, "app.kubernetes.io/instance": name}
	requests, limits := map[string]string{"cpu": r.Each.CPU.String(), "memory": r.Each.Memory.String()}, map[string]string(nil)
	devices := maps.Clone(r.Devices)
	if r.Each.GPU > 0 { // of an older snapshot, which names none
		devices = map[string]int64{"nvidia.com/gpu": int64(r.Each.GPU)}
	}
	for device, n := range devices {
		if limits == nil {
			limits = map[string]string{}
		}
		requests[device] = document.Devices(n).String()
		limits[device] = requests[device]
	}
	if r.Zone != "" {
		on = maps.Clone(on)
		on[zoneLabel] = r.Zone
	}
	pod := document.PlaceholderPodSpec{
		PriorityClassName: placeholderName, NodeSelector: on,
		Containers: []document.PlaceholderContainer{{Name: "placeholder", Image: placeholderImage, Resources: document.PlaceholderResources{Requests: requests, Limits: limits}}},
	}
	if r.Spread {
		pod.TopologySpreadConstraints = []document.PlaceholderSpread{{MaxSkew: 1, TopologyKey: zoneLabel, WhenUnsatisfiable: "ScheduleAnyway", LabelSelector: document.LabelSelector{MatchLabels: labels}}}
	}
	for _, t := range g.Taints {
		tolerates := document.NodeToleration{Key: t.Key, Operator: "Equal", Value: t.Value, Effect: t.Effect}
		if t.Value == "" {
			tolerates.Operator = "Exists"
		}
		pod.Tolerations = append(pod.Tolerations, tolerates)
	}
	return document.PlaceholderDeployment{
		APIVersion: "apps/v1", Kind: "Deployment",
		Metadata: document.PlaceholderMeta{Name: name, Namespace: "kube-system", Labels: labels, Annotations: map[string]string{analyzer.PlaceholderAnnotation: "true"}},
		Spec: document.PlaceholderSpec{
			Replicas: r.Pods, Strategy: document.UpdateStrategy{Type: "Recreate"}, Selector: document.LabelSelector{MatchLabels: labels},
			Template: document.PlaceholderTemplate{Metadata: document.ObjectMeta{Labels: labels}, Spec: pod},
		},
	}
}
