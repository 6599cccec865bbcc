package openmetrics_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

const start = 1_760_054_400 // 2025-10-10T00:00:00Z

func collect(t *testing.T, o openmetrics.Options, files map[string]string) openmetrics.Result {
	t.Helper()
	r, err := try(o, files)
	if err != nil {
		t.Fatalf("Collect: %v", err)
	}
	return r
}

func try(o openmetrics.Options, files map[string]string) (openmetrics.Result, error) {
	o.Open = opener(files)
	if o.Files == nil {
		for name := range files {
			o.Files = append(o.Files, name)
		}
		slices.Sort(o.Files)
	}
	return openmetrics.Collect(context.Background(), o)
}

func text(t testing.TB, d dumpSpec) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// plainUsage makes usage comparable: digests by their bytes, and sums rounded,
// since the order of additions may differ.
func plainUsage(t *testing.T, usage []analyzer.ContainerUsage) []string {
	t.Helper()
	var out []string
	for _, u := range usage {
		for _, d := range u.Days {
			line := fmt.Sprintf("%s/%s day %d seen %d oom %d restarts %d throttled %.3f/%.3f %v %v", u.Ref, u.Container, d.Date, d.Seen.Count(), d.OOMKills, d.Restarts, d.Throttled, d.Periods, d.Requests, d.Limits)
			for _, h := range []digest.Histogram{d.CPU, d.Memory, d.PodCPU, d.PodMemory} {
				line += fmt.Sprintf(" [%d %.4g %g %g %.5g %.5g]", h.Count(), h.Sum(), h.Min(), h.Max(), h.Quantile(0.5), h.Quantile(0.95))
			}
			for _, h := range d.Hours {
				line += fmt.Sprintf(" %.3g/%.3g/%.3g", h.CPU, h.Memory, h.Pods)
			}
			out = append(out, line)
		}
	}
	return out
}

var small = dumpSpec{containers: 4, days: 2, stepSeconds: 300, generations: 3, startUnix: start}

// TestAgainstSamples computes what the digests must hold from the samples
// themselves.
func TestAgainstSamples(t *testing.T) {
	d := small
	r := collect(t, openmetrics.Options{Window: 48 * time.Hour}, map[string]string{"d": text(t, d)})
	type values struct{ cpu, memory []float64 }
	want := map[string]*values{}
	for i := range d.containers {
		p := d.place(i)
		k := p.namespace() + "/Deployment/" + p.deployment()
		if want[k] == nil {
			want[k] = &values{}
		}
		for step := range d.steps() {
			if step > d.born(d.gen(step)) {
				want[k].cpu = append(want[k].cpu, 1000*d.cores(i, step))
			}
			want[k].memory = append(want[k].memory, d.bytes(i, step))
		}
	}
	if len(r.Usage) != len(want) {
		t.Fatalf("got %d workloads, want %d", len(r.Usage), len(want))
	}
	for _, u := range r.Usage {
		var cpu, memory digest.Histogram
		for i := range u.Days {
			cpu.Merge(&u.Days[i].CPU)
			memory.Merge(&u.Days[i].Memory)
		}
		w := want[u.Ref.String()]
		if w == nil {
			t.Fatalf("%s was not asked for", u.Ref)
		}
		checkHistogram(t, u.Ref.String()+" cpu", &cpu, w.cpu, 1e-6)
		checkHistogram(t, u.Ref.String()+" memory", &memory, w.memory, 0)
	}
}

func checkHistogram(t *testing.T, name string, h *digest.Histogram, want []float64, slack float64) {
	t.Helper()
	if int(h.Count()) != len(want) {
		t.Fatalf("%s: got %d samples, want %d", name, h.Count(), len(want))
	}
	slices.Sort(want)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.95, 0.99} {
		exact := want[int(math.Ceil(q*float64(len(want))))-1]
		if got := h.Quantile(q); math.Abs(got-exact) > (digest.MaxRelativeError+slack)*exact {
			t.Errorf("%s q%v: got %v, want %v", name, q, got, exact)
		}
	}
	if got, exact := h.Max(), want[len(want)-1]; math.Abs(got-exact) > slack*exact+1e-9 {
		t.Errorf("%s max: got %v, want %v", name, got, exact)
	}
}

