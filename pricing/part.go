package pricing

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// PartPrice is what a vCPU, a GiB or a GPU costs an hour, in USD, where bills have the parts of
// machines in place of machines; 0 where the tables do not tell. It is worked out of the
// series' machines, as commitments to parts are. Of a spot machine, the parts cost as much of it as on demand.
func (c *Catalog) PartPrice(provider, region string, part cloud.Part) float64 {
	resource := map[string]string{cloud.PartCore: ResourceVCPU, cloud.PartRAM: ResourceMemory, cloud.PartGPU: ResourceGPU}[part.Kind]
	capacity := OnDemand
	if part.Spot {
		capacity = Spot
	}
	for _, o := range c.Offerings(provider, region) {
		if o.CapacityType != capacity || !o.ofPart(part) {
			continue
		}
		for _, p := range c.CommitmentParts(o, o.USDPerHour) {
			if p.Resource == resource && p.Units > 0 {
				return p.USD / p.Units
			}
		}
	}
	if part.Kind == cloud.PartGPU && !part.Spot {
		return attachedPrice(provider, region, part.Series)
	}
	return 0
}

// ofPart reports whether a machine tells what a part costs: it has no other parts beside. Disks of
// its own and shared cores are others.
func (o *Offering) ofPart(part cloud.Part) bool {
	if part.Kind == cloud.PartGPU {
		return o.GPUs > 0 && gpuSKU(o.GPUName) == gpuSKU(part.Series)
	}
	plain := o.GPUs == 0 && o.GPUName == "" && o.LocalDiskBytes <= 0 && !cloud.ParseType(o.Provider, o.InstanceType).Burstable
	return plain && strings.EqualFold(CommitmentFamily(o.Provider, o.InstanceType), part.Series)
}

// attachedPrice is that of a GPU that is attached, by its name on a bill; 0 where it is not known.
func attachedPrice(provider, region, name string) float64 {
	of := cloud.Of(cloud.Canonical(provider))
	if of == nil || of.Attach == nil {
		return 0
	}
	for _, gpu := range of.Attach.GPUs {
		if strings.EqualFold(gpu.Name, name) {
			return gpu.At[region]
		}
	}
	return 0
}
