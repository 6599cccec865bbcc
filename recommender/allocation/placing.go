package allocation

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// hold works out what every container held over the window, and places it on
// the nodes where its workload's pods are.
func (a *allocator) hold() {
	places := map[roleKey][]place{}
	stretch := 1 / a.Seen
	known := map[itemKey]bool{}
	seen := map[roleKey]*Hold{}
	for i := range a.snapshot.Usage {
		u := &a.snapshot.Usage[i]
		if a.only != nil && !a.only(u.Ref) {
			continue
		}
		h := HoldOf(a.Window, u.Days, a.asked(u.Ref, u.Container), true)
		if h.PodHours <= 0 {
			continue
		}
		known[itemKey{ref: u.Ref, container: u.Container}] = true
		role := roleKey{u.Ref, a.roleOf(u.Ref, u.Container)}
		h = a.atLeast(role, u.Container, h.times(stretch))
		if seen[role] == nil {
			seen[role] = &Hold{}
		}
		most := max(seen[role].PodHours, h.PodHours)
		seen[role].plus(h)
		seen[role].PodHours = most
		a.put(role, u.Container, h, h.PodHours, places)
	}
	for i := range a.snapshot.Workloads {
		w := &a.snapshot.Workloads[i]
		if a.only != nil && !a.only(w.Ref) {
			continue
		}
		for _, c := range w.Containers {
			if w.Past || c.Type == analyzer.TypeInit || known[itemKey{ref: w.Ref, container: c.Name}] {
				continue
			}
			if n := standing(w, c.Role); n > 0 {
				h := requestsOnly(c.Requests, float64(n)*a.Hours)
				a.put(roleKey{w.Ref, c.Role}, c.Name, h, h.PodHours, places)
			}
		}
		if !w.Past {
			a.holdBeyond(w, seen, places)
		}
	}
}

// atLeast mends what a container held by what is known of the pods that have it now. They
// were there since they started, whether their usage was seen or not, and then held what
// they request. A reading lost here and there is none of that.
func (a *allocator) atLeast(of roleKey, container string, h Hold) Hold {
	w, c := a.workloads[of.ref], a.template(of.ref, container)
	if c == nil || w.Past || w.Batch() {
		return h
	}
	least := 0.0
	_, end := Span(a.Window)
	for i := range w.Pods {
		if p := &w.Pods[i]; holds(p) && (of.role == "" || p.Role == of.role) && !p.Started.IsZero() {
			least += min(max(end.Sub(p.Started).Hours(), 0), a.Hours)
		}
	}
	if h.PodHours < least*(1-a.edge()) {
		h.plus(requestsOnly(c.Requests, least-h.PodHours))
	}
	return h
}

// holdBeyond files what pods reserve beyond their running containers' requests,
// by no container's name: a large init container, the runtime's overhead,
// requests of the pod as a whole. It is that of today's pods, for as long as
// pods were seen, less what containers used above their requests.
func (a *allocator) holdBeyond(w *analyzer.Workload, seen map[roleKey]*Hold, places map[roleKey][]place) {
	if w.RunsNode != "" {
		a.holdRuns(w, seen, places)
		return
	}
	for _, role := range w.Roles() {
		var sum analyzer.Amounts
		n := 0
		for i := range w.Pods {
			if p := &w.Pods[i]; holds(p) && (role == "" || p.Role == role) {
				sum = sum.Plus(w.Beyond(p))
				n++
			}
		}
		if sum == (analyzer.Amounts{}) {
			continue
		}
		k := roleKey{w.Ref, role}
		podHours, above := float64(n)*a.Hours, Hold{}
		if h := cmp.Or(seen[k], seen[roleKey{ref: w.Ref}]); h != nil {
			if podHours = h.PodHours; w.Fargate() || !a.onlyByPod(w) {
				above = *h
			}
		}
		h := requestsOnly(sum, podHours/float64(n))
		h.PodHours = 0 // these pods are counted by their containers
		for _, x := range []struct{ to, above *Amount }{{&h.CPU, &above.CPU}, {&h.Memory, &above.Memory}} {
			x.to.Held = max(0, x.to.Held-(x.above.Held-x.above.Requested))
			x.to.Requested = x.to.Held
		}
		a.put(k, "", h, podHours, places)
	}
}

// onlyByPod reports whether no pod of a workload is on a machine.
func (a *allocator) onlyByPod(w *analyzer.Workload) bool {
	return !slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool {
		i, ok := a.byNode[p.Node]
		return holds(&p) && ok && a.fleet[i].program == ""
	})
}

// holdRuns files what the runs of a workload are billed for beyond what its containers
// held, by no container's name.
func (a *allocator) holdRuns(w *analyzer.Workload, seen map[roleKey]*Hold, places map[roleKey][]place) {
	i, ok := a.byNode[w.RunsNode]
	if !ok {
		return
	}
	size := a.fleet[i].Capacity
	h, held := requestsOnly(size, a.Hours), Hold{}
	for k, of := range seen {
		if k.ref == w.Ref {
			held.plus(*of)
		}
	}
	h.PodHours, h.GPUHours = 0, 0
	h.CPU = h.CPU.times(max(0, 1-ratio(held.CPU.Held, h.CPU.Held)))
	h.Memory = h.Memory.times(max(0, 1-ratio(held.Memory.Held, h.Memory.Held)))
	a.put(roleKey{ref: w.Ref}, "", h, 1, places)
}

// roleKey is the pods of one role of a workload; the role "" is all of them.
type roleKey struct {
	ref  analyzer.Ref
	role string
}

// roleOf is the role of the pods that have a container now.
func (a *allocator) roleOf(ref analyzer.Ref, container string) string {
	if c := a.template(ref, container); c != nil {
		return c.Role
	}
	return ""
}

