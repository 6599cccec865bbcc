package cloud

import "strings"

// PodRate is what a program asks for a pod's vCPUs and GiB an hour in a region, in USD. It
// stands in for other regions, and the price says so.
type PodRate struct {
	Program, Region string
	VCPU, GiB       float64
	Source, AsOf    string
}

// Hybrid is what a cloud bills for a vCPU of a machine that is not its own, in USD an hour.
type Hybrid struct {
	Label        Label
	Scheme       string // of its nodes' IDs
	Type         string // what stands in place of an instance type
	VCPU         float64
	Note         string
	Source, AsOf string
}

// Auto is what a cloud takes for running a node, as a share of its machine's price on demand,
// however that is bought. No commitment covers it.
type Auto struct {
	Label Label
	Share float64
}

// HybridOf is what is billed for a node that is no machine of a cloud's; nil for others.
func HybridOf(id string, labels map[string]string) (*Cloud, *Hybrid) {
	for _, c := range all {
		if h := c.Hybrid; h != nil && (labels[h.Label.Key] == h.Label.Value || strings.HasPrefix(id, h.Scheme)) {
			return c, h
		}
	}
	return nil, nil
}

// AutoDomain is the API group of EKS Auto Mode, and that of the labels that it sets; AutoLabel is
// the one by which EKS says what runs a node.
const (
	AutoDomain = "eks.amazonaws.com"
	AutoLabel  = AutoDomain + "/compute-type"
)

// hybridOfAWS is the first tier, of 576,000 vCPU-hours a month.
var hybridOfAWS = &Hybrid{
	Label: Label{AutoLabel, "hybrid"}, Scheme: "eks-hybrid://", Type: "EKS hybrid node", VCPU: 0.02,
	Note:   "EKS hybrid nodes are priced by what EKS bills for their vCPUs; the machines are your own and have no price here: give it with --pricing",
	Source: "aws.amazon.com/eks/pricing", AsOf: "2026-03",
}

// autoOfAWS has its share from aws.amazon.com/eks/pricing, m5.large at $0.01152 beside $0.096, read 2026-03.
var autoOfAWS = &Auto{Label: Label{AutoLabel, "auto"}, Share: 0.12}

// RunsNode reports whether labels are those of a node that its cloud runs for a fee, as EKS
// Auto Mode does.
func RunsNode(labels map[string]string) bool {
	return find(func(c *Cloud) bool { return c.Auto != nil && labels[c.Auto.Label.Key] == c.Auto.Label.Value }) != nil
}
