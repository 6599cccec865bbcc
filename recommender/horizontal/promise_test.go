package horizontal_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// town is one workload and what a test changes of it: six days in slots of five minutes.
type town struct {
	pods           int
	request, limit int64
	memoryLimit    int64
	// load is the millicores of all pods together in a slot; each takes its part.
	load func(slot int) float64
	// memory is a pod's bytes at its millicores; nil for a constant.
	memory func(millicores float64) float64
	change func(*analyzer.Snapshot)
	option advice.Options
}

const townSlots = 6 * 288

// swing is a load from low to high once a day.
func swing(low, high float64) func(int) float64 {
	return func(slot int) float64 {
		return low + (high-low)*(1-math.Cos(2*math.Pi*float64(slot)/288))/2
	}
}

func (c town) snapshot() *analyzer.Snapshot {
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.AddDate(0, 0, -6), End: end, Step: 5 * time.Minute}}
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	w := analyzer.Workload{Ref: ref, Scalable: true, Replicas: int32(c.pods), Containers: []analyzer.Container{{
		Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: c.request, Memory: 1 << 30}, Limits: analyzer.Amounts{CPU: c.limit, Memory: c.memoryLimit},
	}}}
	rec := analyzer.NewRecorder(s.Window)
	for i := range c.pods {
		w.Pods = append(w.Pods, analyzer.Pod{Name: fmt.Sprintf("web-%d", i), Phase: "Running", Node: fmt.Sprintf("node-%d", i)})
		p := rec.Pod(ref, "app")
		for slot := range townSlots {
			at, each := s.Window.Start.Add(time.Duration(slot+1)*5*time.Minute).UnixMilli(), c.load(slot)/float64(c.pods)
			p.CPU(at, each)
			if c.memory != nil {
				p.Memory(at, c.memory(each))
			} else {
				p.Memory(at, 500<<20)
			}
		}
		p.Close()
	}
	s.Workloads, s.Usage = []analyzer.Workload{w}, rec.Usage()
	if c.change != nil {
		c.change(s)
	}
	return s
}

// advise gives what the rule says of the town, its requests as they are.
func (c town) advise(t *testing.T) (advice.Advice, horizontal.Advice) {
	t.Helper()
	o := c.option
	o.Levers = []advice.Lever{advice.LeverHorizontal}
	got := adviceOn(t, c.snapshot(), o, "horizontal")
	if len(got) != 1 {
		t.Fatalf("got %d recommendations", len(got))
	}
	return got[0], *advice.As[horizontal.Advice](got[0].Detail)
}

func figure(a advice.Advice, name string) float64 {
	i := slices.IndexFunc(a.Evidence, func(e advice.Evidence) bool { return e.Name == name })
	if i < 0 {
		return math.NaN()
	}
	return a.Evidence[i].Value
}

func onCPU(minimum, maximum int32, target int64) analyzer.HPA {
	return analyzer.HPA{Namespace: "shop", Name: "web", Target: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Min: minimum, Max: maximum,
		Metrics: []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: target}}}
}

// TestNearSilence: where the first half says nothing of the load to come, an HPA that may
// grow takes the place of the smaller bare number. It costs the same until that load comes.
func TestNearSilence(t *testing.T) {
	wakingTo := func(low, high float64) func(int) float64 {
		return func(slot int) float64 {
			if slot < townSlots*29/60 {
				return 20
			}
			return swing(low, high)(slot)
		}
	}
	waking := wakingTo(400, 500)
	grows := func(per float64) float64 { return 200<<20 + per*(4<<20) }
	for _, tt := range []struct {
		name   string
		load   func(int) float64
		memory func(float64) float64
		limit  int64
		hpa    bool
		most   int64 // the highest target
	}{
		{"silent, then awake", waking, nil, 0, true, 33},
		{"awake throughout", swing(400, 500), nil, 0, false, 0},
		{"silent, then awake, and its memory follows the load", waking, grows, 1200 << 20, true, 23},
		{"silent, then so busy that a careful target costs more", wakingTo(700, 1200), nil, 0, true, 66},
		{"silent for most of the days", func(slot int) float64 {
			if slot < townSlots*6/10 {
				return 20
			}
			return swing(400, 500)(slot)
		}, nil, 0, true, 60},
	} {
		r, got := town{pods: 6, request: 1000, memoryLimit: tt.limit, load: tt.load, memory: tt.memory}.advise(t)
		to := got.Recommended
		switch {
		case to == nil:
			t.Errorf("%s: nothing advised: %v", tt.name, r.Withheld)
		case !tt.hpa && (to.Kind != horizontal.ScalingFixed || to.Replicas != 2):
			t.Errorf("%s: got %+v, want 2 replicas", tt.name, to)
		case tt.hpa && (to.Kind != horizontal.ScalingHPA || to.Min < 2 || to.Min > 3 || to.Max < 6 || to.Metrics[0].Target > tt.most):
			t.Errorf("%s: got %+v, want an HPA from 2 or 3 to 6 or more at %d %% at the most", tt.name, to, tt.most)
		}
	}
}

