package packing

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// zoneRule is what a group's pods ask of zones.
type zoneRule struct {
	spreads []Spread        // over zones
	maxSkew int64           // the least of them; 0: no spread
	apart   map[string]bool // groups that may not share a zone with it
	members []int           // indexes into the pods
}

// zoned is the pods with their zone constraints worked out. Every pod whose
// Zone is set goes there. The others may go to any zone, but those of a group in
// perZone only so many to each.
type zoned struct {
	pods    []Pod
	perZone map[string]int64
	lost    []Abstention
}

// places are the zones of a pod of a group with a rule.
type places struct {
	open []string // with an offering that it may run on, its volume's zone aside
	fit  []string // with one that has room for it, too
	// most is how many of the group a zone may have, those on kept nodes too, since another
	// zone counts in which the pod may not run; 0 where there is none.
	most int64
}

// settleZones spreads the pods of groups with a hard zone constraint evenly.
// What the constraint forces into every zone, whatever the plan, is pinned; the
// rest of the group stays free under a limit for each zone. Groups whose pods
// are not all alike, or of which some are on kept nodes, are pinned altogether. Pods that no zone can take are lost.
func settleZones(in Input, pods []Pod) zoned {
	in.Kept = inZones(in.Kept)
	rules, count := zoneRules(pods, in.Kept), onKept(in.Kept)
	where := placesOf(in, pods, rules, count)
	out := zoned{pods: slices.Clone(pods), perZone: map[string]int64{}}
	load := map[string]int64{} // pods pinned to a zone so far
	drop := map[int]bool{}
	for _, name := range sortedKeys(rules) {
		rule := rules[name]
		if len(rule.apart) == 0 && int64(len(rule.members)) <= rule.maxSkew && count[name] == nil {
			continue
		}
		if rule.mixed(where) {
			for _, i := range rule.members {
				drop[i] = true
				out.lost = append(out.lost, Abstention{pods[i].Name, "not modelled: spread or anti-affinity over zones where some nodes have no zone"})
			}
			continue
		}
		beside := count[name] != nil
		for other := range rule.apart {
			beside = beside || count[other] != nil
		}
		if !beside && rule.force(name, where, out) {
			continue
		}
		if count[name] == nil {
			count[name] = map[string]int64{}
		}
		for _, i := range rule.place(where, count, load, name, out.pods) {
			drop[i] = true
			out.lost = append(out.lost, Abstention{pods[i].Name, "no zone satisfies its zone spread or anti-affinity beside the pods of the same group"})
		}
	}
	keep := out.pods[:0]
	for i, p := range out.pods {
		if !drop[i] {
			keep = append(keep, p)
		}
	}
	out.pods = keep
	return out
}

// mixed reports whether pods may run in zones and on nodes without one: no pod can be pinned
// to those, and whether the scheduler counts them turns on why they have none.
func (rule *zoneRule) mixed(where map[int]places) bool {
	return slices.ContainsFunc(rule.members, func(i int) bool { return len(where[i].open) > 1 && slices.Contains(where[i].open, "") })
}

// onKept counts the pods of kept nodes by group and zone.
func onKept(kept []Kept) map[string]map[string]int64 {
	count := map[string]map[string]int64{}
	for i := range kept {
		for k := range kept[i].Pods {
			group := kept[i].Pods[k].Group
			if count[group] == nil {
				count[group] = map[string]int64{}
			}
			count[group][kept[i].Zone]++
		}
	}
	return count
}

// force pins what every zone must get and limits the rest: with n pods, z zones
// and skew s, a zone with m pods leaves at most m + s to each other one, so that
// m >= (n - (z-1) s) / z. It says no for pods that are not all alike, that keep
// apart from other groups, or that can't all be placed.
func (rule *zoneRule) force(name string, where map[int]places, out zoned) bool {
	skew := rule.maxSkew
	if rule.apart[name] {
		skew = 1
	}
	first := rule.members[0]
	zones, most := where[first].open, where[first].most
	n, z := int64(len(rule.members)), int64(len(zones))
	if skew == 0 || rule.apart[name] && n > z || len(rule.apart) > 1 || len(rule.apart) == 1 && !rule.apart[name] || most > 0 && n > z*most {
		return false
	}
	if !rule.alike(where, out) {
		return false
	}
	if z == 1 && zones[0] == "" {
		return true // all are in the one there is, which has no name to pin them by
	}
	each := max(0, n-(z-1)*skew+z-1) / z
	for i := range each * z {
		out.pods[rule.members[i]].Zone = zones[i%z]
	}
	if out.perZone[name] = skew; most > 0 {
		out.perZone[name] = min(skew, most-each)
	}
	return true
}

