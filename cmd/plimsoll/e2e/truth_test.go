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
	compared, cpus := 0, tallied{}
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
			compareAdvice(t, want, c, &cpus)
		}
	}
	if compared < 80 {
		t.Errorf("only %d containers were compared", compared)
	}
	if 10*cpus.below > cpus.all {
		t.Errorf("%d of %d requests of CPU are below the 95th percentile, want a tenth at most", cpus.below, cpus.all)
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

// tallied is how many requests of CPU were compared, and how many of them are below
// the truth's 95th percentile.
type tallied struct{ all, below int }

// compareAdvice holds the advice against the truth alone. Margins are learnt from
// the fleet, so that the exact size is not to be told by hand; the promise is: no
// request of memory below the peak nor twice it, and CPU above its 95th
// percentile but in few containers (see TestE2EUsageIsTheTruth). HPAs,
// LimitRanges, throttling and leaks have rule cases of their own.
func compareAdvice(t *testing.T, want truth, c container, cpus *tallied) {
	t.Helper()
	if c.Recommended == nil || len(c.Warnings) > 0 || c.Confidence < 0.9 {
		return
	}
	const mib = 1 << 20
	if got, most := amount(t, c.Recommended.Requests["memory"]), want.Memory.Max; got > 0 {
		low, high := most*(1-tolerance)-mib, max(2*most*(1+tolerance), 32*mib)
		if stays := got == want.Current.MemoryRequest; got < low || got > high && !stays {
			t.Errorf("%s: memory request %g is outside [%g, %g] (now %g)", want, got, low, high, want.Current.MemoryRequest)
		}
	}
	got := amount(t, c.Recommended.Requests["cpu"])
	if cpus.all++; got < want.CPU.P95*(1-tolerance)-0.001 {
		cpus.below++
	}
	if high := max(1.6*want.CPU.Max, 0.02); got > high && got != want.Current.CPURequest {
		t.Errorf("%s: cpu request %g is above %g (now %g)", want, got, high, want.Current.CPURequest)
	}
}