// TestMinSavings: what saves less than the user wants of a change stays.
func TestMinSavings(t *testing.T) {
	base := town{pods: 8, request: 500, load: swing(200, 2400)}
	first, _ := base.advise(t)
	if first.MonthlySavings < 5 || len(first.Changes) == 0 {
		t.Fatalf("got savings of %.2f by %d changes: too little to tell", first.MonthlySavings, len(first.Changes))
	}
	for name, tt := range map[string]struct {
		least   advice.Options
		changes bool
	}{
		"less than it saves": {advice.Options{MinSavings: first.MonthlySavings - 1}, true},
		"more than it saves": {advice.Options{MinSavings: first.MonthlySavings + 1}, false},
		"a share too great":  {advice.Options{MinSavingsShare: 0.9}, false},
		"a share that holds": {advice.Options{MinSavingsShare: 0.1}, true},
	} {
		base.option.MinSavings, base.option.MinSavingsShare = tt.least.MinSavings, tt.least.MinSavingsShare
		if got, _ := base.advise(t); len(got.Changes) > 0 != tt.changes || !tt.changes && got.MonthlySavings != 0 {
			t.Errorf("%s: got %d changes for %.2f", name, len(got.Changes), got.MonthlySavings)
		}
	}
}

// TestNothingDearerWhereNothingIsBroken: pods that are slow now and then, and serve all,
// stay. Where an HPA's maximum leaves demand unserved a higher one is advised, though it
// costs more.
func TestNothingDearerWhereNothingIsBroken(t *testing.T) {
	slowly, _ := town{pods: 4, request: 1000, load: swing(3200, 3800)}.advise(t)
	if len(slowly.Changes) != 0 || len(slowly.Withheld) != 0 || slowly.MonthlySavings != 0 {
		t.Errorf("slow, and all served: got %q, %d changes for %.2f", slowly.Title, len(slowly.Changes), slowly.MonthlySavings)
	}
	if p := figure(slowly, "CPU of a pod from which it is slow"); p >= 800 || p < 600 {
		t.Errorf("a pod of one core is slow from %.0fm, want about 667m: else the case tells nothing", p)
	}
	short, got := town{pods: 4, request: 1000, load: swing(3200, 5000), change: func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(2, 4, 75)} }}.advise(t)
	if len(short.Changes) == 0 || short.MonthlySavings >= 0 || got.Recommended == nil {
		t.Errorf("unserved: got %q, %d changes for %.2f, want more pods", short.Title, len(short.Changes), short.MonthlySavings)
	}
	// What it runs is known though no replay can foretell a memory that varies.
	byMemory := onCPU(2, 20, 90)
	byMemory.Metrics[0].Name = "memory"
	for _, metrics := range [][]analyzer.HPAMetric{byMemory.Metrics, append(onCPU(2, 20, 85).Metrics, byMemory.Metrics...)} {
		r, _ := town{pods: 4, request: 1000, load: swing(1500, 3600), memory: func(per float64) float64 { return 300<<20 + per*(1<<20) }, change: func(s *analyzer.Snapshot) {
			s.HPAs = []analyzer.HPA{onCPU(2, 20, 90)}
			s.HPAs[0].Metrics = metrics
		}}.advise(t)
		if len(r.Changes) != 0 || math.Round(figure(r, "replica-hours a month, now")) != 4*730 {
			t.Errorf("an HPA on memory that serves all: got %q, %d changes, of %v replica-hours", r.Title, len(r.Changes), figure(r, "replica-hours a month, now"))
		}
	}
	scaled := town{pods: 6, request: 1000, load: swing(1000, 5000), change: func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(2, 20, 75)} }}
	if held, _ := scaled.advise(t); len(held.Changes) != 0 || held.MonthlySavings != 0 {
		t.Errorf("an HPA that is slow, and serves all: got %q, %d changes for %.2f", held.Title, len(held.Changes), held.MonthlySavings)
	}
}