// alike reports whether the pods are all alike, and may be where they fit.
func (rule *zoneRule) alike(where map[int]places, out zoned) bool {
	first := rule.members[0]
	return !slices.ContainsFunc(rule.members, func(i int) bool {
		return !out.pods[i].like(&out.pods[first]) || !slices.Equal(where[i].open, where[i].fit)
	})
}

// like says whether two pods without a volume's zone are the same to the packer.
func (p *Pod) like(q *Pod) bool {
	return p.Zone == "" && p.signature() == q.signature() && p.CPU == q.CPU && p.Memory == q.Memory &&
		p.GPUs == q.GPUs && maps.Equal(p.Extended, q.Extended) && slices.Equal(p.Spread, q.Spread)
}

// zoneRules are the rules of groups about zones, by group.
func zoneRules(pods []Pod, kept []Kept) map[string]*zoneRule {
	rules := ruleBook{}
	for i := range pods {
		rules.spread(&pods[i])
		rules.apart(&pods[i])
	}
	for i := range kept {
		for k := range kept[i].Pods {
			rules.apart(&kept[i].Pods[k])
		}
	}
	for i := range pods {
		if r := rules[pods[i].Group]; r != nil {
			r.members = append(r.members, i)
		}
	}
	for name, r := range rules {
		if r.maxSkew == 0 && len(r.apart) == 0 || len(r.members) == 0 {
			delete(rules, name)
		}
	}
	return rules
}

// ruleBook has the rule of each group that was asked for.
type ruleBook map[string]*zoneRule

func (b ruleBook) of(group string) *zoneRule {
	if b[group] == nil {
		b[group] = &zoneRule{apart: map[string]bool{}}
	}
	return b[group]
}

// spread notes what a pod says of zones in its topology spread.
func (b ruleBook) spread(p *Pod) {
	for _, s := range p.Spread {
		r := b.of(p.Group)
		if s.TopologyKey != LabelZone || slices.Contains(r.spreads, s) {
			continue
		}
		r.spreads = append(r.spreads, s)
		if r.maxSkew == 0 || s.MaxSkew < r.maxSkew {
			r.maxSkew = s.MaxSkew
		}
	}
}

// apart notes which groups a pod stays out of the zones of, and they out of its own.
func (b ruleBook) apart(p *Pod) {
	for _, a := range p.AntiAffinity {
		if a.TopologyKey != LabelZone {
			continue
		}
		for _, other := range a.Groups {
			b.of(p.Group).apart[other] = true
			b.of(other).apart[p.Group] = true
		}
	}
}

// placesOf lists the zones of each pod of a group with a rule. The pod's own volume
// zone counts in fit, but not for the domains of a spread, which maxSkew compares.
func placesOf(in Input, pods []Pod, rules map[string]*zoneRule, count map[string]map[string]int64) map[int]places {
	room := in.rooms()
	out, most := map[int]places{}, map[string]int64{}
	open, fit := map[string][]string{}, map[string][]string{} // by what pods say
	for name, rule := range rules {
		for _, i := range rule.members {
			anywhere := pods[i]
			anywhere.Zone = ""
			words := anywhere.signature()
			if _, known := open[words]; !known {
				open[words] = zonesWhere(in, func(k int) bool { return Admits(&in.Offerings[k], &anywhere) })
			}
			size := sizeWords(pods[i].signature(), &pods[i])
			if _, known := fit[size]; !known {
				fit[size] = zonesWhere(in, func(k int) bool { return Admits(&in.Offerings[k], &pods[i]) && room[k].fits(&pods[i]) })
			}
			key := strconv.Quote(name) + words
			if _, known := most[key]; !known {
				most[key] = rule.most(in, &anywhere, open[words], count[name])
			}
			out[i] = places{open[words], fit[size], most[key]}
		}
	}
	return out
}

