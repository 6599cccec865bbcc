package kube_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
)

// TestNewerServer: of a server that is newer than the Go types, or does not say its version,
// a field that they do not know pins its pod and its node.
func TestNewerServer(t *testing.T) {
	for name, tt := range map[string]struct {
		version string
		want    []string
	}{
		"the types' own": {"v1.37.2", nil},
		"newer":          {"v1.99.0", []string{"later"}},
		"not told":       {"", []string{"later"}},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.URL.Path == "/version" && tt.version == "":
				status(w, 403, "Forbidden", "no")
			case r.URL.Path == "/version":
				fmt.Fprintf(w, `{"gitVersion":%q}`, tt.version)
			case strings.HasSuffix(r.URL.Path, "/pods"):
				fmt.Fprint(w, `{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"namespace":"team","name":"a"},"spec":{"later":{"x":1},"nodeName":"n1","containers":[{"name":"c","resources":{"requests":{"cpu":"250m"}}}]},"status":{"phase":"Running"}}]}`)
			case strings.HasSuffix(r.URL.Path, "/nodes"):
				fmt.Fprint(w, `{"kind":"NodeList","apiVersion":"v1","items":[{"metadata":{"name":"n1"},"spec":{"later":true}}]}`)
			default:
				status(w, 404, "NotFound", "no")
			}
		})
		client, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, url, "")})
		if err != nil {
			t.Fatal(err)
		}
		s, err := client.Collect(context.Background(), kube.Options{})
		if err != nil || len(s.Workloads) != 1 || len(s.Workloads[0].Pods) != 1 || len(s.Nodes) != 1 {
			t.Fatalf("%s: got %+v, %v", name, s, err)
		}
		pod := s.Workloads[0].Pods[0]
		if !slices.Equal(pod.Spec.Unmodelled, tt.want) || pod.Requests.CPU != 250 || !slices.Equal(s.Nodes[0].Unmodelled, tt.want) {
			t.Errorf("%s: got %+v and %+v, want the fields %v", name, pod, s.Nodes[0], tt.want)
		}
	}
}
