package kube_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
)

// TestFillUsage shows what one reading of metrics-server comes to.
func TestFillUsage(t *testing.T) {
	at := time.Date(2026, 11, 24, 10, 0, 30, 0, time.UTC)
	cart := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "cart"}
	s := &analyzer.Snapshot{Cluster: "prod", Workloads: []analyzer.Workload{{
		Ref:        cart,
		Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer}},
		Pods: []analyzer.Pod{
			{Name: "cart-1", Phase: "Running"}, {Name: "cart-2", Phase: "Running"},
			{Name: "cart-3", Phase: "Running"}, {Name: "cart-4", Phase: "Pending"},
		},
	}}}
	kube.Metrics{
		{Namespace: "shop", Pod: "cart-1", Container: "app", Time: at.Add(-10 * time.Second), Window: 15 * time.Second, CPU: 0.25, Memory: 100 << 20},
		{Namespace: "shop", Pod: "cart-2", Container: "app", Time: at, Window: 20 * time.Second, CPU: 80, Memory: 300 << 20},
		{Namespace: "shop", Pod: "stranger", Container: "app", Time: at, Window: 15 * time.Second, CPU: 8000, Memory: 1},
	}.FillUsage(s)

	want := analyzer.Window{Start: at.Add(-20 * time.Second), End: at, Step: 20 * time.Second, Moment: true}
	if s.Window != want {
		t.Errorf("window: got %v, want %v", s.Window, want)
	}
	facts := analyzer.Analyze(s).Workloads[0].Containers[0]
	if got := facts.CPU.Samples; got.Count() != 2 || got.Max() != 80 || got.Sum() != 80.25 {
		t.Errorf("CPU: got %d samples, max %g, sum %g; want 2, 80, 80.25", got.Count(), got.Max(), got.Sum())
	}
	if got := facts.Memory.PodPeak; got.Count() != 2 || got.Max() != 300<<20 {
		t.Errorf("memory peaks: got %d, max %g; want 2, %d", got.Count(), got.Max(), 300<<20)
	}
	wantWarning(t, s.Warnings, analyzer.WarnNoHistory, "one moment, not a history")
	wantWarning(t, s.Warnings, analyzer.WarnPartial, "no reading of 1 of 3 running pods")
}

func TestFillUsageWithoutReadings(t *testing.T) {
	s := &analyzer.Snapshot{}
	kube.Metrics(nil).FillUsage(s)
	if s.Window.Moment || s.Usage != nil || len(s.Warnings) > 0 {
		t.Errorf("got %+v, want the snapshot as it was", s)
	}
}

func wantWarning(t *testing.T, all []analyzer.Warning, code, text string) {
	t.Helper()
	for _, w := range all {
		if w.Code == code && strings.Contains(w.Message, text) {
			return
		}
	}
	t.Errorf("no warning %s with %q among %v", code, text, all)
}
