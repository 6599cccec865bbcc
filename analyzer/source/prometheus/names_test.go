package prometheus_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// TestNamesOfOthers reads one day of a pod at 250m and 100 MiB by every set of
// names that an engine may have: those of OpenTelemetry's kubeletstats receiver
// as Prometheus' OTLP ingestion translates them, and recording rules.
func TestNamesOfOthers(t *testing.T) {
	t.Parallel()
	const rising, level, bytes = "0+7.5x2880", "0.25x2880", "104857600x2880"
	under := `{k8s_namespace_name="shop",k8s_pod_name="web-6d4cf56db6-x2x4z",k8s_container_name="main",k8s_replicaset_name="web-6d4cf56db6",k8s_deployment_name="web"}`
	whole := strings.Replace(under, `k8s_container_name="main",`, "", 1)
	usual := `{namespace="shop",pod="web-6d4cf56db6-x2x4z",container="main"}`
	named := []string{"missing kube_pod_container_status_restarts_total"}
	for _, c := range []struct {
		name, cpu, cpuValues, memory, labels string
		objects                              bool // the workload is known
		requests                             bool
	}{
		{"the default", "container_cpu_time_seconds_total", rising, "container_memory_working_set_bytes", under, false, true},
		{"the default's gauge", "container_cpu_usage", level, "container_memory_working_set_bytes", under, false, false},
		{"older", "container_cpu_utilization_ratio", level, "container_memory_working_set_bytes", under, true, false},
		{"without suffixes", "container_cpu_time", rising, "container_memory_working_set", under, false, true},
		{"UTF-8", "container.cpu.usage", level, "container.memory.working_set", under, false, true},
		{"UTF-8 with suffixes", "container.cpu.time_seconds_total", rising, "container.memory.working_set_bytes", under, false, false},
		{"recording rules", "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate", level, "node_namespace_pod_container:container_memory_working_set_bytes", usual, true, false},
		{"whole pods", "k8s_pod_cpu_time_seconds_total", rising, "k8s_pod_memory_working_set_bytes", whole, true, true},
		{"whole pods, UTF-8", "k8s.pod.cpu.usage", level, "k8s.pod.memory.working_set", whole, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := []sourcetest.Series{utf8(t, c.cpu, c.labels, c.cpuValues), utf8(t, c.memory, c.labels, bytes)}
			if c.requests {
				dot := strings.Replace(c.memory, "_bytes", "", 1)
				for _, x := range [][2]string{{"k8s_container_cpu_request", "0.5x2880"}, {"k8s_container_memory_request", "268435456x2880"}} {
					name := x[0]
					if strings.Contains(dot, ".") {
						name = strings.ReplaceAll(name, "_", ".")
					} else if strings.HasSuffix(c.memory, "_bytes") && strings.HasSuffix(name, "memory_request") {
						name += "_bytes"
					}
					all = append(all, utf8(t, name, strings.Replace(under, "k8s_deployment", "k8s_any", 1), x[1], dot))
				}
			}
			w := options("").Window
			o := prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w, Owners: &analyzer.Owners{}}
			if c.objects {
				o.Owners.AddWorkload(&analyzer.Workload{
					Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Containers: []analyzer.Container{{Name: "main", Type: analyzer.TypeContainer}},
					Pods: []analyzer.Pod{{Name: "web-6d4cf56db6-x2x4z"}},
				})
			}
			got, err := prometheus.Collect(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Usage) != 1 || got.Usage[0].Ref.String() != "shop/Deployment/web" || got.Usage[0].Container != "main" {
				t.Fatalf("got %d containers, want main of shop/Deployment/web: %+v %v", len(got.Usage), names(got.Usage), got.Warnings)
			}
			d := &got.Usage[0].Days[0]
			if cpu, memory := d.CPU.Quantile(0.5), d.Memory.Max(); math.Abs(cpu-250) > 2 || math.Abs(memory-104857600) > 1e6 || d.CPU.Count() < 280 {
				t.Errorf("CPU %v (%d samples), memory %v, want 250 and 104857600", cpu, d.CPU.Count(), memory)
			}
			if want := (analyzer.Amounts{CPU: 500, Memory: 256 << 20}); c.requests && d.Requests != want {
				t.Errorf("requests %+v, want %+v", d.Requests, want)
			}
			for _, want := range append(named, "derived "+c.memory) {
				if !said(got.Warnings, want) {
					t.Errorf("no warning %q in %v", want, got.Warnings)
				}
			}
		})
	}
}

// utf8 makes a series; labels get dots where a name has them.
func utf8(t *testing.T, name, labels, values string, like ...string) sourcetest.Series {
	t.Helper()
	s := series(t, "m"+labels, values)
	s.Metric = name
	if strings.Contains(strings.Join(append(like, name), " "), ".") {
		dotted := map[string]string{}
		for l, v := range s.Labels {
			dotted[strings.ReplaceAll(l, "_", ".")] = v
		}
		s.Labels = dotted
	}
	return s
}

func names(all []analyzer.ContainerUsage) (out []string) {
	for _, u := range all {
		out = append(out, u.Ref.String()+" "+u.Container)
	}
	return out
}

func said(all []analyzer.Warning, start string) bool {
	for _, w := range all {
		if strings.HasPrefix(w.Code+" "+w.Subject+" "+w.Message, start) {
			return true
		}
	}
	return false
}

// TestWholePodsOfSeveralContainers: usage of a pod is no container's where it has
// two; it is named and not guessed at.
func TestWholePodsOfSeveralContainers(t *testing.T) {
	t.Parallel()
	w := options("").Window
	labels := `{k8s_namespace_name="shop",k8s_pod_name="web-0"}`
	url := engine(t, w.Start, []sourcetest.Series{
		series(t, "k8s_pod_cpu_usage"+labels, "0.25x2880"), series(t, "k8s_pod_memory_working_set_bytes"+labels, "104857600x2880"),
	}).URL
	o := prometheus.Options{URL: url, Window: w, Owners: &analyzer.Owners{}}
	o.Owners.AddWorkload(&analyzer.Workload{
		Ref:        analyzer.Ref{Namespace: "shop", Kind: "StatefulSet", Name: "web"},
		Containers: []analyzer.Container{{Name: "main", Type: analyzer.TypeContainer}, {Name: "proxy", Type: analyzer.TypeSidecar}}, Pods: []analyzer.Pod{{Name: "web-0"}},
	})
	got, err := prometheus.Collect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := "missing k8s_pod_memory_working_set_bytes it is of whole pods, and pod shop/web-0 has more than one container"
	if len(got.Usage) != 0 || !said(got.Warnings, want) {
		t.Errorf("got %v and %v, want no usage and %q", names(got.Usage), got.Warnings, want)
	}
}

// TestEngineWithoutUTF8 has usage by no name and refuses those of UTF-8: it is
// still no more than an engine without usage.
func TestEngineWithoutUTF8(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.FormValue("query"); strings.Contains(q, `{"`) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"status":"error","errorType":"bad_data","error":"parse error: unexpected string"}`))
			return
		}
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"vector","result":[]}}`))
	}))
	defer server.Close()
	end := time.Date(2026, 5, 29, 0, 0, 0, 0, time.UTC)
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
	if err != nil || !said(got.Warnings, "missing container_memory_working_set_bytes no such series") {
		t.Errorf("got %v and %v, want the warning that there is no usage", err, got.Warnings)
	}
}
