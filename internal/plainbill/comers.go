package plainbill

import (
	"math"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// claim is what a workload holds of a node on the mean: CPU, memory and GPUs.
type claim struct {
	ref  analyzer.Ref
	held [3]float64
}

// claims lists them by node: of each pod that runs what it holds, and of jobs and of
// workloads that an HPA has at zero what theirs held of the window's hours.
func (b *Bill) claims() map[string][]claim {
	out := map[string][]claim{}
	scaled := map[analyzer.Ref]bool{}
	for _, h := range b.Snap.HPAs {
		scaled[h.Target] = true
	}
	var homeless []claim
	for i := range b.Snap.Workloads {
		w := &b.Snap.Workloads[i]
		on, ended := b.whereabouts(w)
		switch {
		case w.Past || !w.Batch() && len(on) == 0 && !scaled[w.Ref]:
		case !w.Batch() && len(on) > 0:
			for j := range w.Pods {
				if p := &w.Pods[j]; !p.Ended() {
					out[p.Node] = append(out[p.Node], claim{w.Ref, b.of(w, p)})
				}
			}
		default:
			if len(on) == 0 {
				on = ended
			}
			c := claim{w.Ref, b.came(w)}
			if len(on) == 0 {
				homeless = append(homeless, c)
			}
			for _, node := range on {
				out[node] = append(out[node], c.times([3]float64{1 / float64(len(on)), 1 / float64(len(on)), 1 / float64(len(on))}))
			}
		}
	}
	b.spread(homeless, out)
	return out
}

// whereabouts are the nodes of the bill that a workload's pods run on, and ended on.
func (b *Bill) whereabouts(w *analyzer.Workload) (on, ended []string) {
	for j := range w.Pods {
		switch p := &w.Pods[j]; {
		case p.Node == "" || !b.has(p.Node):
		case p.Ended():
			ended = append(ended, p.Node)
		default:
			on = append(on, p.Node)
		}
	}
	return on, ended
}

func (c claim) times(by [3]float64) claim {
	return claim{c.ref, [3]float64{c.held[0] * by[0], c.held[1] * by[1], c.held[2] * by[2]}}
}

func (b *Bill) has(node string) bool { _, ok := b.Nodes[node]; return ok }

// came is what the pods of a workload that comes and goes held, over all hours of the
// window: by the requests of each day, and those hours alone in which anything was seen.
func (b *Bill) came(w *analyzer.Workload) (held [3]float64) {
	if b.seen == 0 {
		b.seen = b.hoursSeen()
	}
	used := map[string]bool{}
	for _, u := range b.Snap.Usage {
		if u.Ref != w.Ref {
			continue
		}
		used[u.Container] = true
		var asks analyzer.Amounts
		for _, c := range w.Containers {
			if c.Name == u.Container {
				asks = c.Requests
			}
		}
		for _, d := range u.Days {
			day := asks
			if d.Requests != (analyzer.Amounts{}) {
				day = d.Requests
			}
			for _, h := range d.Hours {
				held[0] += math.Max(float64(day.CPU)*float64(h.Pods), float64(h.CPU)) / b.seen
				held[1] += math.Max(float64(day.Memory)*float64(h.Pods), float64(h.Memory)) / b.seen
				held[2] += math.Max(float64(day.GPU), float64(asks.GPU)) * float64(h.Pods) / b.seen
			}
		}
	}
	unseen := b.unseen(w, used)
	return [3]float64{held[0] + unseen[0], held[1] + unseen[1], held[2] + unseen[2]}
}

// unseen is what the running pods ask for containers of which nothing was ever seen.
func (b *Bill) unseen(w *analyzer.Workload, used map[string]bool) (held [3]float64) {
	for i := range w.Pods {
		for _, c := range w.Containers {
			if p := &w.Pods[i]; p.Node != "" && !p.Ended() && c.Type != analyzer.TypeInit && !used[c.Name] && (c.Role == "" || c.Role == p.Role) {
				held = [3]float64{held[0] + float64(c.Requests.CPU), held[1] + float64(c.Requests.Memory), held[2] + float64(c.Requests.GPU)}
			}
		}
	}
	return held
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

// spread gives what held room of nodes that are gone a part of the room that is left of
// each that takes any pod and has no GPU; of GPUs that of those that have some.
func (b *Bill) spread(homeless []claim, out map[string][]claim) {
	left, sum := map[string][3]float64{}, [3]float64{}
	for _, n := range b.Snap.Nodes {
		room := [3]float64{float64(n.Allocatable.CPU), float64(n.Allocatable.Memory), float64(n.Allocatable.GPU)}
		for _, t := range n.Taints {
			if t.Effect == "NoSchedule" || t.Effect == "NoExecute" {
				room[0], room[1] = 0, 0
			}
		}
		if n.Capacity.GPU > 0 {
			room[0], room[1] = 0, 0
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
		for node, room := range left {
			var share [3]float64
			for r := range 3 {
				share[r] = room[r] / math.Max(sum[r], 1e-9)
			}
			out[node] = append(out[node], c.times(share))
		}
	}
}
