package prometheus_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/sourcetest"
)

// vector writes an instant answer of values by one label.
func vector(label string, values map[string]int, warnings ...string) string {
	var rows, said []string
	for v, n := range values {
		rows = append(rows, fmt.Sprintf(`{"metric":{%q:%q},"value":[1780000000,"%d"]}`, label, v, n))
	}
	for _, w := range warnings {
		said = append(said, fmt.Sprintf("%q", w))
	}
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[%s]},"warnings":[%s]}`, strings.Join(rows, ","), strings.Join(said, ","))
}

// twoClusters is an engine that holds as many pods of eu-1 as of eu-2. own are
// the pods of a snapshot that each has.
type twoClusters struct {
	own, nodes, uids map[string]int
	total            int
	// other says that it is the engine of another cluster: pods of the snapshot are not there.
	other bool

	mu      sync.Mutex
	queries []string
}

func (e *twoClusters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.FormValue("query")
	e.mu.Lock()
	e.queries = append(e.queries, q+" "+r.FormValue("max_source_resolution"))
	e.mu.Unlock()
	answer := vector("found", nil)
	switch {
	case strings.Contains(q, "label_replace") && strings.Contains(q, "kube_pod_"):
	case strings.Contains(q, "label_replace"):
		answer = vector("found", map[string]int{"any": 20, "namespace": 20, "pod": 20, "container": 20, "cluster": 20})
	case strings.HasPrefix(q, "count by (namespace)"):
		answer = vector("namespace", map[string]int{"shop": 20})
	case strings.HasPrefix(q, "count(last_over_time(") && strings.Contains(q, `,pod="`) || strings.Contains(q, "pod=~") && strings.HasPrefix(q, "count(last_over_time("):
		if !e.other {
			answer = vector("", map[string]int{"": 2})
		}
	case strings.HasPrefix(q, "quantile"):
		answer = vector("", map[string]int{"": 120}, "PromQL info: metric might not be a counter")
	case strings.Contains(q, "group by (cluster,pod)"):
		answer = vector("cluster", e.own)
	case strings.Contains(q, "kube_pod_info"):
		answer = vector("cluster", e.uids)
	case strings.Contains(q, "kube_node_info"):
		answer = vector("cluster", e.nodes)
	case strings.HasPrefix(q, "count by (cluster) (group by (cluster,namespace"):
		answer = vector("cluster", map[string]int{"eu-1": 10, "eu-2": 10})
	case strings.HasPrefix(q, "count(group by"):
		answer = vector("", map[string]int{"": e.total})
	case strings.Contains(r.URL.Path, "/label/"):
		answer = `{"status":"success","data":["shop"]}`
	}
	_, _ = io.WriteString(w, answer)
}

