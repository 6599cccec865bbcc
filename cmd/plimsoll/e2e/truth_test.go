//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

// truth is what the testbed computed of its own history, without Prometheus
// and without any code of plimsoll's.
type truth struct {
	Namespace, Kind, Workload, Container string

	Pods, OOMKills, Restarts int
	Samples, Steps, Covered  int
	CPU, Memory              struct{ Mean, P50, P95, P99, Max float64 }
	DayPeaks                 []struct{ Bytes float64 }
	Throttled                float64
	Current                  struct{ CPURequest, MemoryRequest, CPULimit, MemoryLimit float64 }
}

func (x truth) String() string {
	return fmt.Sprintf("%s/%s/%s %s", x.Namespace, x.Kind, x.Workload, x.Container)
}

func (b *bed) truths(t *testing.T) map[string]truth {
	t.Helper()
	raw, err := os.ReadFile(b.Truth)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Containers []truth }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]truth{}
	for _, x := range file.Containers {
		out[x.String()] = x
	}
	return out
}

// tolerance is the digest's error and a percent for the other copy of an HA
// pair or duplicate job, whose scrapes are some seconds apart.
const tolerance = 1.0/128 + 0.01

// near reports whether got is want within the tolerance, or within least.
func near(got, want, least float64) bool {
	return math.Abs(got-want) <= max(tolerance*math.Abs(want), least)
}

func amount(t *testing.T, s string) float64 {
	t.Helper()
	q, err := resource.ParseQuantity(s)
	if err != nil {
		t.Fatalf("quantity %q: %v", s, err)
	}
	return q.AsApproximateFloat64()
}

// TestE2EUsageIsTheTruth compares what the report says was used, by the real
// Prometheus, with what the testbed wrote.
func TestE2EUsageIsTheTruth(t *testing.T) {
	report := live.audit(t, live.Kubeconfig, "--end", live.end()).report
	truths := live.truths(t)
	if n := report.Nodes.Current.Count; n != 40 {
		t.Errorf("got %d nodes, want 40", n)
	}
	compared := 0
	for _, w := range report.Workloads {
		for _, c := range w.Containers {
			want, ok := truths[fmt.Sprintf("%s/%s/%s %s", w.Namespace, w.Kind, w.Name, c.Name)]
			// A batch pod's last minutes weigh much in a pool of short runs; those
			// are held against the truth where the pool is large.
			if !ok || want.Samples < 500 {
				continue
			}
			compared++
			compareUsage(t, want, c)
			compareAdvice(t, want, c)
		}
	}
	if compared < 80 {
		t.Errorf("only %d containers were compared", compared)
	}
	t.Logf("%d containers compared", compared)
}

func compareUsage(t *testing.T, want truth, c container) {
	t.Helper()
	cpu, memory := c.Usage["cpu"], c.Usage["memory"]
	if cpu == nil || memory == nil {
		t.Errorf("%s: no usage; the history has %d samples", want, want.Samples)
		return
	}
	for name, v := range map[string]float64{"mean": want.CPU.Mean, "p50": want.CPU.P50, "p95": want.CPU.P95, "p99": want.CPU.P99} {
		if got := amount(t, cpu[name]); !near(got, v, 0.001) {
			t.Errorf("%s: CPU %s is %.4f, the truth %.4f", want, name, got, v)
		}
	}
	if got := amount(t, memory["max"]); !near(got, want.Memory.Max, 1<<20) {
		t.Errorf("%s: memory max is %.0f, the truth %.0f", want, got, want.Memory.Max)
	}
	if c.OOMKills != want.OOMKills {
		t.Errorf("%s: %d OOM kills, the truth %d", want, c.OOMKills, want.OOMKills)
	}
}

// compareAdvice works the rule out by hand, from the truth alone. HPAs,
// LimitRanges, throttling, leaks and tails have rule cases of their own; here
// the plain ones are compared.
func compareAdvice(t *testing.T, want truth, c container) {
	t.Helper()
	if c.Recommended == nil || len(c.Warnings) > 0 || c.Confidence < 0.9 {
		return
	}
	check := func(name string, got, now, base, unit float64) {
		low, high := math.Floor(base*(1-tolerance)*1.15/unit)*unit, math.Ceil(base*(1+tolerance)*1.15/unit)*unit
		stays := got == now && now > 0 && low <= now*1.05 && high >= now*0.95
		if (got < low || got > high) && !stays {
			t.Errorf("%s: %s request %g is outside [%g, %g] (now %g)", want, name, got, low, high, now)
		}
	}
	cpu := max(want.CPU.P95, 0.005/1.15)
	unit := 0.001
	if cpu*1.15 > 1 {
		unit = 0.01
	}
	check("cpu", amount(t, c.Recommended.Requests["cpu"]), want.Current.CPURequest, cpu, unit)
	const mib = 1 << 20
	memory := max(want.Memory.Max, 12*mib/1.15)
	got := amount(t, c.Recommended.Requests["memory"])
	if level, ok := weekLevel(want); ok && min(level, 2*want.Memory.Max) > memory*1.15 {
		memory = min(level, 2*want.Memory.Max) / 1.15
	}
	check("memory", got, want.Current.MemoryRequest, memory, mib)
}

// weekLevel is the peak that a week exceeds with probability 1 %, by a Gumbel
// fit to the truth's daily peaks (method of moments).
func weekLevel(want truth) (float64, bool) {
	n := float64(len(want.DayPeaks))
	if n < 7 {
		return 0, false
	}
	var mean, variance float64
	for _, p := range want.DayPeaks {
		mean += p.Bytes / n
	}
	for _, p := range want.DayPeaks {
		variance += (p.Bytes - mean) * (p.Bytes - mean) / (n - 1)
	}
	scale := math.Sqrt(6*variance) / math.Pi
	return mean - 0.5772156649*scale - scale*math.Log(-math.Log(0.99)/7), true
}
