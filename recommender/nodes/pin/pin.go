// Package pin says what holds pods and nodes where they are: what they say of
// themselves, data on the node, volumes, and devices of their own kind.
package pin

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
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

// Pod says why a pod has to stay on its node, whatever node that is; none
// where it may move. Pods of DaemonSets are not asked.
func Pod(pod *analyzer.Pod, local LocalData) Reason {
	s := &pod.Spec
	switch {
	case s.Scheduler != "":
		return Reason{Constraint, "scheduler " + s.Scheduler + ", which places it by rules of its own"}
	case len(s.Unmodelled) > 0:
		return Reason{Constraint, "spec." + s.Unmodelled[0]}
	case s.SafeToEvict:
		return Reason{}
	case s.LocalStorage && s.Local == nil:
		return Reason{Data, "data on its node that the snapshot, of an older plimsoll, does not tell"}
	case s.Local == nil:
		return Reason{}
	case len(s.Local.HostPaths) > 0:
		return Reason{Data, "data in " + s.Local.HostPaths[0] + " of its node"}
	case s.Local.EmptyDirs > 0 && local == LocalPin:
		return Reason{Data, "data in an emptyDir volume"}
	}
	return Reason{}
}

// Constraints lists what a pod wants that the packer can't hold.
func Constraints(w *analyzer.WorkloadFacts, pod *analyzer.Pod) []Reason {
	var out []Reason
	add := func(when bool, what string) {
		if when {
			out = append(out, Reason{Constraint, what})
		}
	}
	s := &pod.Spec
	has := func(name string) bool { return slices.Contains(s.Constraints, name) }
	add(has(analyzer.ConstraintNodeAffinity) && len(s.Affinity) == 0 && w.Kind != "DaemonSet", "node affinity by fields of nodes")
	add(has(analyzer.ConstraintAffinity), "required pod affinity")
	add(has(analyzer.ConstraintAntiAffinity) && len(s.AntiAffinity) == 0, "anti-affinity that is not to whole workloads of its namespace")
	add(has(analyzer.ConstraintSpread) && len(s.Spread) == 0, "topology spread over other pods than its workload's, or over nodes that it may not run on")
	add(has(analyzer.ConstraintHostPort) || s.HostNetwork, "ports of the host")
	add(has(analyzer.ConstraintClaims), "dynamic resource claims")
	return out
}

// LosesData reports whether a pod that moves loses what it has on its node.
func LosesData(pod *analyzer.Pod) bool {
	return pod.Spec.Local != nil && (pod.Spec.Local.EmptyDirs > 0 || len(pod.Spec.Local.HostPaths) > 0)
}

// LosesVolume reports whether a pod that moves gets an empty volume for one that went with it.
func LosesVolume(pod *analyzer.Pod) bool { return len(pod.Spec.Ephemeral) > 0 }

// controlPlane are the labels and taints of nodes that run the API server or etcd, by
// kubeadm, RKE, k3s and MicroK8s.
func controlPlane() []string {
	const role = "node-role.kubernetes.io/"
	return []string{role + "control-plane", role + "controlplane", role + "master", role + "etcd", "node.kubernetes.io/microk8s-controlplane"}
}

// Node says why a node stays, of what it says of itself; none where it may go.
// What its price and its pods say comes beside.
func Node(n *analyzer.Node) Reason {
	has := func(key string) bool { _, ok := n.Labels[key]; return ok }
	switch {
	case slices.ContainsFunc(controlPlane(), has) || slices.ContainsFunc(n.Taints, func(t analyzer.Taint) bool { return slices.Contains(controlPlane(), t.Key) }):
		return Reason{Nature, "it runs the control plane"}
	case n.Windows():
		return Reason{Itself, "it runs Windows, whose prices the tables do not have"}
	case n.ByPod() != "":
		return Reason{Itself, "it is no machine of its own: its pods are billed one by one"}
	case n.Hybrid():
		return Reason{Itself, "it is a machine of your own: its cloud bills its vCPUs, whatever runs on them"}
	case cloud.SystemPoolOf(n.Labels) != "":
		return Reason{Nature, "it is of an " + cloud.SystemPoolOf(n.Labels) + " system pool"}
	case prepaid(n.Labels):
		return Reason{Itself, "it is reserved, and paid for whether it runs or not"}
	case n.Keep != "":
		return Reason{Itself, "it asks to stay by the annotation " + n.Keep}
	case n.Unschedulable:
		return Reason{Itself, "it is cordoned: somebody is at work on it"}
	case n.NotReady:
		return Reason{Itself, "it is not ready: what it runs, and why it fails, is not known"}
	case len(n.Unmodelled) > 0:
		return Reason{Itself, "its " + fieldOf(n.Unmodelled[0]) + " is not modelled"}
	}
	return Reason{}
}

// fieldOf is a field of a node: of its spec, unless it says that it is of its status.
func fieldOf(name string) string {
	if strings.HasPrefix(name, "status.") {
		return name
	}
	return "spec." + name
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

// prepaid reports whether a node is of a reservation, by Karpenter's label or its cloud's.
func prepaid(labels map[string]string) bool {
	return strings.EqualFold(labels["karpenter.sh/capacity-type"], "reserved") || slices.ContainsFunc(cloud.Prepaid(), func(l cloud.Label) bool {
		v, has := labels[l.Key]
		return has && (l.Value == "" || strings.EqualFold(v, l.Value))
	})
}
