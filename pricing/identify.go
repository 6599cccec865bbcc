package pricing

import (
	"cmp"
	"slices"
	"strings"
)

// Node is what a node's price depends on.
type Node struct {
	Name       string
	ProviderID string
	Labels     map[string]string
	// ByPod names the program that bills the node's pods one by one (see
	// analyzer.Node.ByPod); the capacity is then theirs.
	ByPod string

	CPUMillis, MemoryBytes, GPUs int64 // capacity
}

// The labels that say where a node runs and what it is, newest first.
var (
	regionLabels = []string{"topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"}
	zoneLabels   = []string{"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"}
	typeLabels   = []string{"node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"}
	archLabels   = []string{"kubernetes.io/arch", "beta.kubernetes.io/arch"}
)

// providerSchemes maps the scheme of a providerID to its provider.
var providerSchemes = []struct{ prefix, provider string }{
	{"aws://", "aws"}, {"eks-hybrid://", "aws"}, {"gce://", "gcp"}, {"azure://", "azure"},
}

// providerDomains maps the domains of cloud labels to their provider.
var providerDomains = []struct{ domain, provider string }{
	{"eks.amazonaws.com/", "aws"}, {"karpenter.k8s.aws/", "aws"}, {"k8s.amazonaws.com/", "aws"},
	{"alpha.eksctl.io/", "aws"}, {"topology.k8s.aws/", "aws"},
	{"cloud.google.com/", "gcp"}, {"topology.gke.io/", "gcp"},
	{"kubernetes.azure.com/", "azure"}, {"karpenter.azure.com/", "azure"}, {"topology.disk.csi.azure.com/", "azure"},
}

// Label is a label with its value.
type Label struct{ Key, Value string }

// prepaidLabels mark a node of a reservation or capacity block, which is paid for
// whether it runs or not; without a value the key alone does.
var prepaidLabels = []Label{
	{"eks.amazonaws.com/capacityType", "CAPACITY_BLOCK"},
	{"karpenter.sh/capacity-type", "reserved"},
	{"karpenter.k8s.aws/capacity-reservation-id", ""},
	{"cloud.google.com/reservation-name", ""},
}

// spotLabels mark a node as reclaimable.
var spotLabels = []Label{
	{"karpenter.sh/capacity-type", "spot"},
	{"eks.amazonaws.com/capacityType", "spot"},
	{"cloud.google.com/gke-spot", "true"},
	{"cloud.google.com/gke-preemptible", "true"},
	{"cloud.google.com/gke-provisioning", "spot"},
	{"kubernetes.azure.com/scalesetpriority", "spot"},
	{"karpenter.azure.com/capacity-type", "spot"},
	{"node-role.kubernetes.io/spot-worker", "true"}, // kOps
	{"kops.k8s.io/instance-lifecycle", "spot"},
	{"node.kubernetes.io/lifecycle", "spot"},
	{"node.kubernetes.io/lifecycle", "Ec2Spot"},
	{"node-lifecycle", "spot"},
	{"lifecycle", "spot"},
	{"lifecycle", "Ec2Spot"},
	{"spotinst.io/node-lifecycle", "spot"}, // Spot.io's Ocean and Elastigroup
	{"spot.io/node-lifecycle", "spot"},
	{"scheduling.cast.ai/spot", "true"},
	{"node.kubernetes.io/lifecycle", "preemptible"},
	{"node.kubernetes.io/instance-lifecycle", "spot"},
	{"kubernetes.io/lifecycle", "spot"},
	{"instance-lifecycle", "spot"},
	{"capacity-type", "spot"},
	{"capacityType", "spot"},
	{"eks.amazonaws.com/capacity-type", "spot"},
	{"ec2.amazonaws.com/type", "spot"}, // kube-spot-termination-notice-handler
	{"lifecycle", "preemptible"},
}

// identify finds the offering that a node was bought as, with the catalog's
// fallbacks where the node says nothing.
func (c *Catalog) identify(n Node) Query {
	q := Query{
		Provider:     n.provider(),
		InstanceType: firstLabel(n.Labels, typeLabels),
		Region:       firstLabel(n.Labels, regionLabels),
		CapacityType: n.capacityType(slices.Clip(c.spot)),
	}
	if q.Provider == "" {
		scheme, _, _ := strings.Cut(n.ProviderID, "://")
		q.Provider = cmp.Or(c.provider, c.providerOfRegion(q.Region), canonicalProvider(scheme))
	}
	if q.Region == "" {
		q.Region = regionOfZone(q.Provider, cmp.Or(firstLabel(n.Labels, zoneLabels), zoneOfID(n.ProviderID)))
	}
	q.Region = cmp.Or(q.Region, c.region)
	if q.Provider == "azure" {
		q.Region = strings.ToLower(q.Region)
	}
	return q
}

// provider reads the providerID's scheme, else the domains of the labels.
func (n Node) provider() string {
	for _, s := range providerSchemes {
		if strings.HasPrefix(n.ProviderID, s.prefix) {
			return s.provider
		}
	}
	for _, d := range providerDomains {
		for key := range n.Labels {
			if strings.HasPrefix(key, d.domain) {
				return d.provider
			}
		}
	}
	return ""
}

func (n Node) capacityType(more []Label) CapacityType {
	for _, l := range append(more, spotLabels...) {
		if v, ok := n.Labels[l.Key]; ok && strings.EqualFold(v, l.Value) {
			return Spot
		}
	}
	for _, l := range prepaidLabels {
		if v, ok := n.Labels[l.Key]; ok && (l.Value == "" || strings.EqualFold(v, l.Value)) {
			return Reserved
		}
	}
	return OnDemand
}

// providerOfRegion recognizes a region's name when nothing else names the provider.
func (c *Catalog) providerOfRegion(region string) string {
	if region == "" {
		return ""
	}
	for _, p := range c.Providers() {
		if slices.Contains(c.Regions(p), region) {
			return p
		}
	}
	return ""
}

// zoneOfID takes the zone out of aws:///us-east-1a/i-0abc and gce://project/us-central1-a/name.
func zoneOfID(id string) string {
	scheme, rest, _ := strings.Cut(id, "://")
	parts := strings.Split(rest, "/")
	if len(parts) == 3 && (scheme == "aws" || scheme == "gce") {
		return parts[1]
	}
	return ""
}

// regionOfZone drops the zone: us-east-1a and us-east1-b name us-east-1 and us-east1, eastus-2 names eastus.
func regionOfZone(provider, zone string) string {
	switch provider {
	case "aws":
		return strings.TrimRight(zone, "abcdefghijklmnopqrstuvwxyz")
	case "gcp", "azure":
		if i := strings.LastIndexByte(zone, '-'); i > 0 {
			return zone[:i]
		}
	}
	return zone
}

func firstLabel(labels map[string]string, keys []string) string {
	for _, k := range keys {
		if v := labels[k]; v != "" {
			return v
		}
	}
	return ""
}
