package nodes_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// survives takes every node, zone or rolling update of a level, and those below it, and
// wants room for the pods that may move. exempt are those that the plan names: each must have
// no place today after a loss of the level asked for, or of one below it, and need not live
// through losses of those levels alone.
func (c *checker) survives(level packing.Level, exempt []string) {
	named := map[string]bool{}
	if level == packing.SurviveZone {
		may := c.mayBeExempt(level, exempt, named)
		zones := map[string]bool{}
		for _, h := range c.hosts {
			zones[h.zone] = true
		}
		for _, zone := range slices.Sorted(maps.Keys(zones)) {
			c.lose("zone "+zone, may, func(h *host) bool { return h.zone == zone })
		}
	}
	if level == packing.SurviveZone || level == packing.SurviveNode {
		may := c.mayBeExempt(packing.SurviveNode, exempt, named)
		for _, name := range c.order {
			c.lose(name, may, func(h *host) bool { return h.name == name })
		}
		for _, name := range exempt {
			if p := c.pods[name]; p != nil && !named[name] {
				c.fault("%s is exempt, and others could take it today", name)
			}
		}
	}
	if level != packing.SurviveNone {
		c.updates(exempt)
	}
}

func (c *checker) lose(what string, exempt []string, gone func(*host) bool) {
	var pods []*tenant
	var lost []*host
	for _, name := range c.order {
		h := c.hosts[name]
		if !gone(h) {
			continue
		}
		lost = append(lost, h)
		for p := range h.pods {
			if p.pinned == "" && p.of.Kind != "Pod" && !slices.Contains(exempt, p.name) && len(h.pods) > 0 && !modelledNot(p) {
				pods = append(pods, p)
			}
		}
	}
	had := map[*host]map[*tenant]bool{}
	for _, h := range lost {
		had[h] = maps.Clone(h.pods)
		for p := range had[h] {
			h.drop(p)
		}
	}
	for _, p := range c.refuge(pods, gone) {
		c.fault("loss of %s: no room for %s (%+v)", what, p.name, p.size)
	}
	for h, pods := range had {
		for p := range pods {
			h.take(p)
		}
	}
}

// modelledNot reports whether a pod has what the plan does not model: its node is kept.
func modelledNot(p *tenant) bool {
	s := &p.pod.Spec
	return s.HostNetwork || slices.Contains(s.Constraints, "podAffinity") || slices.Contains(s.Constraints, "hostPort") || slices.Contains(s.Constraints, "resourceClaims") ||
		slices.Contains(s.Constraints, "podAntiAffinity") && len(s.AntiAffinity) == 0 || slices.Contains(s.Constraints, "topologySpread") && len(s.Spread) == 0
}

// updates starts the pods of a rolling update of each Deployment: as many as its maxSurge
// says, a quarter where it says nothing.
func (c *checker) updates(exempt []string) {
	byGroup := map[string][]*tenant{}
	for _, name := range c.order {
		for p := range c.hosts[name].pods {
			byGroup[p.group] = append(byGroup[p.group], p)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(byGroup)) {
		pods := byGroup[group]
		like := slices.MinFunc(pods, func(a, b *tenant) int { return compareNames(a.name, b.name) })
		if like.of.Kind != "Deployment" || slices.Contains(exempt, group) || slices.ContainsFunc(pods, func(p *tenant) bool { return p.pinned != "" || slices.Contains(exempt, p.name) }) {
			continue
		}
		var more []*tenant
		for i := range surgeOf(like.of, len(pods)) {
			p := *like
			p.name = fmt.Sprintf("%s, update %d", group, i)
			more = append(more, &p)
		}
		for _, p := range c.refuge(more, func(*host) bool { return false }) {
			c.fault("no room for %s (%+v)", p.name, p.size)
		}
	}
}

// surgeOf reads maxSurge: a number, or a percentage of the pods, rounded up.
func surgeOf(w *analyzer.Workload, pods int) int {
	share, percent := strings.CutSuffix(cmp.Or(w.Surge, "25%"), "%")
	n, err := strconv.ParseFloat(share, 64)
	if err != nil {
		panic(w.Surge)
	}
	if percent {
		n = math.Ceil(n * float64(pods) / 100)
	}
	return min(int(n), pods)
}

func family(h *host) string {
	name, _, _ := strings.Cut(h.labels["node.kubernetes.io/instance-type"], ".")
	return name
}

func compareNames(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// mayBeExempt lists those of the exempt pods that no other node of today lets in after a loss
// of a level, be it empty, with the other pods of today where they are; named has them, too.
func (c *checker) mayBeExempt(level packing.Level, exempt []string, named map[string]bool) (may []string) {
	planned := c.hosts
	c.hosts = c.today
	defer func() { c.hosts = planned }()
	for _, name := range exempt {
		p := c.pods[name]
		if p == nil {
			continue
		}
		if p.added || c.repeats || !c.hasPlace(p, level) {
			may, named[name] = append(may, name), true
		}
	}
	return may
}

// hasPlace reports whether a node of today lets a pod in after the loss of its node or zone.
func (c *checker) hasPlace(p *tenant, level packing.Level) bool {
	was := c.today[p.was]
	gone := func(h *host) bool { return h == was || level == packing.SurviveZone && h.zone == was.zone }
	was.drop(p)
	defer was.take(p)
	for _, h := range c.today {
		if !gone(h) && c.couldTake(h, was, p) && c.lives(h, p, gone) {
			return true
		}
	}
	return false
}

// couldTake reports whether a node of today would hold a pod if it were empty.
func (c *checker) couldTake(h, was *host, p *tenant) bool {
	n := c.s.Nodes[slices.IndexFunc(c.s.Nodes, func(n analyzer.Node) bool { return n.Name == h.name })]
	empty := &host{zone: h.zone, labels: h.labels, free: n.Allocatable, resources: n.Resources, taints: h.taints}
	c.addDaemons(empty)
	if len(p.pod.Resources) > 0 && family(h) != family(was) {
		return false // a device stays on its own line
	}
	return !h.kept && (h.labels[capacityKey] == "on-demand" || h.labels[capacityKey] == was.labels[capacityKey]) && empty.fits(p) && admits(empty, p)
}
