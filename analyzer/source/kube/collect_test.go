package kube_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

func podJSON(name string) string {
	return fmt.Sprintf(`{"metadata":{"namespace":"team","name":%q},"spec":{"containers":[{"name":"c"}]},"status":{"phase":"Running"}}`, name)
}

// collect reads from a server whose answers to lists of pods are given, which
// refuses what forbidden names, and knows no other kind.
func collect(t *testing.T, pods http.HandlerFunc, forbidden string, o kube.Options) (*analyzer.Snapshot, error) {
	t.Helper()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/version":
			version(w)
		case strings.HasSuffix(r.URL.Path, "/pods") && !strings.Contains(r.URL.Path, "metrics"):
			w.Header().Set("Content-Type", "application/json")
			pods(w, r)
		case forbidden != "" && strings.Contains(r.URL.Path, forbidden):
			status(w, 403, "Forbidden", "no")
		default:
			status(w, 404, "NotFound", "no")
		}
	})
	client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, url, "")})
	if err != nil {
		t.Fatal(err)
	}
	return client.Collect(context.Background(), o)
}

// TestExpiredPages has a list's second page expire, once with the server's
// offer to go on and once without: either way each pod is there once.
func TestExpiredPages(t *testing.T) {
	for name, offer := range map[string]string{"goes on": "later", "begins anew": ""} {
		t.Run(name, func(t *testing.T) {
			var expired atomic.Bool
			pods := func(w http.ResponseWriter, r *http.Request) {
				if got := r.URL.Query().Get("limit"); got != "500" {
					t.Errorf("limit %q, want 500", got)
				}
				switch token := r.URL.Query().Get("continue"); {
				case token == "":
					fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"second"},"items":[%s]}`, podJSON("a"))
				case token == "second" && !expired.Swap(true):
					w.WriteHeader(http.StatusGone)
					fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{"continue":%q},"status":"Failure","reason":"Expired","code":410}`, offer)
				default:
					fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[%s]}`, podJSON("b"))
				}
			}
			s, err := collect(t, pods, "", kube.Options{AllNamespaces: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Workloads) != 2 || s.Workloads[0].Name != "a" || s.Workloads[1].Name != "b" {
				t.Errorf("got %v, want pods a and b", s.Workloads)
			}
		})
	}
}

// TestEndlessExpiry shows that a list which expires again and again ends.
func TestEndlessExpiry(t *testing.T) {
	pods := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continue") == "" {
			_, _ = io.WriteString(w, `{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"x"},"items":[]}`)
			return
		}
		w.WriteHeader(http.StatusGone)
		_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}`)
	}
	_, err := collect(t, pods, "", kube.Options{AllNamespaces: true})
	checkError(t, err, kube.KindOther, "list pods on")
}

// TestRefusals shows the warnings of a user who may read little.
func TestRefusals(t *testing.T) {
	pods := func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/namespaces/team/") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}`)
			return
		}
		fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[%s]}`, podJSON("a"))
	}
	t.Run("no namespace named", func(t *testing.T) {
		s, err := collect(t, pods, "/nodes", kube.Options{Moment: true})
		if err != nil {
			t.Fatal(err)
		}
		wantWarning(t, s.Warnings, analyzer.WarnForbidden, "fell back to namespace team (the kubeconfig's current namespace)")
		wantWarning(t, s.Warnings, analyzer.WarnForbidden, `not allowed to list nodes (apiGroup "", cluster-wide)`)
		wantWarning(t, s.Warnings, analyzer.WarnMissing, "the metrics API (metrics.k8s.io) is not served")
		if len(s.Workloads) != 1 || s.Cluster != "prod-cluster" {
			t.Errorf("got %d workloads of %s, want 1 of prod-cluster", len(s.Workloads), s.Cluster)
		}
	})
	t.Run("two namespaces named", func(t *testing.T) {
		sel, err := object.Select([]string{"team", "other"}, "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := collect(t, pods, "/namespaces/other", kube.Options{Selection: sel})
		if err != nil {
			t.Fatal(err)
		}
		wantWarning(t, s.Warnings, analyzer.WarnForbidden, "not allowed to list pods, workloads or anything else here")
		for _, w := range s.Warnings {
			if w.Code == analyzer.WarnForbidden && w.Subject != "namespace other" {
				t.Errorf("one warning would do for namespace other, got also %s", w)
			}
		}
	})
	t.Run("absent API", func(t *testing.T) {
		s, err := collect(t, pods, "/verticalpodautoscalers", kube.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range s.Warnings {
			if strings.Contains(w.Subject, "verticalpodautoscalers") {
				t.Errorf("an API that is not installed is no doubt: %s", w)
			}
		}
	})
}

// TestMetricsUnwell shows that a broken metrics API costs usage alone.
func TestMetricsUnwell(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { status(w, 503, "ServiceUnavailable", "no endpoints") })
	client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, url, "")})
	if err != nil {
		t.Fatal(err)
	}
	m, warnings, err := client.Metrics(context.Background(), []string{"a", "b"})
	if err != nil || len(m) > 0 || len(warnings) != 1 {
		t.Fatalf("got %v, %v, %v; want one warning", m, warnings, err)
	}
	wantWarning(t, warnings, analyzer.WarnUnreachable, "metrics-server does not answer (503)")
}

// TestVersionIsRecorded keeps the API server's version, by which advice goes.
func TestVersionIsRecorded(t *testing.T) {
	s, err := collect(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","items":[%s]}`, podJSON("a"))
	}, "", kube.Options{})
	if err != nil || s.KubernetesVersion != "v1.37.2" || s.Minor() != 37 {
		t.Errorf("got version %q, minor %d, error %v; want v1.37.2 and 37", s.KubernetesVersion, s.Minor(), err)
	}
}
