package history

import (
	"fmt"
	"hash/fnv"
	"sort"
	"time"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
)

// Life is one pod from its start to its end, in minutes of Unix time; To is
// exclusive. From may lie before the history's start.
type Life struct {
	Pod
	From, To  int64
	Namespace *cluster.Namespace
	Workload  *cluster.Workload
	// Current pods exist in the API server now.
	Current bool
	// Old pods are from before the last rollout: Workload.Before holds.
	Old bool
}

// History is the past of a whole cluster.
type History struct {
	Plan  Plan
	Spec  *cluster.Spec
	Lives []*Life
	Nodes []NodeLife

	start, end int64 // minutes
	replaced   map[string]NodeLife
}

// NodeLife is one machine's time in minutes.
type NodeLife struct {
	cluster.Node
	From, To int64
}

// longAgo is how long before the history's start pods without a start in it began.
const longAgo = 12 * 60

// Make makes up a history. It is the same for the same plan.
func Make(plan Plan, spec *cluster.Spec) *History {
	h := &History{Plan: plan, Spec: spec, start: plan.Start.Unix() / 60, end: plan.End.Unix() / 60, replaced: map[string]NodeLife{}}
	h.nodes()
	byWorkload := map[string][]Pod{}
	for _, p := range plan.Pods {
		k := p.Namespace + "/" + p.WorkloadKind + "/" + p.WorkloadName
		byWorkload[k] = append(byWorkload[k], p)
	}
	for i := range spec.Namespaces {
		ns := &spec.Namespaces[i]
		for j := range ns.Workloads {
			w := &ns.Workloads[j]
			pods := byWorkload[ns.Name+"/"+w.Kind+"/"+w.Name]
			sort.Slice(pods, func(i, j int) bool { return pods[i].Name < pods[j].Name })
			h.workload(ns, w, pods)
		}
	}
	return h
}

func (h *History) nodes() {
	then := map[string]int64{} // when a node took another's place
	for _, n := range h.Spec.PastNodes() {
		at := h.end - int64(1440*(1.5+9*h.part("node", n.Name)))
		h.Nodes = append(h.Nodes, NodeLife{Node: n, From: h.start - longAgo, To: at})
		h.replaced[n.Successor] = h.Nodes[len(h.Nodes)-1]
		then[n.Successor] = at
	}
	for _, n := range h.Spec.Nodes() {
		from := h.start - longAgo
		if t, ok := then[n.Name]; ok {
			from = t - 2
		}
		h.Nodes = append(h.Nodes, NodeLife{Node: n, From: from, To: h.end})
	}
}

func (h *History) workload(ns *cluster.Namespace, w *cluster.Workload, pods []Pod) {
	switch {
	case w.Pending:
		for _, p := range pods {
			h.add(ns, w, p, h.start-longAgo, h.end, true, false)
		}
	case w.Kind == "Job":
		for _, p := range pods {
			h.add(ns, w, p, h.end-w.Run-30, h.end-30, true, false)
		}
	case w.Kind == "CronJob":
		h.cron(ns, w, pods)
	default:
		h.generations(ns, w, pods)
	}
}

// cron makes the Jobs that a CronJob's schedule made; the pods that exist now
// are of the last one.
func (h *History) cron(ns *cluster.Namespace, w *cluster.Workload, pods []Pod) {
	for _, p := range pods {
		h.add(ns, w, p, h.end-w.Run-5, h.end-5, true, false)
	}
	for m := h.start; m < h.end-2*w.Run-10; m++ {
		if !fires(w.Schedule, time.Unix(m*60, 0).UTC()) {
			continue
		}
		job := fmt.Sprintf("%s-%d", w.Name, m)
		for i := range max(w.Replicas, 1) {
			run := int64(float64(w.Run) * (0.7 + 0.6*h.part(job, "run", fmt.Sprint(i))))
			p := h.pastPod(ns, w, job, job, i, pods)
			p.OwnerKind, p.OwnerName, p.Phase = "Job", job, "Succeeded"
			h.add(ns, w, p, m, m+max(run, 2), false, false)
		}
	}
}

// generations makes the pods of a workload that runs for ever: those of now,
// those of rollouts before, those that an autoscaler added for the busy hours.
func (h *History) generations(ns *cluster.Namespace, w *cluster.Workload, pods []Pod) {
	bounds := h.rollouts(ns, w)
	if w.Replicas == 0 && w.Kind != "DaemonSet" && w.Kind != "Pod" {
		// Scaled down to nothing: its last pods ended a third into the history.
		end, n := h.start+(h.end-h.start)/3, 2
		if len(w.Volumes) > 0 && w.Kind != "StatefulSet" {
			n = 1 // a disk is of one node
		}
		for i := range n {
			h.add(ns, w, h.pastPod(ns, w, "", h.replicaSet(ns, w, 0), i, nil), h.start-longAgo, end, false, false)
		}
		return
	}
	last := len(bounds) - 1
	for g, from := range bounds {
		to, set := h.end, ""
		if g < last {
			to, set = bounds[g+1], h.replicaSet(ns, w, g)
		}
		for i, now := range pods {
			p := now
			if g < last {
				p = h.pastPod(ns, w, now.Name, set, i, pods)
			}
			// Pods of one rollout start one after the other.
			lag := int64(0)
			if g > 0 {
				lag = int64(2 * i)
			}
			h.moved(ns, w, p, from+lag, min(to+2*int64(i), h.end), g == last, g < last, set)
		}
		if w.HPA != nil && w.HPA.Swing > 0 && len(pods) > 0 {
			if set == "" {
				set = pods[0].OwnerName
			}
			h.swing(ns, w, set, pods, from, to, g < last)
		}
	}
}

