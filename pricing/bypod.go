package pricing

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// podsPrice prices a node that is not a machine by its pods, whose sum its
// capacity is. A program without a published price here has none: the warning
// names it, and nothing is put in its place.
func (c *Catalog) podsPrice(q Query, n Node) NodePrice {
	out := NodePrice{Offering: Offering{
		Provider: q.Provider, Region: q.Region, InstanceType: n.ByPod, CapacityType: ByPod,
		CPUMillis: n.CPUMillis, MemoryBytes: n.MemoryBytes, GPUs: n.GPUs, LocalDiskBytes: -1,
	}, Cause: BilledByPod}
	if class := podClass(q.Provider, n.Labels); class != "" {
		out.Offering.InstanceType = n.ByPod + " " + class
		out.Warnings = []string{fmt.Sprintf("pods on %s are billed one by one, those of the class %s at rates that are not known here: they are in no sum", n.ByPod, class)}
		return out
	}
	if r := podRate(q.Provider, n.ByPod); r != nil {
		out.Status, out.Cause, out.Source, out.AsOf = Listed, NoDoubt, r.Source, r.AsOf
		if q.Region != r.Region {
			out.Status, out.Cause = Estimated, BilledByPod
			out.Warnings = []string{fmt.Sprintf("%s in %s is priced as in %s; give its price with --pricing", n.ByPod, q.Region, r.Region)}
		}
		out.CPUPerCoreHour, out.MemoryPerGiBHour = r.VCPU, r.GiB
		out.USDPerHour = rates{cpu: r.VCPU, gib: r.GiB}.cost(n.CPUMillis, n.MemoryBytes)
		out.Offering.USDPerHour = out.USDPerHour
		return out
	}
	out.Warnings = []string{fmt.Sprintf("pods on %s are billed one by one and have no price here: they are in no sum; right-sizing them is the whole saving", n.ByPod)}
	return out
}

// podRate is the published price of a program's pods; nil where there is none.
func podRate(provider, program string) *cloud.PodRate {
	of := cloud.Of(provider)
	if of == nil {
		return nil
	}
	for i := range of.PodRates {
		if of.PodRates[i].Program == program {
			return &of.PodRates[i]
		}
	}
	return nil
}

// podClass is the class of pods that cost other than the program's usual ones: the one
// that their node names, or spot. Empty for the usual.
func podClass(provider string, labels map[string]string) string {
	of := cloud.Of(provider)
	if of == nil || of.PodClass == "" {
		return ""
	}
	class := labels[of.PodClass]
	switch {
	case class != "" && !slices.Contains(of.PodClasses, class):
		return class
	case slices.ContainsFunc(of.Spot, func(l cloud.Label) bool { return labels[l.Key] == l.Value }):
		return "spot"
	}
	return ""
}
