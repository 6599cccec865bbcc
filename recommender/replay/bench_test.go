package replay_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// days is a demand curve with days and nights, noise and a few spikes, for a fleet of up to ~20 pods.
func days(step time.Duration, n int) replay.Curve {
	r := rand.New(rand.NewPCG(7, 7))
	c := replay.Curve{Step: step, Demand: make([]int64, int(time.Duration(n)*24*time.Hour/step))}
	drift := 0.0
	for i := range c.Demand {
		hour := time.Duration(i) * step % (24 * time.Hour)
		day := 1 + 0.8*math.Sin(2*math.Pi*(hour.Hours()-9)/24)
		drift = 0.98*drift + 0.02*r.NormFloat64()
		noise := 1 + 0.05*r.NormFloat64() + drift
		c.Demand[i] = max(0, int64(2500*day*noise))
		if r.IntN(2000) == 0 {
			c.Demand[i] *= 3
		}
	}
	return c
}

func benchmarked(target int32, window time.Duration) (replay.Workload, replay.Autoscaler) {
	w := replay.Workload{Request: 500, Capacity: 600, StartUp: 40 * time.Second, SampleWindow: 15 * time.Second}
	a := replay.Autoscaler{MinReplicas: 2, MaxReplicas: 30, Metrics: []replay.Metric{replay.CPUUtilization(target)}}
	if window > 0 {
		a.Behavior = &replay.Behavior{ScaleDown: replay.Rules{Window: &window}}
	}
	return w, a
}

func BenchmarkReplay(b *testing.B) {
	for _, c := range []struct {
		name   string
		step   time.Duration
		target int32
		window time.Duration
	}{
		{"14d/step=1m/target=60/nil", time.Minute, 60, 0},
		{"14d/step=1m/target=60/down=5m", time.Minute, 60, 5 * time.Minute},
		{"14d/step=1m/target=80/down=30m", time.Minute, 80, 30 * time.Minute},
		{"14d/step=5m/target=60/nil", 5 * time.Minute, 60, 0},
		{"14d/step=5m/target=80/down=5m", 5 * time.Minute, 80, 5 * time.Minute},
	} {
		b.Run(c.name, func(b *testing.B) {
			load := days(c.step, 14)
			w, a := benchmarked(c.target, c.window)
			var out replay.Outcome
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if out, err = replay.Replay(context.Background(), load, w, a, replay.Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Syncs), "syncs/op")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(14*24*240), "ns/simulated-sync")
		})
	}
}

// BenchmarkEverySync is what Replay saves: the same replay with each sync worked out from a list of
// pods. One day only.
func BenchmarkEverySync(b *testing.B) {
	load := days(time.Minute, 1)
	w, a := benchmarked(60, 0)
	for b.Loop() {
		naiveReplay(load, w, a, nil, replay.Options{})
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(24*240), "ns/simulated-sync")
}

// BenchmarkSearch is the load of a search over settings: workloads times candidates, as the figure
// in docs/method/replay.md has it, cut down to 4 workloads and 50 candidates.
func BenchmarkSearch(b *testing.B) {
	const workloads, candidates = 4, 50
	loads := make([]replay.Curve, workloads)
	for i := range loads {
		loads[i] = days(time.Minute, 14)
		for j := range loads[i].Demand {
			loads[i].Demand[j] = loads[i].Demand[j] * int64(i+1) / 2
		}
	}
	syncs := 0
	for b.Loop() {
		syncs = 0
		for _, load := range loads {
			for k := range candidates {
				w, a := benchmarked(int32(40+k), time.Duration(k%4)*5*time.Minute)
				a.MaxReplicas = 60
				out, err := replay.Replay(context.Background(), load, w, a, replay.Options{})
				if err != nil {
					b.Fatal(err)
				}
				syncs += out.Syncs
			}
		}
	}
	b.ReportMetric(float64(syncs)/workloads/candidates, "syncs/replay")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/workloads/candidates*50000/2, "s/50000-replays-on-2-cores")
}
