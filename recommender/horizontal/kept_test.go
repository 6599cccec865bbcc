package horizontal_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
)

// TestPoliciesUpAreKept: in what steps pods come, and after what wait, is the owner's word.
// A new setting has it and is replayed with it; where it lets none keep the promise, none
// is advised. What the API server fills in is no word of the owner's.
func TestPoliciesUpAreKept(t *testing.T) {
	with := func(up *analyzer.HPAScaling) (advice.Advice, *horizontal.Scaling) {
		r, a := town{pods: 8, request: 500, load: func(slot int) float64 {
			if slot/12%24 >= 12 {
				return 2000
			}
			return 1000
		}, change: func(s *analyzer.Snapshot) {
			h := onCPU(2, 30, 30)
			h.Behavior = &analyzer.HPABehavior{Up: up}
			s.HPAs = []analyzer.HPA{h}
		}}.advise(t)
		return r, a.Recommended
	}
	steps := analyzer.HPAScaling{StabilizationSeconds: new(int32(30)), Select: "Min", Policies: []analyzer.HPAPolicy{{Type: "Pods", Value: 1, PeriodSeconds: 60}}}
	free, plain := with(nil)
	slow, kept := with(&steps)
	if kept == nil || kept.Behavior == nil || !reflect.DeepEqual(*kept.Behavior.Up, steps) {
		t.Fatalf("got %+v, withheld %v, want the owner's steps", kept, slow.Withheld)
	}
	if plain == nil || plain.Metrics[0].Target <= kept.Metrics[0].Target {
		t.Errorf("got %+v with steps and %+v without: pods that come late need a lower target", kept, plain)
	}
	if never, stays := with(&analyzer.HPAScaling{Select: "Disabled"}); len(never.Changes) > 0 {
		t.Errorf("pods that never come: got %+v, which would need them to", stays)
	}
	defaults, same := with(&analyzer.HPAScaling{StabilizationSeconds: new(int32), Select: "Max", Policies: []analyzer.HPAPolicy{{Type: "Pods", Value: 4, PeriodSeconds: 15}, {Type: "Percent", Value: 100, PeriodSeconds: 15}}})
	if same == nil || same.Metrics[0].Target != plain.Metrics[0].Target || len(defaults.Changes) != len(free.Changes) {
		t.Errorf("the defaults: got %+v by %d changes, want %+v by %d", same, len(defaults.Changes), plain, len(free.Changes))
	}
}

// TestPodsAtTheirLimit: a limit that holds the pods is something broken, though nobody
// counted their throttling. One that they do not reach is not.
func TestPodsAtTheirLimit(t *testing.T) {
	for limit, dearer := range map[int64]bool{0: false, 300: true, 600: false} {
		r, _ := town{pods: 4, request: 100, limit: limit, load: func(int) float64 { return 4 * 299 }}.advise(t)
		if got := len(r.Changes) > 0 && r.MonthlySavings < 0; got != dearer {
			t.Errorf("a limit of %dm: got %q for %.2f, withheld %v", limit, r.Title, r.MonthlySavings, r.Withheld)
		}
	}
}

