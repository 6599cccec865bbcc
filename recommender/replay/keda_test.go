package replay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

func minutes(n ...int) []replay.Span {
	var out []replay.Span
	for i := 0; i+1 < len(n); i += 2 {
		out = append(out, replay.Span{From: time.Duration(n[i]) * time.Minute, To: time.Duration(n[i+1]) * time.Minute})
	}
	return out
}

func TestPoll(t *testing.T) {
	so := replay.ScaledObject{PollingInterval: 30 * time.Second, Cooldown: 5 * time.Minute, MaxReplicas: 10}
	idle := so
	idle.MinReplicas, idle.IdleAtZero = 3, true
	floor := so
	floor.MinReplicas = 2
	rescued := so
	rescued.Fallback = &replay.Fallback{Replicas: 4}
	active, failing := replay.Activity{Active: true}, replay.Activity{Failing: true}
	recent := replay.LoopState{EverActive: true, LastActive: noon - 4*time.Minute}
	long := replay.LoopState{EverActive: true, LastActive: noon - 6*time.Minute}
	for _, c := range []struct {
		name    string
		so      replay.ScaledObject
		state   replay.LoopState
		current int32
		seen    replay.Activity
		want    int32
	}{
		{"wakes to one", so, replay.LoopState{}, 0, active, 1},
		{"wakes to the minimum", idle, replay.LoopState{}, 0, active, 3},
		{"leaves the rest to the HPA", so, replay.LoopState{}, 4, active, 4},
		{"cools down", so, recent, 7, replay.Activity{}, 7},
		{"goes to zero from any number", so, long, 7, replay.Activity{}, 0},
		{"goes to zero at once if never active", so, replay.LoopState{}, 7, replay.Activity{}, 0},
		{"idles at zero", idle, long, 7, replay.Activity{}, 0},
		{"has a floor", floor, long, 7, replay.Activity{}, 7},
		{"mends the floor", floor, long, 1, replay.Activity{}, 2},
		{"a failure keeps what there is", so, long, 7, failing, 7},
		{"a failure with a fallback leaves it to the HPA", rescued, long, 7, failing, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			state := c.state
			if got := c.so.Poll(&state, c.current, c.seen, noon); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
			if c.seen.Active && state != (replay.LoopState{EverActive: true, LastActive: noon}) {
				t.Errorf("activity not remembered: %+v", state)
			}
		})
	}
}

