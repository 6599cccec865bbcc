package policy

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// NodeSize gives what the policy's node leaves for pods: as stated, or worked
// out from an instance type of the price tables. It is zero where the policy
// names no node.
func (p *Document) NodeSize(catalog *pricing.Catalog, provider, region string) (analyzer.Amounts, error) {
	n := p.Node
	if n.InstanceType == "" {
		return analyzer.Amounts{CPU: n.CPU.Millicores(), Memory: n.Memory.Bytes()}, nil
	}
	o := catalog.Lookup(pricing.Query{Provider: provider, Region: region, InstanceType: n.InstanceType})
	if o.Status == pricing.Missing {
		return analyzer.Amounts{}, fmt.Errorf("node.instanceType of the policy: %s", o.Reason)
	}
	m := cloud.Machine{VCPU: o.Offering.CPUMillis / 1000, Memory: o.Offering.MemoryBytes, MaxPods: o.Offering.MaxPods}
	a := cloud.LeavesOf(o.Offering.Provider, m)
	return analyzer.Amounts{CPU: a.CPU, Memory: a.Memory}, nil
}
