package allocation

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Places knows where what is paid for beside the nodes is bought: the one rule for
// whose bill it is, for waste and for the whole bill.
type Places struct {
	// Home is where most nodes are.
	Home    pricing.Place
	zones   map[string]pricing.Place // of nodes
	volumes map[string]*analyzer.Volume
}

// PlacesOf reads it off the nodes, by what each was taken for, and the volumes.
func PlacesOf(s *analyzer.Snapshot, taken map[string]pricing.Offering) *Places {
	p := &Places{zones: map[string]pricing.Place{}, volumes: map[string]*analyzer.Volume{}}
	machines := make([]pricing.Offering, 0, len(s.Nodes))
	for i := range s.Nodes {
		o := taken[s.Nodes[i].Name]
		machines = append(machines, o)
		for key, zone := range s.Nodes[i].Labels {
			if o.Provider != "" && pricing.IsZoneKey(key) {
				p.zones[zone] = pricing.Place{Provider: o.Provider, Region: o.Region}
			}
		}
	}
	p.Home = pricing.Home(machines)
	for i := range s.Volumes {
		p.volumes[s.Volumes[i].Name] = &s.Volumes[i]
	}
	return p
}

// Volume is the place of a volume: that of the zone or region from which alone it
// can be reached, else home.
func (p *Places) Volume(name string) pricing.Place {
	v := p.volumes[name]
	if v == nil {
		return p.Home
	}
	for _, term := range v.Affinity {
		for _, r := range term {
			if r.Operator != "In" || len(r.Values) == 0 {
				continue
			}
			switch at, ok := p.zones[r.Values[0]]; {
			case pricing.IsRegionKey(r.Key):
				return pricing.Place{Provider: p.Home.Provider, Region: r.Values[0]}
			case pricing.IsZoneKey(r.Key) && ok:
				return at
			case pricing.IsZoneKey(r.Key):
				return p.Home.Zone(r.Values[0])
			}
		}
	}
	return p.Home
}

// VolumeKind is what is known of a volume, by its name, and of its storage class.
func (p *Places) VolumeKind(s *analyzer.Snapshot, volume, class string) pricing.VolumeKind {
	c, v := s.StorageClass(class), p.volumes[volume]
	return pricing.VolumeKind{Class: c.Name, Provisioner: c.Provisioner, Parameters: c.Parameters, Local: v != nil && v.Local()}
}