// A queue that is empty but for ten minutes: woken by the first poll that sees it, asleep again one
// cooldown after the last that did.
func TestScaledObjectSleeps(t *testing.T) {
	load := replay.Curve{Step: time.Minute, Demand: make([]int64, 60)}
	for i := 20; i < 30; i++ {
		load.Demand[i] = 3000
	}
	so := replay.ScaledObject{PollingInterval: 30 * time.Second, Cooldown: 5 * time.Minute, MaxReplicas: 10,
		Triggers: []replay.Trigger{{Metric: external(replay.AverageValue, 1000)}}}
	got, err := so.Replay(context.Background(), load, replay.Workload{Capacity: 1000}, replay.Options{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	at := func(m, s int) time.Duration { return time.Duration(m*60+s) * time.Second }
	// The last active poll is at 29:30; the first one more than 5 minutes later is at 35:00.
	want := []replay.Segment{{0, 0}, {at(20, 0), 3}, {at(35, 0), 0}}
	if len(got.Series) != len(want) {
		t.Fatalf("series\n got %v\nwant %v", got.Series, want)
	}
	for i := range want {
		if got.Series[i] != want[i] {
			t.Fatalf("series\n got %v\nwant %v", got.Series, want)
		}
	}
}

// A cron trigger is a floor: it lifts replicas in its spans and lets load lift them further.
func TestCronTriggerIsAFloor(t *testing.T) {
	load := replay.Curve{Step: time.Minute, Demand: make([]int64, 60)}
	for i := range load.Demand {
		load.Demand[i] = 1000
		if i >= 20 && i < 25 {
			load.Demand[i] = 8000
		}
	}
	so := replay.ScaledObject{PollingInterval: 30 * time.Second, MinReplicas: 1, MaxReplicas: 10,
		Triggers: []replay.Trigger{{Metric: external(replay.AverageValue, 1000)}, {Cron: &replay.Cron{Spans: minutes(10, 50), Replicas: 4}}},
		Behavior: &replay.Behavior{ScaleDown: replay.Rules{Window: ptr(time.Duration(0))}}}
	got, err := so.Replay(context.Background(), load, replay.Workload{Capacity: 1000}, replay.Options{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []int32{1, 4, 8, 4, 1}
	var series []int32
	for _, s := range got.Series {
		series = append(series, s.Replicas)
	}
	if len(series) != len(want) {
		t.Fatalf("replicas\n got %v\nwant %v", series, want)
	}
	for i := range want {
		if series[i] != want[i] {
			t.Fatalf("replicas\n got %v\nwant %v", series, want)
		}
	}
}

// Once a trigger has failed more often than the threshold, the HPA lands on the fallback.
func TestFallback(t *testing.T) {
	load := replay.Curve{Step: time.Minute, Demand: make([]int64, 30)}
	for i := range load.Demand {
		load.Demand[i] = 2000
	}
	so := replay.ScaledObject{PollingInterval: 30 * time.Second, MinReplicas: 1, MaxReplicas: 10, Fallback: &replay.Fallback{FailureThreshold: 3, Replicas: 6},
		Triggers: []replay.Trigger{{Metric: external(replay.AverageValue, 1000), Outages: minutes(10, 20)}}}
	got, err := so.Replay(context.Background(), load, replay.Workload{Capacity: 1000}, replay.Options{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range got.Series {
		// 4 is as far as one sync goes from 2 without a behavior.
		if s.Replicas == 4 && s.From != 10*time.Minute+45*time.Second {
			t.Errorf("the fourth failing sync falls back: got %s, want 10m45s", s.From)
		}
		if s.Replicas == 6 {
			return
		}
	}
	t.Errorf("the fallback never held: %v", got.Series)
}

func TestScaledObjectValidate(t *testing.T) {
	good := replay.ScaledObject{PollingInterval: time.Second, MaxReplicas: 3, Triggers: []replay.Trigger{{Metric: external(replay.AverageValue, 1000)}}}
	for want, change := range map[string]func(*replay.ScaledObject){
		"no triggers":          func(so *replay.ScaledObject) { so.Triggers = nil },
		"pollingInterval":      func(so *replay.ScaledObject) { so.PollingInterval = 0 },
		"idleReplicaCount":     func(so *replay.ScaledObject) { so.IdleAtZero = true },
		"negative":             func(so *replay.ScaledObject) { so.Cooldown = -1 },
		"exceeds maxReplicas":  func(so *replay.ScaledObject) { so.MinReplicas = 9 },
		"asks for 0 replicas":  func(so *replay.ScaledObject) { so.Triggers[0].Cron = &replay.Cron{} },
		"must not be negative": func(so *replay.ScaledObject) { so.Fallback = &replay.Fallback{Replicas: -1} },
	} {
		so := good
		so.Triggers = append([]replay.Trigger(nil), good.Triggers...)
		change(&so)
		if err := so.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate: got %v, want it to say %q", err, want)
		}
	}
	if err := good.Validate(); err != nil {
		t.Errorf("Validate of a good one: %v", err)
	}
}

func TestCronSpans(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	zone := time.FixedZone("east", 2*3600)
	hours := func(n ...int) []replay.Span {
		var out []replay.Span
		for i := 0; i+1 < len(n); i += 2 {
			out = append(out, replay.Span{From: time.Duration(n[i]) * time.Hour, To: time.Duration(n[i+1]) * time.Hour})
		}
		return out
	}
	for _, c := range []struct {
		name, start, end string
		begin            time.Time
		length           time.Duration
		want             []replay.Span
	}{
		{"office hours", "0 8 * * *", "0 18 * * *", monday, 48 * time.Hour, hours(8, 18, 32, 42)},
		{"weekdays only", "0 8 * * 1-5", "0 18 * * 1-5", monday.AddDate(0, 0, 4), 96 * time.Hour, hours(8, 18, 80, 90)},
		{"open at the start", "0 20 * * *", "0 6 * * *", monday, 24 * time.Hour, hours(0, 6, 20, 24)},
		{"another zone", "0 8 * * *", "0 9 * * *", monday.In(zone), 24 * time.Hour, hours(6, 7)},
		{"names, lists, steps", "0 0-10/5 * mar mon", "0 2,7,12 * * *", monday, 24 * time.Hour, hours(0, 2, 5, 7, 10, 24)}, // the end comes daily, the start not before next Monday
		{"a date that never comes", "0 0 30 2 *", "0 0 1 1 *", monday, 24 * time.Hour, hours(0, 24)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := replay.CronSpans(c.start, c.end, c.begin, c.length)
			if err != nil || len(got) != len(c.want) {
				t.Fatalf("got %v (%v)\nwant %v", got, err, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %v\nwant %v", got, c.want)
				}
			}
		})
	}
	for _, bad := range []string{"", "* * * *", "60 * * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *", "x * * * *"} {
		if got, err := replay.CronSpans(bad, "0 0 * * *", monday, time.Hour); err == nil {
			t.Errorf("CronSpans(%q): got %v, want an error", bad, got)
		}
	}
}

func FuzzCronSpans(f *testing.F) {
	f.Add("0 8 * * 1-5", "0 18 * * 1-5", int64(0))
	f.Add("*/15 0-6,20 1 jan sun", "0 0 29 2 ?", int64(1e9))
	f.Fuzz(func(t *testing.T, start, end string, at int64) {
		begin, length := time.Unix(at%4e9, 0).UTC(), 36*time.Hour
		spans, err := replay.CronSpans(start, end, begin, length)
		if err != nil {
			return
		}
		last := time.Duration(-1)
		for _, s := range spans {
			if s.From <= last && s.From != 0 || s.To <= s.From || s.To > length+366*24*time.Hour {
				t.Fatalf("CronSpans(%q, %q): spans out of order: %v", start, end, spans)
			}
			last = s.To
		}
	})
}
