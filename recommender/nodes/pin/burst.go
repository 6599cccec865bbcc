package pin

import (
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Bursts reports whether a type is a machine that may use but a part of its CPU for good.
func Bursts(provider, instanceType string) bool {
	return cloud.BurstOf(provider, instanceType).Baseline > 0
}

// Sustained is what pods may use for good of a machine's CPU, in millicores: all that it
// leaves them, but for those that burst. What the system keeps is of the baseline too, but
// where the allocatable leaves out what is shared.
func Sustained(o pricing.Offering, allocatable int64) int64 {
	b := cloud.BurstOf(o.Provider, o.InstanceType)
	if b.Baseline == 0 {
		return allocatable
	}
	system := max(o.CPUMillis-allocatable, 0)
	if b.Shared {
		system = 0
	}
	return min(allocatable, max(o.CPUMillis*b.Baseline/1000-system, 0))
}

// surplusSteps is in how many steps the CPU beyond a baseline is offered.
const surplusSteps = 4

// Bursting gives an offering of a machine with its sustained CPU, and where its provider
// sells more, the same with more, at the price of using all of it in every hour. No
// commitment covers that part of the price.
func Bursting(at packing.Offering, o pricing.Offering, allocatable int64) []packing.Offering {
	out := []packing.Offering{at}
	rate, beyond := cloud.BurstOf(o.Provider, o.InstanceType).Surplus, allocatable-at.CPU
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