// TestPodsThatBurst: an HPA that adds pods only above their request stays where nothing shows
// that it is broken, and so does a number of pods. A maximum that is too low does, and so
// does throttling.
func TestPodsThatBurst(t *testing.T) {
	for _, tt := range []struct {
		name      string
		request   int64
		hpa       *analyzer.HPA
		throttled float64
		dearer    bool
		reason    string
	}{
		{"three times the request, by its owner's target", 100, new(onCPU(2, 20, 300)), 0, false, "adds a pod only above 330m of CPU"},
		{"a little above the request", 300, new(onCPU(2, 20, 96)), 0, false, "adds a pod only above 317m of CPU"},
		{"the same, and throttled", 100, new(onCPU(2, 20, 300)), 0.2, true, ""},
		{"the same, and its maximum is too low", 100, new(onCPU(2, 3, 300)), 0, true, ""},
		{"within the request", 300, new(onCPU(2, 3, 80)), 0, true, ""},
		{"a number of pods", 100, nil, 0, false, "its 4 pods use more than the 100m of CPU"},
		{"a number of pods, throttled", 100, nil, 0.2, true, ""},
	} {
		r, got := town{pods: 4, request: tt.request, load: swing(300, 1200), change: func(s *analyzer.Snapshot) {
			if tt.hpa != nil {
				s.HPAs = []analyzer.HPA{*tt.hpa}
			}
			for i := range s.Usage {
				for j := range s.Usage[i].Days {
					s.Usage[i].Days[j].Periods, s.Usage[i].Days[j].Throttled = 1000, 1000*tt.throttled
				}
			}
		}}.advise(t)
		said := ""
		if len(r.Withheld) > 0 {
			said = r.Withheld[0].Reason
		}
		if dearer := len(r.Changes) > 0 && r.MonthlySavings < 0; dearer != tt.dearer || !strings.Contains(said, tt.reason) || tt.reason != "" && got.Recommended != nil {
			t.Errorf("%s: got %+v for %.2f, withheld %q", tt.name, got.Recommended, r.MonthlySavings, said)
		}
	}
}

// TestNoPodIsAskedFor: no setting goes below one pod, an owner's minimum or the zones in use
// unless the user wants that. What it would take is said.
func TestNoPodIsAskedFor(t *testing.T) {
	office := func(slot int) float64 {
		if hour := slot / 12 % 24; hour >= 8 && hour < 18 {
			return 1200
		}
		return 12
	}
	for _, tt := range []struct {
		name string
		pods int
		kind string
		hpa  *analyzer.HPA
		zero bool // with the flag
	}{
		{"a number of pods in two zones", 4, "Deployment", nil, true},
		{"one pod", 1, "Deployment", nil, true},
		{"an HPA from one pod on", 4, "Deployment", new(onCPU(1, 10, 60)), true},
		{"an HPA from two pods on", 4, "Deployment", new(onCPU(2, 10, 60)), false},
		{"a StatefulSet", 3, "StatefulSet", nil, false},
	} {
		for _, asked := range []bool{false, true} {
			request := int64(1600 / tt.pods)
			r, got := town{pods: tt.pods, request: request, load: office, option: advice.Options{ScaleToZero: asked}, change: func(s *analyzer.Snapshot) {
				for i := range 4 {
					s.Nodes = append(s.Nodes, analyzer.Node{Name: "node-" + string(rune('0'+i)), Labels: map[string]string{"topology.kubernetes.io/zone": string(rune('a' + i%2))}, Allocatable: analyzer.Amounts{CPU: 16_000, Memory: 64 << 30}})
				}
				if tt.hpa != nil {
					s.HPAs = []analyzer.HPA{*tt.hpa}
				}
				s.Workloads[0].Kind = tt.kind
				for i := range s.Usage {
					s.Usage[i].Kind = tt.kind
				}
			}}.advise(t)
			to := got.Recommended
			least := int32(min(tt.pods, 2))
			zero := to != nil && to.Kind == horizontal.ScalingScaledObject && to.Min == 0 && len(to.Schedules) > 0
			switch {
			case zero != (asked && tt.zero):
				t.Errorf("%s, asked %v: got %+v, withheld %v", tt.name, asked, to, r.Withheld)
			case !zero && to != nil && max(to.Min, to.Replicas) < least:
				t.Errorf("%s, asked %v: got %+v, below %d", tt.name, asked, to, least)
			}
			said := false
			for _, w := range r.Warnings {
				said = said || w.Code == "could-rest" && strings.Contains(w.Message, "outside 08:00 to 18:00 UTC")
			}
			if said != (!asked && tt.zero) {
				t.Errorf("%s, asked %v: warnings %v", tt.name, asked, r.Warnings)
			}
		}
	}
}
