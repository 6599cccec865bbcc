package horizontal_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
)

// loadedSnapshot has one workload of so many pods with a daily load and noise,
// with and without an HPA.
func loadedSnapshot(r *rand.Rand, kind string) *analyzer.Snapshot {
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	days := 3 + r.IntN(4)
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.AddDate(0, 0, -days), End: end, Step: 5 * time.Minute}}
	ref := analyzer.Ref{Namespace: "shop", Kind: kind, Name: "web"}
	request := int64(100 + r.IntN(900))
	pods := 2 + r.IntN(6)
	s.Workloads = []analyzer.Workload{{
		Ref: ref, Scalable: true, Replicas: int32(pods),
		Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: request, Memory: 1 << 30}}},
	}}
	if r.IntN(2) == 0 {
		s.HPAs = []analyzer.HPA{{
			Namespace: "shop", Name: "web", Target: ref, Min: int32(1 + r.IntN(3)), Max: int32(3 + r.IntN(20)),
			Metrics: []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: int64(20 + r.IntN(100))}},
		}}
	}
	rec := analyzer.NewRecorder(s.Window)
	swing, noise := r.Float64(), r.Float64()*0.3
	for range pods {
		p := rec.Pod(ref, "app")
		for t := s.Window.Start.Add(5 * time.Minute); !t.After(end); t = t.Add(5 * time.Minute) {
			level := 1 + swing*math.Sin(2*math.Pi*float64(t.Unix()%86400)/86400)
			p.CPU(t.UnixMilli(), float64(request)*0.5*level*(1+noise*r.NormFloat64()))
			p.Memory(t.UnixMilli(), 500<<20)
		}
		p.Close()
	}
	s.Usage = rec.Usage()
	return s
}

func adviceOn(t *testing.T, s *analyzer.Snapshot, o advice.Options, rule string) []advice.Advice {
	t.Helper()
	facts, unit := analyzer.Analyze(s), cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}
	costs := &cost.Costs{MeanUnit: unit, Workloads: map[analyzer.Ref]cost.WorkloadCost{}}
	for i := range facts.Workloads {
		w := &facts.Workloads[i]
		costs.Workloads[w.Ref] = cost.WorkloadCost{Unit: unit, Pods: len(w.Pods), Monthly: float64(max(w.Replicas, 1)) * pricing.HoursPerMonth * unit.Hourly(analyzer.PodRequests(w.Workload.Containers, analyzer.Amounts{}))}
	}
	recs, err := recommender.Run(context.Background(), facts, costs, o)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(recs, func(r advice.Advice) bool { return r.Rule != rule })
}

// TestScalingIsSound: whatever is advised, the API server takes it, and it
// keeps what it promises by its own replay.
func TestScalingIsSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	advised := 0
	for i := range 25 {
		s := loadedSnapshot(r, "Deployment")
		for _, got := range adviceOn(t, s, advice.Options{}, "horizontal") {
			to := advice.As[horizontal.Advice](got.Detail).Recommended
			if to == nil {
				if len(got.Withheld) == 0 {
					t.Errorf("%d: nothing advised and no reason given", i)
				}
				continue
			}
			advised++
			if to.Kind == horizontal.ScalingFixed && to.Replicas < 1 {
				t.Errorf("%d: %d fixed replicas", i, to.Replicas)
			}
			if len(got.Changes) > 0 && to.Kind == horizontal.ScalingHPA && (to.Min < 1 || to.Max < to.Min || to.Metrics[0].Target < 1) {
				t.Errorf("%d: got min %d, max %d, target %d", i, to.Min, to.Max, to.Metrics[0].Target)
			}
			for _, e := range got.Evidence {
				if e.Name == "time with unserved demand in the last part, advised" && e.Value > 100*advice.DefaultRiskUnserved {
					t.Errorf("%d: %s is %v, above the promise", i, e.Name, e.Value)
				}
			}
		}
	}
	if advised < 15 {
		t.Errorf("advice on %d of 25 workloads, want most", advised)
	}
}

func TestHorizontalIsDeterministic(t *testing.T) {
	s := loadedSnapshot(rand.New(rand.NewPCG(5, 6)), "Deployment")
	first := adviceOn(t, s, advice.Options{}, "horizontal")
	slices.Reverse(s.Workloads)
	slices.Reverse(s.Usage)
	if second := adviceOn(t, s, advice.Options{}, "horizontal"); !reflect.DeepEqual(first, second) {
		t.Errorf("got %+v, then %+v", first, second)
	}
}

