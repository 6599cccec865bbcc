package recommender_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
)

// broken is one autoscaler as nobody should write it, and the finding it must give; an API server
// refuses some of this, but manifests and snapshots may hold it.
type broken struct {
	hpas []analyzer.HPA
	code string // empty: no crash is all that is asked
}

func oneOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func brokenHPA(r *rand.Rand, target analyzer.Ref) analyzer.HPA {
	numbers := []int64{math.MinInt64, -1, 0, 1, 50, 101, math.MaxInt32 + 1, math.MaxInt64}
	h := analyzer.HPA{Namespace: "shop", Name: "web", Target: target, Min: oneOf[int32](r, -3, 0, 1, 2, math.MaxInt32), Max: oneOf[int32](r, -1, 0, 1, 4, math.MaxInt32)}
	for range r.IntN(3) {
		h.Metrics = append(h.Metrics, analyzer.HPAMetric{
			Type:      oneOf(r, "", "Resource", "Resource", "ContainerResource", "Pods", "Object", "External", "Other"),
			Name:      oneOf(r, "", "cpu", "cpu", "memory", "requests"),
			Container: oneOf(r, "", "app", "nobody"), TargetType: oneOf(r, "", "Utilization", "Utilization", "AverageValue", "Value"),
			Target: oneOf(r, numbers...),
		})
	}
	rules := func() *analyzer.HPAScaling {
		seconds, tolerance := int32(oneOf(r, -1, 0, 300, math.MaxInt32)), oneOf(r, numbers...)
		return &analyzer.HPAScaling{StabilizationSeconds: &seconds, Select: oneOf(r, "", "Max", "Disabled", "Most"), ToleranceMilli: &tolerance,
			Policies: []analyzer.HPAPolicy{{}, {Type: "Pods", Value: -1, PeriodSeconds: -1}, {Type: "Percent", Value: math.MaxInt32, PeriodSeconds: math.MaxInt32}}}
	}
	if r.IntN(2) == 0 {
		h.Behavior = &analyzer.HPABehavior{Up: rules()}
		if r.IntN(2) == 0 {
			h.Behavior.Down = rules()
		}
	}
	return h
}

// breakings are the four bad inputs that must be told, and whatever else comes to mind.
func breakings(r *rand.Rand, web analyzer.Ref) broken {
	h := brokenHPA(r, web)
	switch r.IntN(5) {
	case 0:
		h.Target.Name = "gone"
		return broken{[]analyzer.HPA{h}, "hpa-missing-target"}
	case 1:
		h.Min, h.Max = 5, int32(r.IntN(5))
		return broken{[]analyzer.HPA{h}, "hpa-invalid"}
	case 2:
		h.Conditions = []analyzer.HPACondition{{}, {Type: "ScalingActive", Status: "False", Reason: oneOf(r, "FailedGetExternalMetric", "FailedGetResourceMetric")}}
		return broken{[]analyzer.HPA{h}, "hpa-no-data"}
	case 3:
		other := brokenHPA(r, web)
		other.Name = "web-too"
		return broken{[]analyzer.HPA{h, other}, "hpa-overlap"}
	}
	return broken{[]analyzer.HPA{h}, ""}
}

// TestNoAutoscalerBreaksARule: no autoscaler, budget or VPA makes any rule fail, and what is wrong is told.
func TestNoAutoscalerBreaksARule(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 26))
	web := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	window := analyzer.Window{Start: end.AddDate(0, 0, -4), End: end, Step: 5 * time.Minute}
	rec := analyzer.NewRecorder(window)
	for i := range 3 {
		p := rec.Pod(web, "app")
		for at := window.Start.Add(window.Step); !at.After(end); at = at.Add(window.Step) {
			p.CPU(at.UnixMilli(), float64(100+50*i+at.Hour()*20))
			p.Memory(at.UnixMilli(), 1<<28)
		}
		p.Close()
	}
	usage := rec.Usage()
	for i := range 60 {
		b := breakings(r, web)
		s := &analyzer.Snapshot{Window: window, Usage: usage, HPAs: b.hpas}
		s.Workloads = []analyzer.Workload{{Ref: web, Scalable: true, Replicas: oneOf[int32](r, 0, 1, 3), Containers: []analyzer.Container{
			{Name: "app", Type: analyzer.TypeContainer, Requests: analyzer.Amounts{CPU: oneOf[int64](r, 0, 1, 500)}, Limits: analyzer.Amounts{CPU: oneOf[int64](r, 0, 1, 600)}}}}}
		s.PDBs = []analyzer.PDB{{Namespace: "shop", Name: "web", MinAvailable: oneOf(r, "", "-5", "abc", "200%", "%"), MaxUnavailable: oneOf(r, "", "0", "-100%")}}
		s.VPAs = []analyzer.VPA{{Namespace: "shop", Name: "web", Target: web, UpdateMode: oneOf(r, "", "Off", "Often"), Containers: []analyzer.VPARec{{Container: "nobody"}}}}
		s.Sort()
		recs, err := recommender.Run(context.Background(), analyzer.Analyze(s), &cost.Costs{MeanUnit: cost.UnitPrice{CoreHour: 0.03, GiBHour: 0.004}}, advice.Options{})
		if err != nil {
			t.Errorf("%d: %+v: %v", i, b.hpas, err)
			continue
		}
		told := slices.ContainsFunc(recs, func(r advice.Advice) bool {
			return advice.As[finding.Finding](r.Detail) != nil && advice.As[finding.Finding](r.Detail).Kind.Code == b.code && advice.As[finding.Finding](r.Detail).Fix != ""
		})
		if b.code != "" && !told {
			t.Errorf("%d: %s: no finding %s", i, fmt.Sprintf("%+v", b.hpas), b.code)
		}
	}
}
