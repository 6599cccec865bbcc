package pin

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Bursts reports whether a type is a machine that may use but a part of its CPU for good.
func Bursts(provider, instanceType string) bool {
	return baseline(pricing.Offering{Provider: provider, InstanceType: instanceType}) > 0
}

// baseline is the share of its CPU, in tenths of a percent, that a burstable machine may use
// for good, by what its provider publishes; 0 for machines that do not burst.
func baseline(o pricing.Offering) int64 {
	switch o.Provider {
	case "aws":
		return awsBaseline(o.InstanceType)
	case "gcp":
		return map[string]int64{"f1-micro": 200, "g1-small": 500, "e2-micro": 125, "e2-small": 250, "e2-medium": 500}[o.InstanceType]
	case "azure":
		return azureBaseline(o.InstanceType)
	}
	return 0
}

// awsBaseline is what AWS publishes of its T families: a vCPU's part in them.
// Source: docs.aws.amazon.com, Key concepts for burstable performance instances, read 2026-11.
func awsBaseline(name string) int64 {
	switch family, size, _ := strings.Cut(name, "."); family {
	case "t2":
		return map[string]int64{"nano": 50, "micro": 100, "small": 200, "medium": 200, "large": 300, "xlarge": 225, "2xlarge": 168}[size]
	case "t3", "t3a", "t4g":
		return map[string]int64{"nano": 50, "micro": 100, "small": 200, "medium": 200, "large": 300, "xlarge": 400, "2xlarge": 400}[size]
	}
	return 0
}

// azureBaseline is what Azure publishes of its B series: of the newer ones the least.
// Source: learn.microsoft.com, Bv1-series sizes, base CPU performance, read 2026-11.
func azureBaseline(name string) int64 {
	size, burstable := strings.CutPrefix(name, "Standard_B")
	if !burstable {
		return 0
	}
	switch size {
	case "1ls":
		return 50
	case "1s":
		return 100
	case "2ms":
		return 300
	case "4ms":
		return 225
	case "8ms", "12ms", "16ms", "20ms":
		return 168
	}
	return 200
}

// surplus is what AWS takes of Linux for an hour of a vCPU beyond the credits that a machine
// earns, in USD. Nobody else sells more than the baseline.
// Source: aws.amazon.com/ec2/pricing/on-demand, T2, T3 and T4g Unlimited, read 2026-11.
func surplus(o pricing.Offering) float64 {
	family, _, _ := strings.Cut(o.InstanceType, ".")
	if o.Provider != "aws" {
		return 0
	}
	return map[string]float64{"t3": 0.05, "t3a": 0.05, "t4g": 0.04}[family]
}

// Sustained is what pods may use for good of a machine's CPU, in millicores: all that it
// leaves them, but for those that burst. What the system keeps is of the baseline too, but
// on Google's, whose allocatable leaves out most of what is shared.
func Sustained(o pricing.Offering, allocatable int64) int64 {
	share, system := baseline(o), max(o.CPUMillis-allocatable, 0)
	if share == 0 {
		return allocatable
	}
	if o.Provider == "gcp" {
		system = 0
	}
	return min(allocatable, max(o.CPUMillis*share/1000-system, 0))
}

// surplusSteps is in how many steps the CPU beyond a baseline is offered.
const surplusSteps = 4

// Bursting gives an offering of a machine with its sustained CPU, and where its provider
// sells more, the same with more, at the price of using all of it in every hour. No
// commitment covers that part of the price.
func Bursting(at packing.Offering, o pricing.Offering, allocatable int64) []packing.Offering {
	out := []packing.Offering{at}
	rate, beyond := surplus(o), allocatable-at.CPU
	if rate == 0 || beyond <= 0 {
		return out
	}
	for i := int64(1); i <= surplusSteps; i++ {
		more := at
		more.CPU += beyond * i / surplusSteps
		more.Fee = at.Fee + rate*float64(more.CPU-at.CPU)/1000
		more.USDPerHour += more.Fee - at.Fee
		out = append(out, more)
	}
	return out
}
