package kube_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
)

func TestKubeconfigOfManyAliases(t *testing.T) {
	at := filepath.Join(t.TempDir(), "config")
	text := "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [*a, *a, *a, *a, *a, *a]\n"
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", at)
	for _, f := range []kube.Flags{{Kubeconfig: at}, {}} {
		if _, err := kube.Connect(f); err == nil || !strings.Contains(err.Error(), at+": its aliases (*name) unfold") {
			t.Errorf("%+v: got %v, want the aliases refused", f, err)
		}
	}
}

// A reading without a time, or of one that cannot be, is of now: not of the years
// 1, 1970 or 9999.
func TestReadingsWithoutATime(t *testing.T) {
	for name, stamp := range map[string]string{"null": "null", "zero": `"1970-01-01T00:00:00Z"`, "past": `"2001-01-01T00:00:00Z"`, "future": `"9999-12-31T23:59:59Z"`} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","items":[{"metadata":{"name":"a","namespace":"n"},"timestamp":` +
				stamp + `,"window":"2000000h","containers":[{"name":"c","usage":{"cpu":"1","memory":"1Gi"}}]}]}`))
		})
		c, err := kube.Connect(kube.Flags{Kubeconfig: kubeconfig(t, server, "")})
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		m, warnings, err := c.Metrics(t.Context(), nil)
		if err != nil || len(warnings) > 0 || len(m) != 1 {
			t.Fatalf("%s: got %v, %v, %v", name, m, warnings, err)
		}
		if m[0].Time.Before(before) || m[0].Time.After(time.Now()) || m[0].Window > time.Hour {
			t.Errorf("%s: the reading is of %s before %v, want a moment of now", name, m[0].Window, m[0].Time)
		}
	}
}
