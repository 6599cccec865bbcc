package nodes_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
)

const (
	zoneKey     = "topology.kubernetes.io/zone"
	hostKey     = "kubernetes.io/hostname"
	capacityKey = "karpenter.sh/capacity-type"
)

// host is a node of a plan, or of today.
type host struct {
	name, zone string
	labels     map[string]string
	taints     []analyzer.Taint
	free       analyzer.Amounts // with DaemonSets' pods
	size       analyzer.Amounts // for pods, DaemonSets' taken off
	resources  analyzer.Resources
	closed     bool // cordoned or not ready
	kept       bool
	pods       map[*tenant]bool
	byGroup    map[string]int
}

// tenant is a pod that is no DaemonSet's.
type tenant struct {
	name, group string
	of          *analyzer.Workload
	pod         *analyzer.Pod
	size        analyzer.Amounts
	zone        string // of its disks
	pinned      string // why only its node will do
	added       bool
	was         string // the node of today
}

// checker holds a plan to a cluster by what the report says of both.
type checker struct {
	s       *analyzer.Snapshot
	pods    map[string]*tenant
	today   map[string]*host
	hosts   map[string]*host
	order   []string // names of hosts
	repeats bool     // the plan is today's nodes
	faults  []string
	room    func(analyzer.Amounts) int64 // by which hosts are filled
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func readPlan(s *analyzer.Snapshot, plan *nodes.Plan) *checker {
	c := &checker{s: s, repeats: len(plan.Moves)+plan.NewNodes == 0, pods: map[string]*tenant{}, today: map[string]*host{}, hosts: map[string]*host{}}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		c.today[n.Name] = &host{name: n.Name, zone: n.Labels[zoneKey], labels: n.Labels, taints: n.Taints, free: n.Allocatable, resources: maps.Clone(n.Resources), closed: n.Unschedulable || n.NotReady}
	}
	for i := range s.Workloads {
		c.readPods(&s.Workloads[i])
	}
	for _, k := range plan.Kept {
		c.today[k.Name].kept = true
	}
	for _, at := range plan.Placement {
		h := c.hostOf(plan, at.Node)
		c.hosts[at.Node], c.order = h, append(c.order, at.Node)
		c.addDaemons(h)
		for _, name := range at.Pods {
			p := c.pods[name]
			if p == nil {
				p = c.added(name)
			}
			h.take(p)
		}
	}
	return c
}

// readPods takes down the pods of a workload, and where their volumes are.
func (c *checker) readPods(w *analyzer.Workload) {
	for i := range w.Pods {
		p := &w.Pods[i]
		h := c.today[p.Node]
		if p.Ended() || h == nil || w.Kind == "DaemonSet" || w.Kind == "Node" {
			continue
		}
		one := &tenant{name: w.Namespace + "/" + p.Name, group: w.String(), of: w, pod: p, size: p.Requests, was: p.Node}
		if p.Spec.Local != nil && len(p.Spec.Local.HostPaths) > 0 {
			one.pinned = "data on its node"
		}
		for _, claim := range p.Spec.Claims {
			for v := range c.s.Volumes {
				if vol := &c.s.Volumes[v]; vol.Claim == w.Namespace+"/"+claim {
					c.bind(one, vol)
				}
			}
		}
		c.pods[one.name] = one
		h.take(one)
	}
}

func (c *checker) bind(p *tenant, v *analyzer.Volume) {
	for _, term := range v.Affinity {
		for _, r := range term {
			switch {
			case r.Key == hostKey:
				p.pinned = "a local volume"
			case strings.HasSuffix(r.Key, "/zone"):
				p.zone = r.Values[0]
			}
		}
	}
	if v.Driver == "ebs.csi.aws.com" && len(v.Affinity) == 0 {
		p.zone = c.today[p.was].zone
	}
}

// added is a pod that does not run yet, like the first of its workload.
func (c *checker) added(name string) *tenant {
	of, _, ok := strings.Cut(name, " (pod ")
	for _, other := range slices.Sorted(maps.Keys(c.pods)) {
		if like := c.pods[other]; ok && like.of.Namespace+"/"+like.of.Name == of {
			p := *like
			p.name, p.added, p.zone, p.pinned, p.was = name, true, "", "", ""
			c.pods[name] = &p
			return &p
		}
	}
	c.fault("%s is in the plan and not in the cluster", name)
	return &tenant{name: name, of: &analyzer.Workload{}, pod: &analyzer.Pod{}}
}

