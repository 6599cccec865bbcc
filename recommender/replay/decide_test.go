package replay_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

func TestDecideFailures(t *testing.T) {
	noRequest := pod(100, 90)
	delete(noRequest.Containers[0].Requests, replay.CPU)
	sidecar := pod(100, 90)
	sidecar.Containers = append(sidecar.Containers, replay.Container{Name: "proxy", Sidecar: true})
	away := replay.Observation{SpecReplicas: 3, UsageErr: errors.New("away"), Pods: pods(3, 100, 90)}
	for _, c := range []struct {
		name   string
		minor  int
		seen   replay.Observation
		reason replay.Reason
		active string
	}{
		{"no request", 0, seen(1, noRequest), replay.NoMetrics, "FailedGetResourceMetric"},
		{"sidecar without request", 0, seen(1, sidecar), replay.NoMetrics, "FailedGetResourceMetric"},
		{"sidecar without request before 1.29", 28, seen(1, sidecar), replay.AboveTarget, "ValidMetricFound"},
		{"no pods", 0, seen(1), replay.NoMetrics, "FailedGetResourceMetric"},
		{"no samples", 0, seen(1, missing(pod(100, 0))), replay.NoMetrics, "FailedGetResourceMetric"},
		{"metrics API away", 0, away, replay.NoMetrics, "FailedGetResourceMetric"},
		{"selector taken twice", 0, replay.Observation{SpecReplicas: 3, SelectorFault: "AmbiguousSelector"}, replay.NoPodsKnown, "AmbiguousSelector"},
		{"scale unknown", 0, replay.Observation{SpecReplicas: 3, ScaleErr: errors.New("away")}, replay.ScaleUnknown, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := replay.Controller{Minor: c.minor}.Decide(cpu(50), &replay.State{}, c.seen, noon)
			if got.Reason != c.reason || got.Conditions.ScalingActive.Reason != c.active {
				t.Errorf("got %s, ScalingActive %q (%v)\nwant %s, ScalingActive %q", got.Reason, got.Conditions.ScalingActive.Reason, got.Err, c.reason, c.active)
			}
			if failed := c.reason != replay.AboveTarget; failed != (got.Err != nil) || failed && got.Replicas != c.seen.SpecReplicas {
				t.Errorf("got %d replicas and error %v", got.Replicas, got.Err)
			}
		})
	}
}

func TestContainerWithoutSample(t *testing.T) {
	a := cpu(50)
	a.Metrics = []replay.Metric{{Kind: replay.ContainerResourceMetric, Container: "app", Resource: replay.CPU, TargetKind: replay.Utilization, Target: 50}}
	crashed := pod(100, 0)
	crashed.Usage.Containers[0].Name = "proxy"
	o := seen(2, pod(100, 300), crashed)
	if got := (replay.Controller{Minor: 32}).Decide(a, &replay.State{}, o, noon); got.Replicas != 6 {
		t.Errorf("since 1.32 the pod is missing: got %d (%v), want 6", got.Replicas, got.Err)
	}
	if got := (replay.Controller{Minor: 31}).Decide(a, &replay.State{}, o, noon); got.Err == nil || got.Replicas != 2 {
		t.Errorf("before 1.32 the metric failed: got %d (%v), want 2 and an error", got.Replicas, got.Err)
	}
}

func TestStartingPodsDoNotCount(t *testing.T) {
	for _, c := range []struct {
		name         string
		age, readyIn time.Duration
		ready        replay.ReadyCondition
		sampleAge    time.Duration
		want         int32 // of 2 pods at 100 % and 200 % of target 50
	}{
		{"settled", time.Hour, 10 * time.Second, replay.ReadyTrue, 0, 6},
		{"sample older than readiness", time.Minute, 45 * time.Second, replay.ReadyTrue, 0, 2},
		{"whole window after readiness", time.Minute, 10 * time.Second, replay.ReadyTrue, 0, 6},
		{"unready while CPU is initialized", time.Minute, 10 * time.Second, replay.ReadyFalse, 0, 2},
		{"never ready", time.Hour, 10 * time.Second, replay.ReadyFalse, 0, 2},
		{"fell out of readiness", time.Hour, 10 * time.Minute, replay.ReadyFalse, 0, 6},
		{"no Ready condition", time.Hour, 0, replay.NoReadyCondition, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			young := pod(100, 200)
			young.StartAt, young.Ready = noon-c.age, c.ready
			young.ReadyAt = young.StartAt + c.readyIn
			young.Usage.At = noon - c.sampleAge
			got := replay.Controller{}.Decide(cpu(50), &replay.State{}, seen(2, pod(100, 100), young), noon)
			if got.Replicas != c.want {
				t.Errorf("got %d (%+v), want %d", got.Replicas, got.Proposals, c.want)
			}
		})
	}
}

