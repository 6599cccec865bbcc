package analyzer

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// RanByPod gives what names the program that billed the pods of a workload that has no
// price by its runs: by the nodes that they ended on, by what was noted with them, or since
// no node is a machine. Such pods held no room of a machine. The name is empty where a pod
// runs, where nothing tells, and where RunsNode has the runs; nil stands for a workload
// that is gone.
func (s *Snapshot) RanByPod() func(*Workload) string {
	programs, only := s.podPrograms()
	return func(w *Workload) string {
		if w == nil {
			return only
		}
		if w.RunsNode != "" || slices.ContainsFunc(w.Pods, func(p Pod) bool { return !p.Ended() }) {
			return ""
		}
		return ranBy(w, programs, only)
	}
}

// podPrograms names the program of each node, empty of a machine, and that of the first
// where none is a machine.
func (s *Snapshot) podPrograms() (programs map[string]string, only string) {
	programs = make(map[string]string, len(s.Nodes))
	for i := range s.Nodes {
		programs[s.Nodes[i].Name] = s.Nodes[i].ByPod()
	}
	if len(s.Nodes) > 0 && !slices.ContainsFunc(s.Nodes, func(n Node) bool { return programs[n.Name] == "" }) {
		only = programs[s.Nodes[0].Name]
	}
	return programs, only
}

// ranBy names the program that billed all pods of a workload: of those that run, else of
// those that ended.
func ranBy(w *Workload, programs map[string]string, only string) string {
	named, running := only, ""
	for i := range w.Pods {
		p := &w.Pods[i]
		program, here := programs[p.Node]
		if !here { // a node that is gone
			program = (&Node{Name: p.Node}).ByPod()
		}
		if program == "" && !here && p.Provisioned != (Amounts{}) {
			program = cloud.Fargate
		}
		switch {
		case p.Ended():
			named = cmp.Or(named, program)
		case program == "" || running != "" && running != program:
			return "" // it has a machine
		default:
			running = program
		}
	}
	return cmp.Or(running, named)
}

// billRuns makes a node for each workload that runs to an end, or that an HPA has at zero,
// and whose pods a provider bills one by one: as large as they were, on the mean of the
// window's hours. A workload of which no usage was seen has none. It notes the node with
// the workload.
func (s *Snapshot) billRuns() (out []Node) {
	if s.Window.Moment || !s.Window.Start.Before(s.Window.End) {
		return nil
	}
	programs, only := s.podPrograms()
	var usage map[Ref][]*ContainerUsage
	hours := 0.0
	for i := range s.Workloads {
		w := &s.Workloads[i]
		program := ""
		if !w.Past && s.comesAndGoes(w) {
			program = ranBy(w, programs, only)
		}
		if program == "" {
			continue
		}
		if usage == nil {
			usage, hours = s.usageByRef(), min(s.SeenHours(), s.Window.End.Sub(s.Window.Start).Hours())
		}
		if size := meanRuns(w, program, usage[w.Ref], hours); size != (Amounts{}) {
			w.RunsBy, w.RunsNode = program, "the runs of "+w.Ref.String()
			n := s.runsOn(w, programs)
			n.Capacity, n.Allocatable = size, size
			out = append(out, n)
		}
	}
	return out
}

// comesAndGoes reports whether a workload is paid for by what it held of the window.
func (s *Snapshot) comesAndGoes(w *Workload) bool {
	if w.Batch() {
		return true
	}
	return !slices.ContainsFunc(w.Pods, func(p Pod) bool { return !p.Ended() }) && slices.ContainsFunc(s.HPAs, func(h HPA) bool { return h.Target == w.Ref })
}

func (s *Snapshot) usageByRef() map[Ref][]*ContainerUsage {
	out := map[Ref][]*ContainerUsage{}
	for i := range s.Usage {
		out[s.Usage[i].Ref] = append(out[s.Usage[i].Ref], &s.Usage[i])
	}
	return out
}

// meanRuns is what a workload's pods were billed for on the mean of so many hours, rounded
// up: each as long as its usage was seen.
func meanRuns(w *Workload, program string, usage []*ContainerUsage, hours float64) Amounts {
	var cpu, memory, gpu float64
	for _, role := range w.Roles() {
		most := 0.0 // pod-hours
		for _, c := range w.ContainersOfRole(role) {
			sum := 0.0
			for _, u := range usage {
				for i := range u.Days {
					for _, h := range u.Days[i].Hours {
						if u.Container == c.Name {
							sum += float64(h.Pods)
						}
					}
				}
			}
			most = max(most, sum)
		}
		size, by := w.runSize(program, role), most/max(hours, 1)
		cpu, memory, gpu = cpu+float64(size.CPU)*by, memory+float64(size.Memory)*by, gpu+float64(size.GPU)*by
	}
	return Amounts{CPU: int64(math.Ceil(cpu)), Memory: int64(math.Ceil(memory)), GPU: int64(math.Ceil(gpu))}
}

// runSize is what one pod of a role is billed for: the largest of those that are known,
// else by what the template requests.
func (w *Workload) runSize(program, role string) (size Amounts) {
	for i := range w.Pods {
		if p := &w.Pods[i]; role == "" || p.Role == role {
			size = size.Max(p.billed(program))
		}
	}
	if size == (Amounts{}) {
		return (&Pod{Requests: w.Reserves(w.ContainersOfRole(role))}).billed(program)
	}
	return size
}

// runsOn is a node like those that a workload's pods were on. Where they are gone it is one
// of the cluster's place, of the class that the pods select.
func (s *Snapshot) runsOn(w *Workload, programs map[string]string) Node {
	out := Node{Name: w.RunsNode, Runs: w.RunsBy, Ready: true, Taints: []Taint{{Key: "plimsoll.dev/runs", Effect: "NoSchedule"}}}
	like := func(n *Node, labels map[string]string) Node {
		out.Labels, out.ProviderID = labels, n.ProviderID
		return out
	}
	for _, on := range []func(*Node) bool{
		func(n *Node) bool { return slices.ContainsFunc(w.Pods, func(p Pod) bool { return p.Node == n.Name }) },
		func(n *Node) bool { return len(w.Pods) == 0 },
	} {
		for i := range s.Nodes {
			if n := &s.Nodes[i]; programs[n.Name] == w.RunsBy && on(n) {
				return like(n, n.Labels)
			}
		}
	}
	place := map[string]string{}
	for _, p := range w.Pods {
		maps.Copy(place, p.Spec.NodeSelector)
	}
	if len(s.Nodes) == 0 {
		return out
	}
	for key, v := range s.Nodes[0].Labels {
		if strings.HasSuffix(key, "/region") || strings.HasSuffix(key, "/zone") {
			place[key] = v
		}
	}
	return like(&s.Nodes[0], place)
}