// TestControllerAsItRuns: the tolerance that the controller has, by the user or as seen, 0
// too, is what the replay and the evidence go by.
func TestControllerAsItRuns(t *testing.T) {
	percent := func(v float64) *analyzer.HPAController { return &analyzer.HPAController{Tolerance: &v} }
	replicas := map[string]float64{}
	for _, tt := range []struct {
		name       string
		said, seen *analyzer.HPAController
		tolerance  float64 // percent; NaN for the default
	}{
		{"default", nil, nil, math.NaN()},
		{"said 0", percent(0), nil, 0},
		{"seen 0", nil, percent(0), 0},
		{"said 0 of a controller seen with 0.3", percent(0), percent(0.3), 0},
		{"seen 0.3", nil, percent(0.3), 30},
	} {
		c := town{pods: 8, request: 500, load: swing(200, 2400), change: func(s *analyzer.Snapshot) {
			s.HPAs, s.HPAController = []analyzer.HPA{onCPU(2, 30, 50)}, tt.seen
		}}
		if tt.said != nil {
			c.option.HPA = *tt.said
		}
		got, _ := c.advise(t)
		if v := figure(got, "the HPA controller's tolerance"); v != tt.tolerance && !(math.IsNaN(v) && math.IsNaN(tt.tolerance)) {
			t.Errorf("%s: got a tolerance of %v %%, want %v", tt.name, v, tt.tolerance)
		}
		replicas[tt.name] = figure(got, "replica-hours a month, now")
	}
	if a, b, c := replicas["said 0"], replicas["default"], replicas["seen 0.3"]; !(a > b && b > c) || a != replicas["seen 0"] || a != replicas["said 0 of a controller seen with 0.3"] {
		t.Errorf("replica-hours by the same HPA: %v, want more with less tolerance, and the user's word before what is seen", replicas)
	}
}

// TestMemoryUnderMoreLoad: where a target would have a pod serve more than its memory bears
// the target is lower, and every point of the trade-off costs more and leaves no more undone.
func TestMemoryUnderMoreLoad(t *testing.T) {
	jumps := func(slot int) float64 { return swing(400, 4000)(slot) * (1 + float64(max(0, 1-slot%420))) }
	base := town{pods: 8, request: 1000, limit: 4000, memoryLimit: 800 << 20, load: jumps}
	free, loose := base.advise(t)
	base.memory = func(per float64) float64 { return 300<<20 + per*(1.4*(1<<20)) }
	bound, tight := base.advise(t)
	most := figure(bound, "CPU of a pod up to which its memory fits")
	if !(most > 400 && most < 560) {
		t.Fatalf("memory fits up to %.0fm, want some 500", most)
	}
	out := figure(bound, "scale-out point of a pod, advised")
	if was := figure(free, "scale-out point of a pod, advised"); !(was > most && out <= most) {
		t.Errorf("pods are added at %.0fm without and at %.0fm with memory that follows the load, which fits up to %.0fm", was, out, most)
	}
	for name, got := range map[string]horizontal.Advice{"free": loose, "bound": tight} {
		if least := map[string]int{"free": 2, "bound": 1}[name]; len(got.TradeOff) < least {
			t.Errorf("%s: %d points of the trade-off", name, len(got.TradeOff))
		}
		for i := 1; i < len(got.TradeOff); i++ {
			a, b := got.TradeOff[i-1], got.TradeOff[i]
			if b.Target >= a.Target || b.ReplicaHours <= a.ReplicaHours || b.More <= a.More && i > 1 || b.Unserved > a.Unserved || b.Slow > a.Slow {
				t.Errorf("%s: %+v comes after %+v", name, b, a)
			}
			if name == "bound" && float64(b.Target)*10*1.1 > most {
				t.Errorf("at %d %% a pod's memory does not fit", b.Target)
			}
		}
	}
	never := base
	never.memory = func(per float64) float64 { return 20<<20 + per*(1.5*(1<<20)) }
	if got, _ := never.advise(t); figure(got, "scale-out point of a pod, advised") > figure(got, "CPU of a pod up to which its memory fits") {
		t.Errorf("%q: pods would serve more than their memory bears", got.Title)
	}
}

