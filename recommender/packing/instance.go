package packing

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// instance is the packing problem in numbers: classes of equal pods, kinds of
// nodes worth buying, and who may run where.
type instance struct {
	dims    int // resources that count: CPU, memory, pods, then GPUs and extended ones
	kinds   []kind
	classes []class
	groups  []group
	zones   int     // zones with a kind
	perZone []int64 // by spread: most free pods of the spread in one zone
	effort  float64 // 1 is all
	words   int     // of a set of kinds, a bit for each
}

// kind is an offering that no other one dominates.
type kind struct {
	offering int
	zone     int
	price    float64
	room     []int64 // by resource, after DaemonSets
	size     []float64
}

// class is a set of pods alike in all that matters.
type class struct {
	pods  []int // indexes into pods, in order of names
	need  []int64
	size  []float64 // need again, for the arithmetic of scores and bounds
	open  []bool    // by kind: admitted
	ok    []bool    // by kind: admitted and large enough
	on    []uint64  // ok again, a bit for each
	group int       // index into groups, or -1
	free  int       // index into perZone of pods that a spread leaves free, or -1
}

// group is a set of pods that limit each other on one node.
type group struct {
	limit   int64 // most of its pods on a node; 0: no limit
	uniform bool  // every pod of the group carries the limit
	apart   []int // groups that can't share a node with it
	size    int
}

// newInstance builds the instance. Pods must be screened and sorted by name;
// they are all placeable.
func newInstance(in Input, z zoned) *instance {
	inst, pods := &instance{}, z.pods
	room := in.rooms()
	names := dimensions(pods)
	inst.dims = 3 + len(names)
	index := inst.addGroups(pods)
	inst.addClasses(in, z, room, names, index)
	inst.addKinds(in, room, names)
	return inst
}

// dimensions names the resources beyond CPU, memory and pods that some pod asks
// for. GPUs go by the empty name.
func dimensions(pods []Pod) []string {
	seen := map[string]bool{}
	for i := range pods {
		if pods[i].GPUs > 0 {
			seen[""] = true
		}
		for name, v := range pods[i].Extended {
			if v > 0 {
				seen[name] = true
			}
		}
	}
	return sortedKeys(seen)
}

func (r *resources) vector(names []string) []int64 {
	v := []int64{r.cpu, r.memory, r.pods}
	for _, name := range names {
		if name == "" {
			v = append(v, r.gpus)
		} else {
			v = append(v, r.extended[name])
		}
	}
	return v
}

// addGroups finds the groups with a limit or an enemy on a node, and returns
// their index by name.
func (inst *instance) addGroups(pods []Pod) map[string]int {
	limits, apart, size := map[string]int64{}, map[string]map[string]bool{}, map[string]int{}
	touch := func(g string) {
		if apart[g] == nil {
			apart[g] = map[string]bool{}
		}
	}
	for i := range pods {
		p := &pods[i]
		size[p.Group]++
		own, enemies := p.HostLimits()
		if own > 0 {
			touch(p.Group)
			if limits[p.Group] == 0 || own < limits[p.Group] {
				limits[p.Group] = own
			}
		}
		for _, e := range enemies {
			touch(p.Group)
			touch(e)
			apart[p.Group][e], apart[e][p.Group] = true, true
		}
	}
	index := map[string]int{}
	names := sortedKeys(apart)
	for i, name := range names {
		index[name] = i
	}
	for _, name := range names {
		g := group{limit: limits[name], size: size[name], uniform: true}
		for _, e := range sortedKeys(apart[name]) {
			g.apart = append(g.apart, index[e])
		}
		inst.groups = append(inst.groups, g)
	}
	for i := range pods {
		if g, ok := index[pods[i].Group]; ok {
			if own, _ := pods[i].HostLimits(); own != inst.groups[g].limit {
				inst.groups[g].uniform = false
			}
		}
	}
	return index
}

