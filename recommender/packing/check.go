package packing

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
)

// Check proves a plan feasible: every pod is on exactly one node or abstained,
// no node holds more than it allocates, and every selector, affinity, taint,
// spread and anti-affinity holds. It returns all faults, joined.
//
// It shares nothing with the search but the input types, on purpose: it
// re-reads the rules of Kubernetes in its own way.
func Check(plan Plan, pods, daemonSets []Pod) error {
	return check(checker{plan: plan}, pods, daemonSets)
}

// check takes a checker that knows the plan and whether it is one.
func check(c checker, pods, daemonSets []Pod) error {
	c.pods, c.node = map[string]*Pod{}, map[string]int{}
	for i := range pods {
		c.pods[pods[i].Name] = &pods[i]
	}
	c.placement()
	for n := range c.plan.Nodes {
		c.capacity(n, daemonSets)
	}
	for name, n := range c.node {
		o := &c.plan.Nodes[n].Offering
		if err := c.selection(c.pods[name], o); err != "" {
			c.fail("pod %s may not run on node %d (%s in %s): %s", name, n, o.Type, o.Zone, err)
		}
	}
	c.domains()
	c.money()
	sort.Slice(c.faults, func(i, j int) bool { return c.faults[i].Error() < c.faults[j].Error() })
	return errors.Join(c.faults...)
}

type checker struct {
	plan   Plan
	pods   map[string]*Pod
	node   map[string]int // by pod
	lost   bool           // nodes are as a loss leaves them: pods may be as the scheduler puts them then
	faults []error
}

