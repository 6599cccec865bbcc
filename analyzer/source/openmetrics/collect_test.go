package openmetrics_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
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

// TestOwners: owners come after the samples and lead up to the top.
func TestOwners(t *testing.T) {
	mem := func(pod string) string {
		return row(`container_memory_working_set_bytes{namespace="shop",pod="`+pod+`",container="c"}`, 0, 300, 1)
	}
	dump := mem("web-abc-x1") + mem("batch-7-y") + mem("lone") + mem("live-0") +
		row(`kube_job_owner{namespace="shop",job_name="batch-7",owner_kind="CronJob",owner_name="batch"}`, 0, 300, 1) +
		row(`kube_pod_owner{namespace="shop",pod="batch-7-y",owner_kind="Job",owner_name="batch-7",owner_is_controller="true"}`, 0, 300, 1) +
		row(`kube_pod_owner{namespace="shop",pod="lone",owner_kind="<none>",owner_name="<none>",owner_is_controller="<none>"}`, 0, 300, 1) +
		row(`kube_pod_owner{namespace="shop",pod="web-abc-x1",owner_kind="ReplicaSet",owner_name="web-abc",owner_is_controller="true"}`, 0, 300, 1) +
		row(`kube_pod_owner{namespace="shop",pod="web-abc-x1",owner_kind="Thing",owner_name="other",owner_is_controller="false"}`, 0, 300, 1) +
		row(`kube_replicaset_owner{namespace="shop",replicaset="web-abc",owner_kind="Deployment",owner_name="web",owner_is_controller="true"}`, 0, 300, 1) +
		"# EOF\n"
	owners := &analyzer.Owners{}
	owners.AddWorkload(&analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: "StatefulSet", Name: "live"}})
	r := collect(t, openmetrics.Options{Owners: owners}, map[string]string{"d": dump})
	var got []string
	for _, u := range r.Usage {
		got = append(got, u.Ref.String())
	}
	want := []string{"shop/CronJob/batch", "shop/Deployment/web", "shop/Pod/lone", "shop/StatefulSet/live"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWindow(t *testing.T) {
	day := func(d int) string { return row("container_memory_working_set_bytes"+app, d*86400+60, 300, 1, 2, 3) }
	dump := day(0) + day(1) + day(2) + "# EOF\n"
	at := func(s string) time.Time { x, _ := time.Parse(time.RFC3339, s); return x }
	tests := []struct {
		name       string
		window     time.Duration
		end        time.Time
		start, to  string
		seen, days int
	}{
		{"the dump's own end", 24 * time.Hour, time.Time{}, "2025-10-11T00:15:00Z", "2025-10-12T00:15:00Z", 3, 1},
		{"a given end", 24 * time.Hour, at("2025-10-11T12:00:00Z"), "2025-10-10T12:00:00Z", "2025-10-11T12:00:00Z", 3, 1},
		{"all of it", 0, time.Time{}, "2025-09-28T00:15:00Z", "2025-10-12T00:15:00Z", 9, 3},
		{"an end within a step", time.Hour, at("2025-10-11T00:12:34Z"), "2025-10-10T23:10:00Z", "2025-10-11T00:10:00Z", 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := collect(t, openmetrics.Options{Window: tt.window, End: tt.end}, map[string]string{"d": dump})
			if want := (analyzer.Window{Start: at(tt.start), End: at(tt.to), Step: 5 * time.Minute}); r.Window != want {
				t.Errorf("got window %v, want %v", r.Window, want)
			}
			seen := 0
			for _, d := range r.Usage[0].Days {
				seen += int(d.Memory.Count())
			}
			if seen != tt.seen || len(r.Usage[0].Days) != tt.days {
				t.Errorf("got %d samples on %d days, want %d on %d", seen, len(r.Usage[0].Days), tt.seen, tt.days)
			}
		})
	}
}

