package replay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

const noon = 12 * time.Hour

func ptr[T any](v T) *T { return &v }

// pod is a running pod, ready for long, with one container.
func pod(request, usage int64) replay.Pod {
	return replay.Pod{
		Phase: replay.Running, Ready: replay.ReadyTrue, ReadyAt: time.Minute, Started: true,
		Containers: []replay.Container{{Name: "app", Requests: replay.Amounts{replay.CPU: request}}},
		Usage: &replay.Usage{At: noon, Window: 30 * time.Second,
			Containers: []replay.ContainerUsage{{Name: "app", Amounts: replay.Amounts{replay.CPU: usage}}}},
	}
}

func pods(n int, request, usage int64) []replay.Pod {
	out := make([]replay.Pod, n)
	for i := range out {
		out[i] = pod(request, usage)
	}
	return out
}

func missing(p replay.Pod) replay.Pod { p.Usage = nil; return p }

func unready(p replay.Pod) replay.Pod { p.Phase = replay.Pending; return p }

func seen(replicas int32, pods ...replay.Pod) replay.Observation {
	return replay.Observation{SpecReplicas: replicas, StatusReplicas: replicas, Pods: pods}
}

// read adds the values of an Object or External metric.
func read(o replay.Observation, values ...int64) replay.Observation {
	o.Readings = append(o.Readings, replay.Reading{Values: values})
	return o
}

func broken(o replay.Observation) replay.Observation {
	o.Readings = append(o.Readings, replay.Reading{Err: errors.New("adapter is away")})
	return o
}

func external(kind replay.TargetKind, target int64) replay.Metric {
	return replay.Metric{Kind: replay.ExternalMetric, Name: "queue", TargetKind: kind, Target: target}
}

func cpu(target int32) replay.Autoscaler {
	return replay.Autoscaler{MinReplicas: 1, MaxReplicas: 1000, Metrics: []replay.Metric{replay.CPUUtilization(target)},
		Behavior: &replay.Behavior{
			ScaleUp:   replay.Rules{Policies: []replay.Policy{{Kind: replay.PolicyPercent, Value: 1000, Period: time.Minute}}},
			ScaleDown: replay.Rules{Window: ptr(time.Duration(0))},
		}}
}

func TestVectors(t *testing.T) {
	old := replay.Controller{Minor: 32}
	legacy := func(metrics ...replay.Metric) replay.Autoscaler {
		return replay.Autoscaler{MinReplicas: 1, MaxReplicas: 1000, Metrics: metrics}
	}
	behaved := legacy(replay.CPUUtilization(50))
	behaved.Behavior = &replay.Behavior{}
	up10 := cpu(50)
	up10.Behavior.ScaleUp.Policies = []replay.Policy{{Kind: replay.PolicyPercent, Value: 10, Period: time.Minute}}
	perPod, total := external(replay.AverageValue, 10), external(replay.Value, 100)
	free := func(metrics ...replay.Metric) replay.Autoscaler {
		a := cpu(50)
		a.Metrics = metrics
		return a
	}
	for _, c := range []struct {
		name       string
		controller replay.Controller
		autoscaler replay.Autoscaler
		seen       replay.Observation
		want       int32
	}{
		{"A: ratio 1.8 of 3 pods", replay.Controller{}, cpu(50), seen(3, pods(3, 100, 90)...), 6},
		{"B: ratio 1.1 is within tolerance since 1.33", replay.Controller{}, cpu(50), seen(10, pods(10, 100, 55)...), 10},
		{"B: ratio 1.1 was above tolerance before", old, cpu(50), seen(10, pods(10, 100, 55)...), 11},
		{"C: utilization is truncated", replay.Controller{}, cpu(100), seen(2, pod(100, 109), pod(100, 110)), 2},
		{"D: the product is rounded up as it is", replay.Controller{}, cpu(50), seen(100, pods(100, 100, 14)...), 29},
		{"E: a missing pod is busy on the way down", replay.Controller{}, cpu(50), seen(4, append(pods(3, 100, 10), missing(pod(100, 0)))...), 3},
		{"F: an unready pod is idle on the way up", replay.Controller{}, cpu(50), seen(2, pod(100, 260), unready(pod(300, 0))), 3},
		{"H: a percentage upwards is rounded up as it is", replay.Controller{}, up10, seen(100, pods(100, 100, 500)...), 111},
		{"I: without behavior at most 4 from 1", replay.Controller{}, legacy(replay.CPUUtilization(50)), seen(1, pod(100, 500)), 4},
		{"I: with an empty behavior at most 5 from 1", replay.Controller{}, behaved, seen(1, pod(100, 500)), 5},
		{"J: 95 of 10 x 10 is within tolerance", replay.Controller{}, free(perPod), read(seen(10), 95), 10},
		{"J: 80 of 10 x 10 is not", replay.Controller{}, free(perPod), read(seen(10), 80), 8},
		{"L: a failing metric forbids scaling down", replay.Controller{}, free(perPod, perPod), read(broken(seen(5)), 30), 5},
		{"L: a failing metric allows scaling up", replay.Controller{}, free(perPod, perPod), read(broken(seen(5)), 70), 7},
		{"all metrics failing", replay.Controller{}, free(perPod), broken(seen(5)), 5},
		{"Value target counts ready pods", replay.Controller{}, free(total), read(seen(2, pod(1, 1), pod(1, 1)), 500), 10},
		{"above max", replay.Controller{}, cpu(50), seen(2000), 1000},
		{"below min", replay.Controller{}, func() replay.Autoscaler { a := cpu(50); a.MinReplicas = 3; return a }(), seen(1), 3},
		{"no replicas and not by us", replay.Controller{}, cpu(50), seen(0), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.controller.Decide(c.autoscaler, &replay.State{}, c.seen, noon)
			if got.Replicas != c.want {
				t.Errorf("Decide(%+v)\n got %d (%s, wanted %d, %v)\nwant %d", c.seen.Readings, got.Replicas, got.Reason, got.Wanted, got.Err, c.want)
			}
		})
	}
}

