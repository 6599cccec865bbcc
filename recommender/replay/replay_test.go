package replay_test

import (
	"context"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// scenario is a random replay that both ways of replaying are put through.
type scenario struct {
	load replay.Curve
	w    replay.Workload
	a    replay.Autoscaler
	so   *replay.ScaledObject
	o    replay.Options
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// randomDemand is a mix of plateaus, noise, ramps, spikes and silence.
func randomDemand(r *rand.Rand, n int, scale int64) []int64 {
	out := make([]int64, n)
	level := r.Int64N(scale + 1)
	for i := 0; i < n; {
		length := 1 + r.IntN(12)
		to, noise := r.Int64N(scale+1), r.Int64N(scale/10+1)
		kind := r.IntN(5)
		for j := 0; j < length && i < n; i, j = i+1, j+1 {
			switch kind {
			case 0:
			case 1:
				level += (to - level) / int64(length-j)
			case 2:
				level = to
			case 3:
				level = 0
			}
			out[i] = max(0, level+r.Int64N(2*noise+1)-noise)
			if kind == 0 {
				out[i] = level
			}
		}
	}
	return out
}

func randomRules(r *rand.Rand) replay.Rules {
	rules := replay.Rules{Select: pick[replay.Selection](r, "", "", replay.SelectMax, replay.SelectMin, replay.SelectDisabled)}
	if r.IntN(2) == 0 {
		rules.Window = ptr(time.Duration(pick(r, 0, 0, 15, 60, 90, 300, 600)) * time.Second)
	}
	for range r.IntN(3) {
		rules.Policies = append(rules.Policies, replay.Policy{Kind: pick(r, replay.PolicyPods, replay.PolicyPercent),
			Value: int32(1 + r.IntN(120)), Period: time.Duration(pick(r, 15, 30, 60, 100, 300)) * time.Second})
	}
	if r.IntN(3) == 0 {
		rules.Tolerance = ptr(pick(r, 0, 0.05, 0.2, 1))
	}
	return rules
}

func randomAutoscaler(r *rand.Rand, metrics []replay.Metric) replay.Autoscaler {
	a := replay.Autoscaler{MinReplicas: int32(1 + r.IntN(3)), Metrics: metrics}
	a.MaxReplicas = a.MinReplicas + int32(r.IntN(20))
	if r.IntN(3) > 0 {
		a.Behavior = &replay.Behavior{ScaleUp: randomRules(r), ScaleDown: randomRules(r)}
	}
	return a
}

func randomWorkload(r *rand.Rand) replay.Workload {
	w := replay.Workload{Request: 50 + r.Int64N(200), StartUp: time.Duration(r.IntN(200)) * time.Second, Replicas: int32(r.IntN(8))}
	w.Capacity = w.Request * pick[int64](r, 1, 2, 4)
	w.Prompt = pick(r, 0, w.Capacity/2, w.Capacity)
	if r.IntN(2) == 0 {
		w.Lag = time.Duration(r.IntN(90)) * time.Second
		w.SampleWindow = time.Duration(r.IntN(90)) * time.Second
	}
	if r.IntN(8) == 0 {
		w.StartUp = 6 * time.Minute
	}
	return w
}

// randomMetric is one whose replicas stay readable on a load of a few pods.
func randomMetric(r *rand.Rand, w replay.Workload, only int, i int) replay.Metric {
	target := w.Request * int64(30+r.IntN(70)) / 100
	switch only {
	case 0:
		if i > 0 {
			// Several resource metrics need a container each, for Resource sums all of a pod's.
			return replay.Metric{Kind: replay.ContainerResourceMetric, Container: name(i), Resource: pick(r, replay.CPU, replay.Memory), TargetKind: replay.Utilization, Target: int64(20 + r.IntN(150))}
		}
		return replay.Metric{Kind: replay.ResourceMetric, Resource: pick(r, replay.CPU, replay.CPU, replay.Memory), TargetKind: replay.Utilization, Target: int64(20 + r.IntN(150))}
	case 1:
		return replay.Metric{Kind: replay.ContainerResourceMetric, Container: name(i), Resource: replay.CPU, TargetKind: replay.AverageValue, Target: target}
	case 2:
		return replay.Metric{Kind: replay.PodsMetric, TargetKind: replay.AverageValue, Target: target}
	case 3:
		return replay.Metric{Kind: replay.ExternalMetric, TargetKind: replay.AverageValue, Target: target}
	case 4:
		return replay.Metric{Kind: replay.ObjectMetric, TargetKind: replay.AverageValue, Target: target}
	default:
		return replay.Metric{Kind: pick(r, replay.ExternalMetric, replay.ObjectMetric), TargetKind: replay.Value, Target: target}
	}
}

func randomScenario(seed uint64) scenario {
	r := rand.New(rand.NewPCG(seed, 1))
	var s scenario
	s.w = randomWorkload(r)
	s.load = replay.Curve{Step: time.Duration(pick(r, 7, 15, 60, 60, 150, 300)) * time.Second}
	s.load.Demand = randomDemand(r, 40+r.IntN(200), s.w.Request*int64(1+r.IntN(15)))
	count := pick(r, 1, 1, 1, 2, 3)
	var metrics []replay.Metric
	for i := range count {
		kind := r.IntN(6)
		if count > 1 && kind == 0 {
			kind = 1
		}
		metrics = append(metrics, randomMetric(r, s.w, kind, i))
		var signal replay.Signal
		if r.IntN(3) == 0 {
			signal.Total = randomDemand(r, len(s.load.Demand), s.w.Request*10)
		}
		s.o.Signals = append(s.o.Signals, signal)
	}
	s.a = randomAutoscaler(r, metrics)
	s.o.Series = true
	s.o.Phase = time.Duration(r.IntN(30000)) * time.Millisecond
	s.o.Controller = replay.Controller{Minor: pick(r, 0, 0, 30, 33, 35, 36), ConfigurableTolerance: replay.Gate(r.IntN(3))}
	if r.IntN(4) == 0 {
		s.o.Controller.SyncPeriod = new(pick(r, 10*time.Second, 30*time.Second))
	}
	if metrics[0].Kind == replay.ExternalMetric && r.IntN(2) == 0 {
		s.a.MinReplicas = 0
		s.o.Controller.ScaleToZero = replay.On
	}
	return s
}

func randomSpans(r *rand.Rand, total time.Duration) []replay.Span {
	var out []replay.Span
	for t := time.Duration(0); len(out) < 3; {
		from := t + time.Duration(r.Int64N(int64(total/3)+1)).Truncate(time.Second)
		to := from + time.Duration(r.Int64N(int64(total/6)+1)).Truncate(time.Second)
		out = append(out, replay.Span{From: from, To: to})
		t = to
	}
	return out
}

func randomScaledObject(seed uint64) scenario {
	s := randomScenario(seed)
	r := rand.New(rand.NewPCG(seed, 2))
	so := &replay.ScaledObject{PollingInterval: time.Duration(pick(r, 10, 30, 30, 45)) * time.Second,
		Cooldown: time.Duration(pick(r, 0, 60, 300, 300)) * time.Second, InitialCooldown: time.Duration(r.IntN(400)) * time.Second,
		MinReplicas: int32(r.IntN(3)), Behavior: s.a.Behavior}
	so.MaxReplicas = so.MinReplicas + 1 + int32(r.IntN(15))
	so.IdleAtZero = so.MinReplicas > 0 && r.IntN(2) == 0
	for i := range pick(r, 1, 1, 2, 3) {
		t := replay.Trigger{Metric: randomMetric(r, s.w, pick(r, 3, 3, 3, 5, 1), i), Activation: r.Int64N(s.w.Request)}
		if r.IntN(3) == 0 {
			t.Signal.Total = randomDemand(r, len(s.load.Demand), s.w.Request*10)
		}
		if r.IntN(4) == 0 {
			t.Cron = &replay.Cron{Spans: randomSpans(r, s.load.Duration()), Replicas: int32(1 + r.IntN(9))}
		}
		if r.IntN(3) == 0 {
			t.Outages = randomSpans(r, s.load.Duration())
		}
		so.Triggers = append(so.Triggers, t)
	}
	if r.IntN(2) == 0 {
		so.Fallback = &replay.Fallback{FailureThreshold: r.IntN(5), Replicas: int32(r.IntN(8)), Behavior: pick[replay.FallbackBehavior](r, "", replay.FallbackStatic,
			replay.FallbackCurrent, replay.FallbackCurrentIfHigher, replay.FallbackCurrentIfLower)}
	}
	s.o.Signals, s.o.Controller.ScaleToZero = nil, replay.ByVersion
	s.so, s.a = so, so.Autoscaler()
	return s
}

func (s scenario) fast(t *testing.T) replay.Outcome {
	t.Helper()
	var out replay.Outcome
	var err error
	if s.so != nil {
		out, err = s.so.Replay(context.Background(), s.load, s.w, s.o)
	} else {
		out, err = replay.Replay(context.Background(), s.load, s.w, s.a, s.o)
	}
	if err != nil {
		t.Fatalf("replay of a valid scenario: %v", err)
	}
	return out
}

func (s scenario) check(t *testing.T, seed uint64) (syncs int) {
	t.Helper()
	got := s.fast(t)
	want := naiveReplay(s.load, s.w, s.a, s.so, s.o)
	syncs, got.Syncs = got.Syncs, 0
	if !reflect.DeepEqual(got, want) {
		i := 0
		for i < min(len(got.Series), len(want.Series)) && got.Series[i] == want.Series[i] {
			i++
		}
		from := max(0, i-2)
		t.Fatalf("seed %d: skipping changed the outcome, first at segment %d\n got %v %+v\nwant %v %+v\nautoscaler %+v %+v\nworkload %+v step %s phase %s controller %+v", seed, i,
			got.Series[from:min(i+3, len(got.Series))], trim(got), want.Series[from:min(i+3, len(want.Series))], trim(want), s.a, s.a.Behavior, s.w, s.load.Step, s.o.Phase, s.o.Controller)
	}
	return syncs
}

func trim(o replay.Outcome) replay.Outcome { o.Series = nil; return o }

// cases is how many random scenarios a run tries; REPLAY_CASES asks for more.
func cases(t *testing.T) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("REPLAY_CASES")); err == nil {
		return n
	}
	return 150
}

func TestSkippingEqualsEverySync(t *testing.T) {
	for seed := range uint64(cases(t)) {
		randomScenario(seed).check(t, seed)
	}
}

func TestSkippingEqualsEverySyncWithKEDA(t *testing.T) {
	for seed := range uint64(cases(t)) {
		randomScaledObject(seed).check(t, seed)
	}
}