// rollouts are the starts of the workload's generations; the first lies before
// the history.
func (h *History) rollouts(ns *cluster.Namespace, w *cluster.Workload) []int64 {
	bounds := []int64{h.start - longAgo - int64(600*h.part(ns.Name, w.Name, "old"))}
	if w.Revision == 0 || w.Kind == "Pod" {
		return bounds
	}
	every := int64(w.Revision * 1440)
	last := h.end - int64(float64(every)*(0.25+0.6*h.part(ns.Name, w.Name, "rollout")))
	for m := last - (last-h.start)/every*every; m <= last; m += every {
		if m > h.start {
			bounds = append(bounds, m)
		}
	}
	return bounds
}

// swing adds the pods of the busy hours of workdays.
func (h *History) swing(ns *cluster.Namespace, w *cluster.Workload, set string, pods []Pod, from, to int64, old bool) {
	for day := h.start / 1440; day <= h.end/1440; day++ {
		if wd := (day + 4) % 7; wd == 0 || wd == 6 {
			continue
		}
		for i := range w.HPA.Swing {
			rise, fall := day*1440+60*8+int64(35*i), day*1440+60*20-int64(40*i)
			if rise < from+60 || rise >= min(to, h.end) || fall > h.end {
				continue
			}
			p := h.pastPod(ns, w, fmt.Sprint("swing", day), set, i, pods)
			h.add(ns, w, p, rise, min(fall, to), false, old)
		}
	}
}

// moved adds a pod's life; when its node took another machine's place
// meanwhile, the pod was a different one on that machine before.
func (h *History) moved(ns *cluster.Namespace, w *cluster.Workload, p Pod, from, to int64, current, old bool, set string) {
	before, ok := h.replaced[p.Node]
	if !ok || before.To <= max(from, h.start) || w.Kind == "Pod" {
		h.add(ns, w, p, from, to, current, old)
		return
	}
	q := p
	q.Node, q.UID = before.Name, h.uid(p.UID, "before")
	if w.Kind != "StatefulSet" {
		q = h.pastPod(ns, w, p.Name+"moved", p.OwnerName, 0, nil)
		q.Node = before.Name
	}
	if before.To >= to { // its whole life was on the other machine
		q.Name = p.Name
		h.add(ns, w, q, from, to, false, old)
		return
	}
	h.add(ns, w, q, from, before.To, false, old)
	h.add(ns, w, p, before.To+2, to, current, old)
}

func (h *History) add(ns *cluster.Namespace, w *cluster.Workload, p Pod, from, to int64, current, old bool) {
	if to <= h.start || from >= h.end || to <= from {
		return
	}
	h.Lives = append(h.Lives, &Life{Pod: p, From: from, To: min(to, h.end), Namespace: ns, Workload: w, Current: current, Old: old})
}

// pastPod invents a pod like those of now, with the names that its kind of
// controller gives.
func (h *History) pastPod(ns *cluster.Namespace, w *cluster.Workload, salt, owner string, i int, like []Pod) Pod {
	id := h.hash(ns.Name, w.Kind, w.Name, salt, owner, fmt.Sprint(i))
	p := Pod{Namespace: ns.Name, WorkloadKind: w.Kind, WorkloadName: w.Name, Phase: "Running",
		UID: h.uid(ns.Name, w.Name, salt, owner, fmt.Sprint(i)),
		IP:  fmt.Sprintf("10.128.%d.%d", id%250, 1+id/250%250)}
	switch w.Kind {
	case "StatefulSet":
		p.OwnerKind, p.OwnerName, p.Name = "StatefulSet", w.Name, fmt.Sprintf("%s-%d", w.Name, i)
	case "DaemonSet":
		p.OwnerKind, p.OwnerName, p.Name = "DaemonSet", w.Name, w.Name+"-"+letters(id, 5)
	default:
		p.OwnerKind, p.OwnerName, p.Name = "ReplicaSet", owner, owner+"-"+letters(id, 5)
	}
	if len(like) > 0 {
		p.Node = like[int(id>>20)%len(like)].Node
		if w.Kind == "DaemonSet" {
			p.Node = like[i%len(like)].Node
		}
	}
	if p.Node == "" {
		p.Node = h.Nodes[len(h.Nodes)-1-int(id%20)].Name
	}
	p.HostIP = "127.0.0.1"
	return p
}

// replicaSet is the name of a past generation's replica set; a bare ReplicaSet has none.
func (h *History) replicaSet(ns *cluster.Namespace, w *cluster.Workload, generation int) string {
	if w.Kind == "ReplicaSet" {
		return w.Name
	}
	return w.Name + "-" + letters(h.hash(ns.Name, w.Name, "rs", fmt.Sprint(generation)), 10)
}

func (h *History) hash(parts ...string) uint64 {
	f := fnv.New64a()
	fmt.Fprint(f, h.Plan.Seed)
	for _, p := range parts {
		f.Write([]byte{0})
		f.Write([]byte(p))
	}
	x := f.Sum64()
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	return x ^ (x >> 31)
}

// part is a hash in [0, 1).
func (h *History) part(parts ...string) float64 { return float64(h.hash(parts...)>>11) / (1 << 53) }

func (h *History) uid(parts ...string) string {
	a, b := h.hash(append(parts, "a")...), h.hash(append(parts, "b")...)
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(a), uint16(a>>32), a>>48&0xfff, b>>48&0xfff, b&0xffffffffffff)
}

// letters are those that Kubernetes makes names from.
func letters(x uint64, n int) string {
	const safe = "bcdfghjklmnpqrstvwxz2456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = safe[x%uint64(len(safe))]
		x /= uint64(len(safe))
	}
	return string(b)
}
