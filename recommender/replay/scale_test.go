//go:build unix

package replay_test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

const (
	fleetWorkloads  = 1000
	fleetCandidates = 50
	fleetDays       = 14
)

// fleetLoad is workload i's demand: its own size, swing, peak hour, weekend and noise.
func fleetLoad(i int, step time.Duration) replay.Curve {
	r := rand.New(rand.NewPCG(uint64(i), 2026))
	size, swing, peak := 500*math.Exp(2.5*r.Float64()), 0.9*r.Float64(), 24*r.Float64()
	weekend, noise := 0.2+0.8*r.Float64(), 0.02+0.1*r.Float64()
	c := replay.Curve{Step: step, Demand: make([]int64, fleetDays*24*time.Hour/step)}
	drift := 0.0
	for k := range c.Demand {
		hour := (time.Duration(k) * step).Hours()
		v := size * (1 + swing*math.Cos(2*math.Pi*(hour-peak)/24))
		if day := int(hour / 24); day%7 >= 5 {
			v *= weekend
		}
		drift = 0.98*drift + 0.02*r.NormFloat64()
		if v *= 1 + noise*r.NormFloat64() + drift; r.IntN(2000) == 0 {
			v *= 3
		}
		c.Demand[k] = max(0, int64(v))
	}
	return c
}

func fleetCandidate(k int) (replay.Workload, replay.Autoscaler) {
	w, a := benchmarked(int32(40+k), time.Duration(k%4)*5*time.Minute)
	a.MaxReplicas = 60
	return w, a
}

// TestFleetSearch does all the replays of a search over a big cluster, on all cores: 1,000 workloads
// of 14 days with 50 settings each. REPLAY_FLEET is the step of the loads, such as 15s or 1m; the
// test is left out without it. It wants a sample of the outcomes to be that of working out every sync.
func TestFleetSearch(t *testing.T) {
	if os.Getenv("REPLAY_FLEET") == "" {
		t.Skip("REPLAY_FLEET is not set: give it the loads' step, such as 15s")
	}
	step, err := time.ParseDuration(os.Getenv("REPLAY_FLEET"))
	if err != nil {
		t.Fatal(err)
	}
	outcomes := make([][fleetCandidates]replay.Outcome, fleetWorkloads)
	var next atomic.Int64
	var all sync.WaitGroup
	begin, used := time.Now(), cpuTime(t)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < fleetWorkloads; i = next.Add(1) - 1 {
				load := fleetLoad(int(i), step)
				for k := range fleetCandidates {
					w, a := fleetCandidate(k)
					out, err := replay.Replay(context.Background(), load, w, a, replay.Options{})
					if err != nil {
						t.Errorf("workload %d, candidate %d: %v", i, k, err)
						return
					}
					outcomes[i][k] = out
				}
			}
		})
	}
	all.Wait()
	wall, cpu := time.Since(begin), cpuTime(t)-used
	worked := 0
	for i := range outcomes {
		for k := range outcomes[i] {
			worked += outcomes[i][k].Syncs
		}
	}
	syncs := float64(fleetWorkloads * fleetCandidates * fleetDays * 24 * 240)
	t.Logf("%d replays of %d days at a step of %s, the loads made up: %.1f s of wall time, %.1f s of CPU on %d cores",
		fleetWorkloads*fleetCandidates, fleetDays, step, wall.Seconds(), cpu.Seconds(), runtime.GOMAXPROCS(0))
	t.Logf("%.2g syncs, of which %.2g (%.1f %%) were worked out", syncs, float64(worked), 100*float64(worked)/syncs)
	checkFleet(t, outcomes, step)
}

// checkFleet compares one outcome in 10,000 with that of the plain way, which takes seconds each.
func checkFleet(t *testing.T, outcomes [][fleetCandidates]replay.Outcome, step time.Duration) {
	t.Helper()
	for i := 100; i < fleetWorkloads; i += 200 {
		k := i / 200 * 11 % fleetCandidates
		w, a := fleetCandidate(k)
		got, want := outcomes[i][k], naiveReplay(fleetLoad(i, step), w, a, nil, replay.Options{})
		got.Syncs, want.Syncs = 0, 0
		got.Series, want.Series = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("workload %d, candidate %d\n got %+v\nwant %+v", i, k, got, want)
		}
	}
}

// cpuTime is the user and system time of the process.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
