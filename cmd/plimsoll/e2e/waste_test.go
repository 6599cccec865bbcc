//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/internal/plainbill"
)

// wasteFinding is the part of a report's waste that the tests look at.
type wasteFinding struct {
	Kind, Target, Title, Loss string
	MonthlyCost, Confidence   float64
	Evidence                  []struct {
		Name  string
		Value float64
	}
}

func (f *wasteFinding) evidence(name string) float64 {
	for _, e := range f.Evidence {
		if e.Name == name {
			return e.Value
		}
	}
	return math.NaN()
}

// besides are the kinds of waste that are no part of the nodes' bill.
var besides = []string{"unbound-volume", "unmounted-volume", "oversized-volume", "scaled-to-zero-with-volumes", "load-balancer-without-endpoints"}

// wasteBeside gives the findings of those kinds by kind and target; a volume's
// own name, which is made up, gives way to what the title says of it.
func wasteBeside(r result) map[string]wasteFinding {
	out := map[string]wasteFinding{}
	for _, f := range r.report.Waste {
		if slices.Contains(besides, f.Kind) {
			k := f.Kind + " " + f.Target
			if f.Kind == "unbound-volume" {
				k = f.Kind + " " + f.Title
			}
			out[k] = f
		}
	}
	return out
}

// heldByTruth is the most that each claim's volume held, as the testbed knows.
func (b *bed) heldByTruth(t *testing.T) map[string]float64 {
	t.Helper()
	raw, err := os.ReadFile(b.Truth)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Volumes []struct {
			Namespace, Claim string
			Max              float64
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, v := range file.Volumes {
		out[v.Namespace+"/"+v.Claim] = v.Max
	}
	return out
}

// AWS's prices in us-east-1, USD a month: of a GiB of gp3 and gp2, and of a
// network load balancer.
const gp3, gp2, networkBalancer = 0.08, 0.10, 0.0225 * 730

// TestE2EWasteBesideNodes holds what the audit finds of volumes and load
// balancers on the live cluster to what was put there: all of it, at its price,
// and nothing more.
func TestE2EWasteBesideNodes(t *testing.T) {
	got := wasteBeside(live.audit(t, live.Kubeconfig, "--end", live.end(), "--only", "waste"))
	held := live.heldByTruth(t)
	want := map[string]float64{
		"unbound-volume a volume whose claim warehouse/sales-archive is gone": 500 * gp2,
		"unbound-volume a volume that no claim is bound to":                   64 * gp3,
		"unmounted-volume PersistentVolumeClaim/loyalty/points-import":        80 * gp2,
		"scaled-to-zero-with-volumes forecasting/StatefulSet/vector-trial":    2 * 120 * gp3,
		"scaled-to-zero-with-volumes qa/Deployment/load-driver":               60 * gp2,
		"load-balancer-without-endpoints Service/web/ticket-shop-v1":          networkBalancer,
	}
	for i := range 3 { // 30 % above the most that they held would do
		claim := fmt.Sprintf("logging/data-log-index-%d", i)
		want["oversized-volume PersistentVolumeClaim/"+claim] = (500 - math.Ceil(held[claim]*1.3/gib)) * gp3
	}
	for k, usd := range want {
		f, ok := got[k]
		if math.Abs(f.MonthlyCost-usd) > 0.0051 {
			t.Errorf("%s: found %v, costs %.2f, want %.2f", k, ok, f.MonthlyCost, usd)
		}
		if f.Loss == "" {
			t.Errorf("%s: nothing says what would be lost", k)
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("%s is no waste, but found: %+v", k, got[k])
		}
	}
	for k, claims := range map[string][]string{
		"oversized-volume PersistentVolumeClaim/logging/data-log-index-0":  {"logging/data-log-index-0"},
		"scaled-to-zero-with-volumes forecasting/StatefulSet/vector-trial": {"forecasting/index-vector-trial-0", "forecasting/index-vector-trial-1"},
		"scaled-to-zero-with-volumes qa/Deployment/load-driver":            {"qa/load-results"},
	} {
		f, sum := got[k], 0.0
		for _, c := range claims {
			_, name, _ := strings.Cut(c, "/")
			if sum += held[c]; !strings.Contains(f.Target+f.Title, name) {
				t.Errorf("%s: %q does not name %s", k, f.Title, name)
			}
		}
		most := f.evidence("most that it held")
		if len(claims) > 1 || strings.HasPrefix(k, "scaled") {
			most = f.evidence("most that they held")
			// The last pods ended a third into the history of 14 days.
			if ago := f.evidence("last ran before the end of it"); math.Abs(ago-14.*2/3) > 0.1 || f.Confidence < 0.7 {
				t.Errorf("%s: last ran %.2f days before, want %.2f; confidence %.2f", k, ago, 14.*2/3, f.Confidence)
			}
		}
		if math.Abs(most-sum) > 0.001*sum { // asked for by the hour
			t.Errorf("%s: held %.0f at most, the truth is %.0f", k, most, sum)
		}
	}
}

// TestE2EVolumesWithoutRemoteRead: an engine that has queries alone tells the
// same of volumes.
func TestE2EVolumesWithoutRemoteRead(t *testing.T) {
	target, err := url.Parse(live.Prometheus)
	if err != nil {
		t.Fatal(err)
	}
	var refused, asked atomic.Int64
	pass := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/api/v1/read") {
			refused.Add(1)
			http.NotFound(w, r)
			return
		}
		asked.Add(1)
		pass.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	of := func(at string) map[string]float64 {
		out := map[string]float64{}
		for k, f := range wasteBeside(live.audit(t, live.Kubeconfig, "--end", live.end(), "--only", "waste", "--prometheus", at)) {
			out[k] = f.MonthlyCost
		}
		return out
	}
	with, without := of(live.Prometheus), of(proxy.URL)
	if !maps.Equal(with, without) || refused.Load() == 0 || asked.Load() == 0 {
		t.Errorf("with remote read %v, without %v; it was refused %d times", with, without, refused.Load())
	}
}

// TestE2EBillRecomputes works the cluster's bill and its waste out anew, by plain code: by
// node, by workload, by namespace and by kind of waste. It does so of the window's nodes, as
// their series tell of them, and without those of today's nodes in all hours.
func TestE2EBillRecomputes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bed.snapshot")
	live.audit(t, live.Kubeconfig, "--end", live.end(), "--only", "rightsize", "--save-snapshot", path)
	snap, err := snapshot.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if snap.NodeHistory == nil {
		t.Error("no series told of the window's nodes")
	}
	for range 2 {
		checked := plainbill.Check(t, snap, []byte(live.audit(t, "/nonexistent", "--snapshot", path).out))
		for _, kind := range []string{"unused-requests", "unbound-volume", "unmounted-volume"} {
			if checked[kind] == 0 {
				t.Errorf("no finding of the kind %s was recomputed", kind)
			}
		}
		snap.NodeHistory = nil
		if err := snapshot.Write(path, snap, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