// most is the most pods of the group in a zone where another zone counts that none of
// them can be added to, or where fewer count than there must be; 0 without a limit.
func (rule *zoneRule) most(in Input, p *Pod, open []string, kept map[string]int64) (most int64) {
	limit := func(n int64) {
		if most == 0 || n < most {
			most = n
		}
	}
	for _, s := range rule.spreads {
		counted := s.zones(in, p)
		for _, zone := range counted {
			if !slices.Contains(open, zone) {
				limit(kept[zone] + s.MaxSkew)
			}
		}
		if int64(len(counted)) < s.MinDomains {
			limit(s.MaxSkew)
		}
	}
	return most
}

// zones lists the zones that the scheduler compares for a pod, in order.
func (s *Spread) zones(in Input, p *Pod) []string {
	seen := map[string]bool{}
	for k := range in.Offerings {
		if o := &in.Offerings[k]; !seen[o.Zone] && s.counts(o, p) {
			seen[o.Zone] = true
		}
	}
	for k := range in.Kept {
		if o := in.Kept[k].offering(); !s.Soft && !seen[o.Zone] && s.counts(&o, p) {
			seen[o.Zone] = true
		}
	}
	return sortedKeys(seen)
}

// counts reports whether the scheduler counts the zone of a node of the offering when
// it spreads the pod: by default whatever taints the node has.
func (s *Spread) counts(o *Offering, p *Pod) bool {
	if s.Soft {
		free := *p
		free.Zone = ""
		return Admits(o, &free)
	}
	for key, want := range p.NodeSelector {
		if got, ok := o.label(key); (!ok || got != want) && !slices.Contains(p.Own, key) {
			return false
		}
	}
	return affine(o, p.Affinity) && (!s.HonorTaints || tolerated(o.Taints, p.Tolerations))
}

// zonesWhere lists, in order, the zones of the offerings for which ok holds.
func zonesWhere(in Input, ok func(offering int) bool) []string {
	seen := map[string]bool{}
	for k := range in.Offerings {
		if zone := in.Offerings[k].Zone; !seen[zone] && ok(k) {
			seen[zone] = true
		}
	}
	return sortedKeys(seen)
}

// place pins the group's pods one after the other, those with the fewest zones
// first, each to the allowed zone with the fewest of the group, and returns
// those that found none.
func (rule *zoneRule) place(where map[int]places, count map[string]map[string]int64, load map[string]int64, group string, out []Pod) []int {
	left := slices.Clone(rule.members)
	slices.SortStableFunc(left, func(a, b int) int { return cmp.Compare(len(where[a].fit), len(where[b].fit)) })
	for progress := true; progress && len(left) > 0; {
		progress = false
		rest := left[:0]
		for _, i := range left {
			zone := rule.choose(where[i], count, load, group)
			if zone == "" {
				rest = append(rest, i)
				continue
			}
			out[i].Zone = zone
			count[group][zone]++
			load[zone]++
			progress = true
		}
		left = rest
	}
	return left
}

func (rule *zoneRule) choose(at places, count map[string]map[string]int64, load map[string]int64, group string) string {
	least := int64(-1)
	for _, z := range at.open {
		if c := count[group][z]; least < 0 || c < least {
			least = c
		}
	}
	best := ""
	for _, z := range at.fit {
		if rule.maxSkew > 0 && count[group][z]+1-least > rule.maxSkew || at.most > 0 && count[group][z] >= at.most {
			continue
		}
		clash := false
		for other := range rule.apart {
			clash = clash || count[other][z] > 0
		}
		if clash {
			continue
		}
		if best == "" || count[group][z] < count[group][best] ||
			count[group][z] == count[group][best] && load[z] < load[best] {
			best = z
		}
	}
	return best
}
