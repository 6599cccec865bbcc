package analyzer

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// AddOn reports whether the cluster's provider installs and sizes the workload:
// an edit of it is undone by the next upgrade, or starves the node's own
// agents. It goes by who manages and owns it, the owner's labels, the namespace, in
// kube-system the priority class that is meant for add-ons, and the usual names.
func (w *Workload) AddOn() bool {
	if w.Provided != "" {
		return true
	}
	if cloud.AddOnLabels(w.Labels) || cloud.AddOnNamespace(w.Namespace) {
		return true
	}
	if w.Namespace != "kube-system" {
		return false
	}
	for i := range w.Pods {
		if c := w.Pods[i].Spec.PriorityClass; c == "system-node-critical" || c == "system-cluster-critical" {
			return true
		}
	}
	return cloud.AddOnName(w.Name)
}

// ClusterDNS reports whether the workload is the cluster's DNS, whose size goes by the
// number of the cluster's pods and services, and whose replicas by its nodes and cores:
// what it uses in a calm week tells neither.
func (w *Workload) ClusterDNS() bool {
	if w.Namespace != "kube-system" {
		return false
	}
	return cloud.DNSLabels(w.Labels) || strings.HasPrefix(w.Name, "coredns") || strings.HasPrefix(w.Name, "kube-dns")
}