// A zero reached by the HPA is left again by it; the condition is what tells it from a pause.
func TestScaleToZeroAndBack(t *testing.T) {
	a := replay.Autoscaler{MinReplicas: 0, MaxReplicas: 10, Metrics: []replay.Metric{external(replay.AverageValue, 100)}}
	var state replay.State
	now, replicas := noon, int32(2)
	for range 30 { // beyond the downscale window
		replicas = replay.Controller{}.Decide(a, &state, read(seen(replicas), 0), now).Replicas
		now += 15 * time.Second
	}
	if replicas != 0 || state.Conditions.ScaledToZero.Status != "True" {
		t.Fatalf("idle for 7.5 min: got %d replicas, ScaledToZero %+v", replicas, state.Conditions.ScaledToZero)
	}
	if got := (replay.Controller{}).Decide(a, state.Clone(), read(seen(0), 250), now); got.Replicas != 3 {
		t.Errorf("load is back: got %d, want 3", got.Replicas)
	}
	a.MinReplicas = 2
	if got := (replay.Controller{}).Decide(a, state.Clone(), read(seen(0), 0), now); got.Replicas != 2 || got.Reason != replay.BelowMin {
		t.Errorf("minReplicas raised while asleep: got %d (%s), want 2 (below min)", got.Replicas, got.Reason)
	}
}

// After a restart the controller has forgotten why it was about to scale down, and waits once more.
func TestRestartHoldsReplicas(t *testing.T) {
	a := cpu(50)
	a.Behavior = nil
	var state replay.State
	sync := func(now time.Duration) int32 {
		return replay.Controller{}.Decide(a, state.Clone(), seen(10, pods(10, 100, 10)...), now).Replicas
	}
	replay.Controller{}.Decide(a, &state, seen(10, pods(10, 100, 10)...), noon)
	later := noon + 5*time.Minute + time.Second
	if got := sync(later); got != 2 {
		t.Errorf("one window later: got %d, want 2", got)
	}
	state.Restart()
	if got := sync(later); got != 10 {
		t.Errorf("one window later, restarted: got %d, want 10", got)
	}
}

func TestOwnToleranceByVersion(t *testing.T) {
	a := cpu(50)
	a.Behavior.ScaleUp.Tolerance = ptr(0.5)
	o := seen(10, pods(10, 100, 70)...) // ratio 1.4
	for _, c := range []struct {
		controller replay.Controller
		want       int32
	}{
		{replay.Controller{}, 10}, {replay.Controller{Minor: 35}, 10}, {replay.Controller{Minor: 34}, 14},
		{replay.Controller{Minor: 34, ConfigurableTolerance: replay.On}, 10}, {replay.Controller{Minor: 35, ConfigurableTolerance: replay.Off}, 14},
		{replay.Controller{Minor: 32, ConfigurableTolerance: replay.On}, 14},
	} {
		if got := c.controller.Decide(a, &replay.State{}, o, noon); got.Replicas != c.want {
			t.Errorf("%+v: got %d, want %d", c.controller, got.Replicas, c.want)
		}
	}
}

// More usage never wants fewer replicas, whatever else the pods are.
func TestWantedRisesWithUsage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 150 {
		a := cpu(int32(20 + r.IntN(100)))
		n := 1 + r.IntN(30)
		waiting, lost := r.IntN(3), r.IntN(3)
		last := int32(0)
		for usage := int64(0); usage <= 300; usage += 1 + r.Int64N(5) {
			all := pods(n, 100, usage)
			for range waiting {
				all = append(all, unready(pod(100, 0)))
			}
			for range lost {
				all = append(all, missing(pod(100, 0)))
			}
			got := replay.Controller{}.Decide(a, &replay.State{}, seen(int32(len(all)), all...), noon)
			if got.Wanted < last {
				t.Fatalf("target %d, %d pods, %d unready, %d missing: wanted falls from %d to %d at usage %d", a.Metrics[0].Target, n, waiting, lost, last, got.Wanted, usage)
			}
			last = got.Wanted
		}
	}
}