// Vector G: 10 % a minute downwards from 80 goes to 72, waits until that event is over, goes to 64.
func TestVectorScaleDownPolicy(t *testing.T) {
	a := cpu(50)
	a.Behavior.ScaleDown.Policies = []replay.Policy{{Kind: replay.PolicyPercent, Value: 10, Period: time.Minute}}
	var state replay.State
	replicas, series := int32(80), []int32{}
	for i := range 6 {
		d := replay.Controller{}.Decide(a, &state, seen(replicas, pods(int(replicas), 100, 5)...), noon+time.Duration(i)*15*time.Second)
		replicas = d.Replicas
		series = append(series, replicas)
	}
	want := []int32{72, 72, 72, 72, 64, 64}
	for i := range want {
		if series[i] != want[i] {
			t.Fatalf("replicas by sync\n got %v\nwant %v", series, want)
		}
	}
}

// Vector K: percentages alone never leave zero; a Pods policy does.
func TestVectorZeroNeedsAPodsPolicy(t *testing.T) {
	asleep := func() *replay.State {
		return &replay.State{Conditions: replay.Conditions{ScaledToZero: replay.Condition{Status: "True", Reason: "ScaledToZero"}}}
	}
	a := cpu(50)
	a.MinReplicas, a.Metrics = 0, []replay.Metric{external(replay.Value, 100)}
	if got := (replay.Controller{}).Decide(a, asleep(), read(seen(0), 500), noon); got.Replicas != 0 || got.Wanted != 5 {
		t.Errorf("percent policy only: got %d of %d wanted, want 0 of 5", got.Replicas, got.Wanted)
	}
	a.Behavior.ScaleUp.Policies = append(a.Behavior.ScaleUp.Policies, replay.Policy{Kind: replay.PolicyPods, Value: 4, Period: time.Minute})
	if got := (replay.Controller{}).Decide(a, asleep(), read(seen(0), 500), noon); got.Replicas != 4 {
		t.Errorf("with a pods policy: got %d, want 4", got.Replicas)
	}
	if got := (replay.Controller{ScaleToZero: replay.Off}).Decide(a, asleep(), read(seen(0), 500), noon); got.Replicas != 0 || got.Reason != replay.Disabled {
		t.Errorf("gate off: got %d (%s), want 0 (disabled)", got.Replicas, got.Reason)
	}
	if got := (replay.Controller{}).Decide(a, &replay.State{}, read(seen(0), 500), noon); got.Reason != replay.Disabled {
		t.Errorf("zero set by hand: got %s, want disabled", got.Reason)
	}
}
