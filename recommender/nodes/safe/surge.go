package safe

import (
	"maps"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// usualSurge is what Kubernetes takes where an object does not say.
const usualSurge = "25%"

// Surges is how many pods a rolling update of each workload starts at once, as its object
// has it; kinds that end pods first start none.
func Surges(s *analyzer.Snapshot, pods []packing.Pod) map[string]int {
	count, out := map[string]int{}, map[string]int{}
	for i := range pods {
		count[pods[i].Group]++
	}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		rolls := w.Kind == "Deployment" || w.Kind == "Rollout" || w.Kind == "DeploymentConfig"
		if n := surge(w.Surge, count[w.Ref.String()]); rolls && n > 0 {
			out[w.Ref.String()] = n
		}
	}
	return out
}

// surge reads a number or a percentage of pods, rounded up as the controller does. There
// are never more new pods than pods.
func surge(text string, pods int) int {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil || n < 0 {
		text, n = usualSurge, 25
	}
	if strings.HasSuffix(text, "%") {
		n = (min(n, 100)*pods + 99) / 100
	}
	return min(n, pods)
}

// Standing is a node of today with what runs there.
type Standing struct {
	packing.Kept
	Room analyzer.Amounts // for all its pods
	// Devices are what it has, by resource; nil where an older snapshot does not name them.
	Devices map[string]int64
	Open    bool // it stays, and more pods may come
}

// Starts reports whether the pods that an update of a workload starts at once find room on the
// open nodes where it runs, by CPU, memory and devices, and by what spreads its pods and keeps them apart.
func Starts(group string, count int, nodes []Standing) bool {
	var in packing.Input
	var plan packing.Plan
	for i := range nodes {
		s := &nodes[i]
		own, room, devices := s.of(group)
		if len(own) == 0 || !s.Open {
			kept := s.Kept
			kept.Pods = own
			in.Kept = append(in.Kept, kept)
			continue
		}
		node := packing.PlannedNode{Offering: packing.Offering{
			Zone: s.Zone, Arch: s.Labels[packing.LabelArch], Labels: s.Labels, Taints: s.Taints, CPU: room.CPU, Memory: room.Memory, Pods: int64(len(own) + count), Extended: devices,
		}}
		for k := range own {
			node.Pods = append(node.Pods, own[k].Name)
		}
		in.Pods, plan.Nodes = append(in.Pods, own...), append(plan.Nodes, node)
	}
	losses := packing.Losses(in, plan, packing.Survival{Level: packing.SurvivePod, Surge: map[string]int{group: count}})
	return len(losses) > 0 && len(losses[0].Left) == 0
}

// of gives a workload's pods on the node, and the room and the devices that others leave.
func (s *Standing) of(group string) (own []packing.Pod, room analyzer.Amounts, devices map[string]int64) {
	room, devices = s.Room, maps.Clone(s.Devices)
	for i := range s.Pods {
		if p := &s.Pods[i]; p.Group == group {
			own = append(own, plain(*p, s.Devices != nil))
			continue
		}
		room.CPU, room.Memory = room.CPU-s.Pods[i].CPU, room.Memory-s.Pods[i].Memory
		for name, n := range s.Pods[i].Extended {
			if devices[name] > 0 {
				devices[name] -= n
			}
		}
	}
	return own, room, devices
}

// plain is a pod by CPU and memory, and by its devices where these are known, without what
// only a plan asks of its node.
func plain(p packing.Pod, devices bool) packing.Pod {
	asks := map[string]int64{}
	for name, n := range p.Extended {
		if devices && pin.IsDevice(name) {
			asks[name] = n
		}
	}
	p.GPUs, p.Extended, p.NodeSelector = 0, asks, maps.Clone(p.NodeSelector)
	for _, key := range p.Own {
		delete(p.NodeSelector, key)
	}
	p.Own = nil
	return p
}
