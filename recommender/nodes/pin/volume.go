package pin

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Volumes knows from where each volume of a snapshot can be reached.
type Volumes struct {
	claims  map[string]*analyzer.VolumeClaim // by namespace/name
	volumes map[string]*analyzer.Volume
	byClaim map[string]*analyzer.Volume
	users   map[string]*users // of each claim
	limited map[string]bool   // drivers that bound the volumes of a node
	zones   bool              // some node is in a zone
}

// VolumesOf reads a snapshot's volumes.
func VolumesOf(s *analyzer.Snapshot) *Volumes {
	v := &Volumes{claims: map[string]*analyzer.VolumeClaim{}, volumes: map[string]*analyzer.Volume{}, byClaim: map[string]*analyzer.Volume{}, users: map[string]*users{}, limited: map[string]bool{}}
	for i := range s.VolumeClaims {
		c := &s.VolumeClaims[i]
		v.claims[c.Namespace+"/"+c.Name] = c
	}
	for i := range s.Volumes {
		one := &s.Volumes[i]
		v.volumes[one.Name] = one
		if one.Phase == "Bound" && one.Claim != "" {
			v.byClaim[one.Claim] = one
		}
	}
	for i := range s.Nodes {
		for driver := range s.Nodes[i].Attach {
			v.limited[driver] = true
		}
		v.zones = v.zones || ZoneOf(s.Nodes[i].Labels) != ""
	}
	for i := range s.Workloads {
		v.addUsers(&s.Workloads[i])
	}
	return v
}

// users are the pods that run with a claim: how many, and on which nodes.
type users struct {
	pods  int
	nodes map[string]bool
}

func (v *Volumes) addUsers(w *analyzer.Workload) {
	for i := range w.Pods {
		p := &w.Pods[i]
		if p.Node == "" || p.Ended() {
			continue
		}
		for _, name := range p.Spec.Claims {
			claim := w.Namespace + "/" + name
			if v.users[claim] == nil {
				v.users[claim] = &users{nodes: map[string]bool{}}
			}
			v.users[claim].pods++
			v.users[claim].nodes[p.Node] = true
		}
	}
}

// together reports whether several pods run with a volume that one node at a time may attach,
// as far as is known: on another node one of them would wait for it for good. Where they run
// on several nodes, these all attach it, whatever it says.
func (v *Volumes) together(claim string, one *analyzer.Volume) bool {
	u := v.users[claim]
	if u == nil || u.pods < 2 || len(u.nodes) > 1 {
		return false
	}
	return one == nil || !one.Shared && !slices.Contains(networkSources, one.Source)
}

// networkSources are the fields of volumes that any number of nodes mount, whatever access
// modes they were given.
var networkSources = []string{"nfs", "cephfs", "azureFile", "glusterfs"}

// Reach is where a pod's volumes let it run.
type Reach struct {
	Pinned Reason           // why only its node will do; none where others will
	Zones  []string         // the zones that will do; none: any
	Attach map[string]int64 // volumes to attach, by CSI driver
}

// Of tells where the volumes of a pod let it run, given the node that it is on.
func (v *Volumes) Of(namespace string, pod *analyzer.Pod, node *analyzer.Node) Reach {
	var r Reach
	for _, name := range pod.Spec.Claims {
		v.add(&r, namespace+"/"+name, node)
	}
	return r
}

// FreshDisks is what disks that are yet to be made take of a node of a provider.
func FreshDisks(provider string, count int) Reach {
	rule := diskRules(provider)
	if rule == nil || count == 0 {
		return Reach{}
	}
	return Reach{Attach: map[string]int64{rule.driver: int64(count)}}
}

func (v *Volumes) add(r *Reach, claim string, node *analyzer.Node) {
	one := v.byClaim[claim]
	if c := v.claims[claim]; one == nil && c != nil {
		one = v.volumes[c.Volume]
	}
	switch {
	case v.together(claim, one):
		r.pin(Volume, "volume "+claim+", which several pods on it share and one node at a time attaches")
	case one == nil || one.Source == "" && one.Driver == "":
		v.addUnknown(r, claim, node)
	case len(one.Unmodelled) > 0:
		r.pin(Volume, "volume "+claim+" with "+one.Unmodelled[0])
	case one.Local(): // whatever nodes it says it can be reached from
		r.pin(Volume, "volume "+claim+" on its node's own disk")
	case len(one.Affinity) > 0:
		v.follow(r, claim, one, node)
		r.attach(v.driverOf(one))
	default:
		if driver := v.driverOf(one); one.Source == "" || isZonal(driver) {
			r.within(ZoneOf(node.Labels))
		}
		r.attach(v.driverOf(one))
	}
}

// addUnknown is of a volume of which nothing tells what it is: by the provider's
// rule it is a disk of the zone.
func (v *Volumes) addUnknown(r *Reach, claim string, node *analyzer.Node) {
	rule := ruleOf(node)
	local := v.claims[claim] != nil && strings.Contains(v.claims[claim].Class, "local")
	if rule == nil || local {
		r.pin(Volume, "volume "+claim+", of which nothing tells where it can be reached from")
		return
	}
	r.within(ZoneOf(node.Labels))
	r.attach(rule.driver)
}

