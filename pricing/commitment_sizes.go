package pricing

import "github.com/plimsoll-k8s/plimsoll/pricing/cloud"

// SizeFlexible reports whether a reservation of one size of a family covers others,
// by the provider's rule: AWS' of Linux on shared machines do but for some families and
// bare metal; Azure's do within a series, which is what CommitmentFamily names; Google
// commits to amounts, which no size binds, but to GPUs as they are attached.
func SizeFlexible(provider, family string) bool {
	of := cloud.Of(cloud.Canonical(provider))
	return of != nil && (of.OneSize == nil || !of.OneSize(family))
}
