package pricing

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// OneSize says what about a node has AWS' reserved instances hold for one size alone, whatever
// the family: they have flexible sizes for plain Linux on shared machines. It is empty
// where nothing has, and for other providers.
func OneSize(provider, osImage string, labels map[string]string) string {
	if of := cloud.Of(cloud.Canonical(provider)); of == nil || of.OneSize == nil {
		return ""
	} else if of.DedicatedMachine(labels) {
		return "dedicated machines"
	}
	return cloud.Licensed(osImage)
}

// PlanAlone is an offer without the reserved instance in its place, where that is not for the
// sizes in use; why says so. Offers in whose place none stands are as they were; ok is false
// for a reserved instance by itself.
func (o CommitmentOffer) PlanAlone(why string) (plan CommitmentOffer, ok bool) {
	of := cloud.Of(o.Provider)
	if of == nil {
		return o, true
	}
	p := of.Program(o.Program)
	switch {
	case p == nil || p.OneSize == "" || o.Instrument == p.OneSize:
		return o, true
	case o.Instrument == p.Beside:
		return o, false
	}
	o.Instrument, o.Note = p.OneSize, strings.TrimPrefix(o.Note+"; "+why, "; ")
	return o, true
}

// SizeFlexible reports whether a reservation of one size of a family covers others,
// by the provider's rule: AWS' of Linux on shared machines do but for some families and
// bare metal; Azure's do within a series, which is what CommitmentFamily names; Google
// commits to amounts, which no size binds, but to GPUs as they are attached.
func SizeFlexible(provider, family string) bool {
	of := cloud.Of(cloud.Canonical(provider))
	return of != nil && (of.OneSize == nil || !of.OneSize(family))
}
