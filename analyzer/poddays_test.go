package analyzer_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// podDays records five pods of one day: pod-i uses 100 x i millicores and i MiB, and
// starts at begin of the day.
func podDays(begin time.Duration, pods ...int) []analyzer.ContainerUsage {
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rec := analyzer.NewRecorder(analyzer.Window{Start: start, End: start.AddDate(0, 0, 1), Step: 5 * time.Minute})
	ref := analyzer.Ref{Namespace: "shop", Kind: "DaemonSet", Name: "agent"}
	for _, i := range pods {
		s := rec.Pod(ref, "app").Named(fmt.Sprintf("pod-%d", i))
		for at := begin + 5*time.Minute; at <= 24*time.Hour; at += 5 * time.Minute {
			ms, cpu := start.Add(at).UnixMilli(), 100*float64(i)
			if at <= begin+10*time.Minute {
				cpu = 5000
			}
			s.CPU(ms, cpu)
			s.Memory(ms, float64(i)*(1<<20))
		}
		s.Close()
	}
	return rec.Usage()
}

func names(list []analyzer.PodNeed) (out []string) {
	for _, p := range list {
		out = append(out, p.Pod)
	}
	return out
}

func TestPodsThatNeedMost(t *testing.T) {
	d := podDays(6*time.Hour, 1, 2, 3, 4, 5)[0].Days[0]
	if want := []string{"pod-5", "pod-4", "pod-3"}; !slices.Equal(names(d.MostCPU), want) || !slices.Equal(names(d.MostMemory), want) {
		t.Errorf("got %v and %v, want %v", d.MostCPU, d.MostMemory, want)
	}
	if got := d.MostCPU[0].CPU; got < 500 || got > 500*1.13 {
		t.Errorf("pod-5 needs %v millicores, want 500 and an eighth at most", got)
	}
	if d.PodNeed.Count() != 5 || d.PodNeed.Min() < 100 || d.PodNeed.Min() > 113 {
		t.Errorf("got the needs of %d pods from %v on, want 5 from 100 on", d.PodNeed.Count(), d.PodNeed.Min())
	}
	if d.Start.Count() != 10 || d.Start.Min() != 5000 {
		t.Errorf("got %d samples of starts from %v on, want 10 of 5000", d.Start.Count(), d.Start.Min())
	}
}

func TestPodsAtMidnightDidNotStart(t *testing.T) {
	if d := podDays(0, 1, 2)[0].Days[0]; d.Start.Count() != 0 {
		t.Errorf("got %d samples of starts of pods that were there all day, want none", d.Start.Count())
	}
}

func TestOnePodNeedsNoName(t *testing.T) {
	if d := podDays(0, 1)[0].Days[0]; len(d.MostCPU)+len(d.MostMemory) > 0 || !d.PodNeed.IsZero() {
		t.Errorf("got %v, %v and %d needs of a workload's only pod", d.MostCPU, d.MostMemory, d.PodNeed.Count())
	}
}

// TestMergeOfPods: shards add up to the whole, in any order.
func TestMergeOfPods(t *testing.T) {
	whole := podDays(6*time.Hour, 1, 2, 3, 4, 5, 6)[0].Days[0]
	a, b := func() []analyzer.ContainerUsage { return podDays(6*time.Hour, 1, 6, 3) }, func() []analyzer.ContainerUsage { return podDays(6*time.Hour, 5, 2, 4) }
	for _, merged := range [][]analyzer.ContainerUsage{analyzer.MergeUsage(a(), b()), analyzer.MergeUsage(b(), a())} {
		d := merged[0].Days[0]
		if !reflect.DeepEqual(d.MostCPU, whole.MostCPU) || !reflect.DeepEqual(d.MostMemory, whole.MostMemory) {
			t.Errorf("got %v and %v, want %v and %v", d.MostCPU, d.MostMemory, whole.MostCPU, whole.MostMemory)
		}
		if d.PodNeed.Count() != whole.PodNeed.Count() || d.Start.Count() != whole.Start.Count() {
			t.Errorf("got %d needs and %d samples of starts, want %d and %d", d.PodNeed.Count(), d.Start.Count(), whole.PodNeed.Count(), whole.Start.Count())
		}
	}
}
