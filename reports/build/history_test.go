package build_test

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestHistory: an hour's usage is one pod's, a day without hours is a gap, and
// a window too long for hours has longer slots.
func TestHistory(t *testing.T) {
	for _, tt := range []struct{ days, slotHours int }{{2, 1}, {14, 1}, {30, 3}, {400, 168}} {
		h := historyOf(tt.days)
		if h.SlotHours != tt.slotHours || h.Slots > 14*24 || h.Slots*h.SlotHours < 24*tt.days {
			t.Errorf("%d days: got %d slots of %d hours, want slots of %d", tt.days, h.Slots, h.SlotHours, tt.slotHours)
		}
	}
	h := historyOf(2)
	c := h.Of("shop", "Deployment", "cart", "app")
	if c == nil {
		t.Fatal("no history of the container")
	}
	cpu, pods, peak := c.CPU.Mean.Values(), c.Pods.Values(), c.CPU.Peak.Values()
	if math.Abs(cpu[3]-100) > 2 || math.Abs(pods[3]-2) > 0.04 || math.Abs(peak[3]-150) > 3 {
		t.Errorf("hour 3: got %v of one of %v pods, peak %v; want 100, 2, 150", cpu[3], pods[3], peak[3])
	}
	if !math.IsNaN(cpu[30]) {
		t.Errorf("hour 30 was not seen: got %v", cpu[30])
	}
	if len(c.Days) != 1 || c.Days[0].Date != "2026-11-01" || c.Days[0].OOMKills != 2 {
		t.Errorf("got days %+v", c.Days)
	}
	if got := c.Settings; len(got) != 1 || got[0].Requests.CPU.String() != "250m" {
		t.Errorf("got settings %+v", got)
	}
}

func historyOf(days int) *document.History {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	date := int32(start.Unix() / 86400)
	day := analyzer.Day{Date: date, OOMKills: 2, Hours: make([]analyzer.Hour, 24)}
	for i := range day.Hours {
		day.Hours[i] = analyzer.Hour{CPU: 200, CPUPeak: 150, Memory: 2e6, MemoryPeak: 3e6, Pods: 2}
	}
	w := &analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "cart"}}
	facts := &analyzer.Analysis{
		Snapshot: &analyzer.Snapshot{Window: analyzer.Window{Start: start, End: start.AddDate(0, 0, days), Step: time.Minute}},
		Workloads: []analyzer.WorkloadFacts{{Workload: w, Containers: []analyzer.ContainerFacts{{
			Container: analyzer.Container{Name: "app"}, Days: []analyzer.Day{day},
			History: []analyzer.Setting{{Date: date, Requests: analyzer.Amounts{CPU: 250}}},
		}}}},
	}
	return build.Report(build.Input{Analysis: facts}).History
}