// TestLeastPods: never fewer than the owner's minimum, the zones in use and the budget.
func TestLeastPods(t *testing.T) {
	zones := func(s *analyzer.Snapshot, n int) {
		for i := range 8 {
			s.Nodes = append(s.Nodes, analyzer.Node{Name: fmt.Sprintf("node-%d", i), Labels: map[string]string{"topology.kubernetes.io/zone": fmt.Sprintf("z-%d", i%n)}, Allocatable: analyzer.Amounts{CPU: 64_000, Memory: 256 << 30}})
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*analyzer.Snapshot)
		want   int32
	}{
		{"nothing binds", nil, 2},
		{"the owner's minimum", func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(5, 30, 30)} }, 5},
		{"an owner's minimum of one, in one zone", func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(1, 30, 30)}; zones(s, 1) }, 1},
		{"three zones in use", func(s *analyzer.Snapshot) { zones(s, 3) }, 3},
		{"an owner's minimum below the zones in use", func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(2, 30, 30)}; zones(s, 4) }, 4},
	} {
		r, got := town{pods: 8, request: 1000, load: swing(60, 900), change: tt.change}.advise(t)
		if floor := figure(r, "fewest replicas of a new setting while it works"); floor != float64(tt.want) {
			t.Errorf("%s: the fewest that are safe are %v, want %d", tt.name, floor, tt.want)
		}
		if to := got.Recommended; to == nil || max(to.Min, to.Replicas) < tt.want || to.Kind == horizontal.ScalingHPA && to.Min < tt.want {
			t.Errorf("%s: got %+v, want %d at the least", tt.name, to, tt.want)
		}
	}
}

// TestQuotaNamed: where a quota keeps every setting from the demand, the reason says so.
func TestQuotaNamed(t *testing.T) {
	r, got := town{pods: 2, request: 1000, load: swing(400, 9000), change: func(s *analyzer.Snapshot) {
		s.Quotas = []analyzer.ResourceQuota{{Namespace: "shop", Requests: analyzer.Amounts{CPU: 3000}, UsedRequests: analyzer.Amounts{CPU: 2000}}}
	}}.advise(t)
	if got.Recommended != nil || len(r.Withheld) != 1 || !strings.Contains(r.Withheld[0].Reason, "no setting was found") || !strings.Contains(r.Withheld[0].Reason, "with the 3 pods that a quota") {
		t.Errorf("got %+v, withheld %v, want the quota's 3 pods named", got.Recommended, r.Withheld)
	}
}

// TestMostPods: the maximum is for three times the highest demand; the quota holds it
// whatever is needed, nodes and money hold it down to one and a half times.
func TestMostPods(t *testing.T) {
	node := func(cpu int64) func(*analyzer.Snapshot) {
		return func(s *analyzer.Snapshot) {
			s.Nodes = []analyzer.Node{{Name: "n", Allocatable: analyzer.Amounts{CPU: cpu, Memory: 512 << 30}}}
		}
	}
	quota := func(hard, used int64) func(*analyzer.Snapshot) {
		return func(s *analyzer.Snapshot) {
			s.Quotas = []analyzer.ResourceQuota{{Namespace: "shop", Requests: analyzer.Amounts{CPU: hard}, UsedRequests: analyzer.Amounts{CPU: used}},
				{Namespace: "other", Requests: analyzer.Amounts{CPU: 1000}}}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*analyzer.Snapshot)
		load   func(int) float64
		most   int32 // 0 where nothing binds
		times  float64
	}{
		{"free", nil, swing(400, 4000), 0, 3},
		{"nodes", node(16_000), swing(400, 4000), 16, 1.5},
		{"nodes where an autoscaler adds them", func(s *analyzer.Snapshot) {
			node(16_000)(s)
			s.Nodes[0].Labels = map[string]string{"karpenter.sh/nodepool": "a"}
		}, swing(400, 4000), 0, 3},
		{"quota: 10 cores, of which 8 are its own", quota(10_000, 8000), swing(400, 4000), 10, 1},
		{"quota: full, of which 8 are its own", quota(20_000, 20_000), swing(400, 4000), 8, 1},
		{"money: a peak an hour a day", nil, func(slot int) float64 { return 200 + 3800*float64(max(0, 1-slot%288/12)) }, 80, 1.5},
	} {
		r, got := town{pods: 8, request: 1000, load: tt.load, change: tt.change}.advise(t)
		to := got.Recommended
		if to == nil || to.Kind != horizontal.ScalingHPA {
			t.Errorf("%s: got %+v (%v), want an HPA", tt.name, to, r.Withheld)
			continue
		}
		peak := float64(to.Metrics[0].Target) * 10 // what a pod serves at the target
		if float64(to.Max) < tt.times*figure(r, "demand max")/peak {
			t.Errorf("%s: at most %d pods of %.0fm for %.1f times %.0fm", tt.name, to.Max, peak, tt.times, figure(r, "demand max"))
		}
		if tt.most > 0 && to.Max > tt.most {
			t.Errorf("%s: at most %d pods, want %d", tt.name, to.Max, tt.most)
		}
		if held := !math.IsNaN(figure(r, "replicas that three times the highest demand needs")); held != (tt.times < 3) && tt.name[:5] != "money" {
			t.Errorf("%s: the evidence names what holds the maximum: %v", tt.name, held)
		}
	}
}