// HostLimits is the most pods of its own group that the pod allows on its node
// (0: any), and the other groups it can't share a node with.
func (p *Pod) HostLimits() (limit int64, enemies []string) {
	for _, s := range p.Spread {
		if s.TopologyKey == LabelHostname && (limit == 0 || s.MaxSkew < limit) {
			limit = s.MaxSkew
		}
	}
	for _, a := range p.AntiAffinity {
		if a.TopologyKey != LabelHostname {
			continue
		}
		for _, g := range a.Groups {
			if g == p.Group {
				limit = 1
			} else {
				enemies = append(enemies, g)
			}
		}
	}
	return limit, enemies
}

// addClasses puts pods together that need the same, may run on the same
// offerings and belong to the same limited group.
func (inst *instance) addClasses(in Input, z zoned, room []resources, names []string, index map[string]int) {
	byKey, byWords := map[string]int{}, map[podWords]int{}
	admitted := map[string][]bool{}
	spread := map[string]int{}
	for i, name := range sortedKeys(z.perZone) {
		spread[name] = i
		inst.perZone = append(inst.perZone, z.perZone[name])
	}
	for i := range z.pods {
		p := &z.pods[i]
		sig := p.signature()
		g, limited := index[p.Group]
		if !limited {
			g = -1
		}
		free, spreads := spread[p.Group]
		if !spreads || p.Zone != "" {
			free = -1
		}
		words := podWords{sizeWords(sig, p), g, free}
		if c, found := byWords[words]; found {
			inst.classes[c].pods = append(inst.classes[c].pods, i)
			continue
		}
		if admitted[sig] == nil {
			admitted[sig] = make([]bool, len(in.Offerings))
			for k := range in.Offerings {
				admitted[sig][k] = Admits(&in.Offerings[k], p)
			}
		}
		need := resources{p.CPU, p.Memory, 1, p.GPUs, p.Extended}
		vector := need.vector(names)
		ok := make([]bool, len(in.Offerings))
		for k := range ok {
			ok[k] = admitted[sig][k] && room[k].fits(p)
		}
		key := classKey(vector, ok, g, free) + setKey(admitted[sig])
		c, found := byKey[key]
		if !found {
			c = len(inst.classes)
			byKey[key] = c
			inst.classes = append(inst.classes, class{need: vector, size: floats(vector), open: admitted[sig], ok: ok, group: g, free: free})
		}
		byWords[words] = c
		inst.classes[c].pods = append(inst.classes[c].pods, i)
	}
}

// podWords is equal for pods that are of one class by their own words; pods of other
// words may be of it too.
type podWords struct {
	size        string
	group, free int
}

// sizeWords is equal for pods of one signature and size.
func sizeWords(signature string, p *Pod) string {
	b := []byte(signature)
	for _, v := range []int64{p.CPU, p.Memory, p.GPUs} {
		b = binary.AppendVarint(b, v)
	}
	for _, name := range sortedKeys(p.Extended) {
		b = binary.AppendVarint(strconv.AppendQuote(b, name), p.Extended[name])
	}
	return string(b)
}

func classKey(need []int64, ok []bool, group, free int) string {
	b := binary.AppendVarint(binary.AppendVarint(nil, int64(group)), int64(free))
	for _, v := range need {
		b = binary.AppendVarint(b, v)
	}
	return string(b) + setKey(ok)
}

func setKey(set []bool) string {
	b := make([]byte, len(set))
	for i, v := range set {
		if v {
			b[i] = 1
		}
	}
	return string(b)
}

// signature is equal for pods that the same offerings admit by the same words,
// so that offerings are matched once for each and not for every pod.
func (p *Pod) signature() string {
	var b strings.Builder
	word := func(s string) { b.WriteString(strconv.Quote(s)) }
	for _, k := range sortedKeys(p.NodeSelector) {
		word(k)
		word(p.NodeSelector[k])
	}
	for _, term := range p.Affinity {
		b.WriteByte('|')
		for _, r := range term {
			word(r.Key)
			word(string(r.Operator))
			for _, v := range r.Values {
				word(v)
			}
			b.WriteByte(';')
		}
	}
	b.WriteByte('#')
	for _, t := range p.Tolerations {
		word(t.Key)
		word(t.Operator)
		word(t.Value)
		word(t.Effect)
	}
	b.WriteByte('#')
	word(p.Zone)
	for _, a := range p.Archs {
		word(a)
	}
	return b.String()
}