// TestSeveralClusters takes the cluster whose pods and nodes prove it, and
// names the label and its values where they prove none.
func TestSeveralClusters(t *testing.T) {
	snap := &analyzer.Snapshot{
		Nodes: []analyzer.Node{{Name: "n1"}},
		Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Pods: []analyzer.Pod{
			{Name: "web-6d4cf56db6-x2x4z", Phase: "Running"}, {Name: "web-6d4cf56db6-b7k2p", Phase: "Running"},
		}}},
	}
	// Of StatefulSets two clusters may have pods of one name; the UIDs are each one's own.
	numbered := &analyzer.Snapshot{
		Nodes: []analyzer.Node{{Name: "n1"}},
		Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "StatefulSet", Name: "db"}, Pods: []analyzer.Pod{
			{Name: "db-0", UID: "4c7d0c8e-6c2a-4f6d-9d5e-0a1b2c3d4e5f", Phase: "Running"},
		}}},
	}
	for _, c := range []struct {
		name       string
		engine     *twoClusters
		matchers   []prometheus.Matcher
		snap       *analyzer.Snapshot
		want       string // the cluster that is read; "" for all
		wantsError bool
	}{
		{"proven by pods and nodes", &twoClusters{own: map[string]int{"eu-2": 2}, nodes: map[string]int{"eu-2": 1}, total: 20}, nil, snap, "eu-2", false},
		{"proven by pods, nodes not there", &twoClusters{own: map[string]int{"eu-1": 2}, total: 20}, nil, snap, "eu-1", false},
		{"pods of none", &twoClusters{total: 20}, nil, snap, "", true},
		{"pods of both", &twoClusters{own: map[string]int{"eu-1": 2, "eu-2": 2}, total: 20}, nil, snap, "", true},
		{"nodes of another", &twoClusters{own: map[string]int{"eu-1": 2}, nodes: map[string]int{"eu-2": 1}, total: 20}, nil, snap, "", true},
		{"proven by UIDs", &twoClusters{own: map[string]int{"eu-1": 1, "eu-2": 1}, uids: map[string]int{"eu-2": 1}, total: 20}, nil, numbered, "eu-2", false},
		{"UIDs of none", &twoClusters{own: map[string]int{"eu-1": 1, "eu-2": 1}, total: 20}, nil, numbered, "", true},
		{"UIDs of one, nodes of another", &twoClusters{uids: map[string]int{"eu-2": 1}, nodes: map[string]int{"eu-1": 1}, total: 20}, nil, numbered, "", true},
		{"replicas that see the same pods", &twoClusters{total: 10}, nil, snap, "", false},
		{"chosen by the user", &twoClusters{total: 20}, []prometheus.Matcher{{Name: "cluster", Value: "eu-1"}}, snap, "eu-1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.engine)
			defer server.Close()
			end := time.Date(2026, 5, 29, 0, 0, 0, 0, time.UTC)
			e, err := prometheus.Open(context.Background(), prometheus.Options{
				URL: server.URL, Matchers: c.matchers, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end},
			})
			if err != nil {
				t.Fatal(err)
			}
			err = e.Narrow(context.Background(), c.snap)
			several := (*prometheus.SeveralClusters)(nil)
			if errors.As(err, &several) != c.wantsError || err != nil && !c.wantsError {
				t.Fatalf("got %v, want an error: %t", err, c.wantsError)
			}
			if c.wantsError {
				if want := "by the label cluster: eu-1, eu-2; which is meant cannot be told, so give --prometheus-label cluster=VALUE"; !strings.HasSuffix(err.Error(), want) {
					t.Errorf("got:  %s\nwant: ...%s", err, want)
				}
				return
			}
			last := ""
			for _, q := range c.engine.queries { // a list of values has none, and goes beside them
				if strings.HasPrefix(q, "count") && !strings.Contains(q, "(group by (cluster,") {
					last = q
				}
			}
			if read := strings.Contains(last, `cluster="`+c.want+`"`); c.want != "" && !read || c.want == "" && strings.Contains(last, `cluster="`) {
				t.Errorf("the last query is %s, want that of %q", last, c.want)
			}
			for _, q := range c.engine.queries {
				if strings.HasPrefix(q, "count") && !strings.HasSuffix(q, " 0s") {
					t.Errorf("without max_source_resolution: %s", q)
				}
			}
		})
	}
}

// TestSplitByAnyLabel finds a label of no usual name, since a cluster has one
// namespace kube-system: labels that tell nodes or targets apart are none.
func TestSplitByAnyLabel(t *testing.T) {
	t.Parallel()
	w := options("").Window
	var all []sourcetest.Series
	for i, stage := range []string{"blue", "green"} {
		for _, zone := range []string{"a", "b"} {
			more := fmt.Sprintf(`stage=%q,topology_zone=%q`, stage, zone)
			pod := fmt.Sprintf(`{namespace="shop",pod="web-%s-%s",container="main",%s}`, stage, zone, more)
			all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
		}
		all = append(all, series(t, fmt.Sprintf(`kube_namespace_created{namespace="kube-system",instance="ksm-%d",stage=%q}`, i, stage), fmt.Sprintf("%dx2880", 1700000000+i)))
	}
	o := prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w}
	e, err := prometheus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = e.Narrow(t.Context(), &analyzer.Snapshot{})
	if want := "holds several clusters by the label stage: blue, green"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want ...%s", err, want)
	}
	// One cluster over two zones is one cluster.
	o.URL = engine(t, w.Start, all[:5]).URL
	if e, err = prometheus.Open(t.Context(), o); err == nil {
		err = e.Narrow(t.Context(), &analyzer.Snapshot{})
	}
	if err != nil {
		t.Errorf("one cluster over two zones: %v", err)
	}
}