// TestMostPodsOfGrowingLoad: the peak is that of the whole window, and not that of the part
// on which settings are searched.
func TestMostPodsOfGrowingLoad(t *testing.T) {
	r, got := town{pods: 8, request: 1000, load: func(slot int) float64 { return 400 + 2*float64(slot) }}.advise(t)
	if to := got.Recommended; to == nil || to.Kind != horizontal.ScalingHPA || float64(to.Max)*float64(to.Metrics[0].Target)*10 < 3*figure(r, "demand max") {
		t.Errorf("got %+v (%v) for a highest demand of %.0fm, want three times that", to, r.Withheld, figure(r, "demand max"))
	}
}

// TestMostPodsOfAnHPA: today's maximum stays no longer than a quota or nodes let that many run.
func TestMostPodsOfAnHPA(t *testing.T) {
	apart := func(key string, from analyzer.Ref) func(*analyzer.Snapshot) {
		return func(s *analyzer.Snapshot) {
			for i := range s.Workloads[0].Pods {
				s.Workloads[0].Pods[i].Spec.Constraints = []string{analyzer.ConstraintAntiAffinity}
				s.Workloads[0].Pods[i].Spec.AntiAffinity = []analyzer.PodAntiAffinity{{TopologyKey: key, Workloads: []analyzer.Ref{from}}}
			}
			for i := range 16 {
				n := analyzer.Node{Name: fmt.Sprintf("node-%d", i), Labels: map[string]string{"topology.kubernetes.io/zone": fmt.Sprintf("z-%d", i%9)}, Allocatable: analyzer.Amounts{CPU: 64_000, Memory: 256 << 30}}
				switch i {
				case 13:
					n.Taints = []analyzer.Taint{{Key: "node-role.kubernetes.io/control-plane", Effect: "NoSchedule"}}
				case 14:
					n.Unschedulable = true
				case 15:
					n.NotReady = true
				}
				s.Nodes = append(s.Nodes, n)
			}
		}
	}
	quota := func(q analyzer.ResourceQuota) func(*analyzer.Snapshot) {
		return func(s *analyzer.Snapshot) { q.Namespace = "shop"; s.Quotas = []analyzer.ResourceQuota{q} }
	}
	own := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	for _, tt := range []struct {
		name   string
		change func(*analyzer.Snapshot)
		most   int32
	}{
		{"nothing binds", func(*analyzer.Snapshot) {}, 40},
		{"a quota of pods", quota(analyzer.ResourceQuota{Pods: 11, UsedPods: 10}), 9},
		{"a quota of pods without a status", quota(analyzer.ResourceQuota{Pods: 9}), 9},
		{"a quota of limits", quota(analyzer.ResourceQuota{Limits: analyzer.Amounts{CPU: 20_000}, UsedLimits: analyzer.Amounts{CPU: 16_000}}), 10},
		{"no two on a node that takes them", apart("kubernetes.io/hostname", own), 13},
		{"no two in a zone", apart("topology.kubernetes.io/zone", own), 9},
		{"apart from another workload", apart("kubernetes.io/hostname", analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "db"}), 40},
		{"nodes come as they are needed", func(s *analyzer.Snapshot) {
			apart("kubernetes.io/hostname", own)(s)
			s.Nodes[0].Labels["karpenter.sh/nodepool"] = "a"
		}, 40},
	} {
		r, got := town{pods: 8, request: 1000, limit: 2000, load: swing(400, 4000), change: func(s *analyzer.Snapshot) {
			tt.change(s)
			s.HPAs = []analyzer.HPA{onCPU(2, 40, 30)}
		}}.advise(t)
		if to := got.Recommended; to == nil || len(r.Changes) == 0 || to.Max != tt.most {
			t.Errorf("%s: got %+v (%v), want %d at the most", tt.name, to, r.Withheld, tt.most)
		}
	}
}

