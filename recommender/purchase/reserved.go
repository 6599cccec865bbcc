package purchase

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// newFamilyOffer is an offer for one family. No part of a machine is reserved: Azure reserves
// machines, which stand for larger ones of their series by the ratio of their sizes, so that
// whole ones are the step, as AWS' reserved instances by themselves are. AWS' plan covers any
// amount, and the reserved instances in its place are so many of the smallest.
func newFamilyOffer(catalog *pricing.Catalog, d *demand.Curve, family int, offer pricing.CommitmentOffer, rates []float64) familyOffer {
	o := familyOffer{CommitmentOffer: offer, family: family, rates: rates}
	switch {
	case offer.Whole || offer.Program == "reservation":
		o.step = smallest(catalog, d, family).USDPerHour * rates[family]
	case strings.Contains(offer.Instrument, "reserved instance"):
		o.smallest = smallest(catalog, d, family)
	}
	return o
}

// smallest is the machine of a family that costs least on demand.
func smallest(catalog *pricing.Catalog, d *demand.Curve, family int) (least pricing.Offering) {
	for _, o := range catalog.Offerings(d.Provider, d.Region) {
		if o.CapacityType == pricing.OnDemand && pricing.CommitmentFamily(o.Provider, o.InstanceType) == d.Families[family].Family && (least.USDPerHour == 0 || o.USDPerHour < least.USDPerHour) {
			least = o
		}
	}
	return least
}

// wholeMachines says how many of the smallest machine reserved instances are that stand for
// what covers so many USD an hour, where a part of one is left over.
func (o *familyOffer) wholeMachines(covers float64) string {
	usd := o.smallest.USDPerHour
	if usd <= 0 || covers <= 0 {
		return ""
	}
	n := math.Floor(covers/usd + 1e-6)
	switch {
	case covers-n*usd < 1e-6:
		return ""
	case n == 0:
		return fmt.Sprintf("as a reserved instance not even one %s is filled, and no part of a machine is reserved: the savings plan covers it", o.smallest.InstanceType)
	}
	return fmt.Sprintf("as reserved instances that is %.0f %s at most, for no part of a machine is reserved: the savings plan covers the rest too", n, o.smallest.InstanceType)
}
