package openmetrics_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

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

// TestDaysBetween: days without samples between others are named.
func TestDaysBetween(t *testing.T) {
	day := func(d int) string { return row("container_memory_working_set_bytes"+app, d*86400+60, 300, 1, 2, 3) }
	for _, tt := range []struct{ dump, want string }{
		{day(0) + day(1) + day(2), ""},
		{day(0) + day(1) + day(4) + day(5), "there are samples of 3 of 14 days, from 2025-10-10 on, none from 2025-10-12 to 2025-10-13: the dumps lack them, or nothing ran; advice rests on the others alone"},
	} {
		r := collect(t, openmetrics.Options{}, map[string]string{"d": tt.dump + "# EOF\n"})
		got := ""
		for _, w := range r.Warnings {
			if w.Code == analyzer.WarnPartial && w.Subject == "days" {
				got += w.Message
			}
		}
		if got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestMixedIntervals: series that are read every ten minutes count as much, and over as
// much time, as those of the same use that are read every minute; a lost reading or one
// too many changes nothing of it.
func TestMixedIntervals(t *testing.T) {
	series := func(pod, metric string, step, n int, value func(second int) float64, but func(i int) bool) string {
		values := make([]any, n)
		for i := range values {
			if values[i] = value(i * step); but != nil && but(i) {
				values[i] = ""
			}
		}
		return row(metric+`{namespace="shop",pod="`+pod+`",container="app"}`, 0, step, values...)
	}
	const hours = 6
	dump := ""
	add := func(pod string, step int, but func(i int) bool) {
		dump += series(pod, "container_cpu_usage_seconds_total", step, hours*3600/step+1, func(s int) float64 { return 0.25 * float64(s) }, but)
		dump += series(pod, "container_memory_working_set_bytes", step, hours*3600/step+1, func(int) float64 { return 1 << 30 }, but)
	}
	for _, pod := range []string{"fast-0", "quick-0", "quick-1", "quick-2"} {
		add(pod, 60, nil)
	}
	add("slow-0", 600, nil)
	add("late-0", 1800, nil)
	add("holes-0", 600, func(i int) bool { return i == 7 })
	r := collect(t, openmetrics.Options{}, map[string]string{"d": dump + "# EOF\n"})
	if r.Window.Step != 5*time.Minute {
		t.Fatalf("got step %v, want 5m", r.Window.Step)
	}
	tell := func(name string) (cpu, memory float64, slots int) {
		for _, u := range r.Usage {
			if !strings.HasPrefix(u.Name, name) {
				continue
			}
			for _, d := range u.Days {
				slots += d.Seen.Count()
				for _, h := range d.Hours {
					cpu, memory = cpu+float64(h.CPU), memory+float64(h.Memory)
				}
			}
		}
		return cpu, memory, slots
	}
	cpu, memory, slots := tell("fast")
	if slots < hours*12 {
		t.Fatalf("fast: seen in %d slots of five minutes, want %d", slots, hours*12)
	}
	for _, name := range []string{"slow", "late", "holes"} {
		c, m, s := tell(name)
		if math.Abs(c-cpu) > cpu/50 || math.Abs(m-memory) > memory/10 || s < slots-6 {
			t.Errorf("%s: got %.0f millicore-hours, %.3g byte-hours, %d slots; want as fast: %.0f, %.3g, %d", name, c, m, s, cpu, memory, slots)
		}
	}
}

// TestTimeToCome: a sample of a time that is not yet moves no window, and is told of.
func TestTimeToCome(t *testing.T) {
	dump := strings.TrimSpace(memoryRow(1, 1, 1)) + fmt.Sprintf("\ncontainer_memory_working_set_bytes%s 1 %d.000\n", app, time.Now().AddDate(5, 0, 0).Unix())
	dump += row("container_memory_working_set_bytes"+`{namespace="shop",pod="late-0",container="app"}`, 0, 300, 1, 1, 1)
	r := collect(t, openmetrics.Options{}, map[string]string{"d": dump + "# EOF\n"})
	want := collect(t, openmetrics.Options{}, map[string]string{"d": memoryRow(1, 1, 1) + "# EOF\n"})
	if r.Window != want.Window || len(r.Usage) != 2 || !reflect.DeepEqual(r.Usage[0], want.Usage[0]) {
		t.Errorf("got window %v and usage %v, want window %v and both containers", r.Window, r.Usage, want.Window)
	}
	if !slices.ContainsFunc(r.Warnings, func(w analyzer.Warning) bool {
		return w.Code == analyzer.WarnOdd && strings.HasPrefix(w.Message, "1 sample cannot be true") && strings.HasSuffix(w.Message, "of shop/cart-0/app")
	}) {
		t.Errorf("nothing tells of the sample: %v", r.Warnings)
	}
}