func TestDisabledPolicyNeverMovesThatWay(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		a := randomAutoscaler(r, []replay.Metric{replay.CPUUtilization(50)})
		a.Behavior = &replay.Behavior{ScaleUp: randomRules(r), ScaleDown: randomRules(r)}
		up := r.IntN(2) == 0
		if up {
			a.Behavior.ScaleUp.Select = replay.SelectDisabled
		} else {
			a.Behavior.ScaleDown.Select = replay.SelectDisabled
		}
		replicas, state := a.MinReplicas, replay.State{}
		for i := range 40 {
			d := replay.Controller{}.Decide(a, &state, seen(replicas, pods(int(replicas), 100, r.Int64N(150))...), noon+time.Duration(i)*15*time.Second)
			if up && d.Replicas > replicas || !up && d.Replicas < replicas {
				t.Fatalf("seed %d: a disabled direction moved %d -> %d", seed, replicas, d.Replicas)
			}
			replicas = d.Replicas
		}
	}
}

func TestValidate(t *testing.T) {
	bad := func(change func(*replay.Autoscaler)) replay.Autoscaler { a := cpu(50); change(&a); return a }
	for want, a := range map[string]replay.Autoscaler{
		"":                         cpu(50),
		"exceeds maxReplicas":      bad(func(a *replay.Autoscaler) { a.MinReplicas = 2000 }),
		"at least 1":               bad(func(a *replay.Autoscaler) { a.MaxReplicas = 0 }),
		"Object or External":       bad(func(a *replay.Autoscaler) { a.MinReplicas = 0 }),
		"above 0":                  bad(func(a *replay.Autoscaler) { a.Metrics[0].Target = 0 }),
		"unknown":                  bad(func(a *replay.Autoscaler) { a.Metrics[0].Kind = "Guess" }),
		"cannot have":              bad(func(a *replay.Autoscaler) { a.Metrics[0].TargetKind = replay.Value }),
		"outside 0s..1h":           bad(func(a *replay.Autoscaler) { a.Behavior.ScaleUp.Window = ptr(2 * time.Hour) }),
		"none of Max":              bad(func(a *replay.Autoscaler) { a.Behavior.ScaleDown.Select = "Most" }),
		"neither Pods nor Percent": bad(func(a *replay.Autoscaler) { a.Behavior.ScaleUp.Policies[0].Kind = "Nodes" }),
		"is negative":              bad(func(a *replay.Autoscaler) { a.Behavior.ScaleUp.Tolerance = ptr(math.NaN()) }),
	} {
		err := a.Validate()
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got, want) {
			t.Errorf("Validate: got %q, want it to say %q", got, want)
		}
	}
}

// FuzzDecide: no panic on any input, and for a valid spec replicas stay within its bounds once the
// metrics have had a say. Beyond half a billion replicas the controller's int32 overflow, and ours as
// they do.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, int64(90), int64(100), int32(3), int32(1), int32(10), int64(50), uint8(3))
	}
	f.Add(uint64(1), int64(math.MaxInt64), int64(1), int32(math.MaxInt32), int32(0), int32(math.MaxInt32), int64(1), uint8(20))
	f.Fuzz(func(t *testing.T, seed uint64, usage, request int64, replicas, lower, upper int32, target int64, n uint8) {
		r := rand.New(rand.NewPCG(seed, 9))
		w := replay.Workload{Request: max(1, request%1000), Capacity: 1}
		a := randomAutoscaler(r, []replay.Metric{randomMetric(r, w, r.IntN(6), 0), randomMetric(r, w, r.IntN(6), 1)})
		a.MinReplicas, a.MaxReplicas, a.Metrics[0].Target = lower, upper, target
		all := pods(int(n%32), request, usage)
		for i := range all {
			switch r.IntN(6) {
			case 0:
				all[i] = missing(all[i])
			case 1:
				all[i] = unready(all[i])
			case 2:
				all[i].Deleting = true
			}
		}
		var state replay.State
		controller := replay.Controller{Minor: 28 + r.IntN(10), ScaleToZero: replay.Gate(r.IntN(3))}
		for i := range 5 {
			o := read(read(seen(replicas, all...), usage, request), usage)
			d := controller.Decide(a, &state, o, noon+time.Duration(i)*15*time.Second)
			if decided := d.Metric >= 0 || d.Reason == replay.AboveMax || d.Reason == replay.BelowMin; a.Validate() == nil && decided && replicas >= 0 && upper < 1<<29 {
				if low := min(a.MinReplicas, replicas); d.Replicas < low || d.Replicas > a.MaxReplicas {
					t.Fatalf("%d replicas are outside %d..%d: %+v", d.Replicas, a.MinReplicas, a.MaxReplicas, d)
				}
			}
			replicas = d.Replicas
		}
	})
}