// follow reads the node affinity of a volume: zones are followed; a node's name, and
// whatever else no new node can promise, pins.
func (v *Volumes) follow(r *Reach, claim string, one *analyzer.Volume, node *analyzer.Node) {
	zones := []string(nil)
	for _, term := range one.Affinity {
		var own []string
		for _, q := range term {
			switch {
			case q.Operator == "In" && isRegion(q.Key):
			case q.Operator == "In" && isZone(q.Key) && own == nil:
				own = zonesIn(q.Values)
			case q.Operator == "In" && isZone(q.Key): // all requirements hold
				also := zonesIn(q.Values)
				own = slices.DeleteFunc(own, func(z string) bool { return !slices.Contains(also, z) })
			default:
				r.pin(Volume, "volume "+claim+", to be reached by "+q.Key+" only")
				return
			}
		}
		zones = append(zones, own...)
	}
	here := ZoneOf(node.Labels)
	if len(zones) > 0 && !slices.Contains(zones, here) || len(zones) == 0 && here == "" && v.zones {
		r.pin(Volume, "volume "+claim+", whose zone is not the node's")
		return
	}
	r.within(zones...)
}

func zonesIn(values []string) (out []string) {
	for _, z := range values {
		if z = Zone(z); z != "" {
			out = append(out, z)
		}
	}
	return out
}

func isZone(key string) bool {
	return strings.HasSuffix(key, "/zone") || cloud.IsDiskZone(key)
}

func isRegion(key string) bool { return strings.HasSuffix(key, "/region") }

func (r *Reach) pin(kind Kind, why string) {
	if r.Pinned.Kind == None {
		r.Pinned = Reason{kind, why}
	}
}

// within leaves the zones that all volumes share.
func (r *Reach) within(zones ...string) {
	zones = slices.DeleteFunc(slices.Clone(zones), func(z string) bool { return z == "" })
	slices.Sort(zones)
	zones = slices.Compact(zones)
	switch {
	case len(zones) == 0:
	case r.Zones == nil:
		r.Zones = zones
	default:
		r.Zones = slices.DeleteFunc(r.Zones, func(z string) bool { return !slices.Contains(zones, z) })
		if len(r.Zones) == 0 {
			r.pin(Constraint, "volumes of several zones")
		}
	}
}

func (r *Reach) attach(driver string) {
	if driver == "" {
		return
	}
	if r.Attach == nil {
		r.Attach = map[string]int64{}
	}
	r.Attach[driver]++
}

// driverOf is the CSI driver that attaches a volume, also of the fields that came
// before CSI; nothing where no node bounds its volumes.
func (v *Volumes) driverOf(one *analyzer.Volume) string {
	driver := one.Driver
	if c := cloud.OfInTree(one.Source); c != nil {
		driver = c.Driver
	}
	if v.limited[driver] || isZonal(driver) {
		return driver
	}
	return ""
}

func isZonal(driver string) bool { return cloud.OfDriver(driver) != nil }

// diskRule is what a cloud says of its disks: their driver, and how many of them a machine
// of so many vCPUs takes beside its own.
type diskRule struct {
	driver string
	most   func(vcpus int64) int64
}

// ruleOf is the rule of the cloud that a node is of; nil for none.
func ruleOf(node *analyzer.Node) *diskRule {
	return ruleOfCloud(cloud.OfNode(node.ProviderID, nil))
}

// diskRules is the rule of a provider; nil for none.
func diskRules(provider string) *diskRule { return ruleOfCloud(cloud.Of(provider)) }

func ruleOfCloud(c *cloud.Cloud) *diskRule {
	if c == nil || c.Attaches == nil {
		return nil
	}
	return &diskRule{c.Driver, c.Attaches}
}

// attachPrefix makes a resource of the volumes that a driver attaches, as Kubernetes
// itself once named it.
const attachPrefix = "attachable-volumes-"

// Needs is what a pod takes of a node beside CPU and memory, volumes to attach among
// it.
func Needs(pod *analyzer.Pod, r Reach) map[string]int64 {
	out := map[string]int64{}
	for name, n := range pod.Resources {
		out[name] = n
	}
	for driver, n := range r.Attach {
		out[attachPrefix+driver] = n
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Bind puts the zones of a pod's volumes into what the packer reads.
func (r Reach) Bind(p *packing.Pod) {
	switch {
	case len(r.Zones) == 1:
		p.Zone = r.Zones[0]
	case len(r.Zones) > 1:
		in := packing.Requirement{Key: packing.LabelZone, Operator: packing.In, Values: r.Zones}
		if len(p.Affinity) == 0 {
			p.Affinity = []packing.Term{{in}}
			return
		}
		terms := make([]packing.Term, len(p.Affinity))
		for i, t := range p.Affinity {
			terms[i] = append(slices.Clone(t), in)
		}
		p.Affinity = terms
	}
}
