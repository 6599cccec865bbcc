package analyzer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestImpossibleReadings puts one value among a fortnight's and asks for the
// peaks that are left.
func TestImpossibleReadings(t *testing.T) {
	const mib = 1 << 20
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	w := analyzer.Window{Start: start, End: start.AddDate(0, 0, 14), Step: 5 * time.Minute}
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	for _, c := range []struct {
		name                string
		cpu, memory         float64 // the value, 0 for none
		times               int
		node                analyzer.Amounts
		wantCPU, wantMemory float64
		warned              bool
	}{
		{"nothing odd", 0, 0, 0, analyzer.Amounts{}, 140, 200 * mib, false},
		{"1.8e19", 1.8e19, 1.8e19, 1, analyzer.Amounts{}, 140, 200 * mib, false},
		{"negative", -1, -1, 1, analyzer.Amounts{}, 140, 200 * mib, false},
		{"a thousand times, once", 140_000, 200_000 * mib, 1, analyzer.Amounts{}, 140, 200 * mib, true},
		{"a thousand times, above the node", 140_000, 200_000 * mib, 5, analyzer.Amounts{CPU: 4000, Memory: 16 << 30}, 140, 200 * mib, true},
		{"a peak once, that a machine has", 3_000, 900 * mib, 1, analyzer.Amounts{CPU: 4000, Memory: 16 << 30}, 3000, 900 * mib, false},
		{"a peak that comes again", 0, 70_000 * mib, 3, analyzer.Amounts{}, 140, 70_000 * mib, false},
	} {
		rec := analyzer.NewRecorder(w)
		pod := rec.Pod(ref, "app")
		i := 0
		for at := start.Add(5 * time.Minute); !at.After(w.End); at = at.Add(5 * time.Minute) {
			cpu, memory := 140.0, 200.0*mib
			if i++; i%1000 == 500 && i/1000 < c.times {
				if c.cpu != 0 {
					cpu = c.cpu
				}
				if c.memory != 0 {
					memory = c.memory
				}
			}
			pod.CPU(at.UnixMilli(), cpu)
			pod.Memory(at.UnixMilli(), memory)
		}
		pod.Close()
		s := &analyzer.Snapshot{Window: w, Usage: rec.Usage(), Workloads: []analyzer.Workload{{Ref: ref, Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer}}}}}
		if c.node != (analyzer.Amounts{}) {
			s.Nodes = []analyzer.Node{{Name: "n1", Capacity: c.node}}
		}
		a := analyzer.Analyze(s)
		got := &a.Workloads[0].Containers[0]
		near := func(got, want float64) bool { return got > want*0.98 && got < want*1.02 }
		if !near(got.CPU.Samples.Max(), c.wantCPU) || !near(got.Memory.Samples.Max(), c.wantMemory) || !near(got.Memory.PodPeak.Max(), c.wantMemory) {
			t.Errorf("%s: peaks of %.0fm and %.0f MiB (by pod %.0f), want %.0fm and %.0f MiB", c.name, got.CPU.Samples.Max(), got.Memory.Samples.Max()/mib, got.Memory.PodPeak.Max()/mib, c.wantCPU, c.wantMemory/mib)
		}
		// What is paid is worked out by the snapshot: it has the same days, and what was read stays.
		cpu, memory := most(a.Snapshot.Usage)
		readCPU, readMemory := most(s.Usage)
		if !near(cpu, c.wantCPU) || !near(memory, c.wantMemory) || c.warned && readCPU <= c.wantCPU*1.02 && readMemory <= c.wantMemory*1.02 {
			t.Errorf("%s: the analysis' snapshot has peaks of %.0fm and %.0f MiB, of what was read %.0fm and %.0f MiB", c.name, cpu, memory/mib, readCPU, readMemory/mib)
		}
		warned := false
		for _, w := range a.Warnings {
			warned = warned || w.Code == analyzer.WarnOdd && strings.Contains(w.Message, "cannot be true")
		}
		if warned != c.warned {
			t.Errorf("%s: warned %t, want %t: %v", c.name, warned, c.warned, a.Warnings)
		}
		for _, d := range got.Days {
			for _, h := range d.Hours {
				if float64(h.MemoryPeak) > c.wantMemory*1.02 || float64(h.CPUPeak) > c.wantCPU*1.02 {
					t.Errorf("%s: an hour's peaks are %.0fm and %.0f MiB", c.name, h.CPUPeak, h.MemoryPeak/mib)
				}
			}
		}
	}
}