// TestDiscoveryInParts: an engine whose limits allow no question of several
// namespaces at once gives the same usage as one without limits.
func TestDiscoveryInParts(t *testing.T) {
	t.Parallel()
	w := options("").Window
	var all []sourcetest.Series
	for i := range 5 {
		pod := fmt.Sprintf(`{namespace="team-%d",pod="web-0",container="main"}`, i)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
	}
	inner := engine(t, w.Start, all)
	small := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.FormValue("query")
		if strings.Contains(q, "container_") && (!strings.Contains(q, `namespace="`) || strings.Contains(q, "|")) || strings.HasSuffix(r.URL.Path, "/read") {
			rw.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(rw, `{"status":"error","errorType":"execution","error":"exceeded series limit: rpc error: code = ResourceExhausted"}`)
			return
		}
		to := *r.URL
		to.Scheme, to.Host, to.RawQuery = "http", strings.TrimPrefix(inner.URL, "http://"), r.Form.Encode()
		resp, err := http.Get(to.String())
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		rw.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(rw, resp.Body)
	}))
	defer small.Close()
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: small.URL, Window: w})
	if err != nil {
		t.Fatal(err)
	}
	want, err := prometheus.Collect(t.Context(), prometheus.Options{URL: inner.URL, Window: w})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Usage) != 5 || len(want.Usage) != 5 {
		t.Fatalf("got %d containers in parts and %d at once, want 5", len(got.Usage), len(want.Usage))
	}
	for i := range got.Usage {
		if g, w := &got.Usage[i].Days[0].CPU, &want.Usage[i].Days[0].CPU; g.Count() != w.Count() || g.Quantile(0.5) != w.Quantile(0.5) {
			t.Errorf("%s: %d samples at %v, want %d at %v", got.Usage[i].Ref, g.Count(), g.Quantile(0.5), w.Count(), w.Quantile(0.5))
		}
	}
}

// TestDiscoveryRefused says what is refused, and does not blame the window.
func TestDiscoveryRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(rw, `{"status":"error","errorType":"execution","error":"exceeded series limit"}`)
	}))
	defer server.Close()
	_, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: options("").Window})
	if err == nil || strings.Contains(err.Error(), "window") || !strings.Contains(err.Error(), "exceeded series limit") {
		t.Errorf("got %v, want the limit, and nothing of the window", err)
	}
}

// TestPodsWithoutWorkload counts them, one as one.
func TestPodsWithoutWorkload(t *testing.T) {
	t.Parallel()
	w := options("").Window
	var all []sourcetest.Series
	for i, want := range []string{
		"one pod of the window belongs to no known workload (shop/w0); it stands for itself",
		"2 pods of the window belong to no known workload (the first is shop/w0); each stands for itself",
	} {
		pod := fmt.Sprintf(`{namespace="shop",pod="w%d",container="main"}`, i)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+pod, "0+7.5x2880"), series(t, "container_memory_working_set_bytes"+pod, "104857600x2880"))
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, w.Start, all).URL, Window: w})
		if err != nil {
			t.Fatal(err)
		}
		if m := message(got.Warnings, "pods"); m != want {
			t.Errorf("\ngot  %s\nwant %s", m, want)
		}
	}
}

