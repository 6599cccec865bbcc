package allocation

import (
	"cmp"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
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

// payNodes shares the nodes' bill out.
func (a *allocator) payNodes() { a.file(a.pay()) }

// pay shares the nodes' bill out over the items. Containers of no known
// node are spread over the room that the others leave: as one, or by the pools of nodes
// that they are of.
func (a *allocator) pay() pricing.Bill {
	var uses []pricing.PodUse
	var at []int // index of Items
	pools := map[string]Hold{}
	for i := range a.Items {
		item := &a.Items[i]
		if item.Unpriced != "" {
			continue
		}
		if item.homeless {
			pool := pools[item.pool]
			pool.plus(item.Hold)
			pools[item.pool] = pool
			continue
		}
		at = append(at, i)
		uses = append(uses, item.Hold.use(item.Node, item.DaemonSet))
	}
	names := slices.SortedFunc(maps.Keys(pools), func(x, y string) int { return cmp.Compare(y, x) }) // that of any node last
	ends := []int{len(uses)}
	for _, name := range names {
		uses = append(uses, a.spread(name, pools[name], uses)...)
		ends = append(ends, len(uses))
	}
	bill := pricing.Allocate(a.bills, uses)
	for i := range bill.Nodes {
		if n := &bill.Nodes[i]; n.Excess > a.edge() {
			a.over = append(a.over, n.Name)
		}
	}
	a.spreadOver = map[string][]paidOn{}
	for i, item := range at {
		u := &bill.PerUse[i]
		a.Items[item].Nodes, a.Items[item].Slack = u.Cost, u.Slack
	}
	for i, name := range names {
		var paid pricing.Cost
		for j := ends[i]; j < ends[i+1]; j++ {
			usd := bill.PerUse[j].Cost
			paid = plus(paid, usd)
			a.spreadOver[name] = append(a.spreadOver[name], paidOn{uses[j].Node, usd})
		}
		a.payHomeless(name, pools[name], paid)
	}
	return bill
}

func (h *Hold) use(node string, daemonSet bool) pricing.PodUse {
	return pricing.PodUse{
		Node: node, DaemonSet: daemonSet,
		CPU:    pricing.Holding{Held: h.CPU.Held, Used: h.CPU.Used},
		Memory: pricing.Holding{Held: h.Memory.Held, Used: h.Memory.Used},
		GPU:    pricing.Holding{Held: h.GPUHours, Used: h.GPUHours},
	}
}

// payHomeless splits what the pool costs by what each container held of it.
func (a *allocator) payHomeless(name string, pool Hold, paid pricing.Cost) {
	part := func(cost, held, all float64) float64 {
		if all <= 0 {
			return 0
		}
		return cost * (held / all)
	}
	for i := range a.Items {
		item := &a.Items[i]
		if !item.homeless || item.pool != name {
			continue
		}
		h := &item.Hold
		item.Nodes = pricing.Cost{
			CPU:    part(paid.CPU, h.CPU.Held, pool.CPU.Held),
			Memory: part(paid.Memory, h.Memory.Held, pool.Memory.Held),
			GPU:    part(paid.GPU, h.GPUHours, pool.GPUHours),
		}
		item.Slack = pricing.Cost{
			CPU:    part(item.Nodes.CPU, h.CPU.Held-h.CPU.Used, h.CPU.Held),
			Memory: part(item.Nodes.Memory, h.Memory.Held-h.Memory.Used, h.Memory.Held),
		}
	}
}

// spread places a pool on the nodes of its name, or without one on those that take any
// pod, in proportion to the room that uses leave there; GPUs on the nodes that have some.
func (a *allocator) spread(name string, pool Hold, uses []pricing.PodUse) []pricing.PodUse {
	if pool.PodHours <= 0 {
		return nil
	}
	left := make([]nodeRoom, len(a.bills))
	for i := range a.bills {
		left[i] = a.room(name, i)
	}
	for _, u := range uses {
		if i, ok := a.byNode[u.Node]; ok {
			left[i].cpu -= u.CPU.Held
			left[i].memory -= u.Memory.Held
			left[i].gpu -= u.GPU.Held
		}
	}
	cpu := a.weights(name, left, func(r nodeRoom) float64 { return r.cpu })
	memory := a.weights(name, left, func(r nodeRoom) float64 { return r.memory })
	gpu := a.weights(name, left, func(r nodeRoom) float64 { return r.gpu })
	var out []pricing.PodUse
	for i := range a.bills {
		u := pool.use(a.bills[i].Name, false)
		u.CPU.Held, u.CPU.Used = u.CPU.Held*cpu[i], u.CPU.Used*cpu[i]
		u.Memory.Held, u.Memory.Used = u.Memory.Held*memory[i], u.Memory.Used*memory[i]
		u.GPU.Held, u.GPU.Used = u.GPU.Held*gpu[i], u.GPU.Used*gpu[i]
		if cpu[i] > 0 || memory[i] > 0 || gpu[i] > 0 {
			out = append(out, u)
		}
	}
	return out
}

// nodeRoom is a node's allocatable over the window, less what is held of it.
type nodeRoom struct {
	cpu, memory, gpu float64
}

// room is all that pods of a pool may have of a node; without a pool, those without
// tolerations. What bills pods one by one is as large as its own, and has no room.
func (a *allocator) room(pool string, i int) nodeRoom {
	n := &a.fleet[i]
	if n.program != "" {
		return nodeRoom{}
	}
	r := nodeRoom{gpu: float64(n.Allocatable.GPU) * n.Hours}
	if pool != "" {
		if analyzer.PoolOf(n.Labels) != pool {
			return nodeRoom{}
		}
		return nodeRoom{float64(n.Allocatable.CPU) * n.Hours, float64(n.Allocatable.Memory) * n.Hours, r.gpu}
	}
	tainted := slices.ContainsFunc(n.Taints, func(t analyzer.Taint) bool { return t.Effect == "NoSchedule" || t.Effect == "NoExecute" })
	if !tainted && n.Capacity.GPU == 0 {
		r.cpu, r.memory = float64(n.Allocatable.CPU)*n.Hours, float64(n.Allocatable.Memory)*n.Hours
	}
	return r
}

// weights are the nodes' shares of a pool by the room they have left. Where
// none has any, they share it by size.
func (a *allocator) weights(pool string, left []nodeRoom, of func(nodeRoom) float64) []float64 {
	out := make([]float64, len(left))
	size := func(i int) float64 { return of(a.room(pool, i)) }
	all := func(i int) float64 {
		if a.fleet[i].program != "" {
			return 0
		}
		return float64(a.bills[i].CPUMillis) * a.bills[i].Hours
	}
	for _, weigh := range []func(int) float64{func(i int) float64 { return of(left[i]) }, size, all} {
		var sum float64
		for i := range out {
			out[i] = max(0, weigh(i))
			sum += out[i]
		}
		if sum > 0 {
			for i := range out {
				out[i] /= sum
			}
			return out
		}
	}
	return out
}

// gpuProduct is the label by which NVIDIA's feature discovery names a node's GPUs.
const gpuProduct = "nvidia.com/gpu.product"

// file keeps the nodes' bill by what became of it.
func (a *allocator) file(bill pricing.Bill) {
	a.Bill.Nodes = bill.Total
	for _, n := range bill.Nodes {
		of := &a.fleet[a.byNode[n.Name]]
		a.Nodes = append(a.Nodes, Node{
			Name: n.Name, InstanceType: a.priced[n.Name].Offering.InstanceType, Hours: of.Hours, Total: n.Total,
			Gap: gapOf(a.priced[n.Name].Status), Windows: of.Windows(), ProviderID: of.ProviderID, GPUModel: cmp.Or(of.Labels[gpuProduct], a.priced[n.Name].Offering.GPUName),
			Used: minus(n.Workloads, n.Slack), Slack: n.Slack, DaemonSets: n.DaemonSets,
			Stranded: n.Stranded, Free: minus(n.Idle, n.Stranded), Reserved: n.Overhead,
		})
	}
	for _, w := range bill.Warnings {
		a.warn("price", "", w)
	}
}

// edge is by what share pods may seem to hold more than there is without a word: usage
// counts a step too much at an end of the window, and hours are told to a sixteenth.
func (a *allocator) edge() float64 {
	return 0.01 + ratio(a.Window.Step.Hours(), a.Hours)
}

func gapOf(s pricing.Status) Gap {
	switch s {
	case pricing.Listed:
		return Priced
	case pricing.Missing:
		return Unpriced
	}
	return Estimated
}

func (a *allocator) warn(code, subject, message string) {
	a.Warnings = append(a.Warnings, analyzer.Warning{Code: code, Subject: subject, Message: message})
}