// TestTwoPodsAtOnce puts the same memory into a few steps of two pods: it is set aside only
// where it is above what they could use.
func TestTwoPodsAtOnce(t *testing.T) {
	const mib = 1 << 20
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	w := analyzer.Window{Start: start, End: start.AddDate(0, 0, 8), Step: 5 * time.Minute}
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	for _, c := range []struct {
		name        string
		limit, node int64 // MiB; 0 where it is not known
		steps       int   // with the spike
		factor      int64 // of the 13 MiB of other steps
		kill        bool
		aside       bool
		started     int // the day of the window on which a pod of now began, from 1; 0 for none
	}{
		{"above the limit", 512, 0, 1, 1000, false, true, 0},
		{"above the node", 0, 8192, 1, 1000, false, true, 0},
		{"nothing known", 0, 0, 1, 1000, false, false, 0},
		{"within the limit", 16384, 65536, 1, 1000, false, false, 0},
		{"within the node, without a limit", 0, 65536, 1, 1000, false, false, 0},
		{"less than twice the limit", 8192, 0, 1, 1000, false, false, 0},
		{"many of them", 512, 0, 200, 1000, false, false, 0},
		{"not far above the others", 512, 0, 1, 100, false, false, 0},
		{"on a day of an OOM kill", 512, 0, 1, 1000, true, false, 0},
		{"above the limit of a pod that ran before", 512, 0, 1, 1000, false, true, 2},
		{"above the limit of a pod that came after", 512, 0, 1, 1000, false, false, 6},
	} {
		rec := analyzer.NewRecorder(w)
		spike := float64(c.factor * 13 * mib)
		for range 2 {
			pod := rec.Pod(ref, "app")
			for i, at := 0, start.Add(5*time.Minute); !at.After(w.End); i, at = i+1, at.Add(5*time.Minute) {
				memory := 13.0 * mib
				if i >= 1000 && i < 1000+c.steps {
					memory = spike
				}
				pod.CPU(at.UnixMilli(), 100)
				pod.Memory(at.UnixMilli(), memory)
				if d := pod.Day(at.UnixMilli()); d != nil {
					if c.started == 0 {
						d.Limits.Memory = c.limit * mib
					}
					if c.kill && i == 1000 {
						d.OOMKills++
					}
				}
			}
			pod.Close()
		}
		s := &analyzer.Snapshot{Window: w, Usage: rec.Usage(), Workloads: []analyzer.Workload{{Ref: ref, Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer}}}}}
		if c.started > 0 {
			now := &s.Workloads[0]
			now.Containers[0].Limits.Memory = c.limit * mib
			now.Pods = []analyzer.Pod{{Name: "web-1", Started: start.AddDate(0, 0, c.started-1)}}
		}
		if c.node > 0 {
			s.Nodes = []analyzer.Node{{Name: "n1", Capacity: analyzer.Amounts{CPU: 4000, Memory: c.node * mib}}}
		}
		a := analyzer.Analyze(s)
		if got := a.Workloads[0].Containers[0].Memory.Samples.Max(); (got < spike/2) != c.aside {
			t.Errorf("%s: a peak of %.0f MiB; set aside: want %t", c.name, got/mib, c.aside)
		}
	}
}

// TestWorkingSetZero has no reading of a container that uses CPU and whose
// working set is 0.
func TestWorkingSetZero(t *testing.T) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	rec := analyzer.NewRecorder(analyzer.Window{Start: start, End: start.Add(time.Hour), Step: time.Minute})
	pod := rec.Pod(analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, "app")
	if pod.Memory(start.Add(time.Minute).UnixMilli(), 0) {
		t.Error("a working set of 0 was taken")
	}
}

// TestImpossibleReadingsOfPods: an impossible reading is neither told as what a pod needs
// as it starts, nor as what one pod needs more than the others.
func TestImpossibleReadingsOfPods(t *testing.T) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	w := analyzer.Window{Start: start, End: start.AddDate(0, 0, 3), Step: 5 * time.Minute}
	ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	rec := analyzer.NewRecorder(w)
	for _, name := range []string{"web-a", "web-b"} {
		pod := rec.Pod(ref, "app").Named(name)
		first := start.Add(30 * time.Hour)
		for at := first; !at.After(w.End); at = at.Add(5 * time.Minute) {
			cpu, memory := 140.0, 200.0*(1<<20)
			if name == "web-b" && at.Equal(first.Add(5*time.Minute)) {
				cpu, memory = 700_000, 1<<42
			}
			pod.CPU(at.UnixMilli(), cpu)
			pod.Memory(at.UnixMilli(), memory)
		}
		pod.Close()
	}
	s := &analyzer.Snapshot{Window: w, Usage: rec.Usage(), Nodes: []analyzer.Node{{Name: "n1", Capacity: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}}},
		Workloads: []analyzer.Workload{{Ref: ref, Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer}}}}}
	began := uint64(0)
	for i := range s.Usage[0].Days {
		began += s.Usage[0].Days[i].Start.Count()
	}
	days := analyzer.Analyze(s).Workloads[0].Containers[0].Days
	for i := range days {
		d := &days[i]
		if d.Start.Max() > 150 || d.PodNeed.Max() > 200 {
			t.Errorf("day %d: a start took %.0fm, a pod needs %.0fm, want 140", i, d.Start.Max(), d.PodNeed.Max())
		}
		for _, p := range d.MostMemory {
			if p.Memory > 1<<40 {
				t.Errorf("day %d: pod %s has %.0f bytes, which no machine has", i, p.Pod, p.Memory)
			}
		}
	}
	if began == 0 {
		t.Error("no start is on record")
	}
}

// most are the largest readings.
func most(usage []analyzer.ContainerUsage) (cpu, memory float64) {
	for i := range usage {
		for j := range usage[i].Days {
			d := &usage[i].Days[j]
			cpu, memory = max(cpu, d.CPU.Max()), max(memory, d.Memory.Max())
		}
	}
	return cpu, memory
}