// TestDiscoveryWarns keeps what an engine says beside its answers to discovery.
func TestDiscoveryWarns(t *testing.T) {
	t.Parallel()
	end := options("").Window.End
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, vector("found", nil, "store 10.0.0.7 did not answer", "PromQL info: metric might not be a counter"))
	}))
	defer server.Close()
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: server.URL, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, w := range got.Warnings {
		found = found || w.Code == analyzer.WarnPartial && strings.HasSuffix(w.Message, "store 10.0.0.7 did not answer")
		if strings.Contains(w.Message, "might not be a counter") {
			t.Errorf("an info is a warning: %v", w)
		}
	}
	if !found {
		t.Errorf("got %v, want the store's warning", got.Warnings)
	}
}

// TestDaysThatAreNotThere: an engine that keeps four days of fourteen says so, and
// the days are counted, not the window.
func TestDaysThatAreNotThere(t *testing.T) {
	t.Parallel()
	end := options("").Window.End
	pod := `{namespace="shop",pod="web-0",container="main"}`
	all := []sourcetest.Series{
		series(t, "container_cpu_usage_seconds_total"+pod, "0+15x5760"), series(t, "container_memory_working_set_bytes"+pod, "104857600x5760"),
	}
	for i := range all {
		all[i].Every, all[i].From = time.Minute, 10*time.Minute
	}
	for _, c := range []struct {
		days int
		want string
	}{{14, "there are samples of 4 of 14 days, from " + end.Add(-96*time.Hour).Format(time.DateOnly) + " on"}, {4, ""}} {
		w := analyzer.Window{Start: end.Add(-time.Duration(c.days) * 24 * time.Hour), End: end}
		got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, end.Add(-96*time.Hour), all).URL, Window: w})
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, x := range got.Warnings {
			if x.Code == analyzer.WarnPartial {
				said += x.Message
			}
		}
		if !strings.HasPrefix(said, c.want) || c.want == "" && said != "" {
			t.Errorf("a window of %d days over 4: got %q, want %q", c.days, said, c.want)
		}
	}
}

