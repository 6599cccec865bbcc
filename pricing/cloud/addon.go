package cloud

import (
	"slices"
	"strings"
)

// AddOns is what a cloud, or many for all of them, run in a cluster as their own.
type AddOns struct {
	// Namespaces begin the names of those that hold nothing else, and Names those of
	// workloads in kube-system.
	Namespaces, Names []string
	// Labels are set by providers and their add-on managers on what they own, and Managers
	// are their names in the label app.kubernetes.io/managed-by.
	Labels, Managers []string
	// DNS is the label of the cluster's DNS.
	DNS Label
}

// usual are the add-ons of no cloud alone: proxy, network, storage, DNS, metrics and
// identity agents.
var usual = AddOns{
	Labels: []string{"addonmanager.kubernetes.io/mode", "kubernetes.io/cluster-service", "addon.kops.k8s.io/name"}, Managers: []string{"kops"},
	Names: []string{
		"kube-proxy", "coredns", "kube-dns", "node-local-dns", "nodelocaldns", "csi-", "cloud-controller", "konnectivity", "metrics-server",
		"calico", "cilium", "kube-flannel", "canal", "weave-net", "antrea", "kindnet", "ip-masq", "nvidia-gpu-device", "nvidia-device-plugin",
		"kube-controller", "kube-scheduler", "kube-apiserver", "etcd",
	},
	DNS: Label{"k8s-app", "kube-dns"},
}

// anyAddOns asks the usual add-ons and those of each cloud.
func anyAddOns(is func(*AddOns) bool) bool {
	return is(&usual) || slices.ContainsFunc(all, func(c *Cloud) bool { return is(&c.AddOns) })
}

// AddOnLabels reports whether labels are those of an add-on.
func AddOnLabels(labels map[string]string) bool {
	return anyAddOns(func(a *AddOns) bool {
		return slices.ContainsFunc(a.Labels, func(key string) bool { _, ok := labels[key]; return ok }) ||
			slices.Contains(a.Managers, labels["app.kubernetes.io/managed-by"])
	})
}

// AddOnNamespace reports whether a namespace holds nothing but add-ons.
func AddOnNamespace(name string) bool {
	return anyAddOns(func(a *AddOns) bool { return startsWith(name, a.Namespaces) })
}

// AddOnName reports whether a workload of kube-system is called as an add-on is.
func AddOnName(name string) bool {
	return anyAddOns(func(a *AddOns) bool { return startsWith(name, a.Names) })
}

// DNSLabels reports whether labels are those of a cluster's DNS.
func DNSLabels(labels map[string]string) bool {
	return anyAddOns(func(a *AddOns) bool { return a.DNS.Key != "" && labels[a.DNS.Key] == a.DNS.Value })
}

// SidecarSetWhere says where the requests of a container that a cloud's webhook adds are
// set; empty for others.
func SidecarSetWhere(container string) string {
	for _, c := range all {
		if where := c.Sidecars[container]; where != "" {
			return where
		}
	}
	return ""
}

// startsWith reports whether a name begins with one of several.
func startsWith(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}