// TestForms reads one cluster in every form that a dump may have.
func TestForms(t *testing.T) {
	o := openmetrics.Options{Window: 48 * time.Hour}
	want := plainUsage(t, collect(t, o, map[string]string{"d": text(t, small)}).Usage)
	timeMajor, millis, duplicate, all := small, small, small, small
	timeMajor.timeMajor = true
	millis.millis = true
	duplicate.duplicate = true
	all.timeMajor, all.millis, all.duplicate = true, true, true
	whole := text(t, small)
	forms := map[string]string{
		"time-major":         text(t, timeMajor),
		"milliseconds":       text(t, millis),
		"duplicate jobs":     text(t, duplicate),
		"all of it":          text(t, all),
		"gzip":               gzipped(t, whole),
		"zstd":               zstded(t, whole),
		"gzip in two parts":  gzipped(t, whole[:len(whole)/2]) + gzipped(t, whole[len(whole)/2:]),
		"carriage returns":   strings.ReplaceAll(whole, "\n", "\r\n"),
		"comments and names": "# HELP x y\n# TYPE x counter\nup 1 1760054700\nother{a=\"}\"} 1 1760054700.000\n\n" + whole,
		"no end of last":     strings.TrimSuffix(whole, "\n"),
		"names in braces":    inBraces(whole, `{__name__="%s", `),
		"quoted names":       inBraces(whole, `{"%s", `),
		"exemplars":          strings.Replace(whole, ".000\n", ".000 # {trace_id=\"a}b\"} 0.5 1760054700.000\n", 40),
		"reversed series":    reversed(whole),
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			if got := plainUsage(t, collect(t, o, map[string]string{"d": form}).Usage); !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// inBraces moves the metric's name into the braces.
func inBraces(dump, format string) string {
	lines := strings.Split(dump, "\n")
	for i, l := range lines {
		if name, rest, ok := strings.Cut(l, "{"); ok {
			lines[i] = fmt.Sprintf(format, name) + rest
		}
	}
	return strings.Join(lines, "\n")
}

// reversed puts the last series first.
func reversed(dump string) string {
	var groups []string
	last := ""
	for _, l := range strings.SplitAfter(strings.TrimSuffix(dump, "# EOF\n"), "\n") {
		series := l[:strings.IndexByte(l+"}", '}')]
		if series != last {
			groups = append(groups, "")
			last = series
		}
		groups[len(groups)-1] += l
	}
	slices.Reverse(groups)
	return strings.Join(groups, "") + "# EOF\n"
}

func gzipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t testing.TB, s string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(s), nil))
}

