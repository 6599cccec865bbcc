// Package pin says what holds pods and nodes where they are: what they say of
// themselves, data on the node, volumes, and devices of their own kind.
package pin

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// LocalData says what becomes of pods that keep data on their node in emptyDir
// volumes.
type LocalData string

// The ways to take emptyDir volumes.
const (
	// LocalWarn lets such pods move, and counts them: an emptyDir is lost at every
	// eviction by its nature.
	LocalWarn LocalData = "warn"
	// LocalPin leaves their nodes as they are, as Cluster Autoscaler does with
	// --skip-nodes-with-local-storage.
	LocalPin LocalData = "pin"
)

// Pod says why a pod has to stay on its node, whatever node that is; nothing
// where it may move. Pods of DaemonSets are not asked.
func Pod(pod *analyzer.Pod, local LocalData) string {
	s := &pod.Spec
	switch {
	case s.Scheduler != "":
		return "scheduler " + s.Scheduler + ", which places it by rules of its own"
	case len(s.Unmodelled) > 0:
		return "spec." + s.Unmodelled[0]
	case s.SafeToEvict:
		return ""
	case s.LocalStorage && s.Local == nil:
		return "data on its node that the snapshot, of an older plimsoll, does not tell"
	case s.Local == nil:
		return ""
	case len(s.Local.HostPaths) > 0:
		return "data in " + s.Local.HostPaths[0] + " of its node"
	case s.Local.EmptyDirs > 0 && local == LocalPin:
		return "data in an emptyDir volume"
	}
	return ""
}

// LosesData reports whether a pod that moves loses what it has on its node.
func LosesData(pod *analyzer.Pod) bool {
	return pod.Spec.Local != nil && (pod.Spec.Local.EmptyDirs > 0 || len(pod.Spec.Local.HostPaths) > 0)
}

// The reasons for which a node stays however little runs on it; others begin with
// neither.
const (
	ControlPlane = "it runs the control plane"
	SystemPool   = "it is of an AKS system pool"
)

// Node says why a node stays, of what it says of itself; nothing where it may go.
// What its price and its pods say comes beside.
func Node(n *analyzer.Node) string {
	has := func(key string) bool { _, ok := n.Labels[key]; return ok }
	is := func(key, value string) bool { return strings.EqualFold(n.Labels[key], value) }
	switch {
	case has("node-role.kubernetes.io/control-plane") || has("node-role.kubernetes.io/master"):
		return ControlPlane
	case is("kubernetes.io/os", "windows"):
		return "it runs Windows, whose prices the tables do not have"
	case is("eks.amazonaws.com/compute-type", "fargate") || is("type", "virtual-kubelet"):
		return "it is no machine of its own: its pods are billed one by one"
	case n.Hybrid():
		return "it is a machine of your own: EKS bills its vCPUs, whatever runs on them"
	case is("kubernetes.azure.com/mode", "system"):
		return SystemPool
	case is("eks.amazonaws.com/capacityType", "CAPACITY_BLOCK") || is("karpenter.sh/capacity-type", "reserved") || has("cloud.google.com/reservation-name"):
		return "it is reserved, and paid for whether it runs or not"
	case n.Keep != "":
		return "it asks to stay by the annotation " + n.Keep
	case n.Unschedulable:
		return "it is cordoned: somebody is at work on it"
	case n.NotReady:
		return "it is not ready: what it runs, and why it fails, is not known"
	case len(n.Unmodelled) > 0:
		return "its spec." + n.Unmodelled[0] + " is not modelled"
	}
	return ""
}

// ZoneOf is the node's zone; Azure's "0" and "-1" of machines without one are none.
func ZoneOf(labels map[string]string) string {
	zone := labels["topology.kubernetes.io/zone"]
	if zone == "" {
		zone = labels["failure-domain.beta.kubernetes.io/zone"]
	}
	return Zone(zone)
}

// Zone is a zone's name, nothing for one that stands for none.
func Zone(name string) string {
	if name == "0" || name == "-1" {
		return ""
	}
	return name
}

// Kind is the kind of a reason for which a node stays, to add nodes up by.
func Kind(reason string) string {
	for _, kind := range []struct{ has, name string }{
		{"volume ", "volumes that only their node reaches"},
		{"data in", "data on the node"},
		{"data on", "data on the node"},
		{"can't be evicted", "pods that may not be evicted"},
		{"which the planner does not model", "constraints that are not modelled"},
		{"can't be planned", "pods that no other node takes"},
		{"devices", "devices of their own kind"},
	} {
		if strings.Contains(reason, kind.has) {
			return kind.name
		}
	}
	return reason
}