// TestJobByJob: pods of which some work while others idle are no equals behind one load
// balancer, though each has its busy hours on every day.
func TestJobByJob(t *testing.T) {
	base := town{pods: 8, request: 1000, load: swing(500, 4000)}
	base.change = func(s *analyzer.Snapshot) {
		rec := analyzer.NewRecorder(s.Window)
		for i := range base.pods {
			p := rec.Pod(s.Workloads[0].Ref, "app")
			for slot := range townSlots {
				at, busy := s.Window.Start.Add(time.Duration(slot+1)*5*time.Minute).UnixMilli(), 20.0
				if (slot/12+i)%8 < 3 {
					busy = 900
				}
				p.CPU(at, busy)
				p.Memory(at, 500<<20)
			}
			p.Close()
		}
		s.Usage = rec.Usage()
	}
	r, got := base.advise(t)
	if got.Recommended != nil || len(r.Withheld) == 0 || !strings.Contains(r.Withheld[0].Reason, "jobs that each pod takes alone") {
		t.Errorf("got %+v, withheld %v", got.Recommended, r.Withheld)
	}
}

// TestNoHPAFitsOnNoise: one that divides by a few millicores is not called right, though
// nothing cheaper serves the load.
func TestNoHPAFitsOnNoise(t *testing.T) {
	for request, noise := range map[int64]bool{45: true, 50: false} {
		r, got := town{pods: 8, request: request, load: swing(3*float64(request), 6*float64(request)), change: func(s *analyzer.Snapshot) {
			s.HPAs = []analyzer.HPA{onCPU(2, 30, 85)}
		}}.advise(t)
		if said := len(r.Withheld) > 0 && strings.Contains(r.Withheld[0].Reason, "is noise"); said != noise {
			t.Errorf("%dm: got %+v, withheld %v", request, got.Recommended, r.Withheld)
		}
	}
}

// TestPoliciesDownAreKept: an owner's word on how pods are taken away stays in a new setting,
// which is replayed with it: pods that never go cost what they cost.
func TestPoliciesDownAreKept(t *testing.T) {
	with := func(down *analyzer.HPAScaling) (advice.Advice, horizontal.Advice) {
		return town{pods: 8, request: 500, load: swing(400, 2600), change: func(s *analyzer.Snapshot) {
			h := onCPU(2, 30, 30)
			h.Behavior = &analyzer.HPABehavior{Down: down}
			s.HPAs = []analyzer.HPA{h}
		}}.advise(t)
	}
	free, _ := with(&analyzer.HPAScaling{StabilizationSeconds: new(int32(60))})
	policies := []analyzer.HPAPolicy{{Type: "Pods", Value: 1, PeriodSeconds: 1800}}
	slow, s := with(&analyzer.HPAScaling{Policies: policies, Select: "Min"})
	if s.Recommended == nil || s.Recommended.Behavior == nil || !slices.Equal(s.Recommended.Behavior.Down.Policies, policies) || s.Recommended.Behavior.Down.Select != "Min" {
		t.Errorf("got %+v, want the owner's policies", s.Recommended)
	}
	never, s := with(&analyzer.HPAScaling{Select: "Disabled"})
	if s.Recommended == nil || s.Recommended.Behavior == nil || s.Recommended.Behavior.Down.Select != "Disabled" {
		t.Errorf("got %+v, want pods that never go", s.Recommended)
	}
	const hours = "replica-hours a month, advised"
	if a, b, c := figure(free, hours), figure(slow, hours), figure(never, hours); c < 1.2*max(a, b) {
		t.Errorf("got %g, %g and %g replica-hours a month: pods that never go cost the most", a, b, c)
	}
}

