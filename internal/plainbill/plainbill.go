// Package plainbill works a bill and its waste out anew, by slow and plain code, for the
// tests of the demo, the rule cases and the testbed.
package plainbill

import (
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Bill is the bill worked out anew by slow and plain code, from nothing but the
// snapshot's lists and the prices of single machines. See Check.
type Bill struct {
	Snap    *analyzer.Snapshot
	catalog *pricing.Catalog
	// Prices are the nodes' by name, Nodes what they cost a month, and Workloads what of
	// it is of each, in USD.
	Prices    map[string]pricing.NodePrice
	Nodes     map[string]float64
	Workloads map[analyzer.Ref]float64
	slack     map[containerKey]float64 // of that, what was requested and not used
	pods      map[containerKey]float64 // on the mean of the window's hours
	// Overhead is what nodes keep for the system, in USD a month.
	Overhead float64
	// Fleet are the nodes that the bill is of: today's, or those of the window.
	Fleet []Machine
	// Planned says that a plan of the nodes drains what stands empty.
	Planned bool
	byHour  bool    // the fleet is the window's
	seen    float64 // hours of the window in which anything was seen
}

// Of works the bill of a snapshot out: of today's nodes in all hours, or, where an
// autoscaler adds and takes them and a day of the window's nodes is known, of those.
func Of(snap *analyzer.Snapshot) *Bill {
	b := &Bill{
		Snap: snap, catalog: pricing.New(pricing.Config{}), Prices: map[string]pricing.NodePrice{}, Nodes: map[string]float64{},
		Workloads: map[analyzer.Ref]float64{}, slack: map[containerKey]float64{}, pods: map[containerKey]float64{},
	}
	b.seen = b.hoursSeen()
	b.Fleet = b.fleet()
	for i := range b.Fleet {
		n := &b.Fleet[i]
		b.Prices[n.Name] = b.priceOf(&n.Node)
		b.Nodes[n.Name] = b.hourly(&n.Node) * 730 * n.Share
	}
	claims := b.claims()
	for i := range b.Fleet {
		n := &b.Fleet[i]
		b.node(n, claims[n.Name])
		b.Overhead += b.Nodes[n.Name] * b.kept(&n.Node)
	}
	return b
}

// priceOf is a machine's price with those of its parts.
func (b *Bill) priceOf(n *analyzer.Node) pricing.NodePrice {
	return b.catalog.NodePrice(pricing.Node{Name: n.Name, ProviderID: n.ProviderID, Labels: n.Labels, CPUMillis: n.Capacity.CPU, MemoryBytes: n.Capacity.Memory, GPUs: n.Capacity.GPU})
}

// hourly is a machine's list price. Windows has none; EKS Auto Mode takes 12 % more.
func (b *Bill) hourly(n *analyzer.Node) float64 {
	spot := n.Labels["karpenter.sh/capacity-type"] == "spot"
	usd := b.listed(n, n.Labels["node.kubernetes.io/instance-type"], map[bool]pricing.CapacityType{true: pricing.Spot, false: pricing.OnDemand}[spot])
	switch {
	case n.Labels["kubernetes.io/os"] == "windows":
		return 0
	case n.Labels["eks.amazonaws.com/compute-type"] == "auto":
		return usd + 0.12*b.listed(n, n.Labels["node.kubernetes.io/instance-type"], pricing.OnDemand)
	}
	return usd
}

// Monthly is what a machine costs a month in all hours.
func (b *Bill) Monthly(n *analyzer.Node) float64 { return b.hourly(n) * 730 }

// listed is what the tables have for a type in the node's region.
func (b *Bill) listed(n *analyzer.Node, instanceType string, capacity pricing.CapacityType) float64 {
	provider := "aws"
	switch {
	case n.ProviderID == "" && instanceType == "" && n.ByPod() == "": // OpenCost's usual rates
		return 0.031611*float64(n.Capacity.CPU)/1000 + 0.004237*float64(n.Capacity.Memory)/(1<<30)
	case strings.HasPrefix(n.ProviderID, "gce"):
		provider = "gcp"
	case strings.HasPrefix(n.ProviderID, "azure"):
		provider = "azure"
	}
	return b.catalog.Lookup(pricing.Query{Provider: provider, Region: n.Labels["topology.kubernetes.io/region"], InstanceType: instanceType, CapacityType: capacity}).Offering.USDPerHour
}

// node shares one node's price out: each resource by its unit price, each pod by what it
// holds, and all of them no more than is allocatable.
func (b *Bill) node(n *Machine, claims []claim) {
	p := b.Prices[n.Name]
	capacity := [3]float64{float64(n.Capacity.CPU), float64(n.Capacity.Memory), float64(p.GPUs)}
	allocatable := [3]float64{float64(n.Allocatable.CPU), float64(n.Allocatable.Memory), float64(p.GPUs)}
	worth := [3]float64{p.CPUPerCoreHour * capacity[0] / 1000, p.MemoryPerGiBHour * capacity[1] / (1 << 30), p.GPUPerHour * capacity[2]}
	for r := range 3 {
		if capacity[r] == 0 || worth[r] == 0 || n.Share == 0 {
			continue
		}
		pot := b.Nodes[n.Name] * worth[r] / (worth[0] + worth[1] + worth[2])
		sum := 0.0
		for _, c := range claims {
			sum += c.held[r]
		}
		for _, c := range claims { // of a node that is there a part of the time, pot is a part of its price
			each := pot / n.Share / capacity[r] * math.Min(1, n.Share*allocatable[r]/sum)
			b.Workloads[c.of.Ref] += each * c.held[r]
			b.slack[c.of] += each * c.slack[r]
		}
	}
}
