package pricing

import "slices"

// Place is where something is bought.
type Place struct{ Provider, Region string }

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
	return slices.Contains(zoneLabels, key) || slices.Contains(diskZoneLabels, key)
}

// IsRegionKey is described at IsZoneKey.
func IsRegionKey(key string) bool { return slices.Contains(regionLabels, key) }

// diskZoneLabels are those of the clouds' drivers of disks.
var diskZoneLabels = []string{"topology.ebs.csi.aws.com/zone", "topology.gke.io/zone", "topology.disk.csi.azure.com/zone"}

// Zone is the place at the same provider in which a zone lies; p where its name
// does not tell.
func (p Place) Zone(zone string) Place {
	if region := regionOfZone(p.Provider, zone); region != zone {
		return Place{p.Provider, region}
	}
	return p
}