// hostOf is a node of today, emptied, or one that starts, with what its group says.
func (c *checker) hostOf(plan *nodes.Plan, name string) *host {
	if h := c.today[name]; h != nil {
		n := c.s.Nodes[slices.IndexFunc(c.s.Nodes, func(n analyzer.Node) bool { return n.Name == name })]
		return &host{name: name, zone: h.zone, labels: h.labels, taints: h.taints, free: n.Allocatable, resources: maps.Clone(n.Resources), closed: h.closed, kept: h.kept}
	}
	start := plan.Start(name)
	if start == nil {
		c.fault("%s is no node of today and none that starts", name)
		return &host{name: name}
	}
	h := &host{name: name, zone: start.Zone, free: analyzer.Amounts{CPU: start.CPU, Memory: start.Memory}, labels: map[string]string{
		zoneKey: start.Zone, "node.kubernetes.io/instance-type": start.Type, "karpenter.sh/capacity-type": start.CapacityType, "kubernetes.io/os": "linux", hostKey: name,
	}}
	for i := range plan.Groups {
		if g := &plan.Groups[i]; g.Name == start.Group {
			h.labels["kubernetes.io/arch"] = g.Arch
			maps.Copy(h.labels, g.Labels)
			for _, taint := range g.Taints {
				h.taints = append(h.taints, analyzer.Taint(taint))
			}
		}
	}
	for i := range c.s.Nodes { // what a machine of a type has beside CPU and memory today's say
		if n := &c.s.Nodes[i]; n.Labels["node.kubernetes.io/instance-type"] == start.Type && h.resources == nil {
			h.resources = maps.Clone(n.Resources)
		}
	}
	return h
}

// addDaemons takes what DaemonSets' pods have of a host that lets them in.
func (c *checker) addDaemons(h *host) {
	for i := range c.s.Workloads {
		w := &c.s.Workloads[i]
		if w.Kind != "DaemonSet" || len(w.Pods) == 0 {
			continue
		}
		for j := range w.Pods {
			if p := &w.Pods[j]; p.Node == h.name || c.today[h.name] == nil && j == 0 && admits(h, &tenant{pod: p}) {
				h.free.CPU, h.free.Memory = h.free.CPU-p.Requests.CPU, h.free.Memory-p.Requests.Memory
			}
		}
	}
	h.size = h.free
}

func (h *host) take(p *tenant) {
	if h.pods == nil {
		h.pods, h.byGroup = map[*tenant]bool{}, map[string]int{}
	}
	h.pods[p] = true
	h.byGroup[p.group]++
	h.free.CPU, h.free.Memory = h.free.CPU-p.size.CPU, h.free.Memory-p.size.Memory
	for name, n := range p.pod.Resources {
		if h.resources[name] < n && h.resources == nil {
			h.resources = analyzer.Resources{}
		}
		h.resources[name] -= n
	}
}

func (h *host) drop(p *tenant) {
	delete(h.pods, p)
	h.byGroup[p.group]--
	h.free.CPU, h.free.Memory = h.free.CPU+p.size.CPU, h.free.Memory+p.size.Memory
	for name, n := range p.pod.Resources {
		h.resources[name] += n
	}
}

func (h *host) fits(p *tenant) bool {
	for name, n := range p.pod.Resources {
		if h.resources[name] < n {
			return false
		}
	}
	return !h.closed && h.free.CPU >= p.size.CPU && h.free.Memory >= p.size.Memory
}

// admits reads selectors, node affinity, taints and the zone of disks.
func admits(h *host, p *tenant) bool {
	return matches(h, p.pod) && tolerates(h, p.pod) && (p.zone == "" || p.zone == h.zone)
}

// tolerates reads the taints that keep pods off a host.
func tolerates(h *host, p *analyzer.Pod) bool {
	return !slices.ContainsFunc(h.taints, func(t analyzer.Taint) bool {
		return t.Effect != "PreferNoSchedule" && !slices.ContainsFunc(p.Spec.Tolerations, func(o analyzer.Toleration) bool {
			return (o.Effect == "" || o.Effect == t.Effect) && (o.Key == "" && o.Operator == "Exists" || o.Key == t.Key && (o.Operator == "Exists" || o.Value == t.Value))
		})
	})
}

