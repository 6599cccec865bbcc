//go:build e2e

package autoscaler_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// near is how far apart the controller's view of the pods and the test's may be.
const near = 500 * time.Millisecond

// belief is a state that the controller may be in, going by all it did.
type belief struct {
	state    *replay.State
	replicas int32
}

// outcome is what a sync showed to the outside.
type outcome struct {
	replicas                                   int32
	ableToScale, scalingActive, scalingLimited string
	utilization                                int64 // of the pods that count, percent; -1 where unknown
}

// compare replays the workload sync by sync. What goes in are the load, the pods' lives and the
// moments at which samples were taken and syncs looked at them; the replicas and the state are the
// replay's own from first to last.
func (w *workload) compare(t *testing.T, k *kubelet, h *history, seen []look) {
	var mine []look
	for _, l := range seen {
		if l.app == w.name {
			mine = append(mine, l)
		}
	}
	if len(mine) < 30 {
		t.Fatalf("the controller looked only %d times", len(mine))
	}
	epoch := mine[0].at.Truncate(time.Second)
	beliefs := []belief{{&replay.State{}, w.replicas}}
	var ups, downs, races int
	reasons := map[string]int{}
	for i, l := range mine[:len(mine)-1] {
		usage, err := w.usage(k, l, epoch)
		if err != nil {
			t.Fatalf("sync %d: %v", i, err)
		}
		got := h.outcome(w.name, mine[i+1].at)
		views := h.views(w, l.at, epoch, usage)
		clocks := []time.Duration{l.at.Sub(epoch)}
		if done, ok := h.rescaled(w.name, l.at, mine[i+1].at); ok {
			clocks = append(clocks, done.Sub(epoch))
		}
		next, said, plain := w.step(beliefs, views, clocks, got)
		if len(next) == 0 {
			t.Fatalf("sync %d, %s after the first: the controller has %+v, the replay says %+v\npods %+v", i, l.at.Sub(epoch), got, said, views)
		}
		switch before := beliefs[0].replicas; {
		case got.replicas > before:
			ups++
		case got.replicas < before:
			downs++
		}
		if !plain {
			races++
		}
		for _, reason := range []string{got.ableToScale, got.scalingActive, got.scalingLimited} {
			reasons[reason]++
		}
		beliefs = next[:min(len(next), 64)]
		t.Logf("sync %d %5.1fs: %d pods %+v", i, l.at.Sub(epoch).Seconds(), len(views[0].Pods), got)
	}
	t.Logf("%d syncs, replicas rose %d and fell %d times, 0 differences; at %d of them the controller and the test saw a pod's change within %s in different order; reasons %v",
		len(mine)-1, ups, downs, races, near, reasons)
	for _, reason := range w.shows {
		if reasons[reason] == 0 {
			t.Errorf("the controller never gave the reason %s: the load does not show it", reason)
		}
	}
	if ups == 0 || downs == 0 {
		t.Errorf("replicas rose %d and fell %d times: the load moves too little", ups, downs)
	}
}

// step is one sync of the replay from every state that the controller may be in, for every view it may
// have had and every time its clock may have shown: it dates a change of replicas when the API server
// has taken it, which on a busy machine is seconds later. It keeps the states that end as the controller
// did, and tells whether the first view at the first time leads to one of them.
func (w *workload) step(beliefs []belief, views []replay.Observation, clocks []time.Duration, got outcome) (next []belief, said []outcome, plain bool) {
	for _, b := range beliefs {
		for c, now := range clocks {
			for i, v := range views {
				state := b.state.Clone()
				v.SpecReplicas, v.StatusReplicas = b.replicas, b.replicas
				d := controller.Decide(w.autoscaler, state, v, now)
				o := outcome{d.Replicas, d.Conditions.AbleToScale.Reason, d.Conditions.ScalingActive.Reason, d.Conditions.ScalingLimited.Reason, -1}
				if p := d.Proposals; len(p) > 0 && p[0].Err == nil {
					o.utilization = p[0].Current
				}
				if said = append(said, o); o != got {
					continue
				}
				plain = plain || c == 0 && i == 0
				if n := (belief{state, d.Replicas}); !slices.ContainsFunc(next, func(b belief) bool { return reflect.DeepEqual(b, n) }) {
					next = append(next, n)
				}
			}
		}
	}
	return next, said, plain
}

