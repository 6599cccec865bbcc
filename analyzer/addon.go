package analyzer

import "strings"

// addOnNamespaces hold nothing but what the provider installs and sizes.
var addOnNamespaces = []string{"gmp-system", "gke-managed-", "gke-gmp-system", "calico-system", "tigera-operator", "aks-istio-system", "amazon-cloudwatch"}

// addOnLabels are set by providers and their add-on managers on what they own.
var addOnLabels = []string{
	"addonmanager.kubernetes.io/mode", "kubernetes.azure.com/managedby", "eks.amazonaws.com/component", "components.gke.io/component-name",
	"k8s.io/cloud-provider-gcp", "kubernetes.io/cluster-service",
}

// addOnNames begin the names of the usual add-ons in kube-system: proxy,
// network, storage, DNS, metrics and identity agents.
var addOnNames = []string{
	"kube-proxy", "coredns", "kube-dns", "node-local-dns", "nodelocaldns", "aws-node", "eks-pod-identity", "ebs-csi", "efs-csi", "fsx-csi", "vpc-cni",
	"azure-", "csi-azure", "csi-", "cloud-node-manager", "cloud-controller", "konnectivity", "metrics-server", "ama-", "omsagent", "retina",
	"calico", "cilium", "anetd", "kube-flannel", "canal", "weave-net", "antrea", "kindnet", "netd", "ip-masq", "pdcsi", "filestore", "gcsfusecsi", "fluentbit-gke",
	"gke-metrics", "event-exporter", "l7-default-backend", "metadata-proxy", "gke-metadata", "nvidia-gpu-device", "nvidia-device-plugin", "kube-controller", "kube-scheduler", "kube-apiserver", "etcd",
}

// AddOn reports whether the cluster's provider installs and sizes the workload:
// an edit of it is undone by the next upgrade, or starves the node's own
// agents. It goes by who manages and owns it, the owner's labels, the namespace, in
// kube-system the priority class that is meant for add-ons, and the usual names.
func (w *Workload) AddOn() bool {
	if w.Provided != "" {
		return true
	}
	for _, l := range addOnLabels {
		if _, ok := w.Labels[l]; ok {
			return true
		}
	}
	for _, n := range addOnNamespaces {
		if strings.HasPrefix(w.Namespace, n) {
			return true
		}
	}
	if w.Namespace != "kube-system" {
		return false
	}
	for i := range w.Pods {
		if c := w.Pods[i].Spec.PriorityClass; c == "system-node-critical" || c == "system-cluster-critical" {
			return true
		}
	}
	for _, n := range addOnNames {
		if strings.HasPrefix(w.Name, n) {
			return true
		}
	}
	return false
}

// ClusterDNS reports whether the workload is the cluster's DNS, whose size goes by the
// number of the cluster's pods and services, and whose replicas by its nodes and cores:
// what it uses in a calm week tells neither.
func (w *Workload) ClusterDNS() bool {
	if w.Namespace != "kube-system" {
		return false
	}
	return w.Labels["k8s-app"] == "kube-dns" || w.Labels["eks.amazonaws.com/component"] == "coredns" || strings.HasPrefix(w.Name, "coredns") || strings.HasPrefix(w.Name, "kube-dns")
}
