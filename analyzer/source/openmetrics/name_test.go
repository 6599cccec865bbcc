package openmetrics_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

// dumpOf writes an hour of one container: 250 millicores and 64 MiB, the CPU
// as a counter or as a gauge of cores.
func dumpOf(cpu, memory, labels string, gauge bool) string {
	var b strings.Builder
	for i := range 121 {
		at := 1_780_000_000 + 30*i
		v := 0.25 * 30 * float64(i)
		if gauge {
			v = 0.25
		}
		if cpu != "" {
			fmt.Fprintf(&b, "%s %g %d\n", series(cpu, labels), v, at)
		}
		fmt.Fprintf(&b, "%s %d %d\n", series(memory, labels), 64<<20, at)
	}
	return b.String() + "# EOF\n"
}

// series writes a name that has dots within the braces, quoted.
func series(name, labels string) string {
	if strings.Contains(name, ".") {
		return fmt.Sprintf("{%q,%s}", name, labels)
	}
	return name + "{" + labels + "}"
}

func collectText(text string, owners *analyzer.Owners) (openmetrics.Result, error) {
	return openmetrics.Collect(context.Background(), openmetrics.Options{
		Files: []string{"dump"}, Owners: owners,
		Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
	})
}

// TestOtherNames reads the same usage under the names that it goes by.
func TestOtherNames(t *testing.T) {
	const usual = `namespace="shop",pod="web-1",container="main"`
	const otel = `k8s_namespace_name="shop",k8s_pod_name="web-1",k8s_container_name="main"`
	const rule = "node_namespace_pod_container:container_cpu_usage_seconds_total:"
	for _, c := range []struct {
		name, cpu, memory, labels string
		gauge, derived            bool
	}{
		{"cAdvisor", "container_cpu_usage_seconds_total", "container_memory_working_set_bytes", usual, false, false},
		{"older kubelets", "container_cpu_usage_seconds_total", "container_memory_working_set_bytes", `namespace="shop",pod_name="web-1",container_name="main"`, false, false},
		{"rules", rule + "sum_irate", "node_namespace_pod_container:container_memory_working_set_bytes", usual, true, true},
		{"rules of today", rule + "sum_rate5m", "node_namespace_pod_container:container_memory_working_set_bytes", usual, true, true},
		{"OpenTelemetry, time", "container_cpu_time_seconds_total", "container_memory_working_set_bytes", otel, false, false},
		{"OpenTelemetry, usage", "container_cpu_usage", "container_memory_working_set_bytes", otel, true, true},
		{"OpenTelemetry, older", "container_cpu_utilization_ratio", "container_memory_working_set_bytes", otel, true, true},
		{"OpenTelemetry, dots", "container.cpu.usage", "container.memory.working_set", `"k8s.namespace.name"="shop","k8s.pod.name"="web-1","k8s.container.name"="main"`, true, true},
	} {
		got, err := collectText("\xef\xbb\xbf"+dumpOf(c.cpu, c.memory, c.labels, c.gauge), &analyzer.Owners{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(got.Usage) != 1 || got.Usage[0].Container != "main" || got.Usage[0].Ref != (analyzer.Ref{Namespace: "shop", Kind: "Pod", Name: "web-1"}) {
			t.Errorf("%s: got usage of %v", c.name, got.Usage)
			continue
		}
		d := got.Usage[0].Days[0]
		if d.CPU.Max() < 249 || d.CPU.Max() > 251 || d.Memory.Max() != 64<<20 {
			t.Errorf("%s: peaks %g and %g, want 250 and %d", c.name, d.CPU.Max(), d.Memory.Max(), 64<<20)
		}
		derived := false
		for _, w := range got.Warnings {
			derived = derived || w.Code == analyzer.WarnDerived
		}
		if derived != c.derived {
			t.Errorf("%s: told that it is derived: %t, want %t", c.name, derived, c.derived)
		}
	}
}

// TestRawFirst reads cAdvisor's counters where a rule tells of them too.
func TestRawFirst(t *testing.T) {
	const labels = `namespace="shop",pod="web-1",container="main"`
	raw := strings.TrimSuffix(dumpOf("container_cpu_usage_seconds_total", "container_memory_working_set_bytes", labels, false), "# EOF\n")
	rule := strings.ReplaceAll(dumpOf("node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate", "container_memory_rss", labels, true), " 0.25 ", " 3.5 ")
	got, err := collectText(raw+rule, &analyzer.Owners{})
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Usage[0].Days[0]; d.CPU.Max() > 251 {
		t.Errorf("a peak of %g, want the counter's 250", d.CPU.Max())
	}
}

// TestUnreadNames names what there is where nothing can be used.
func TestUnreadNames(t *testing.T) {
	_, err := collectText(dumpOf("namespace:container_cpu_usage_seconds_total:sum_rate", "k8s_pod_memory_rss_bytes", `namespace="shop"`, true), nil)
	if err == nil || !strings.Contains(err.Error(), "it has k8s_pod_memory_rss_bytes, namespace:container_cpu_usage_seconds_total:sum_rate") {
		t.Errorf("got %v, want the names of what is there", err)
	}
}

// TestOpenTelemetryOwners joins pods by the labels of the resource.
func TestOpenTelemetryOwners(t *testing.T) {
	got, err := collectText(dumpOf("container_cpu_usage", "container_memory_working_set_bytes",
		`k8s_namespace_name="shop",k8s_pod_name="web-6d4cf56db6-x2x4z",k8s_container_name="main",k8s_replicaset_name="web-6d4cf56db6",k8s_deployment_name="web"`, true), &analyzer.Owners{})
	if err != nil || len(got.Usage) != 1 || got.Usage[0].Ref != (analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}) {
		t.Errorf("got %v, %v; want the Deployment web", got.Usage, err)
	}
}

// TestOddIsNamed counts readings that cannot be, and says of which container.
func TestOddIsNamed(t *testing.T) {
	const labels = `namespace="shop",pod="web-1",container="main"`
	text := dumpOf("container_cpu_usage_seconds_total", "container_memory_working_set_bytes", labels, false)
	for value, want := range map[string]string{"0": "shop/web-1/main", "1.8e+19": "shop/web-1/main", "-5": "shop/web-1/main", "NaN": "shop/web-1/main"} {
		odd := strings.Replace(text, series("container_memory_working_set_bytes", labels)+" 67108864 1780000600", series("container_memory_working_set_bytes", labels)+" "+value+" 1780000600", 1)
		got, err := collectText(odd, &analyzer.Owners{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, w := range got.Warnings {
			found = found || w.Code == analyzer.WarnOdd && strings.Contains(w.Message, want)
		}
		// A step takes the largest of its samples, so that one 0 of ten is no matter.
		if found == (value == "0") || got.Usage[0].Days[0].Memory.Max() != 64<<20 {
			t.Errorf("%s: told: %t, peak %g", value, found, got.Usage[0].Days[0].Memory.Max())
		}
	}
}

// TestOddTakesNoneAlong: a sample that no machine has leaves the others of its step, of a
// counter's neighbours and of a gauge.
func TestOddTakesNoneAlong(t *testing.T) {
	const labels = `namespace="shop",pod="web-1",container="main"`
	for _, cpu := range []string{"container_cpu_usage_seconds_total", "container_cpu_usage"} {
		text := dumpOf(cpu, "container_memory_working_set_bytes", labels, cpu == "container_cpu_usage")
		whole, err := collectText(text, &analyzer.Owners{})
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{"1.8e+19", "7.1e+13", "-3"} {
			lines, next := strings.Split(text, "\n"), 0
			for i, line := range lines {
				memory := strings.HasPrefix(line, "container_memory_working_set_bytes{") && i%7 == 0
				gauge := strings.HasPrefix(line, "container_cpu_usage{") && i%10 == 3
				if f := strings.Fields(line); memory || gauge {
					f[len(f)-2] = value
					lines[i] = strings.Join(f, " ")
					next++
				}
			}
			got, err := collectText(strings.Join(lines, "\n"), &analyzer.Owners{})
			if err != nil || next == 0 {
				t.Fatal(err, next)
			}
			g, w := got.Usage[0].Days[0], whole.Usage[0].Days[0]
			if g.Memory.Count() != w.Memory.Count() || g.Memory.Max() != w.Memory.Max() || g.CPU.Count() != w.CPU.Count() || math.Abs(g.CPU.Max()-w.CPU.Max()) > 1e-6 {
				t.Errorf("%s, %s: %d steps of memory to %g, %d of CPU to %g; want %d to %g, %d to %g", cpu, value,
					g.Memory.Count(), g.Memory.Max(), g.CPU.Count(), g.CPU.Max(), w.Memory.Count(), w.Memory.Max(), w.CPU.Count(), w.CPU.Max())
			}
		}
	}
}

// TestOddLeavesThePod: a pod whose memory cannot be read is there, for an hour of such
// readings too.
func TestOddLeavesThePod(t *testing.T) {
	const labels = `namespace="shop",pod="web-1",container="main"`
	text := dumpOf("container_cpu_usage_seconds_total", "container_memory_working_set_bytes", labels, false)
	whole, err := collectText(text, &analyzer.Owners{})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"0", "-5", "NaN", "+Inf"} {
		lines := strings.Split(text, "\n")
		for i := range lines {
			if i%25 > 1 {
				lines[i] = strings.Replace(lines[i], " 67108864 ", " "+value+" ", 1)
			}
		}
		got, err := collectText(strings.Join(lines, "\n"), &analyzer.Owners{})
		if err != nil {
			t.Fatal(err)
		}
		g, w := got.Usage[0].Days[0], whole.Usage[0].Days[0]
		if n := g.Memory.Count(); n == 0 || n == w.Memory.Count() {
			t.Errorf("%s: %d readings of memory are left of %d", value, n, w.Memory.Count())
		}
		for h := range w.Hours {
			if g.Hours[h].Pods != w.Hours[h].Pods || g.Hours[h].CPU != w.Hours[h].CPU {
				t.Errorf("%s, hour %d: got %v of %v pods, want %v of %v", value, h, g.Hours[h].CPU, g.Hours[h].Pods, w.Hours[h].CPU, w.Hours[h].Pods)
			}
		}
	}
}

// TestSeveralClusters refuses to add the pods of two clusters up.
func TestSeveralClusters(t *testing.T) {
	one := dumpOf("container_cpu_usage_seconds_total", "container_memory_working_set_bytes", `namespace="shop",pod="web-1",container="main",cluster="eu-1"`, false)
	if _, err := collectText(one, nil); err != nil {
		t.Errorf("one cluster: %v", err)
	}
	two := strings.TrimSuffix(one, "# EOF\n") + strings.ReplaceAll(one, "eu-1", "eu-2")
	if _, err := collectText(two, nil); err == nil || !strings.Contains(err.Error(), "by the label cluster: eu-1, eu-2; give --prometheus-label cluster=VALUE") {
		t.Errorf("two clusters: got %v, want the label and its values", err)
	}
}

// TestRenamedCluster: values of a label that share a pod are one cluster, also by way of a
// third; a StatefulSet's pod has the same name in every cluster.
func TestRenamedCluster(t *testing.T) {
	const uid = "0f3c6a52-8d2e-4c3b-9a52-1b2c3d4e5f60"
	slice := `id="/kubepods.slice/kubepods-pod` + strings.ReplaceAll(uid, "-", "_") + `.slice/cri-1.scope",pod="db-0"`
	for _, c := range []struct {
		name string
		pods []string // the labels of each value of the label: a, b, c
		one  bool
	}{
		{"a random name", []string{`pod="web-6d4cf56db6-x2x4z"`, `pod="web-6d4cf56db6-x2x4z"`}, true},
		{"a UID in the cgroup's path", []string{slice, `id="/kubepods/pod` + uid + `/1",pod="db-0"`}, true},
		{"by way of a third", []string{`pod="a-x2x4z"`, `pod="b-x2x4z"`}, true},
		{"the name of a StatefulSet's pod", []string{`pod="db-0"`, `pod="db-0"`}, false},
		{"a number", []string{`pod="build-24568"`, `pod="build-24568"`}, false},
		{"other pods", []string{`pod="web-6d4cf56db6-x2x4z"`, `pod="web-6d4cf56db6-x2x4w"`}, false},
	} {
		text := ""
		for i, pod := range c.pods {
			labels := `namespace="shop",container="main",` + pod + `,cluster="` + string(rune('a'+i)) + `"`
			text += strings.TrimSuffix(dumpOf("container_cpu_usage_seconds_total", "container_memory_working_set_bytes", labels, false), "# EOF\n")
		}
		if c.name == "by way of a third" {
			for _, pod := range c.pods {
				labels := `namespace="shop",container="main",` + pod + `,cluster="c"`
				text += strings.TrimSuffix(dumpOf("container_cpu_usage_seconds_total", "container_memory_working_set_bytes", labels, false), "# EOF\n")
			}
		}
		_, err := collectText(text+"# EOF\n", nil)
		if got := err == nil || !strings.Contains(err.Error(), "several clusters"); got != c.one {
			t.Errorf("%s: one cluster: %t, want %t: %v", c.name, got, c.one, err)
		}
	}
}

// TestWholePods reads usage of pods for those of one container, and names the others.
func TestWholePods(t *testing.T) {
	owners := &analyzer.Owners{}
	for name, containers := range map[string][]analyzer.Container{
		"one": {{Name: "main", Type: analyzer.TypeContainer}, {Name: "setup", Type: analyzer.TypeInit}},
		"two": {{Name: "main", Type: analyzer.TypeContainer}, {Name: "proxy", Type: analyzer.TypeSidecar}},
	} {
		owners.AddWorkload(&analyzer.Workload{
			Ref: analyzer.Ref{Namespace: "shop", Kind: "StatefulSet", Name: name}, Containers: containers, Pods: []analyzer.Pod{{Name: name + "-0"}},
		})
	}
	text := strings.TrimSuffix(dumpOf("k8s_pod_cpu_usage", "k8s_pod_memory_working_set_bytes", `k8s_namespace_name="shop",k8s_pod_name="one-0"`, true), "# EOF\n") +
		dumpOf("k8s_pod_cpu_usage", "k8s_pod_memory_working_set_bytes", `k8s_namespace_name="shop",k8s_pod_name="two-0"`, true)
	r, err := collectText(text, owners)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Usage) != 1 || r.Usage[0].Ref.Name != "one" || r.Usage[0].Container != "main" || r.Usage[0].Days[0].CPU.Count() == 0 || r.Usage[0].Days[0].Memory.Count() == 0 {
		t.Errorf("got %+v, want the usage of one's main alone", r.Usage)
	}
	var all string
	for _, w := range r.Warnings {
		all += w.Code + " " + w.Subject + ": " + w.Message + "\n"
	}
	for _, want := range []string{"derived k8s_pod_cpu_usage", "missing k8s_pod_memory_working_set_bytes: it is of whole pods, and 1 of them", "(shop/two-0)"} {
		if !strings.Contains(all, want) {
			t.Errorf("got no %q in\n%s", want, all)
		}
	}
}