// TestFiles splits a dump by the day: the counters run on across the files,
// whatever their order.
func TestFiles(t *testing.T) {
	o := openmetrics.Options{Window: 48 * time.Hour}
	whole := text(t, small)
	want := plainUsage(t, collect(t, o, map[string]string{"d": whole}).Usage)
	var parts [2]strings.Builder
	for _, l := range strings.SplitAfter(strings.TrimSuffix(whole, "# EOF\n"), "\n") {
		if l == "" {
			continue
		}
		var at float64
		fmt.Sscan(l[strings.LastIndexByte(l, ' ')+1:], &at)
		parts[int(at-1-start)/86400].WriteString(l)
	}
	days := map[string]string{"b": parts[0].String() + "# EOF\n", "a": parts[1].String() + "# EOF\n"} // the later day has the earlier name
	if got := plainUsage(t, collect(t, o, days).Usage); !reflect.DeepEqual(got, want) {
		t.Errorf("two days in two files: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := plainUsage(t, collect(t, o, map[string]string{"replica-a": whole, "replica-b": whole}).Usage); !reflect.DeepEqual(got, want) {
		t.Errorf("two replicas in two files: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// row writes one series: a sample every step seconds from the one given on; ""
// leaves one out.
func row(series string, from, step int, values ...any) string {
	var b strings.Builder
	for i, v := range values {
		if v != "" {
			fmt.Fprintf(&b, "%s %v %d.000\n", series, v, start+from+i*step)
		}
	}
	return b.String()
}

const app = `{namespace="shop",pod="cart-0",container="app"}`

func cpuRow(step int, values ...any) string {
	return row("container_cpu_usage_seconds_total"+app, 0, step, values...)
}

func memoryRow(values ...any) string {
	return row("container_memory_working_set_bytes"+app, 0, 300, values...)
}

// TestUsage checks the rules one by one on a few samples.
func TestUsage(t *testing.T) {
	tests := []struct {
		name   string
		dump   string
		cpu    []float64 // sorted millicores
		memory []float64
	}{
		{"rate over each step", cpuRow(300, 0, 30, 90, 90), []float64{0, 100, 200}, nil},
		{"reset", cpuRow(300, 100, 130, 15, 45), []float64{50, 100, 100}, nil},
		{"one scrape lost", cpuRow(300, 0, 30, "", 150), []float64{100, 200}, nil},
		{"two scrapes lost", cpuRow(300, 0, 30, "", "", 150, 180), []float64{100, 100}, nil},
		{"dense samples make one step", cpuRow(60, 0, 6, 12, 18, 24, 30, 90, 150, 210, 270, 330), []float64{100, 1000}, nil},
		{"stale markers are no samples", cpuRow(300, 0, "NaN", 60), []float64{100}, nil},
		{"memory keeps the peak of a step", row("container_memory_working_set_bytes"+app, 60, 60, 5, 9, 7, 1, 2, 3), nil, []float64{3, 9}},
		{"pod and pause containers are left out", memoryRow(5) +
			row(`container_memory_working_set_bytes{namespace="shop",pod="cart-0",container=""}`, 0, 300, 50) +
			row(`container_memory_working_set_bytes{namespace="shop",pod="cart-0",container="POD"}`, 0, 300, 50) +
			row(`container_memory_working_set_bytes{namespace="shop",pod="cart-0"}`, 0, 300, 50), nil, []float64{5}},
		{"single CPUs are left out", cpuRow(300, 0, 30) +
			row(`container_cpu_usage_seconds_total{cpu="cpu00",namespace="shop",pod="cart-0",container="app"}`, 0, 300, 0, 90), []float64{100}, nil},
		{"the largest of two scrapes, not the sum", memoryRow(5, 5, 9) +
			row(`container_memory_working_set_bytes{job="copy",namespace="shop",pod="cart-0",container="app"}`, 0, 300, 7, "", 6, 4), nil, []float64{4, 5, 7, 9}},
		{"a restart changes the id", memoryRow(5, 6) +
			row(`container_memory_working_set_bytes{id="b",namespace="shop",pod="cart-0",container="app"}`, 600, 300, 1, 2), nil, []float64{1, 2, 5, 6}},
		{"the second container comes first", row(`container_memory_working_set_bytes{id="b",namespace="shop",pod="cart-0",container="app"}`, 600, 300, 1, 2) +
			memoryRow(5, 6), nil, []float64{1, 2, 5, 6}},
		{"exponents", memoryRow("1.048576e+06", "+5"), nil, []float64{5, 1048576}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := collect(t, openmetrics.Options{Window: 24 * time.Hour, Step: 5 * time.Minute}, map[string]string{"d": tt.dump + "# EOF\n"})
			var cpu, memory digest.Histogram
			for _, u := range r.Usage {
				for i := range u.Days {
					cpu.Merge(&u.Days[i].CPU)
					memory.Merge(&u.Days[i].Memory)
				}
			}
			check := func(name string, h *digest.Histogram, want []float64) {
				t.Helper()
				if int(h.Count()) != len(want) {
					t.Fatalf("%s: got %d samples (%v to %v), want %v", name, h.Count(), h.Min(), h.Max(), want)
				}
				for i, w := range want {
					if got := h.Quantile((float64(i) + 0.5) / float64(len(want))); math.Abs(got-w) > digest.MaxRelativeError*w {
						t.Errorf("%s sample %d: got %v, want %v", name, i, got, w)
					}
				}
			}
			check("cpu", &cpu, tt.cpu)
			check("memory", &memory, tt.memory)
		})
	}
}

// TestEvents checks what is counted by the day.
func TestEvents(t *testing.T) {
	rs := func(uid string, from int, v ...any) string {
		return row(`kube_pod_container_status_restarts_total{uid="`+uid+`",namespace="shop",pod="cart-0",container="app"}`, from, 300, v...)
	}
	oom := func(uid, reason string, from int, v ...any) string {
		return row(`kube_pod_container_status_last_terminated_reason{uid="`+uid+`",reason="`+reason+`",namespace="shop",pod="cart-0",container="app"}`, from, 300, v...)
	}
	ended := row(`kube_pod_container_status_terminated_reason{reason="OOMKilled",namespace="shop",pod="cart-0",container="app"}`, 900, 300, 1, 1, 1)
	base := memoryRow(1, 1, 1, 1, 1, 1, 1, 1)
	tests := []struct {
		name                string
		dump                string
		oomKills, restarted int64
	}{
		{"none", base + rs("u", 0, 2, 2, 2), 0, 0},
		{"restarts", base + rs("u", 0, 0, 1, 1, 3), 0, 3},
		{"an OOM kill", base + rs("u", 0, 0, 0, 1, 1) + oom("u", "OOMKilled", 600, 1, 1), 1, 1},
		{"two OOM kills under one reason", base + rs("u", 0, 0, 1, 1, 2) + oom("u", "OOMKilled", 300, 1, 1, 1), 2, 2},
		{"another reason", base + rs("u", 0, 0, 1, 1) + oom("u", "Error", 300, 1, 1), 0, 1},
		{"an error after an OOM kill", base + rs("u", 0, 0, 1, 2) + oom("u", "OOMKilled", 300, 1) + oom("u", "Error", 600, 1), 1, 2},
		{"reason before the dump", base + rs("u", 0, 4, 4) + oom("u", "OOMKilled", 0, 1, 1), 0, 0},
		{"killed before the first reading", base + rs("u", 600, 1, 1) + oom("u", "OOMKilled", 600, 1, 1), 1, 0},
		{"never restarted", base + ended, 1, 0},
		{"seen both ways", base + rs("u", 0, 0, 0, 0, 1, 1) + oom("u", "OOMKilled", 900, 1, 1) + ended, 1, 1},
		{"two kube-state-metrics", base + rs("u", 0, 0, 1, 1) + oom("u", "OOMKilled", 300, 1, 1) +
			strings.ReplaceAll(rs("u", 0, 0, 1, 1)+oom("u", "OOMKilled", 300, 1, 1), "{", `{instance="b",`), 1, 1},
		{"a new pod of the name", base + rs("u", 0, 3, 3) + rs("v", 600, 0, 1), 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for form, dump := range map[string]string{"as it is": tt.dump + "# EOF\n", "reversed": reversed(tt.dump), "by time": byTime(tt.dump)} {
				r := collect(t, openmetrics.Options{}, map[string]string{"d": dump})
				d := r.Usage[0].Days
				var kills, restarts int64
				for _, d := range d {
					kills, restarts = kills+d.OOMKills, restarts+d.Restarts
				}
				if kills != tt.oomKills || restarts != tt.restarted {
					t.Errorf("%s: got %d OOM kills and %d restarts, want %d and %d", form, kills, restarts, tt.oomKills, tt.restarted)
				}
			}
		})
	}
}

// byTime sorts the lines of a dump by their timestamps.
func byTime(dump string) string {
	lines := strings.Split(strings.TrimSpace(dump), "\n")
	slices.SortStableFunc(lines, func(a, b string) int {
		return strings.Compare(a[strings.LastIndexByte(a, ' '):], b[strings.LastIndexByte(b, ' '):])
	})
	return strings.Join(lines, "\n") + "\n# EOF\n"
}

func TestThrottlingAndSettings(t *testing.T) {
	dump := memoryRow(1, 1, 1) +
		row("container_cpu_cfs_periods_total"+app, 0, 300, 0, 3000, 6000) +
		row("container_cpu_cfs_throttled_periods_total"+app, 0, 300, 0, 30, 90) +
		row(`container_cpu_cfs_periods_total{job="copy",namespace="shop",pod="cart-0",container="app"}`, 0, 300, 0, 3000) +
		row(`kube_pod_container_resource_requests{resource="cpu",namespace="shop",pod="cart-0",container="app"}`, 300, 300, 0.1, 0.25) +
		row(`kube_pod_container_resource_requests{resource="nvidia_com_gpu",namespace="shop",pod="cart-0",container="app"}`, 300, 300, 2) +
		row(`kube_pod_container_resource_requests{resource="ephemeral_storage",namespace="shop",pod="cart-0",container="app"}`, 300, 300, 2) +
		row(`kube_pod_container_resource_limits{resource="memory",exported_namespace="shop",exported_pod="cart-0",exported_container="app",namespace="monitoring",pod="ksm",container="ksm"}`, 300, 300, 1<<30, 1<<29) +
		"# EOF\n"
	r := collect(t, openmetrics.Options{}, map[string]string{"d": dump})
	if len(r.Usage) != 1 {
		t.Fatalf("got %d containers, want 1", len(r.Usage))
	}
	d := r.Usage[0].Days[len(r.Usage[0].Days)-1]
	if math.Abs(d.Periods-6000) > 1e-6 || math.Abs(d.Throttled-90) > 1e-6 {
		t.Errorf("got %v of %v periods throttled, want 90 of 6000", d.Throttled, d.Periods)
	}
	if want := (analyzer.Amounts{CPU: 250, GPU: 2}); d.Requests != want {
		t.Errorf("requests: got %v, want %v", d.Requests, want)
	}
	if want := (analyzer.Amounts{Memory: 1 << 30}); d.Limits != want {
		t.Errorf("limits: got %v, want %v", d.Limits, want)
	}
}