func (c *checker) fail(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

func (c *checker) placement() {
	abstained := map[string]bool{}
	for _, a := range c.plan.Abstained {
		if abstained[a.Pod] || c.pods[a.Pod] == nil || a.Reason == "" {
			c.fail("pod %s: abstained twice, unknown, or without a reason", a.Pod)
		}
		abstained[a.Pod] = true
	}
	for n, node := range c.plan.Nodes {
		if len(node.Pods) == 0 && !node.Spare {
			c.fail("node %d is empty", n)
		}
		for _, name := range node.Pods {
			if _, twice := c.node[name]; twice || c.pods[name] == nil {
				c.fail("node %d: pod %s is unknown or placed twice", n, name)
				continue
			}
			if abstained[name] {
				c.fail("pod %s is both placed and abstained", name)
			}
			c.node[name] = n
		}
	}
	for name := range c.pods {
		if _, ok := c.node[name]; !ok && !abstained[name] {
			c.fail("pod %s is neither placed nor abstained", name)
		}
	}
}

// capacity adds up what a node's pods and DaemonSets ask for.
func (c *checker) capacity(n int, daemonSets []Pod) {
	o := &c.plan.Nodes[n].Offering
	have := map[string]int64{"cpu": o.CPU, "memory": o.Memory, "pods": o.Pods, "gpus": o.GPUs}
	for name, v := range o.Extended {
		have["extended "+name] = v
	}
	asked := map[string]int64{}
	ask := func(p *Pod) {
		asked["cpu"] += p.CPU
		asked["memory"] += p.Memory
		asked["pods"]++
		asked["gpus"] += p.GPUs
		for name, v := range p.Extended {
			asked["extended "+name] += v
		}
	}
	for i := range daemonSets {
		if c.selection(&daemonSets[i], o) == "" {
			ask(&daemonSets[i])
		}
	}
	for _, name := range c.plan.Nodes[n].Pods {
		if p := c.pods[name]; p != nil {
			ask(p)
		}
	}
	for what, v := range asked {
		if v > have[what] {
			c.fail("node %d (%s): %s overcommitted, %d asked of %d", n, o.Type, what, v, have[what])
		}
	}
	if asked["cpu"] != c.plan.Nodes[n].CPU || asked["memory"] != c.plan.Nodes[n].Memory {
		c.fail("node %d (%s): stated requests differ from its pods' sum", n, o.Type)
	}
}

// nodeLabels spells out every label that a node of the offering carries.
func nodeLabels(o *Offering) map[string]string {
	labels := map[string]string{
		"topology.kubernetes.io/zone": o.Zone, "kubernetes.io/arch": o.Arch, "kubernetes.io/os": "linux",
		"node.kubernetes.io/instance-type": o.Type, "karpenter.sh/capacity-type": o.CapacityType,
	}
	for k, v := range labels {
		if v == "" {
			delete(labels, k)
		}
	}
	for k, v := range o.Labels {
		labels[k] = v
	}
	return labels
}

// selection names the first rule that keeps the pod off the offering.
func (c *checker) selection(p *Pod, o *Offering) string {
	labels := nodeLabels(o)
	for k, v := range p.NodeSelector {
		if have, ok := labels[k]; !ok || have != v {
			return "node selector " + k + "=" + v
		}
	}
	if p.Zone != "" && o.Zone != p.Zone {
		return "volume zone " + p.Zone
	}
	runs := len(p.Archs) == 0
	for _, a := range p.Archs {
		runs = runs || a == o.Arch
	}
	if !runs {
		return "architecture " + o.Arch
	}
	if !affinityMeets(labels, p.Affinity) {
		return "node affinity"
	}
	for _, taint := range o.Taints {
		if !withstands(p.Tolerations, taint) {
			return "taint " + taint.Key + "=" + taint.Value + ":" + taint.Effect
		}
	}
	return ""
}

func affinityMeets(labels map[string]string, terms []Term) bool {
	any := len(terms) == 0
	for _, term := range terms {
		all := len(term) > 0
		for _, r := range term {
			all = all && labelMeets(labels, r)
		}
		any = any || all
	}
	return any
}

func withstands(tolerations []Toleration, taint Taint) bool {
	ok := taint.Effect == "PreferNoSchedule"
	for _, t := range tolerations {
		effect := t.Effect == "" || t.Effect == taint.Effect
		exists := t.Operator == "Exists" && (t.Key == taint.Key || t.Key == "")
		equal := t.Operator != "Exists" && t.Key == taint.Key && t.Value == taint.Value
		ok = ok || effect && (exists || equal)
	}
	return ok
}

func labelMeets(labels map[string]string, r Requirement) bool {
	have, present := labels[r.Key]
	listed := false
	for _, v := range r.Values {
		listed = listed || v == have
	}
	switch string(r.Operator) {
	case "In":
		return present && listed
	case "NotIn":
		return !present || !listed
	case "Exists":
		return present
	case "DoesNotExist":
		return !present
	}
	return present && len(r.Values) == 1 && numberMeets(have, string(r.Operator), r.Values[0])
}

func numberMeets(have, operator, want string) bool {
	a, err := strconv.Atoi(have)
	if err != nil {
		return false
	}
	b, err := strconv.Atoi(want)
	if err != nil {
		return false
	}
	return operator == "Gt" && a > b || operator == "Lt" && a < b
}

// domains checks spread and anti-affinity, over nodes and over zones.
func (c *checker) domains() {
	hosts, zones := map[string]map[string]int64{}, map[string]map[string]int64{} // domain, group
	for name, n := range c.node {
		host, zone, group := strconv.Itoa(n), c.plan.Nodes[n].Offering.Zone, c.pods[name].Group
		for d, m := range map[string]map[string]map[string]int64{host: hosts, zone: zones} {
			if m[d] == nil {
				m[d] = map[string]int64{}
			}
			m[d][group]++
		}
	}
	planned := map[string]map[string]int64{} // without what is on kept nodes
	for d, groups := range zones {
		planned[d] = map[string]int64{}
		for group, n := range groups {
			planned[d][group] = n
		}
	}
	c.beside(hosts, zones)
	c.keptApart(planned)
	lands := c.zonesOf()
	for name, n := range c.node {
		p := c.pods[name]
		for _, a := range p.AntiAffinity {
			in := hosts[strconv.Itoa(n)]
			if a.TopologyKey == "topology.kubernetes.io/zone" {
				in = zones[c.plan.Nodes[n].Offering.Zone]
			}
			for _, g := range a.Groups {
				others := in[g]
				if g == p.Group {
					others--
				}
				if others > 0 {
					c.fail("pod %s shares its %s with %d pods of %s", name, a.TopologyKey, others, g)
				}
			}
		}
		for _, s := range p.Spread {
			if s.TopologyKey == "kubernetes.io/hostname" {
				c.hostSkew(p, n, s, hosts)
				continue
			}
			c.zoneSkew(p, n, s, zones, lands)
		}
	}
}

// hostSkew bounds the pods of a plan's node by maxSkew, since an empty node may come at any
// time. After a loss it measures by the nodes that are there, as the scheduler does.
func (c *checker) hostSkew(p *Pod, n int, s Spread, hosts map[string]map[string]int64) {
	got := hosts[strconv.Itoa(n)][p.Group]
	if got <= s.MaxSkew {
		return
	}
	if !c.lost {
		c.fail("pod %s: %d pods of %s on a node, maxSkew %d", p.Name, got, p.Group, s.MaxSkew)
		return
	}
	var there []int64
	for i := range c.plan.Nodes {
		if o := &c.plan.Nodes[i].Offering; compares(p, s, nodeLabels(o), o.Taints) {
			there = append(there, hosts[strconv.Itoa(i)][p.Group])
		}
	}
	for i := range c.plan.Kept {
		if k := &c.plan.Kept[i]; compares(p, s, k.Labels, k.Taints) {
			there = append(there, hosts[stays(i)][p.Group])
		}
	}
	least := int64(0)
	if int64(len(there)) >= s.MinDomains && len(there) > 0 {
		least = slices.Min(there)
	}
	if got-least > s.MaxSkew {
		c.fail("pod %s: %d pods of %s on a node, %d on another, maxSkew %d", p.Name, got, p.Group, least, s.MaxSkew)
	}
}

// stays is the domain of a kept node.
func stays(i int) string { return "kept " + strconv.Itoa(i) }

// beside adds the pods of kept nodes to those of nodes and of zones.
func (c *checker) beside(hosts, zones map[string]map[string]int64) {
	for i := range c.plan.Kept {
		k := &c.plan.Kept[i]
		hosts[stays(i)] = map[string]int64{}
		for j := range k.Pods {
			hosts[stays(i)][k.Pods[j].Group]++
		}
		if k.Zone == "" {
			continue
		}
		if zones[k.Zone] == nil {
			zones[k.Zone] = map[string]int64{}
		}
		for j := range k.Pods {
			zones[k.Zone][k.Pods[j].Group]++
		}
	}
}

// keptApart wants no planned pod in a zone of which a pod on a kept node keeps it out.
func (c *checker) keptApart(planned map[string]map[string]int64) {
	for i := range c.plan.Kept {
		for j := range c.plan.Kept[i].Pods {
			p := &c.plan.Kept[i].Pods[j]
			for _, a := range p.AntiAffinity {
				for _, g := range a.Groups {
					if n := planned[c.plan.Kept[i].Zone][g]; c.plan.Kept[i].Zone != "" && a.TopologyKey == "topology.kubernetes.io/zone" && n > 0 {
						c.fail("pod %s, which stays, shares its zone with %d pods of %s", p.Name, n, g)
					}
				}
			}
		}
	}
}

// zonesOf lists the zones of the plan's nodes, and of the kept ones.
func (c *checker) zonesOf() (out []string) {
	seen := map[string]bool{}
	for i := range c.plan.Nodes {
		if zone := c.plan.Nodes[i].Offering.Zone; !seen[zone] {
			seen[zone] = true
			out = append(out, zone)
		}
	}
	for i := range c.plan.Kept {
		if zone := c.plan.Kept[i].Zone; zone != "" && !seen[zone] {
			seen[zone] = true
			out = append(out, zone)
		}
	}
	return out
}

// zoneSkew compares the pod's zone with every zone, of lands, that counts for it. Nodes
// are looked at where a zone has fewer pods than it may, or where zones are counted.
func (c *checker) zoneSkew(p *Pod, n int, s Spread, zones map[string]map[string]int64, lands []string) {
	mine := zones[c.plan.Nodes[n].Offering.Zone][p.Group]
	behind := s.MinDomains > 0
	for _, zone := range lands {
		behind = behind || mine-zones[zone][p.Group] > s.MaxSkew
	}
	if !behind {
		return
	}
	counted := c.countedZones(p, s)
	if int64(len(counted)) < s.MinDomains && mine > s.MaxSkew {
		c.fail("pod %s: %d pods of %s in its zone and %d zones of %d, maxSkew %d", p.Name, mine, p.Group, len(counted), s.MinDomains, s.MaxSkew)
	}
	for _, zone := range lands {
		if counted[zone] && mine-zones[zone][p.Group] > s.MaxSkew {
			c.fail("pod %s: %d pods of %s in its zone and %d in %s, maxSkew %d", p.Name, mine, p.Group, zones[zone][p.Group], zone, s.MaxSkew)
			return
		}
	}
}

// countedZones are the zones of nodes that meet the pod's own selector and affinity, and
// whose taints it withstands where its spread honours them. For what only the plan keeps
// they are those that it may run in.
func (c *checker) countedZones(p *Pod, s Spread) map[string]bool {
	out := map[string]bool{}
	for i := range c.plan.Nodes {
		o := &c.plan.Nodes[i].Offering
		if free := *p; s.Soft {
			free.Zone = ""
			out[o.Zone] = out[o.Zone] || c.selection(&free, o) == ""
			continue
		}
		out[o.Zone] = out[o.Zone] || compares(p, s, nodeLabels(o), o.Taints)
	}
	for i := range c.plan.Kept {
		k := &c.plan.Kept[i]
		if k.Zone == "" {
			continue
		}
		out[k.Zone] = out[k.Zone] || !s.Soft && compares(p, s, k.Labels, k.Taints)
	}
	for zone, counts := range out {
		if !counts {
			delete(out, zone)
		}
	}
	return out
}

// compares applies nodeAffinityPolicy Honor, the default, and nodeTaintsPolicy.
func compares(p *Pod, s Spread, labels map[string]string, taints []Taint) bool {
	own := map[string]bool{}
	for _, key := range p.Own {
		own[key] = true
	}
	for key, want := range p.NodeSelector {
		if have, ok := labels[key]; !own[key] && (!ok || have != want) {
			return false
		}
	}
	for _, taint := range taints {
		if s.HonorTaints && !withstands(p.Tolerations, taint) {
			return false
		}
	}
	return affinityMeets(labels, p.Affinity)
}

func (c *checker) money() {
	sum := 0.0
	for i := range c.plan.Nodes {
		sum += c.plan.Nodes[i].Offering.USDPerHour
	}
	if d := sum - c.plan.Hourly; d > 1e-6 || d < -1e-6 {
		c.fail("plan states %v $/h, its nodes cost %v", c.plan.Hourly, sum)
	}
	if c.plan.Hourly < c.plan.LowerBound-1e-6 {
		c.fail("plan costs %v $/h, less than its lower bound %v: the bound is wrong", c.plan.Hourly, c.plan.LowerBound)
	}
}