// matches reads the selector and the node affinity.
func matches(h *host, p *analyzer.Pod) bool {
	for k, v := range p.Spec.NodeSelector {
		if h.labels[k] != v {
			return false
		}
	}
	terms := p.Spec.Affinity
	return len(terms) == 0 || slices.ContainsFunc(terms, func(t analyzer.NodeTerm) bool {
		return !slices.ContainsFunc(t, func(r analyzer.NodeRequirement) bool { return !meets(h.labels, r) })
	})
}

func meets(labels map[string]string, r analyzer.NodeRequirement) bool {
	v, has := labels[r.Key]
	switch r.Operator {
	case "In":
		return has && slices.Contains(r.Values, v)
	case "NotIn":
		return !has || !slices.Contains(r.Values, v)
	case "Exists":
		return has
	case "DoesNotExist":
		return !has
	}
	return false
}

// sameRules: every pod has one place, where it may be and there is room for it.
func (c *checker) sameRules() {
	seen := map[*tenant]int{}
	for _, name := range c.order {
		h := c.hosts[name]
		if h.free.CPU < 0 || h.free.Memory < 0 {
			c.fault("%s holds more than it has: %+v is left", name, h.free)
		}
		for resource, left := range h.resources {
			if left < 0 {
				c.fault("%s lacks %d of %s", name, -left, resource)
			}
		}
		for p := range h.pods {
			seen[p]++
			switch {
			case p.was == name:
			case p.pinned != "":
				c.fault("%s left %s for %s, and has %s", p.name, p.was, name, p.pinned)
			case !admits(h, p):
				c.fault("%s may not run on %s", p.name, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.pods)) {
		if p := c.pods[name]; seen[p] > 1 || seen[p] == 0 && !rescaled(p) && !c.scales(p) {
			c.fault("%s is in %d places", name, seen[p])
		}
	}
}

// counts holds what the plan says of pods that restart, and lose an emptyDir, to those that
// end up elsewhere. More may restart than end up elsewhere: some move twice.
func (c *checker) counts(plan *nodes.Plan) {
	moved, lose := 0, 0
	for _, name := range c.order {
		for p := range c.hosts[name].pods {
			if p.was == name || p.added {
				continue
			}
			if moved++; p.pod.Spec.Local != nil && p.pod.Spec.Local.EmptyDirs > 0 {
				lose++
			}
		}
	}
	if plan.Restarts < moved || plan.LoseData < lose || plan.LoseData > plan.Restarts {
		c.fault("%d pods restart and %d lose data, and %d and %d are elsewhere in the end", plan.Restarts, plan.LoseData, moved, lose)
	}
}

// rescaled says that a workload's pods may be fewer than today's.
func rescaled(p *tenant) bool { return p.of.Kind == "Job" || p.of.Kind == "CronJob" }

// scales says that an autoscaler has a workload in its hands: its busiest hour's pods count.
func (c *checker) scales(p *tenant) bool {
	return slices.ContainsFunc(c.s.HPAs, func(h analyzer.HPA) bool { return h.Target == p.of.Ref })
}

// spread is where a workload's pods are.
type spread struct {
	size  int
	hosts map[string]int
	zones map[string]int
	like  *tenant
}

func spreads(hosts map[string]*host) map[string]*spread {
	out := map[string]*spread{}
	for _, h := range hosts {
		for p := range h.pods {
			g := out[p.group]
			if g == nil {
				g = &spread{hosts: map[string]int{}, zones: map[string]int{}, like: p}
				out[p.group] = g
			}
			g.size++
			g.hosts[h.name]++
			g.zones[h.zone]++
		}
	}
	return out
}

func most(m map[string]int) (n int) {
	for _, v := range m {
		n = max(n, v)
	}
	return n
}

// skew is by how much the fullest zone is ahead of the emptiest.
func (g *spread) skew(zones map[string]bool) int {
	low := most(g.zones)
	for z := range zones {
		low = min(low, g.zones[z])
	}
	return most(g.zones) - low
}

// noLessSafe holds zones, quorums, spread and wishes to today's.
func (c *checker) noLessSafe() {
	zones := map[string]bool{}
	for _, h := range c.today {
		if !h.kept {
			zones[h.zone] = true
		}
	}
	before, after := spreads(c.today), spreads(c.hosts)
	for _, group := range slices.Sorted(maps.Keys(before)) {
		had, has := before[group], after[group]
		if rescaled(had.like) || has == nil {
			continue
		}
		if len(has.zones) < min(len(had.zones), has.size) {
			c.fault("%s is in %d zones, was in %d", group, len(has.zones), len(had.zones))
		}
		if !c.repeats && had.like.of.Kind == "StatefulSet" && has.size >= 3 && 2*most(has.hosts) > has.size && len(c.today) >= 3 {
			for name, n := range has.hosts {
				if 2*n > has.size && !c.hosts[name].kept {
					c.fault("%s has %d of the %d pods of %s", name, n, has.size, group)
				}
			}
		}
		spec := &had.like.pod.Spec
		for _, w := range append(slices.Clone(spec.SoftSpread), spec.Spread...) {
			if limit := max(int(w.MaxSkew), had.skew(zones)); w.TopologyKey == zoneKey && has.skew(zones) > limit {
				c.fault("%s has a skew of %d over zones, may have %d", group, has.skew(zones), limit)
			}
			if limit := max(int(w.MaxSkew), most(had.hosts)); w.TopologyKey == hostKey && most(has.hosts) > limit {
				c.fault("%s has %d pods on a node, may have %d", group, most(has.hosts), limit)
			}
		}
		for _, a := range append(slices.Clone(spec.SoftAntiAffinity), spec.AntiAffinity...) {
			if a.TopologyKey == hostKey && slices.Contains(a.Workloads, had.like.of.Ref) && most(has.hosts) > most(had.hosts) {
				c.fault("%s has %d pods on a node, had %d, and wants them apart", group, most(has.hosts), most(had.hosts))
			}
		}
	}
}

// lives reports whether the pods that are there let a pod onto a host, as the scheduler has it.
func (c *checker) lives(h *host, p *tenant, gone func(*host) bool) bool {
	inZone := func(zone string) (n int) {
		for _, o := range c.hosts {
			if o.zone == zone && !gone(o) {
				n += o.byGroup[p.group]
			}
		}
		return n
	}
	for _, s := range p.pod.Spec.Spread {
		counts := map[string]int{}
		for _, o := range c.hosts {
			switch {
			case gone(o) || !matches(o, p.pod) || s.HonorTaints && !tolerates(o, p.pod):
			case s.TopologyKey == zoneKey:
				counts[o.zone] = inZone(o.zone)
			default:
				counts[o.name] = o.byGroup[p.group]
			}
		}
		low := most(counts)
		for _, n := range counts {
			low = min(low, n)
		}
		if int64(len(counts)) < s.MinDomains {
			low = 0
		}
		if at := cmp.Or(map[string]string{zoneKey: h.zone}[s.TopologyKey], h.name); int64(counts[at]+1-low) > s.MaxSkew {
			return false
		}
	}
	for _, a := range p.pod.Spec.AntiAffinity {
		for _, ref := range a.Workloads {
			if a.TopologyKey == hostKey && h.byGroup[ref.String()] > 0 || a.TopologyKey == zoneKey && ref.String() == p.group && inZone(h.zone) > 0 {
				return false
			}
		}
	}
	return !slices.ContainsFunc(slices.Collect(maps.Keys(h.pods)), func(o *tenant) bool {
		return slices.ContainsFunc(o.pod.Spec.AntiAffinity, func(a analyzer.PodAntiAffinity) bool {
			return a.TopologyKey == hostKey && slices.Contains(a.Workloads, p.of.Ref)
		})
	})
}

// refugeRounds is how often those that found no room are seated first, before they count as left.
const refugeRounds = 8

// refuge finds room for pods among the hosts that are not gone, the largest first by some
// measure, and then again and again with those first that found none: which pods fit where is
// no matter of one order. Then pods give way to each other. left are those that find none.
func (c *checker) refuge(pods []*tenant, gone func(*host) bool) (left []*tenant) {
	may := map[*tenant]int64{} // hosts that let it in
	for _, p := range pods {
		for _, h := range c.hosts {
			if !gone(h) && admits(h, p) {
				may[p]++
			}
		}
	}
	measures := []func(*tenant) int64{
		func(p *tenant) int64 { return c.room(p.size) },
		func(p *tenant) int64 { return -may[p]<<40 + c.room(p.size) },
		func(p *tenant) int64 {
			return int64(len(p.pod.Spec.AntiAffinity)+len(p.pod.Spec.Spread))<<40 + c.room(p.size)
		},
	}
	rooms := c.rooms()
	for i := range len(measures) * len(rooms) {
		by := measures[i/len(rooms)]
		c.room = rooms[i%len(rooms)]
		order := slices.Clone(pods)
		slices.SortStableFunc(order, func(a, b *tenant) int { return cmp.Or(cmp.Compare(by(b), by(a)), cmp.Compare(a.name, b.name)) })
		for range refugeRounds {
			if left = c.seatAll(order, gone); len(left) == 0 {
				return nil
			}
			order = append(slices.Clone(left), slices.DeleteFunc(order, func(p *tenant) bool { return slices.Contains(left, p) })...)
		}
	}
	return c.crowd(gone).seatAll(pods)
}

// seatAll seats pods one after the other, and gives those that find no host; none stays seated.
func (c *checker) seatAll(pods []*tenant, gone func(*host) bool) (left []*tenant) {
	at := map[*tenant]*host{}
	for _, p := range pods {
		if h := c.seat(p, gone); h != nil {
			h.take(p)
			at[p] = h
		} else if !c.makeWay(p, at, gone) {
			left = append(left, p)
		}
	}
	for p, h := range at {
		h.drop(p)
	}
	return append(left, c.unreachable(at, gone)...)
}

// makeWay seats a pod in place of another that was seated and finds room elsewhere.
func (c *checker) makeWay(p *tenant, at map[*tenant]*host, gone func(*host) bool) bool {
	others := slices.SortedFunc(maps.Keys(at), func(a, b *tenant) int { return cmp.Compare(a.name, b.name) })
	for _, other := range others {
		h := at[other]
		if !admits(h, p) {
			continue
		}
		h.drop(other)
		if h.fits(p) && c.lives(h, p, gone) {
			h.take(p)
			if to := c.seat(other, gone); to != nil {
				to.take(other)
				at[p], at[other] = h, to
				return true
			}
			h.drop(p)
		}
		h.take(other)
	}
	return false
}

// seat is the host with the least room that takes a pod, by the checker's measure of room.
func (c *checker) seat(p *tenant, gone func(*host) bool) (best *host) {
	zoned := slices.ContainsFunc(p.pod.Spec.Spread, func(s analyzer.TopologySpread) bool { return s.TopologyKey == zoneKey })
	inZone := map[string]int{}
	if zoned { // where the fewest are, so that those to come may follow
		for _, h := range c.hosts {
			if !gone(h) {
				inZone[h.zone] += h.byGroup[p.group]
			}
		}
	}
	for _, name := range c.order {
		h := c.hosts[name]
		nearer := best == nil || cmp.Or(cmp.Compare(inZone[h.zone], inZone[best.zone]), cmp.Compare(c.room(h.free), c.room(best.free))) < 0
		if nearer && !gone(h) && h.fits(p) && admits(h, p) && c.lives(h, p, gone) {
			best = h
		}
	}
	return best
}

// rooms are measures of what is free on a host, or asked for by a pod: a core is worth 4
// GiB, but for the last, to which the largest host is the measure.
func (c *checker) rooms() []func(analyzer.Amounts) int64 {
	cpu, memory := int64(1), int64(1)
	for _, h := range c.hosts {
		cpu, memory = max(cpu, h.size.CPU), max(memory, h.size.Memory)
	}
	return []func(analyzer.Amounts) int64{
		func(a analyzer.Amounts) int64 { return max(a.CPU*1_000_000/cpu, a.Memory>>10*1_000_000/(memory>>10+1)) },
		func(a analyzer.Amounts) int64 { return a.CPU },
		func(a analyzer.Amounts) int64 { return a.Memory },
		func(a analyzer.Amounts) int64 { return max(a.CPU, a.Memory>>22) },
		func(a analyzer.Amounts) int64 { return a.CPU + a.Memory>>22 },
	}
}
