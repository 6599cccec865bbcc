package pricing

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Successor gives the cheapest on-demand offering of a newer generation of the
// same class and architecture that has at least the same vCPUs, memory, GPUs
// and local disk; ok is false where none costs less.
func (c *Catalog) Successor(of Offering) (next Offering, ok bool) {
	class, generation := generationOf(of.Provider, of.InstanceType)
	if generation == 0 || of.CPUMillis == 0 {
		return Offering{}, false
	}
	for _, o := range c.Offerings(of.Provider, of.Region) {
		theirs, newer := generationOf(o.Provider, o.InstanceType)
		if o.CapacityType != OnDemand || theirs != class || newer <= generation || o.Arch != of.Arch ||
			o.CPUMillis < of.CPUMillis || o.MemoryBytes < of.MemoryBytes || o.GPUs < of.GPUs || o.GPUName != of.GPUName ||
			o.LocalDiskBytes < of.LocalDiskBytes || o.USDPerHour >= of.USDPerHour {
			continue
		}
		if !ok || cmp.Or(cmp.Compare(o.USDPerHour, next.USDPerHour), strings.Compare(o.InstanceType, next.InstanceType)) < 0 {
			next, ok = o, true
		}
	}
	return next, ok
}

// generationOf splits a type's name into its class and generation: m and 5 of
// m5.large, n-standard and 2 of n2-standard-4, D and 5 of Standard_D4as_v5. The
// generation is 0 where the name has none; burstable and flex types have none
// either, since they do not hold their CPU.
func generationOf(provider, instanceType string) (class string, generation int) {
	of := cloud.Of(cloud.Canonical(provider))
	if of == nil {
		return "", 0
	}
	name := of.Type(instanceType)
	class, digits := of.Generation(instanceType)
	if name.Burstable || strings.HasSuffix(name.Family, "-flex") {
		return class, 0
	}
	generation, err := strconv.Atoi(digits)
	if err != nil {
		return class, 0
	}
	return class, generation
}
