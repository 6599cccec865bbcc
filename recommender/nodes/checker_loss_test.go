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
// wants room for the pods that may move; exempt are those that the plan names.
func (c *checker) survives(level packing.Level, exempt []string) {
	if level == packing.SurviveZone {
		zones := map[string]bool{}
		for _, h := range c.hosts {
			zones[h.zone] = true
		}
		for _, zone := range slices.Sorted(maps.Keys(zones)) {
			c.lose("zone "+zone, exempt, func(h *host) bool { return h.zone == zone })
		}
	}
	if level == packing.SurviveNode {
		for _, name := range c.order {
			c.lose(name, exempt, func(h *host) bool { return h.name == name })
		}
	}
	if level != packing.SurviveNone {
		c.updates(exempt)
	}
	c.mayBeExempt(level, exempt)
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

// mayBeExempt wants of each pod that is exempt that no other node of today lets it in, be
// it empty, with the other pods of today where they are.
func (c *checker) mayBeExempt(level packing.Level, exempt []string) {
	planned := c.hosts
	c.hosts = c.today
	defer func() { c.hosts = planned }()
	for _, name := range exempt {
		p := c.pods[name]
		if p == nil || p.added || c.repeats || level == packing.SurvivePod {
			continue
		}
		was := c.today[p.was]
		gone := func(h *host) bool { return h == was || level == packing.SurviveZone && h.zone == was.zone }
		was.drop(p)
		for _, h := range c.today {
			if !gone(h) && c.couldTake(h, was, p) && c.lives(h, p, gone) {
				c.fault("%s is exempt, and %s could take it today", name, h.name)
				break
			}
		}
		was.take(p)
	}
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