func floats(v []int64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// addKinds keeps the offerings that some class can use and no other offering
// dominates: at most the price, at least the room, and open to every class.
func (inst *instance) addKinds(in Input, room []resources, names []string) {
	var all []kind
	zone := map[string]int{}
	for k := range in.Offerings {
		zone[in.Offerings[k].Zone] = 0
	}
	inst.zones = len(zone)
	for i, name := range sortedKeys(zone) {
		zone[name] = i
	}
	for k := range in.Offerings {
		v := room[k].vector(names)
		all = append(all, kind{offering: k, zone: zone[in.Offerings[k].Zone], price: in.Offerings[k].USDPerHour, room: v, size: floats(v)})
	}
	// The better offering comes first, so that a dominated one always meets its better.
	slices.SortStableFunc(all, func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.price, b.price), -slices.Compare(a.room, b.room), cmp.Compare(a.offering, b.offering))
	})
	for i := range all {
		if inst.usable(all[i]) && !slices.ContainsFunc(inst.kinds, func(b kind) bool { return inst.dominates(b, all[i]) }) {
			inst.kinds = append(inst.kinds, all[i])
		}
	}
	for c := range inst.classes {
		cl := &inst.classes[c]
		open, ok := make([]bool, len(inst.kinds)), make([]bool, len(inst.kinds))
		for k := range inst.kinds {
			open[k], ok[k] = cl.open[inst.kinds[k].offering], cl.ok[inst.kinds[k].offering]
		}
		cl.open, cl.ok, cl.on = open, ok, bitsOf(ok)
	}
	inst.words = (len(inst.kinds) + 63) / 64
}

func bitsOf(set []bool) []uint64 {
	out := make([]uint64, (len(set)+63)/64)
	for i, v := range set {
		if v {
			out[i/64] |= 1 << (i % 64)
		}
	}
	return out
}

// has reports whether a set of bits has one.
func has(set []uint64, i int) bool { return set[i/64]>>(i%64)&1 == 1 }

// compare orders offerings by all that tells them apart but their sizes.
func (o *Offering) compare(p *Offering) int {
	if c := o.compareSale(p); c != 0 { // natures take long to spell out
		return c
	}
	return cmp.Compare(o.nature(), p.nature())
}

// compareSale does it by all but the nature.
func (o *Offering) compareSale(p *Offering) int {
	return cmp.Or(cmp.Compare(o.Type, p.Type), cmp.Compare(o.Zone, p.Zone), cmp.Compare(o.CapacityType, p.CapacityType),
		cmp.Compare(o.USDPerHour, p.USDPerHour))
}

// nature spells out the labels and taints.
func (o *Offering) nature() string {
	if len(o.Labels) == 0 && len(o.Taints) == 0 {
		return ""
	}
	keys := make([]string, 0, 16)
	for k := range o.Labels {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b := make([]byte, 0, 512)
	for _, k := range keys {
		b = strconv.AppendQuote(strconv.AppendQuote(b, k), o.Labels[k])
	}
	for _, t := range o.Taints {
		b = strconv.AppendQuote(strconv.AppendQuote(strconv.AppendQuote(append(b, '|'), t.Key), t.Value), t.Effect)
	}
	return string(b)
}

func (inst *instance) usable(k kind) bool {
	return slices.ContainsFunc(inst.classes, func(c class) bool { return c.ok[k.offering] })
}

// dominates says whether a node of kind a does all that one of kind b does.
// It reads the classes' ok by offering, before addKinds narrows it.
func (inst *instance) dominates(a, b kind) bool {
	for r := range a.room {
		if a.room[r] < b.room[r] {
			return false
		}
	}
	if len(inst.perZone) > 0 && a.zone != b.zone {
		return false // a spread tells zones apart
	}
	for i := range inst.classes {
		cl := &inst.classes[i]
		if cl.ok[b.offering] && !cl.ok[a.offering] || cl.open[b.offering] && !cl.open[a.offering] {
			return false
		}
	}
	return true
}