// TestOddSamplesAreNamed: what cannot be true is counted, and its containers are named.
func TestOddSamplesAreNamed(t *testing.T) {
	t.Parallel()
	end := options("").Window.End
	var all []sourcetest.Series
	for pod, memory := range map[string]string{"web-0": "104857600x1440", "web-1": "0x1440"} {
		labels := fmt.Sprintf(`{namespace="shop",pod=%q,container="main"}`, pod)
		all = append(all, series(t, "container_cpu_usage_seconds_total"+labels, "0+15x1440"), series(t, "container_memory_working_set_bytes"+labels, memory))
	}
	for i := range all {
		all[i].Every = time.Minute
	}
	got, err := prometheus.Collect(t.Context(), prometheus.Options{URL: engine(t, end.Add(-24*time.Hour), all).URL, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
	if err != nil {
		t.Fatal(err)
	}
	if m := message(got.Warnings, "samples"); !strings.Contains(m, "samples cannot be true") || !strings.HasSuffix(m, "of container shop/web-1/main") {
		t.Errorf("got %q, want the container of the samples named", m)
	}
}

// TestOtherClusterIsNotRead: an engine that has usage of the cluster's namespaces, but none of
// its pods in the window and none of its nodes, is another cluster's: the names of workloads
// prove nothing. One that has a pod is read, and one where pods of random names are young, or
// their namespace has no usage at all, is not accused.
func TestOtherClusterIsNotRead(t *testing.T) {
	end := time.Date(2026, 5, 29, 0, 0, 0, 0, time.UTC)
	pod := func(started time.Time) []analyzer.Pod {
		return []analyzer.Pod{{Name: "web-6d4cf56db6-x2x4z", Phase: "Running", Node: "n1", Started: started}}
	}
	for name, tt := range map[string]struct {
		namespace string
		started   time.Time
		engine    *twoClusters
		refused   bool
	}{
		"another cluster": {"shop", end.Add(-time.Hour), &twoClusters{other: true, total: 10}, true},
		"this cluster":    {"shop", end.Add(-time.Hour), &twoClusters{total: 10}, false},
		"this cluster's nodes, by kube-state-metrics": {"shop", end.Add(-time.Hour), &twoClusters{other: true, total: 10, nodes: map[string]int{"": 1}}, false},
		"a young pod":            {"shop", end.Add(-time.Minute), &twoClusters{other: true, total: 10}, false},
		"a virtual node's alone": {"batch", end.Add(-time.Hour), &twoClusters{other: true, total: 10}, false},
	} {
		server := httptest.NewServer(tt.engine)
		e, err := prometheus.Open(t.Context(), prometheus.Options{URL: server.URL, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
		if err != nil {
			t.Fatal(err)
		}
		err = e.Narrow(t.Context(), &analyzer.Snapshot{
			Nodes:     []analyzer.Node{{Name: "n1"}},
			Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: tt.namespace, Kind: "Deployment", Name: "web"}, Pods: pod(tt.started)}},
		})
		other := (*prometheus.OtherCluster)(nil)
		if errors.As(err, &other) != tt.refused || err != nil && !tt.refused {
			t.Errorf("%s: got %v, want it refused: %v", name, err, tt.refused)
		}
		server.Close()
	}
}

// TestUnprovenClusterLowersNothing: pods whose names another cluster has too, or that have just
// begun, prove nothing. Where kube-state-metrics tells of others in their place the engine is
// refused; where nothing tells, nothing is lowered.
func TestUnprovenClusterLowersNothing(t *testing.T) {
	end := time.Date(2026, 5, 29, 0, 0, 0, 0, time.UTC)
	const uid = "4c7d0c8e-6c2a-4f6d-9d5e-0a1b2c3d4e5f"
	old, young := end.Add(-48*time.Hour), end.Add(-time.Minute)
	for name, tt := range map[string]struct {
		pod     string
		started time.Time
		has     []string // parts of the selectors of which there are series
		refused bool
		unread  bool
	}{
		"nothing tells":                      {"db-0", old, nil, false, true},
		"other pods' UIDs":                   {"db-0", old, []string{`uid!=""`}, true, false},
		"its own UID":                        {"db-0", old, []string{`uid="` + uid}, false, false},
		"its own cgroup":                     {"db-0", old, []string{"4c7d0c8e_6c2a_4f6d_9d5e_0a1b2c3d4e5f"}, false, false},
		"its node by kube-state-metrics":     {"db-0", old, []string{`kube_pod_info{node="n1"`}, false, false},
		"its node by the instance":           {"db-0", old, []string{`instance=~"`}, false, false},
		"all young":                          {"web-6d4cf56db6-x2x4z", young, nil, false, true},
		"all young, other pods' UIDs":        {"web-6d4cf56db6-x2x4z", young, []string{`uid!=""`}, false, true},
		"all young, and there":               {"web-6d4cf56db6-x2x4z", young, []string{`pod="web-6d4cf56db6-x2x4z"`}, false, false},
		"begun after the window":             {"web-6d4cf56db6-x2x4z", end.Add(time.Hour), nil, false, true},
		"of a random name, and long running": {"web-6d4cf56db6-x2x4z", old, nil, true, false},
	} {
		fake := &twoClusters{total: 10, other: true}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.FormValue("query")
			if strings.HasPrefix(q, "count(last_over_time(") {
				for _, part := range tt.has {
					if strings.Contains(q, part) {
						_, _ = io.WriteString(w, vector("", map[string]int{"": 2}))
						return
					}
				}
				_, _ = io.WriteString(w, vector("", nil))
				return
			}
			fake.ServeHTTP(w, r)
		}))
		e, err := prometheus.Open(t.Context(), prometheus.Options{URL: server.URL, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
		if err != nil {
			t.Fatal(err)
		}
		err = e.Narrow(t.Context(), &analyzer.Snapshot{
			Nodes: []analyzer.Node{{Name: "n1"}},
			Workloads: []analyzer.Workload{{Ref: analyzer.Ref{Namespace: "shop", Kind: "StatefulSet", Name: "db"},
				Pods: []analyzer.Pod{{Name: tt.pod, UID: uid, Phase: "Running", Node: "n1", Started: tt.started}}}},
		})
		if other := (*prometheus.OtherCluster)(nil); errors.As(err, &other) != tt.refused || err != nil && !tt.refused {
			t.Errorf("%s: got %v, want it refused: %v", name, err, tt.refused)
		}
		if err == nil {
			got, err := e.Collect(t.Context(), &analyzer.Owners{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if unread := strings.Contains(fmt.Sprint(analyzer.UnreadOf(got.Warnings)), "could not be told"); unread != tt.unread {
				t.Errorf("%s: nothing is lowered: %v, want %v: %v", name, unread, tt.unread, got.Warnings)
			}
		}
		server.Close()
	}
}

// TestForeignNodesAreNamed: an engine that holds pods of nodes that the cluster has not, with
// no label that tells clusters apart, is named; one of another time, where the cluster's own
// nodes are not there, and one with a node that has just gone, are not.
func TestForeignNodesAreNamed(t *testing.T) {
	var snap analyzer.Snapshot
	pods := map[string]int{}
	for i := range 20 {
		name := fmt.Sprintf("n%d", i)
		snap.Nodes, pods[name] = append(snap.Nodes, analyzer.Node{Name: name}), 3
	}
	with := func(own bool, foreign int) map[string]int {
		out := map[string]int{}
		if own {
			maps.Copy(out, pods)
		}
		for i := range foreign {
			out[fmt.Sprintf("m%d", i)] = 3
		}
		return out
	}
	half := func(all map[string]int) map[string]int {
		for i := range 10 {
			delete(all, fmt.Sprintf("n%d", i))
		}
		return all
	}
	for name, tt := range map[string]struct {
		nodes map[string]int
		of    string // the label by which they are told; kube-state-metrics' where it is empty
		named bool
	}{
		"one cluster": {with(true, 0), "", false}, "a node that went": {with(true, 1), "", false},
		"two clusters": {with(true, 20), "", true}, "another time": {with(false, 20), "", false},
		"two clusters, by the node of usage": {with(true, 20), "node", true}, "by its instance": {with(true, 20), "instance", true},
		"one cluster, by its instance":                              {with(true, 0), "instance", false},
		"two clusters, of which half of the own nodes have no pods": {half(with(true, 20)), "", true},
	} {
		fake := &twoClusters{total: 10}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.FormValue("query")
			if strings.HasPrefix(q, "count by ("+cmp.Or(tt.of, "node")+") ") && strings.Contains(q, "kube_pod_info") == (tt.of == "") {
				_, _ = io.WriteString(w, vector(cmp.Or(tt.of, "node"), tt.nodes))
				return
			}
			fake.ServeHTTP(w, r)
		}))
		end := time.Date(2026, 5, 29, 0, 0, 0, 0, time.UTC)
		e, err := prometheus.Open(context.Background(), prometheus.Options{URL: server.URL, Window: analyzer.Window{Start: end.Add(-24 * time.Hour), End: end}})
		if err != nil {
			t.Fatal(err)
		}
		into := snap
		if err := e.Narrow(context.Background(), &into); err != nil {
			t.Fatal(err)
		}
		got, err := e.Collect(context.Background(), &analyzer.Owners{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		named := strings.Contains(fmt.Sprint(analyzer.UnreadOf(got.Warnings)), "that this cluster has not (m0, m1")
		if named != tt.named {
			t.Errorf("%s: named %v, want %v: %v", name, named, tt.named, got.Warnings)
		}
		server.Close()
	}
}
