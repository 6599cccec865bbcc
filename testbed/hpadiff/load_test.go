package hpadiff

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/ptr"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// TestLoads lets the real controller scale a workload through a day of load, sync by sync, and wants
// replay.Replay to have foretold its replicas at each. HPADIFF_LOADS names a directory of recorded
// loads (*.csv.gz with columns id, unix time, rate); without it the loads are made up.
func TestLoads(t *testing.T) {
	loads := recorded(t, os.Getenv("HPADIFF_LOADS"))
	if len(loads) == 0 {
		loads = []replay.Curve{madeUp(1, time.Minute), madeUp(2, time.Minute), madeUp(3, 5*time.Minute)}
	}
	for _, run := range []struct {
		name   string
		period time.Duration
		flags  replay.Controller
	}{
		{"default flags", 15 * time.Second, replay.Controller{}},
		{"a sync period of 40 s", 40 * time.Second, replay.Controller{SyncPeriod: ptr.To(40 * time.Second)}},
		{"a sync period of 7.5 s and no tolerance", 7500 * time.Millisecond, replay.Controller{
			SyncPeriod: ptr.To(7500 * time.Millisecond), Tolerance: ptr.To(0.0), DownscaleStabilization: ptr.To(2 * time.Minute)}},
	} {
		t.Run(run.name, func(t *testing.T) { rideAll(t, loads, run.period, run.flags) })
	}
}

// rideAll rides all loads with all settings under a controller of such flags, one sync a period.
func rideAll(t *testing.T, loads []replay.Curve, period time.Duration, flags replay.Controller) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(t, flags), clock{time.Now()}
		defer w.stop()
		var rides []*ride
		for _, load := range loads {
			for _, s := range settings() {
				rides = append(rides, newRide(t, w, c, len(rides), load, s, flags))
			}
		}
		compared := 0
		for k := 0; ; k++ {
			now, running := time.Since(c.start), false
			for _, r := range rides {
				if now >= r.load.Duration() {
					continue
				}
				running = true
				if diff := r.sync(w, c, now); diff != "" {
					t.Fatalf("sync %d of ride %d (%+v): %s", k, r.id, r.autoscaler, diff)
				}
				compared++
			}
			if !running {
				break
			}
			time.Sleep(period)
		}
		t.Logf("compared %d syncs of %d rides over %d loads: 0 differences", compared, len(rides), len(loads))
	})
}

// settings are the autoscalers and workloads each load is ridden with.
func settings() []setting {
	util := func(percent int32) []replay.Metric { return []replay.Metric{replay.CPUUtilization(percent)} }
	w := replay.Workload{Request: 500, Capacity: 600, StartUp: 40 * time.Second, SampleWindow: 15 * time.Second}
	slow := w
	slow.StartUp, slow.Lag, slow.SampleWindow = 150*time.Second, 20*time.Second, 60*time.Second
	half := ptr.To(30 * time.Minute)
	return []setting{
		{replay.Autoscaler{MinReplicas: 2, MaxReplicas: 20, Metrics: util(60)}, w},
		{replay.Autoscaler{MinReplicas: 1, MaxReplicas: 12, Metrics: util(80), Behavior: &replay.Behavior{ScaleDown: replay.Rules{Window: half}}}, slow},
		{replay.Autoscaler{MinReplicas: 1, MaxReplicas: 20, Metrics: util(70), Behavior: &replay.Behavior{
			ScaleUp:   replay.Rules{Window: ptr.To(time.Minute), Policies: []replay.Policy{{Kind: replay.PolicyPods, Value: 2, Period: time.Minute}}},
			ScaleDown: replay.Rules{Window: ptr.To(time.Duration(0)), Select: replay.SelectMin, Policies: []replay.Policy{{Kind: replay.PolicyPercent, Value: 20, Period: 2 * time.Minute}, {Kind: replay.PolicyPods, Value: 1, Period: time.Minute}}}}}, slow},
		{replay.Autoscaler{MinReplicas: 0, MaxReplicas: 20, Metrics: []replay.Metric{{Kind: replay.ExternalMetric, TargetKind: replay.AverageValue, Target: 400}}}, w},
	}
}

type setting struct {
	autoscaler replay.Autoscaler
	workload   replay.Workload
}

// ride is one workload under the real controller.
type ride struct {
	*subject
	id    int
	flags replay.Controller
	load  replay.Curve
	w     replay.Workload
	born  []time.Duration
	want  []replay.Segment
	shown int // segments of want that have begun
}

func newRide(t *testing.T, w *world, c clock, id int, load replay.Curve, s setting, flags replay.Controller) *ride {
	t.Helper()
	s.workload.Replicas = 3
	out, err := replay.Replay(context.Background(), load, s.workload, s.autoscaler, replay.Options{Series: true, Controller: flags})
	if err != nil {
		t.Fatal(err)
	}
	r := &ride{id: id, flags: flags, load: load, w: s.workload, want: out.Series}
	r.subject = &subject{source: source{rand.New(rand.NewPCG(1, uint64(id)))}, namespace: fmt.Sprintf("ride-%d", id), autoscaler: s.autoscaler}
	r.hpa = r.object("subject")
	for range 3 {
		r.born = append(r.born, -time.Hour)
	}
	r.enter(w, c)
	return r
}