// TestLongSteps: where samples are ten minutes apart, so are the steps.
func TestLongSteps(t *testing.T) {
	r := collect(t, openmetrics.Options{}, map[string]string{"d": cpuRow(600, 0, 60, 120, 180) + "# EOF\n"})
	if r.Window.Step != 10*time.Minute {
		t.Errorf("got step %v, want 10m", r.Window.Step)
	}
	d := r.Usage[0].Days[0]
	if d.CPU.Count() != 3 || d.Seen.Count() != 6 {
		t.Errorf("got %d samples in %d slots, want 3 in 6", d.CPU.Count(), d.Seen.Count())
	}
}

func TestMatchers(t *testing.T) {
	dump := `container_memory_working_set_bytes{cluster="a",namespace="x",pod="p",container="c"} 1 1760054700.000
container_memory_working_set_bytes{cluster="b",namespace="y",pod="p",container="c"} 1 1760054700.000
container_memory_working_set_bytes{namespace="z",pod="p",container="c"} 1 1760054700.000
# EOF
`
	r := collect(t, openmetrics.Options{Matchers: []openmetrics.Matcher{{Name: "cluster", Value: "b"}}}, map[string]string{"d": dump})
	if len(r.Usage) != 1 || r.Usage[0].Namespace != "y" {
		t.Errorf("got %v, want namespace y alone", r.Usage)
	}
	_, err := try(openmetrics.Options{Matchers: []openmetrics.Matcher{{Name: "cluster", Value: "c"}}}, map[string]string{"d": dump})
	if err == nil || !strings.Contains(err.Error(), "3 series were left out by the label matchers") {
		t.Errorf("got error %v, want one that names the matchers", err)
	}
}

func TestErrors(t *testing.T) {
	whole := text(t, dumpSpec{containers: 2, days: 1, stepSeconds: 3600, generations: 1, startUnix: start})
	good := memoryRow(1, 2, 3)
	packed := gzipped(t, whole)
	zpacked := zstded(t, whole)
	tests := []struct {
		name, dump, want string
		cut              bool
	}{
		{"no such metric", "up{job=\"x\"} 1 1760054700.000\n# EOF\n", "holds no usage of containers", false},
		{"empty", "", "the file is empty", false},
		{"cut in a line", whole[:len(whole)/2], "it ends in the middle of line", true},
		{"cut within gzip", packed[:len(packed)/2], "the compressed data ends after line", true},
		{"cut within gzip's header", packed[:6], "hardly begun", true},
		{"cut within zstd", zpacked[:len(zpacked)-9], "the compressed data ends after line", true},
		{"HTML", "<!DOCTYPE html>\n<html><body>Log in</body></html>\n", "line 1: this is HTML or XML", false},
		{"JSON", `{"status":"success","data":{"result":[]}}` + "\n", "line 1: this is JSON", false},
		{"pretty JSON", "{\n  \"a\": 1\n}\n", "line 1: this is JSON", false},
		{"binary", "\x00\x01\x02 {}\n", "not a dump of metrics", false},
		{"xz", "\xfd7zXZ\x00abcdefghijk", "xz-compressed", false},
		{"text", "hello, world\n", "line 1: not a sample", false},
		{"no timestamp", good + "container_memory_working_set_bytes" + app + " 4\n", "line 4: no timestamp", false},
		{"bad timestamp", good + "container_memory_working_set_bytes" + app + " 4 yesterday\n", `line 4: the timestamp "yesterday" is not a number`, false},
		{"negative timestamp", good + "container_memory_working_set_bytes" + app + " 4 -5\n", "line 4: the timestamp", false},
		{"nanoseconds", good + "container_memory_working_set_bytes" + app + " 4 1760054700000000000\n", "neither seconds nor milliseconds", false},
		{"mixed units", good + "container_memory_working_set_bytes" + app + " 4 1760058300000\n", "line 4: a timestamp in milliseconds, where those before are in seconds", false},
		{"bad value", good + "container_memory_working_set_bytes" + app + " four 1760058300.000\n", `line 4: the value "four" is not a number`, false},
		{"no value", good + "container_memory_working_set_bytes" + app + " \n", "line 4: no value", false},
		{"words after", good + "container_memory_working_set_bytes" + app + " 4 1760058300.000 5\n", `line 4: "5" after the timestamp`, false},
		{"open labels", good + "container_memory_working_set_bytes{namespace=\"x 4 1760058300.000\n", "line 4: not a sample", false},
		{"back in time", good + good, "line 4: the series goes back in time", false},
		{"two dumps in one", whole + whole, "text after \"# EOF\"", false},
		{"endless line", "x{a=\"" + strings.Repeat("y", 2<<20), "line 1 is longer than 1024 KiB", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := try(openmetrics.Options{}, map[string]string{"shop.om": tt.dump})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "shop.om") {
				t.Fatalf("got error %v, want one of shop.om with %q", err, tt.want)
			}
			if errors.Is(err, openmetrics.ErrCut) != tt.cut {
				t.Errorf("got errors.Is(ErrCut) = %v, want %v: %v", !tt.cut, tt.cut, err)
			}
			if strings.ContainsRune(err.Error(), '\n') || len(err.Error()) > 500 {
				t.Errorf("the error is not one line: %q", err)
			}
		})
	}
}