// TestHorizontalOrder: the order of the snapshot's lists changes nothing.
func TestHorizontalOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	all := &analyzer.Snapshot{}
	for i := range 4 {
		s := loadedSnapshot(r, "Deployment")
		all.Window = analyzer.Window{Start: s.Window.End.AddDate(0, 0, -7), End: s.Window.End, Step: s.Window.Step}
		name := fmt.Sprintf("web-%d", i)
		s.Workloads[0].Name, s.Usage[0].Name = name, name
		for j := range s.HPAs {
			s.HPAs[j].Name, s.HPAs[j].Target.Name = name, name
		}
		all.Workloads, all.Usage, all.HPAs = append(all.Workloads, s.Workloads...), append(all.Usage, s.Usage...), append(all.HPAs, s.HPAs...)
	}
	want := adviceOn(t, all, advice.Options{}, "horizontal")
	slices.Reverse(all.Workloads)
	slices.Reverse(all.HPAs)
	slices.Reverse(all.Usage)
	if got := adviceOn(t, all, advice.Options{}, "horizontal"); !reflect.DeepEqual(got, want) || len(want) != 4 {
		t.Errorf("got %d recommendations, or others than the %d before", len(got), len(want))
	}
}

// TestBrokenAutoscalers: nonsense gives findings and no crash.
func TestBrokenAutoscalers(t *testing.T) {
	s := loadedSnapshot(rand.New(rand.NewPCG(9, 10)), "Deployment")
	ref := s.Workloads[0].Ref
	minus := int32(-5)
	for i, h := range []analyzer.HPA{
		{Target: ref},
		{Target: ref, Min: 5, Max: 3},
		{Target: ref, Min: -3, Max: -1, Metrics: []analyzer.HPAMetric{{}}},
		{Target: ref, Min: 1, Max: 1 << 30, Metrics: []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization"}}},
		{Target: ref, Min: 1, Max: 9, Metrics: []analyzer.HPAMetric{{Type: "ContainerResource", Name: "cpu", Container: "none", TargetType: "Utilization", Target: 50}}},
		{Target: ref, Min: 0, Max: 9, Metrics: []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: math.MaxInt64}}},
		{Target: ref, Min: 1, Max: 9, Behavior: &analyzer.HPABehavior{Down: &analyzer.HPAScaling{StabilizationSeconds: &minus, Select: "?"}},
			Metrics: []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: 50}}},
		{Target: analyzer.Ref{Kind: "Deployment", Name: "gone"}, Min: 9, Max: 3},
	} {
		h.Name = fmt.Sprint("h", i)
		s.HPAs = []analyzer.HPA{h}
		for _, to := range adviceOn(t, s, advice.Options{}, "horizontal") {
			if n := advice.As[horizontal.Advice](to.Detail).Recommended; n != nil && len(to.Changes) > 0 && n.Kind == horizontal.ScalingHPA && n.Min > n.Max {
				t.Errorf("HPA %d: advised min %d above max %d", i, n.Min, n.Max)
			}
		}
		if i == 1 || i == 7 {
			if got := adviceOn(t, s, advice.Options{}, "autoscaler-findings"); len(got) == 0 {
				t.Errorf("HPA %d: no finding", i)
			}
		}
	}
}

// TestShrinkSpiral: a request that fell under an HPA, and more pods for it.
func TestShrinkSpiral(t *testing.T) {
	for name, tt := range map[string]struct {
		after int64
		pods  int
		want  bool
	}{
		"fell, and pods grew": {250, 6, true}, "fell, and pods stayed": {250, 3, false}, "stayed, and pods grew": {500, 6, false},
	} {
		end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
		s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.AddDate(0, 0, -6), End: end, Step: 5 * time.Minute}}
		ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
		s.Workloads = []analyzer.Workload{{Ref: ref, Scalable: true, Replicas: int32(tt.pods), Containers: []analyzer.Container{
			{Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: tt.after}},
		}}}
		s.HPAs = []analyzer.HPA{{Namespace: "shop", Name: "web", Target: ref, Min: 2, Max: 20, Metrics: []analyzer.HPAMetric{
			{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: 60},
		}}}
		rec := analyzer.NewRecorder(s.Window)
		for i := range max(tt.pods, 3) {
			p := rec.Pod(ref, "app")
			for at := s.Window.Start.Add(5 * time.Minute); !at.After(end); at = at.Add(5 * time.Minute) {
				late := at.After(end.AddDate(0, 0, -3))
				if i >= 3 && !late {
					continue
				}
				p.CPU(at.UnixMilli(), 100)
				p.Memory(at.UnixMilli(), 1<<28)
				p.Day(at.UnixMilli()).Requests.CPU = map[bool]int64{false: 500, true: tt.after}[late]
			}
			p.Close()
		}
		s.Usage = rec.Usage()
		got := slices.ContainsFunc(adviceOn(t, s, advice.Options{}, "autoscaler-findings"), func(r advice.Advice) bool {
			return advice.As[finding.Finding](r.Detail).Kind.Code == "shrink-spiral"
		})
		if got != tt.want {
			t.Errorf("%s: found %v, want %v", name, got, tt.want)
		}
	}
}