// sync lets the controller decide and compares its replicas with the foretold ones.
func (r *ride) sync(w *world, c clock, now time.Duration) string {
	o := r.observe(now)
	w.spaces[r.namespace].fill(r.namespace, r.autoscaler, o, c)
	indexer := w.pods.GetIndexer()
	for i := range max(len(o.Pods), r.pods) {
		pod := podOf(r.namespace, i, replay.Pod{}, c)
		if i < len(o.Pods) {
			_ = indexer.Add(podOf(r.namespace, i, o.Pods[i], c))
		} else {
			_ = indexer.Delete(pod)
		}
	}
	r.pods = len(o.Pods)
	d, diff := r.compare(w, c, r.flags, o, now)
	if diff != "" {
		return diff
	}
	for len(r.born) < int(d.Replicas) {
		r.born = append(r.born, now)
	}
	r.born = r.born[:d.Replicas]
	for r.shown < len(r.want) && r.want[r.shown].From <= now {
		r.shown++
	}
	if foretold := r.want[r.shown-1].Replicas; foretold != d.Replicas {
		return fmt.Sprintf("at %s the controller has %d replicas, the replay foretold %d", now, d.Replicas, foretold)
	}
	return ""
}

// observe is the workload model of package replay, pod by pod.
func (r *ride) observe(now time.Duration) replay.Observation {
	n := int32(len(r.born))
	o := replay.Observation{SpecReplicas: n, StatusReplicas: n}
	total := r.load.Demand[max(0, now-r.w.Lag)/r.load.Step]
	var sampled int64
	for _, b := range r.born {
		if b+r.w.StartUp+r.w.Lag <= now {
			sampled++
		}
	}
	for i, b := range r.born {
		p := replay.Pod{Phase: replay.Pending, Started: true, StartAt: b, Containers: []replay.Container{{Name: "app", Requests: replay.Amounts{replay.CPU: r.w.Request}}}}
		if ready := b + r.w.StartUp; ready <= now {
			p.Phase, p.Ready, p.ReadyAt = replay.Running, replay.ReadyTrue, ready
		}
		if int64(i) < sampled {
			v := total / sampled
			if int64(i) < total%sampled {
				v++
			}
			p.Usage = &replay.Usage{At: now - r.w.Lag, Window: r.w.SampleWindow, Containers: []replay.ContainerUsage{{Name: "app", Amounts: replay.Amounts{replay.CPU: min(v, r.w.Capacity)}}}}
		}
		o.Pods = append(o.Pods, p)
	}
	if r.autoscaler.Metrics[0].Kind == replay.ExternalMetric {
		o.Readings = []replay.Reading{{Values: []int64{total}}}
	}
	return o
}

// peak is what a load's highest rate is scaled to, in millicores: a dozen pods.
const peak = 6000

// madeUp is a day of load with a night, noise, a step and an hour of silence.
func madeUp(seed uint64, step time.Duration) replay.Curve {
	r := rand.New(rand.NewPCG(seed, 4))
	c := replay.Curve{Step: step, Demand: make([]int64, 24*time.Hour/step)}
	for i := range c.Demand {
		hour := (time.Duration(i) * step).Hours()
		v := peak / 2 * (1 - 0.8*math.Cos(2*math.Pi*hour/24)) * (1 + 0.08*r.NormFloat64())
		if hour > 14 && hour < 15 {
			v *= 1.6
		}
		if hour > 2 && hour < 3 {
			v = 0
		}
		c.Demand[i] = max(0, int64(v))
	}
	return c
}

// recorded reads the first day of each load in dir.
func recorded(t *testing.T, dir string) []replay.Curve {
	t.Helper()
	if dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("read loads from %s: no *.csv.gz there (%v)", dir, err)
	}
	var out []replay.Curve
	for _, f := range files {
		out = append(out, readLoad(t, f))
	}
	return out
}

func readLoad(t *testing.T, file string) replay.Curve {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var times, rates []float64
	top := 0.0
	for lines := bufio.NewScanner(zip); lines.Scan(); {
		fields := strings.Split(lines.Text(), ",")
		at, errAt := strconv.ParseFloat(fields[1], 64)
		rate, errRate := strconv.ParseFloat(fields[2], 64)
		if errAt != nil || errRate != nil || math.IsNaN(rate) {
			continue // the header, or a gap
		}
		if len(times) > 0 && at-times[0] >= 24*3600 {
			break
		}
		times, rates, top = append(times, at), append(rates, rate), max(top, rate)
	}
	c := replay.Curve{Step: time.Duration(times[1]-times[0]) * time.Second}
	for _, rate := range rates {
		c.Demand = append(c.Demand, int64(rate/max(top, 1e-9)*peak))
	}
	return c
}
