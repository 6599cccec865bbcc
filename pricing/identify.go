package pricing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Node is what a node's price depends on.
type Node struct {
	Name       string
	ProviderID string
	Labels     map[string]string
	// ByPod names the program that bills the node's pods one by one (see
	// analyzer.Node.ByPod); the capacity is then theirs.
	ByPod string
	// OSImage is what the node's system calls itself; empty where it is not known.
	OSImage string

	CPUMillis, MemoryBytes, GPUs int64 // capacity
}

// The labels that say where a node runs and what it is, newest first.
var (
	regionLabels = []string{"topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"}
	zoneLabels   = []string{"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"}
	typeLabels   = []string{"node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"}
	archLabels   = []string{"kubernetes.io/arch", "beta.kubernetes.io/arch"}
)

// Label is a label with its value.
type Label = cloud.Label

// prepaidLabels mark a node of a reservation or capacity block, which is paid for
// whether it runs or not; without a value the key alone does.
var prepaidLabels = append([]Label{{Key: "karpenter.sh/capacity-type", Value: "reserved"}}, cloud.Prepaid()...)

// spotLabels mark a node as reclaimable: those of autoscalers and tools, and the clouds' own.
var spotLabels = append([]Label{
	{Key: "karpenter.sh/capacity-type", Value: "spot"},
	{Key: "node-role.kubernetes.io/spot-worker", Value: "true"}, // kOps
	{Key: "node-role.kubernetes.io/spot-worker"},                // a role's label is empty as a rule
	{Key: "kops.k8s.io/instance-lifecycle", Value: "spot"},
	{Key: "node.kubernetes.io/lifecycle", Value: "spot"},
	{Key: "node.kubernetes.io/lifecycle", Value: "Ec2Spot"},
	{Key: "node-lifecycle", Value: "spot"},
	{Key: "lifecycle", Value: "spot"},
	{Key: "lifecycle", Value: "Ec2Spot"},
	{Key: "spotinst.io/node-lifecycle", Value: "spot"}, // Spot.io's Ocean and Elastigroup
	{Key: "spot.io/node-lifecycle", Value: "spot"},
	{Key: "scheduling.cast.ai/spot", Value: "true"},
	{Key: "node.kubernetes.io/lifecycle", Value: "preemptible"},
	{Key: "node.kubernetes.io/instance-lifecycle", Value: "spot"},
	{Key: "kubernetes.io/lifecycle", Value: "spot"},
	{Key: "instance-lifecycle", Value: "spot"},
	{Key: "capacity-type", Value: "spot"},
	{Key: "capacityType", Value: "spot"},
	{Key: "lifecycle", Value: "preemptible"},
}, cloud.Spot()...)

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
		q.Provider = cmp.Or(c.provider, c.providerOfRegion(q.Region), cloud.Canonical(scheme))
	}
	if q.Region == "" {
		q.Region = cloud.RegionOfZone(q.Provider, cmp.Or(firstLabel(n.Labels, zoneLabels), cloud.ZoneOfID(n.ProviderID)))
	}
	q.Region = cmp.Or(q.Region, c.region)
	if c := cloud.Of(q.Provider); c != nil && c.LowerRegions {
		q.Region = strings.ToLower(q.Region)
	}
	return q
}

// provider reads the providerID's scheme, else the domains of the labels.
func (n Node) provider() string {
	if c := cloud.OfNode(n.ProviderID, n.Labels); c != nil {
		return c.Name
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

func firstLabel(labels map[string]string, keys []string) string {
	for _, k := range keys {
		if v := labels[k]; v != "" {
			return v
		}
	}
	return ""
}
