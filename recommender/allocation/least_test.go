package allocation_test

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestPodsThatAreThereHold: pods of today hold their requests since they started, seen or
// not; pods that came and went count as they were seen.
func TestPodsThatAreThereHold(t *testing.T) {
	asks := analyzer.Amounts{CPU: 1000, Memory: gib}
	for name, tt := range map[string]struct {
		kind     string
		pods     int
		age      time.Duration // zero is unknown
		seen     float32       // pods in each hour
		podHours float64
	}{
		"as seen":                   {"Deployment", 2, 48 * time.Hour, 2, 96},
		"a step too much":           {"Deployment", 2, 48 * time.Hour, 2.02, 96.96},
		"a reading was lost":        {"Deployment", 2, 48 * time.Hour, 1.99, 95.52},
		"one of two was not seen":   {"Deployment", 2, 90 * time.Hour, 1, 96},
		"both came half way":        {"Deployment", 2, 24 * time.Hour, 0.5, 48},
		"others were there before":  {"Deployment", 2, time.Hour, 5, 240},
		"no start is known":         {"Deployment", 2, 0, 1, 48},
		"a job's pod has its hours": {"Job", 1, 48 * time.Hour, 0.25, 12},
		"it starts in the future":   {"Deployment", 1, -time.Hour, 0.5, 24},
	} {
		w := workload("shop", tt.kind, "web", asks)
		for i := range tt.pods {
			p := pod("web-"+string(rune('a'+i)), "a", asks)
			if tt.age != 0 {
				p.Started = twoDays.End.Add(-tt.age)
			}
			w.Pods = append(w.Pods, p)
		}
		s := &analyzer.Snapshot{
			Window: twoDays, Nodes: []analyzer.Node{worker("a")}, Workloads: []analyzer.Workload{w},
			Usage: []analyzer.ContainerUsage{everyHour(w, analyzer.Hour{Pods: tt.seen, CPU: 100 * tt.seen, Memory: tt.seen * gib / 2})},
		}
		a := of(t, s, flat(t))
		var hours, held float64
		for _, i := range a.Items {
			hours, held = hours+i.Hold.PodHours, held+i.Hold.CPU.Held
		}
		if math.Abs(hours-tt.podHours) > 1e-4 || math.Abs(held-1000*tt.podHours) > 0.1 {
			t.Errorf("%s: %.3f pod-hours that hold %.1f millicore-hours, want %.3f", name, hours, held, tt.podHours)
		}
	}
}