// asked is what a container requests now.
func (a *allocator) asked(ref analyzer.Ref, container string) analyzer.Amounts {
	if c := a.template(ref, container); c != nil {
		return c.Requests
	}
	return analyzer.Amounts{}
}

// template is a container as today's pod template has it; nil where none has.
func (a *allocator) template(ref analyzer.Ref, container string) *analyzer.Container {
	w := a.workloads[ref]
	if w == nil {
		return nil
	}
	at := slices.IndexFunc(w.Containers, func(c analyzer.Container) bool { return c.Name == container })
	if at < 0 {
		return nil
	}
	return &w.Containers[at]
}

// limits is what a container might have used in so many hours of its pods.
func (a *allocator) limits(ref analyzer.Ref, container string, podHours float64) Limits {
	if container == "" { // what no container has, none limits
		return Limits{}
	}
	c := a.template(ref, container)
	if c == nil || a.workloads[ref].Past {
		return Limits{Unknown: true}
	}
	return Limits{CPU: float64(c.Limits.CPU) * podHours, Memory: float64(c.Limits.Memory) * podHours}
}

// standing counts the pods of a role that hold something now.
func standing(w *analyzer.Workload, role string) int {
	n := 0
	for i := range w.Pods {
		if p := &w.Pods[i]; holds(p) && (role == "" || p.Role == role) {
			n++
		}
	}
	return n
}

// place is a node, or one pod on it, and the share of a workload's pods that it has.
type place struct {
	node, pod string
	share     float64
	pods      int // of today; 0 of pods that have ended
}

// podName is the pod's name where pods are told apart.
func (a *allocator) podName(p *analyzer.Pod) string {
	if !a.basis.Pods {
		return ""
	}
	return p.Name
}

// put files what a container held in so many hours of its pods, split over the nodes of
// the pods that have it.
func (a *allocator) put(of roleKey, container string, h Hold, podHours float64, places map[roleKey][]place) {
	ref := of.ref
	if program := a.ranByPod(a.workloads[ref]); program != "" {
		item := a.item(ref, container, "", "")
		item.Hold.plus(h)
		item.Limits.plus(a.limits(ref, container, h.PodHours))
		item.Unpriced = program
		return
	}
	at, ok := places[of]
	if !ok {
		at = a.places(a.workloads[ref], of.role)
		places[of] = at
	}
	homeless, pool := 0.0, ""
	switch {
	case len(at) == 0:
		homeless = 1
	case a.basis.Hours && !a.onRuns(at):
		now, left, of := a.overHours(at, podHours)
		if homeless, pool = left, of; ref.Kind == "DaemonSet" {
			if gone := a.onGone(at, left); len(gone) > 0 {
				now, homeless = append(now, gone...), 0
			}
		}
		at = now
	}
	if homeless > 1e-12 {
		item := a.item(ref, container, "", "")
		item.Hold.plus(h.times(homeless))
		item.Limits.plus(a.limits(ref, container, h.PodHours*homeless))
		item.homeless, item.pool = true, pool
	}
	for _, p := range at {
		held := h.times(p.share)
		if n := &a.fleet[a.byNode[p.node]]; n.Runs == "" && n.program != "" {
			held = a.billedByPod(of.ref, container, h, podHours, float64(p.pods)*n.Hours, n.program)
		}
		item := a.item(ref, container, p.node, p.pod)
		item.Hold.plus(held)
		item.Limits.plus(a.limits(ref, container, held.PodHours))
	}
}

// billedByPod is what pods of today hold of a node that bills them one by one, in so many
// hours of theirs, by what the workload's pods held in podHours. The node is as large as
// they are; one that sells no sizes bills what they request, used or not.
func (a *allocator) billedByPod(ref analyzer.Ref, container string, h Hold, podHours, hours float64, program string) Hold {
	w := a.workloads[ref]
	if podHours <= 0 || w.Unbilled(program) {
		return Hold{}
	}
	h = h.times(hours / podHours)
	if container != "" && !w.Fargate() {
		asked := requestsOnly(a.asked(ref, container), hours)
		for _, x := range []struct{ of, asked *Amount }{{&h.CPU, &asked.CPU}, {&h.Memory, &asked.Memory}} {
			*x.of = Amount{Requested: x.asked.Held, Held: x.asked.Held, Used: min(x.of.Used, x.asked.Held)}
		}
		h.GPUHours = asked.GPUHours
	}
	return h
}

// places are the nodes of a workload's pods of today, of one role; else those on
// which such pods have ended; else none.
func (a *allocator) places(w *analyzer.Workload, role string) []place {
	if w == nil {
		return nil
	}
	if _, ok := a.byNode[w.RunsNode]; ok {
		return []place{{node: w.RunsNode, share: 1}}
	}
	for _, standing := range []bool{true, false} {
		take := (*analyzer.Pod).Ended
		if standing {
			take = holds
		}
		count := map[place]int{}
		total := 0
		for i := range w.Pods {
			if p := &w.Pods[i]; take(p) && (role == "" || p.Role == role) {
				if _, ok := a.byNode[p.Node]; ok {
					count[place{node: p.Node, pod: a.podName(p)}]++
					total++
				}
			}
		}
		if total > 0 {
			out := make([]place, 0, len(count))
			for at, n := range count {
				at.share = float64(n) / float64(total)
				if standing {
					at.pods = n
				}
				out = append(out, at)
			}
			slices.SortFunc(out, func(x, y place) int { return cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.pod, y.pod)) })
			return out
		}
	}
	return nil
}

// onRuns reports whether places are what stands for runs that are billed by the pod: it has
// them in all hours.
func (a *allocator) onRuns(at []place) bool { return a.fleet[a.byNode[at[0].node]].Runs != "" }
