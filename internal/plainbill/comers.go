package plainbill

import (
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// claim is what a container holds of a node on the mean, and what it does not use of that:
// CPU, memory and GPUs.
type claim struct {
	of          containerKey
	held, slack [3]float64
}

type containerKey struct {
	analyzer.Ref
	container string
}

// part is what the pods of one role of a workload held, by container; pods is their number
// on the mean of the window's hours, and at most that of any container.
type part struct {
	container         string
	held, asked, used [3]float64
	pods              float64
}

func (p *part) slack() [3]float64 {
	return [3]float64{p.held[0] - p.used[0], p.held[1] - p.used[1], 0}
}

// claims lists them by node: what the pods of each workload held of the window's hours.
func (b *Bill) claims() map[string][]claim {
	out, pools := map[string][]claim{}, map[string][]claim{}
	for i := range b.Snap.Workloads {
		w := &b.Snap.Workloads[i]
		roles := w.Roles()
		if w.HasRoles() {
			roles = append(roles, "") // containers that pods of all roles have
		}
		for _, role := range roles {
			for _, p := range b.parts(w, role) {
				b.place(w, role, p, out, pools)
			}
		}
	}
	names := slices.Sorted(maps.Keys(pools))
	slices.Reverse(names) // what may be anywhere takes what is left
	for _, pool := range names {
		b.spread(pool, pools[pool], out)
	}
	return out
}

// place puts what a part held on the nodes of its pods, by their hours; of which node is not
// known goes to a pool.
func (b *Bill) place(w *analyzer.Workload, role string, p part, out, pools map[string][]claim) {
	b.pods[containerKey{w.Ref, p.container}] += p.pods
	on, ended := b.whereabouts(w, role)
	all := func(by float64) [3]float64 { return [3]float64{by, by, by} }
	c := claim{containerKey{w.Ref, p.container}, p.held, p.slack()}
	switch {
	case len(on) == 0 && (len(ended) == 0 || b.byHour):
		pool := ""
		if len(ended) > 0 {
			pool = b.mostly(ended)
		}
		pools[pool] = append(pools[pool], c)
	case len(on) == 0 || !b.byHour:
		if len(on) == 0 {
			on = ended
		}
		for _, node := range on {
			out[node] = append(out[node], c.times(all(1/float64(len(on)))))
		}
	default:
		hours := 0.0
		for _, node := range on {
			hours += b.machine(node).Share
		}
		pods := math.Max(p.pods, hours)
		for _, node := range on {
			out[node] = append(out[node], c.times(all(b.machine(node).Share/pods)))
		}
		if left := 1 - hours/pods; left > 1e-12 {
			b.gone(w, c.times(all(left)), on, out, pools)
		}
	}
}

// gone places what pods held that are gone: of a DaemonSet on the nodes that are, by their
// hours, of others in the pool that most of today's are in.
func (b *Bill) gone(w *analyzer.Workload, c claim, on []string, out, pools map[string][]claim) {
	hours, in := 0.0, map[string]bool{}
	for _, node := range on {
		in[analyzer.PoolOf(b.machine(node).Labels)] = true
	}
	var nodes []*Machine
	for i := len(b.Snap.Nodes); i < len(b.Fleet) && w.Kind == "DaemonSet"; i++ {
		if m := &b.Fleet[i]; in[analyzer.PoolOf(m.Labels)] {
			nodes, hours = append(nodes, m), hours+m.Share
		}
	}
	if len(nodes) == 0 {
		pool := b.mostly(on)
		pools[pool] = append(pools[pool], c)
	}
	for _, m := range nodes {
		by := m.Share / hours
		out[m.Name] = append(out[m.Name], c.times([3]float64{by, by, by}))
	}
}

// mostly is the pool that most of some nodes are of, the first of those.
func (b *Bill) mostly(nodes []string) (pool string) {
	most, in := 0, map[string]int{}
	slices.Sort(nodes)
	for _, node := range nodes {
		name := analyzer.PoolOf(b.machine(node).Labels)
		if in[name]++; in[name] > most {
			most, pool = in[name], name
		}
	}
	return pool
}

func (b *Bill) machine(name string) *Machine {
	for i := range b.Fleet {
		if b.Fleet[i].Name == name {
			return &b.Fleet[i]
		}
	}
	return nil
}

// whereabouts are the nodes of the bill that a role's pods run on, and ended on.
func (b *Bill) whereabouts(w *analyzer.Workload, role string) (on, ended []string) {
	for j := range w.Pods {
		switch p := &w.Pods[j]; {
		case p.Node == "" || b.machine(p.Node) == nil || role != "" && p.Role != role:
		case p.Ended():
			ended = append(ended, p.Node)
		default:
			on = append(on, p.Node)
		}
	}
	return on, ended
}

func (c claim) times(by [3]float64) claim {
	for r := range 3 {
		c.held[r], c.slack[r] = c.held[r]*by[r], c.slack[r]*by[r]
	}
	return c
}

// parts are what the pods of a role held over all hours of the window, container by
// container: by the requests of each day, and those hours alone in which anything was seen.
// Last is what the pods reserve beyond that.
func (b *Bill) parts(w *analyzer.Workload, role string) (out []part) {
	used := map[string]bool{}
	for _, u := range b.Snap.Usage {
		c := containerOf(w, u.Container)
		if u.Ref != w.Ref || c == nil && role != "" || c != nil && c.Role != role {
			continue
		}
		if p := b.part(&u, c); p.pods > 0 {
			used[u.Container] = true
			out = append(out, b.mend(w, c, p))
		}
	}
	for i := range w.Containers {
		if c := &w.Containers[i]; !w.Past && c.Type != analyzer.TypeInit && !used[c.Name] && c.Role == role {
			if n := float64(len(standing(w, role))); n > 0 {
				out = append(out, asking(c, n))
			}
		}
	}
	if w.HasRoles() == (role == "") {
		return out
	}
	return append(out, b.beyond(w, role, out)...)
}

func containerOf(w *analyzer.Workload, name string) *analyzer.Container {
	for i := range w.Containers {
		if w.Containers[i].Name == name {
			return &w.Containers[i]
		}
	}
	return nil
}

// standing are the pods of a role that run now.
func standing(w *analyzer.Workload, role string) (out []*analyzer.Pod) {
	for i := range w.Pods {
		if p := &w.Pods[i]; p.Node != "" && !p.Ended() && (role == "" || p.Role == role) {
			out = append(out, p)
		}
	}
	return out
}

// asking is what so many pods ask for a container.
func asking(c *analyzer.Container, pods float64) part {
	asked := [3]float64{float64(c.Requests.CPU) * pods, float64(c.Requests.Memory) * pods, float64(c.Requests.GPU) * pods}
	return part{container: c.Name, held: asked, asked: asked, pods: pods}
}

func (b *Bill) part(u *analyzer.ContainerUsage, c *analyzer.Container) (p part) {
	p.container = u.Container
	var now analyzer.Amounts
	if c != nil {
		now = c.Requests
	}
	for _, d := range u.Days {
		day := now
		if d.Requests != (analyzer.Amounts{}) {
			day = d.Requests
		}
		for _, h := range d.Hours {
			n := float64(h.Pods)
			asked := [3]float64{float64(day.CPU) * n, float64(day.Memory) * n, math.Max(float64(day.GPU), float64(now.GPU)) * n}
			for r, usage := range [3]float64{float64(h.CPU), float64(h.Memory), 0} {
				p.held[r] += math.Max(asked[r], usage) / b.seen
				p.asked[r] += asked[r] / b.seen
				p.used[r] += usage / b.seen
			}
			p.pods += n / b.seen
		}
	}
	return p
}

// mend lets pods that are there now hold what they ask for since they started, where more
// than a reading here and there was lost.
func (b *Bill) mend(w *analyzer.Workload, c *analyzer.Container, p part) part {
	if c == nil || w.Batch() || w.Past {
		return p
	}
	window := b.Snap.Window.End.Sub(b.Snap.Window.Start).Hours()
	least, now := 0.0, standing(w, c.Role)
	for _, pod := range now {
		if !pod.Started.IsZero() {
			least += math.Min(math.Max(b.Snap.Window.End.Sub(pod.Started).Hours(), 0), window) / window
		}
	}
	if p.pods < least*(0.99-b.Snap.Window.Step.Hours()/window) {
		more := asking(c, least-p.pods)
		for r := range 3 {
			p.held[r], p.asked[r] = p.held[r]+more.held[r], p.asked[r]+more.asked[r]
		}
		p.pods = least
	}
	return p
}

// beyond is what the pods of a role reserve beyond what their running containers request,
// less what those use above it.
func (b *Bill) beyond(w *analyzer.Workload, role string, parts []part) []part {
	now := standing(w, role)
	if len(now) == 0 {
		return nil
	}
	var p part
	for _, q := range parts {
		p.pods = math.Max(p.pods, q.pods)
	}
	for _, pod := range now {
		asked := [3]float64{float64(pod.Requests.CPU), float64(pod.Requests.Memory), float64(pod.Requests.GPU)}
		for _, c := range w.Containers {
			if c.Type != analyzer.TypeInit && (c.Role == "" || c.Role == role) {
				asked = [3]float64{asked[0] - float64(c.Requests.CPU), asked[1] - float64(c.Requests.Memory), asked[2] - float64(c.Requests.GPU)}
			}
		}
		for r := range 3 {
			p.held[r] += math.Max(asked[r], 0) * p.pods / float64(len(now))
		}
	}
	for r := range 3 {
		for _, q := range parts {
			p.held[r] -= q.held[r] - q.asked[r]
		}
		p.held[r] = math.Max(p.held[r], 0)
	}
	return []part{p}
}

// hoursSeen is for how long anything was seen of any container.
func (b *Bill) hoursSeen() float64 {
	days := map[int32]map[int]bool{} // five minutes each
	for _, u := range b.Snap.Usage {
		for _, d := range u.Days {
			if days[d.Date] == nil {
				days[d.Date] = map[int]bool{}
			}
			for slot := range 24 * 12 {
				if d.Seen[slot/64]>>(slot%64)&1 == 1 {
					days[d.Date][slot] = true
				}
			}
		}
	}
	slots := 0
	for _, seen := range days {
		slots += len(seen)
	}
	return math.Min(float64(slots)/12, b.Snap.Window.End.Sub(b.Snap.Window.Start).Hours())
}

// spread gives what held room of nodes of which it is not known a part of the room that is
// left of each of its pool; without one of each that takes any pod and has no GPU, and of
// GPUs that of those that have some.
func (b *Bill) spread(pool string, homeless []claim, out map[string][]claim) {
	left, sum := map[string][3]float64{}, [3]float64{}
	for _, n := range b.Fleet {
		room := [3]float64{float64(n.Allocatable.CPU) * n.Share, float64(n.Allocatable.Memory) * n.Share, float64(n.Allocatable.GPU) * n.Share}
		open := n.Capacity.GPU == 0
		for _, t := range n.Taints {
			open = open && t.Effect != "NoSchedule" && t.Effect != "NoExecute"
		}
		if pool == "" && !open {
			room[0], room[1] = 0, 0
		}
		if pool != "" && analyzer.PoolOf(n.Labels) != pool {
			room = [3]float64{}
		}
		for r := range 3 {
			for _, c := range out[n.Name] {
				room[r] -= c.held[r]
			}
			room[r] = math.Max(room[r], 0)
			sum[r] += room[r]
		}
		left[n.Name] = room
	}
	for _, c := range homeless {
		for _, n := range b.Fleet {
			var share [3]float64
			for r := range 3 {
				share[r] = left[n.Name][r] / math.Max(sum[r], 1e-9)
			}
			out[n.Name] = append(out[n.Name], c.times(share))
		}
	}
}