// TestIdlingIsNoDemand: a ScaledObject that rests by the clock while pods only wait for work
// fits; one that rests while they work leaves demand unserved.
func TestIdlingIsNoDemand(t *testing.T) {
	for start, fits := range map[string]bool{"0 9 * * *": true, "0 13 * * *": false} {
		load := func(slot int) float64 {
			if hour := slot / 12 % 24; hour >= 9 && hour < 17 {
				return 1400
			}
			return 12
		}
		r, got := town{pods: 4, request: 500, load: load, change: func(s *analyzer.Snapshot) {
			h := onCPU(1, 20, 70)
			h.ManagedBy = "keda"
			s.HPAs = []analyzer.HPA{h}
			s.ScaledObjects = []analyzer.ScaledObject{{Namespace: "shop", Name: "web", HPA: "web", Max: 20, Polling: 30, Cooldown: 300, Triggers: []analyzer.ScaleTrigger{
				{Type: "cron", Start: start, End: "0 17 * * *", Zones: []analyzer.ZoneOffset{{}}, Replicas: 4},
			}}}
		}}.advise(t)
		if (got.Recommended != nil) != fits {
			t.Errorf("from %s: got %+v, withheld %v", start, got.Recommended, r.Withheld)
		}
	}
}

// TestLeftAlone: what no load curve should scale stays, and the reason is given.
func TestLeftAlone(t *testing.T) {
	grace := func(seconds int64) func(*analyzer.Snapshot) {
		return func(s *analyzer.Snapshot) { s.Workloads[0].Pods[3].Spec.GraceSeconds = seconds }
	}
	image := func(name string) func(*analyzer.Snapshot) {
		return func(s *analyzer.Snapshot) { s.Workloads[0].Containers[0].Image = name }
	}
	for _, tt := range []struct {
		name    string
		request int64
		change  func(*analyzer.Snapshot)
		reason  string // "" where it is advised on
	}{
		{"plain", 500, nil, ""},
		{"a request of 49m", 49, nil, "below 50m a percentage of it is noise; raise it"},
		{"a request of 50m", 50, nil, ""},
		{"grace of five minutes", 500, grace(300), ""},
		{"grace of more", 500, grace(301), "take up to 301 s to stop"},
		{"a job runner", 500, image("ghcr.io/actions/actions-runner:2.317"), "runs jobs of a CI system"},
		{"another job runner", 500, image("registry.gitlab.com/gitlab-org/gitlab-runner:v17"), "runs jobs of a CI system"},
		{"one that only sounds alike", 500, image("shop/road-runner:1"), ""},
		{"two metrics of CPU", 500, func(s *analyzer.Snapshot) {
			h := onCPU(2, 30, 30)
			h.Metrics = append(h.Metrics, analyzer.HPAMetric{Type: "ContainerResource", Name: "cpu", Container: "app", TargetType: "Utilization", Target: 40})
			s.HPAs = []analyzer.HPA{h}
		}, "the CPU of more than one of a pod's parts"},
		{"a minimum beyond all that is replayed", 500, func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(20_000, 30_000, 30)} }, "keeps 20000 pods or more"},
		{"an HPA that allows one pod", 500, func(s *analyzer.Snapshot) { s.HPAs = []analyzer.HPA{onCPU(1, 1, 50)} }, "nothing shows that a second is safe"},
		{"asks not to be disrupted", 500, func(s *analyzer.Snapshot) {
			s.Workloads[0].Pods[0].Spec.Constraints = []string{analyzer.ConstraintKeep}
		}, "ask not to be disrupted"},
		{"grace of more, under an HPA", 500, func(s *analyzer.Snapshot) { grace(900)(s); s.HPAs = []analyzer.HPA{onCPU(2, 30, 30)} }, "take up to 900 s to stop"},
	} {
		load := swing(float64(tt.request)/2, 4*float64(tt.request))
		r, got := town{pods: 8, request: tt.request, load: load, change: tt.change}.advise(t)
		reason := ""
		if len(r.Withheld) > 0 {
			reason = r.Withheld[0].Reason
		}
		if !strings.Contains(reason, tt.reason) || (tt.reason == "") != (got.Recommended != nil) || tt.reason != "" && len(r.Changes) > 0 {
			t.Errorf("%s: got %+v, withheld %q, want %q", tt.name, got.Recommended, reason, tt.reason)
		}
	}
}

