package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
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
	own, nodes map[string]int
	total      int

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
	case strings.HasPrefix(q, "quantile"):
		answer = vector("", map[string]int{"": 120}, "PromQL info: metric might not be a counter")
	case strings.Contains(q, "group by (cluster,pod)"):
		answer = vector("cluster", e.own)
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
	for _, c := range []struct {
		name       string
		engine     *twoClusters
		matchers   []prometheus.Matcher
		want       string // the cluster that is read; "" for all
		wantsError bool
	}{
		{"proven by pods and nodes", &twoClusters{own: map[string]int{"eu-2": 2}, nodes: map[string]int{"eu-2": 1}, total: 20}, nil, "eu-2", false},
		{"proven by pods, nodes not there", &twoClusters{own: map[string]int{"eu-1": 2}, total: 20}, nil, "eu-1", false},
		{"pods of none", &twoClusters{total: 20}, nil, "", true},
		{"pods of both", &twoClusters{own: map[string]int{"eu-1": 2, "eu-2": 2}, total: 20}, nil, "", true},
		{"nodes of another", &twoClusters{own: map[string]int{"eu-1": 2}, nodes: map[string]int{"eu-2": 1}, total: 20}, nil, "", true},
		{"replicas that see the same pods", &twoClusters{total: 10}, nil, "", false},
		{"chosen by the user", &twoClusters{total: 20}, []prometheus.Matcher{{Name: "cluster", Value: "eu-1"}}, "eu-1", false},
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
			err = e.Narrow(context.Background(), snap)
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
			last := c.engine.queries[len(c.engine.queries)-1]
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