// usage is each pod's sample as the load makes it. That metrics-server says the same is checked.
func (w *workload) usage(k *kubelet, l look, epoch time.Time) (map[string]replay.Usage, error) {
	out := map[string]replay.Usage{}
	for _, s := range l.samples {
		nano, err := k.usage(s)
		if err != nil {
			return nil, err
		}
		u := replay.Usage{At: s.Timestamp.Sub(epoch), Window: s.Window.Duration}
		for _, c := range s.Containers {
			if want, got := nano[c.Name], c.Usage.Cpu().ScaledValue(-9); got != want {
				return nil, fmt.Errorf("metrics-server says that %s of %s uses %dn, the load says %dn", c.Name, s.Name, got, want)
			}
			milli := (nano[c.Name] + 999_999) / 1_000_000 // as a Quantity rounds
			u.Containers = append(u.Containers, replay.ContainerUsage{Name: c.Name, Amounts: replay.Amounts{replay.CPU: milli}})
		}
		out[s.Name] = u
	}
	return out, nil
}

// outcome is what the objects said at a time.
func (h *history) outcome(name string, at time.Time) outcome {
	o := outcome{replicas: *h.deployment(name, at).Spec.Replicas, utilization: -1}
	status := h.autoscaler(name, at).Status
	for _, m := range status.CurrentMetrics {
		switch {
		case m.Resource != nil && m.Resource.Current.AverageUtilization != nil:
			o.utilization = int64(*m.Resource.Current.AverageUtilization)
		case m.ContainerResource != nil && m.ContainerResource.Current.AverageUtilization != nil:
			o.utilization = int64(*m.ContainerResource.Current.AverageUtilization)
		}
	}
	for _, c := range status.Conditions {
		switch c.Type {
		case "AbleToScale":
			o.ableToScale = c.Reason
		case "ScalingActive":
			o.scalingActive = c.Reason
		case "ScalingLimited":
			o.scalingLimited = c.Reason
		}
	}
	return o
}

// views are what the controller may have seen of the pods: mostly one, and one more for every change
// that came at about the time of the sync.
func (h *history) views(w *workload, at, epoch time.Time, usage map[string]replay.Usage) []replay.Observation {
	times := append([]time.Time{at}, h.changes(w.name, at, near)...)
	if len(times) > 1 {
		times = append(times, at.Add(-near))
	}
	var out []replay.Observation
	for _, t := range times {
		var o replay.Observation
		known := map[string]bool{}
		for _, p := range h.pods(w.name, t) {
			known[p.Name] = true
			o.Pods = append(o.Pods, podOf(p, epoch, usage))
		}
		for name, u := range usage {
			if !known[name] {
				o.Strays = append(o.Strays, u)
			}
		}
		out = append(out, o)
	}
	return out
}

// podOf is a pod as package replay has it.
func podOf(p *corev1.Pod, epoch time.Time, usage map[string]replay.Usage) replay.Pod {
	out := replay.Pod{Phase: replay.Phase(p.Status.Phase), Deleting: p.DeletionTimestamp != nil}
	if s := p.Status.StartTime; s != nil {
		out.Started, out.StartAt = true, s.Sub(epoch)
	}
	for _, c := range p.Status.Conditions {
		if c.Type != corev1.PodReady {
			continue
		}
		out.ReadyAt = c.LastTransitionTime.Sub(epoch)
		switch c.Status {
		case corev1.ConditionTrue:
			out.Ready = replay.ReadyTrue
		case corev1.ConditionFalse:
			out.Ready = replay.ReadyFalse
		default:
			out.Ready = replay.ReadyUnknown
		}
	}
	for _, c := range p.Spec.Containers {
		out.Containers = append(out.Containers, replay.Container{Name: c.Name, Requests: replay.Amounts{replay.CPU: c.Resources.Requests.Cpu().MilliValue()}})
	}
	if u, ok := usage[p.Name]; ok {
		out.Usage = &u
	}
	return out
}
