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
// agents. It goes by the owner's labels, the namespace and the usual names.
func (w *Workload) AddOn() bool {
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
	for _, n := range addOnNames {
		if strings.HasPrefix(w.Name, n) {
			return true
		}
	}
	return false
}
