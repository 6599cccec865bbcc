package pricing

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Place is where something is bought.
type Place struct{ Provider, Region string }

// Asked is where the user says that what does not tell its own place is; ok is false where
// nothing was said, or the region is missing.
func (c *Catalog) Asked() (at Place, ok bool) {
	at = Place{c.provider, c.region}
	if at.Provider == "" {
		at.Provider = c.providerOfRegion(at.Region)
	}
	return at, at.Provider != "" && at.Region != ""
}

// Home is the place of most of some machines, which all that is paid for beside
// them shares; of places with as many, the first. It is the zero Place where no
// machine has one.
func Home(machines []Offering) (home Place) {
	count, most := map[Place]int{}, 0
	for _, o := range machines {
		if o.Provider != "" {
			count[Place{o.Provider, o.Region}]++
		}
	}
	for _, o := range machines {
		if p := (Place{o.Provider, o.Region}); count[p] > most {
			home, most = p, count[p]
		}
	}
	return home
}

// IsZoneKey and IsRegionKey report whether a label of nodes tells the zone or the
// region, those by which volumes are held included.
func IsZoneKey(key string) bool {
	return slices.Contains(zoneLabels, key) || cloud.IsDiskZone(key)
}

// IsRegionKey is described at IsZoneKey.
func IsRegionKey(key string) bool { return slices.Contains(regionLabels, key) }

// Zone is the place at the same provider in which a zone lies; p where its name
// does not tell.
func (p Place) Zone(zone string) Place {
	if region := cloud.RegionOfZone(p.Provider, zone); region != zone {
		return Place{p.Provider, region}
	}
	return p
}
