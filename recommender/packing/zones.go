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

// pinZones gives every pod of a group with a hard zone constraint its zone,
// spread evenly, so that the packer only ever sees pods that may go anywhere
// or to one zone. Pods that no zone can take are returned as abstained. Where
// the constraint forces a number of pods into every zone, whatever the plan,
// forced has as many pinned; it holds the same pods otherwise.
func pinZones(in Input, pods []Pod) (pinned, forced []Pod, lost []Abstention) {
	pinned, forced = slices.Clone(pods), slices.Clone(pods)
	rules := zoneRules(pods)
	zones, eligible := eligibleZones(in, pods, rules)
	count := map[string]map[string]int64{} // group, zone
	load := map[string]int64{}             // pods pinned to a zone so far
	drop := map[int]bool{}
	for _, name := range sortedKeys(rules) {
		rule := rules[name]
		if len(rule.apart) == 0 && int64(len(rule.members)) <= rule.maxSkew {
			continue
		}
		count[name] = map[string]int64{}
		left := rule.place(zones, eligible, pods, count, load, name, pinned)
		for _, i := range left {
			drop[i] = true
			lost = append(lost, Abstention{pods[i].Name, "no zone satisfies its zone spread or anti-affinity beside the pods of the same group"})
		}
		if len(left) == 0 {
			rule.force(name, zones, eligible, forced)
		}
	}
	return without(pinned, drop), without(forced, drop), lost
}

func without(pods []Pod, drop map[int]bool) []Pod {
	keep := pods[:0]
	for i, p := range pods {
		if !drop[i] {
			keep = append(keep, p)
		}
	}
	return keep
}

// force pins the pods that every zone must get: with n pods, z zones and skew
// s, a zone with m pods leaves at most m + s to each other one, so that
// m >= (n - (z-1) s) / z. It holds only for pods that are all alike.
func (rule *zoneRule) force(name string, domains, eligible map[int][]string, forced []Pod) {
	skew := rule.maxSkew
	if rule.apart[name] {
		skew = 1
	}
	first := rule.members[0]
	for _, i := range rule.members {
		p, q := &forced[i], &forced[first]
		alike := p.Zone == "" && p.signature() == q.signature() && p.CPU == q.CPU && p.Memory == q.Memory &&
			p.GPUs == q.GPUs && maps.Equal(p.Extended, q.Extended) && len(p.Spread) == len(q.Spread) &&
			slices.Equal(domains[i], eligible[i])
		if !alike || skew == 0 {
			return
		}
	}
	zones := domains[first]
	n, z := int64(len(rule.members)), int64(len(zones))
	each := max(0, n-(z-1)*skew+z-1) / z
	for i := range each * z {
		forced[rule.members[i]].Zone = zones[i%z]
	}
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
	for _, rule := range rules {
		for _, i := range rule.members {
			anywhere := pods[i]
			anywhere.Zone = ""
			for k := range in.Offerings {
				o := &in.Offerings[k]
				if admits(o, &anywhere) && !slices.Contains(domains[i], o.Zone) {
					domains[i] = append(domains[i], o.Zone)
				}
				if admits(o, &pods[i]) && room[k].fits(&pods[i]) && !slices.Contains(eligible[i], o.Zone) {
					eligible[i] = append(eligible[i], o.Zone)
				}
			}
			slices.Sort(domains[i])
			slices.Sort(eligible[i])
		}
	}
	return domains, eligible
}

// place pins the group's pods one after the other, those with the fewest zones
// first, each to the allowed zone with the fewest of the group, and returns
// those that found none.
func (rule *zoneRule) place(domains, eligible map[int][]string, pods []Pod,
	count map[string]map[string]int64, load map[string]int64, group string, pinned []Pod) []int {
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
			pinned[i].Zone = zone
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