// TestStartAsItWillBe: a pod waits for a node where an autoscaler brings nodes.
func TestStartAsItWillBe(t *testing.T) {
	for _, tt := range []struct {
		name   string
		labels map[string]string
		ready  []int32 // of nodes
		pod    int32
		want   float64
	}{
		{"no node autoscaler", nil, []int32{300, 300}, 0, 60},
		{"nodes that come and go", map[string]string{"karpenter.sh/nodepool": "a"}, []int32{0, 0}, 0, 180},
		{"nodes that were quicker", map[string]string{"karpenter.sh/nodepool": "a"}, []int32{30, 40}, 0, 180},
		{"nodes that were slower", map[string]string{"karpenter.sh/nodepool": "a"}, []int32{200, 260, 0, 7200}, 0, 320},
		{"nodes made for their pods", map[string]string{"node.kubernetes.io/instance-type": "ek-standard-8"}, []int32{0, 0}, 0, 180},
		{"a slow pod on a slow node", map[string]string{"karpenter.sh/nodepool": "a"}, []int32{240}, 90, 330},
	} {
		r, _ := town{pods: 8, request: 500, load: swing(200, 2400), change: func(s *analyzer.Snapshot) {
			for i, after := range tt.ready {
				s.Nodes = append(s.Nodes, analyzer.Node{Name: fmt.Sprintf("node-%d", i), Labels: tt.labels, ReadyAfter: after, Allocatable: analyzer.Amounts{CPU: 64_000, Memory: 256 << 30}})
			}
			for i := range s.Workloads[0].Pods {
				s.Workloads[0].Pods[i].ReadyAfter = tt.pod
			}
		}}.advise(t)
		if got := figure(r, "pod start-up assumed"); got != tt.want {
			t.Errorf("%s: got %v s, want %v", tt.name, got, tt.want)
		}
	}
}

// TestOwnTolerance: a tolerance of the HPA's own comes only where the version has it, and
// only where it saves 3 % of the replica-hours or more.
func TestOwnTolerance(t *testing.T) {
	taken := 0
	for i := range 12 {
		load := swing(float64(200+40*i), float64(1800+170*i))
		hours := map[int]float64{}
		for _, minor := range []int{0, 34, 35} {
			r, got := town{pods: 12, request: 500, load: load, option: advice.Options{Minor: minor}}.advise(t)
			to := got.Recommended
			if to == nil || to.Kind != horizontal.ScalingHPA {
				t.Fatalf("load %d, 1.%d: got %+v (%v)", i, minor, to, r.Withheld)
			}
			hours[minor] = figure(r, "replica-hours a month, advised")
			own := to.Behavior != nil && to.Behavior.Up != nil && to.Behavior.Up.ToleranceMilli != nil
			switch {
			case own && minor < 35:
				t.Errorf("load %d: a tolerance of its own in 1.%d", i, minor)
			case own:
				if taken++; hours[35] > 0.975*hours[34] { // searched on the first part, scored on all
					t.Errorf("load %d: a tolerance of its own saves %.1f %%", i, 100*(1-hours[35]/hours[34]))
				}
			}
		}
		if hours[0] != hours[34] {
			t.Errorf("load %d: %v replica-hours by version", i, hours)
		}
	}
	if taken == 0 || taken == 12 {
		t.Errorf("a tolerance of its own was taken %d times of 12: too few to tell, or always", taken)
	}
}

// TestScaleOutPoints: the more cores a pod has, the fuller it may be before another is added.
// Load that grows while a pod starts puts the point below that from which a pod is slow.
func TestScaleOutPoints(t *testing.T) {
	for _, tt := range []struct {
		request, limit int64
		low, high      float64 // of the limit
	}{
		{1000, 1000, 0.62, 0.667}, {2000, 2000, 0.72, 0.817}, {4000, 4000, 0.80, 0.904},
		{1000, 0, 0.62, 0.667},     // the request is what a pod is promised
		{1000, 4000, 0.195, 0.248}, // four cores serve, and the request holds
	} {
		r, _ := town{pods: 24, request: tt.request, limit: tt.limit, load: swing(float64(2*tt.request), float64(14*tt.request))}.advise(t)
		cores := float64(max(tt.limit, tt.request))
		if got := figure(r, "scale-out point of a pod, advised") / cores; !(got >= tt.low && got <= tt.high) {
			t.Errorf("request %dm, limit %dm: pods are added at %.3f of its cores, want %.2f to %.3f", tt.request, tt.limit, got, tt.low, tt.high)
		}
	}
}