// TestMissing: a file that cannot be opened, and a pipe, which gives nothing
// when it is read again.
func TestMissing(t *testing.T) {
	if _, err := try(openmetrics.Options{Files: []string{"gone"}}, nil); err == nil || !strings.Contains(err.Error(), "opening the dump") {
		t.Errorf("got error %v, want one of opening", err)
	}
	if _, err := try(openmetrics.Options{Files: []string{}}, nil); err == nil {
		t.Error("no files: got no error")
	}
	files := map[string]string{"pipe": memoryRow(1, 2, 3) + "# EOF\n"}
	open := opener(files)
	o := openmetrics.Options{Files: []string{"pipe"}, Open: open, Progress: nil}
	read := 0
	o.Open = func(name string) (io.ReadCloser, error) {
		if read++; read == 2 {
			files["pipe"] = memoryRow(1, 2) + "# EOF\n"
		}
		return open(name)
	}
	if _, err := openmetrics.Collect(context.Background(), o); err == nil || !strings.Contains(err.Error(), "second reading differs") {
		t.Errorf("got error %v, want one of the second reading", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	big := strings.Repeat("up 1 1760054700\n", 1<<17)
	o.Open = opener(map[string]string{"pipe": big})
	if _, err := openmetrics.Collect(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

func TestWarnings(t *testing.T) {
	r := collect(t, openmetrics.Options{}, map[string]string{"d": memoryRow(1, -2, "+Inf")})
	var got []string
	for _, w := range r.Warnings {
		got = append(got, w.Code+" "+w.Subject)
	}
	want := []string{
		"missing container_cpu_usage_seconds_total", "missing kube_pod_container_resource_requests",
		"missing kube_pod_container_status_restarts_total", "missing kube_pod_owner", "missing kube_replicaset_owner",
		"odd-value container_memory_working_set_bytes", "partial d", "partial window", "unmatched pods",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := (analyzer.Source{Kind: "openmetrics", Name: "d", Reads: "usage"}); r.Source != want {
		t.Errorf("source: got %v, want %v", r.Source, want)
	}
}

func FuzzCollect(f *testing.F) {
	whole := text(f, dumpSpec{containers: 1, days: 1, stepSeconds: 14400, generations: 2, startUnix: start})
	f.Add([]byte(whole))
	f.Add([]byte(inBraces(whole, `{"%s", `)))
	f.Add([]byte(whole[:200]))
	f.Add([]byte(gzipped(f, whole)))
	f.Add([]byte(zstded(f, whole)))
	f.Add([]byte(cpuRow(1, 0, "1e300", "NaN", "-1", 5) + "# EOF"))
	f.Add([]byte(`container_memory_working_set_bytes{a="\"\\\n}",namespace="n",pod="p",container="c"} 0x1p-2 99999999999999 # {} 1`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := try(openmetrics.Options{Files: []string{"x"}}, map[string]string{"x": string(data)})
		if err != nil {
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("the error is not one line: %q", err)
			}
			return
		}
		for _, u := range r.Usage {
			for _, d := range u.Days {
				if d.CPU.Count() > uint64(r.Samples) || d.Memory.Count() > uint64(r.Samples) {
					t.Errorf("%d and %d samples of %d", d.CPU.Count(), d.Memory.Count(), r.Samples)
				}
			}
		}
	})
}
