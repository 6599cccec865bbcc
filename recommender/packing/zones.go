package packing

import (
	"cmp"
	"maps"
	"slices"
)

// zoneRule is what a group's pods ask of zones.
type zoneRule struct {
	maxSkew int64           // 0: no spread
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

// settleZones spreads the pods of groups with a hard zone constraint evenly.
// What the constraint forces into every zone, whatever the plan, is pinned; the
// rest of the group stays free under a limit for each zone. Groups whose pods
// are not all alike are pinned altogether. Pods that no zone can take are lost.
func settleZones(in Input, pods []Pod) zoned {
	rules := zoneRules(pods)
	domains, eligible := eligibleZones(in, pods, rules)
	out := zoned{pods: slices.Clone(pods), perZone: map[string]int64{}}
	count := map[string]map[string]int64{} // group, zone
	load := map[string]int64{}             // pods pinned to a zone so far
	drop := map[int]bool{}
	for _, name := range sortedKeys(rules) {
		rule := rules[name]
		if len(rule.apart) == 0 && int64(len(rule.members)) <= rule.maxSkew {
			continue
		}
		count[name] = map[string]int64{}
		if rule.force(name, domains, eligible, out) {
			continue
		}
		for _, i := range rule.place(domains, eligible, count, load, name, out.pods) {
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

// force pins what every zone must get and limits the rest: with n pods, z zones
// and skew s, a zone with m pods leaves at most m + s to each other one, so that
// m >= (n - (z-1) s) / z. It says no for pods that are not all alike, that keep
// apart from other groups, or that can't all be placed.
func (rule *zoneRule) force(name string, domains, eligible map[int][]string, out zoned) bool {
	skew := rule.maxSkew
	if rule.apart[name] {
		skew = 1
	}
	first := rule.members[0]
	zones := domains[first]
	n, z := int64(len(rule.members)), int64(len(zones))
	if skew == 0 || rule.apart[name] && n > z || len(rule.apart) > 1 || len(rule.apart) == 1 && !rule.apart[name] {
		return false
	}
	for _, i := range rule.members {
		if !out.pods[i].like(&out.pods[first]) || !slices.Equal(domains[i], eligible[i]) {
			return false
		}
	}
	each := max(0, n-(z-1)*skew+z-1) / z
	for i := range each * z {
		out.pods[rule.members[i]].Zone = zones[i%z]
	}
	out.perZone[name] = skew
	return true
}

// like says whether two pods without a volume's zone are the same to the packer.
func (p *Pod) like(q *Pod) bool {
	return p.Zone == "" && p.signature() == q.signature() && p.CPU == q.CPU && p.Memory == q.Memory &&
		p.GPUs == q.GPUs && maps.Equal(p.Extended, q.Extended) && slices.Equal(p.Spread, q.Spread)
}

func zoneRules(pods []Pod) map[string]*zoneRule {
	rules := map[string]*zoneRule{}
	rule := func(group string) *zoneRule {
		if rules[group] == nil {
			rules[group] = &zoneRule{apart: map[string]bool{}}
		}
		return rules[group]
	}
	for i := range pods {
		p := &pods[i]
		for _, s := range p.Spread {
			if r := rule(p.Group); s.TopologyKey == LabelZone && (r.maxSkew == 0 || s.MaxSkew < r.maxSkew) {
				r.maxSkew = s.MaxSkew
			}
		}
		for _, a := range p.AntiAffinity {
			if a.TopologyKey != LabelZone {
				continue
			}
			for _, other := range a.Groups {
				rule(p.Group).apart[other] = true
				rule(other).apart[p.Group] = true
			}
		}
	}
	for i := range pods {
		if r := rules[pods[i].Group]; r != nil {
			r.members = append(r.members, i)
		}
	}
	for name, r := range rules {
		if r.maxSkew == 0 && len(r.apart) == 0 {
			delete(rules, name)
		}
	}
	return rules
}

// eligibleZones lists the zones with an offering that can run each pod of a
// group with a rule. The pod's own volume zone counts in admits, but not for
// the domains of a spread, which maxSkew compares.
func eligibleZones(in Input, pods []Pod, rules map[string]*zoneRule) (domains, eligible map[int][]string) {
	room := in.rooms()
	domains, eligible = map[int][]string{}, map[int][]string{}
	open, fit := map[string][]string{}, map[string][]string{} // by what pods say
	for _, rule := range rules {
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
			domains[i], eligible[i] = open[words], fit[size]
		}
	}
	return domains, eligible
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
func (rule *zoneRule) place(domains, eligible map[int][]string,
	count map[string]map[string]int64, load map[string]int64, group string, out []Pod) []int {
	left := slices.Clone(rule.members)
	slices.SortStableFunc(left, func(a, b int) int { return cmp.Compare(len(eligible[a]), len(eligible[b])) })
	for progress := true; progress && len(left) > 0; {
		progress = false
		rest := left[:0]
		for _, i := range left {
			zone := rule.choose(domains[i], eligible[i], count, load, group)
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

func (rule *zoneRule) choose(domains, eligible []string, count map[string]map[string]int64, load map[string]int64, group string) string {
	least := int64(-1)
	for _, z := range domains {
		if c := count[group][z]; least < 0 || c < least {
			least = c
		}
	}
	best := ""
	for _, z := range eligible {
		if rule.maxSkew > 0 && count[group][z]+1-least > rule.maxSkew {
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
