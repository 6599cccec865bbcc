//go:build e2e

package e2e_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// requestTruth is what the testbed knows of the requests to one workload.
type requestTruth struct {
	Namespace, Kind, Workload, Counter string
	PerSecond, Millicores              float64
}

func (b *bed) requestTruths(t *testing.T) []requestTruth {
	t.Helper()
	raw, err := os.ReadFile(b.Truth)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Requests []requestTruth }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Requests) < 7 {
		t.Fatalf("the truth has requests to %d workloads, want 7", len(file.Requests))
	}
	return file.Requests
}

// TestE2ERequestRatesAreTheTruth holds the snapshot's rates, as the real
// Prometheus gave them, against what the testbed wrote: pods scraped by two
// jobs and by a pair of servers, pods of the past, an ingress.
func TestE2ERequestRatesAreTheTruth(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bed.snapshot")
	live.audit(t, live.Kubeconfig, "--end", live.end(), "--save-snapshot", file, "--only", "rightsize")
	snap, err := snapshot.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if snap.Minor() < 30 {
		t.Errorf("the snapshot is of Kubernetes %q, want the API server's version", snap.KubernetesVersion)
	}
	for _, want := range live.requestTruths(t) {
		sum, slots := 0.0, 0
		for i := range snap.Requests {
			q := &snap.Requests[i]
			if q.Namespace != want.Namespace || q.Kind != want.Kind || q.Name != want.Workload || q.Counter != want.Counter {
				continue
			}
			for d := range q.Days {
				for slot := range 288 {
					if milli, n := q.Days[d].Load.At(slot); n > 0 {
						sum, slots = sum+milli/1000, slots+1
					}
				}
			}
			if !strings.Contains(q.Query, want.Counter) {
				t.Errorf("%s/%s: the query is %q", want.Namespace, want.Workload, q.Query)
			}
		}
		if got := sum / float64(max(slots, 1)); math.Abs(got-want.PerSecond) > 0.03*want.PerSecond {
			t.Errorf("%s/%s: %.3f requests a second in %d slots, the truth is %.3f", want.Namespace, want.Workload, got, slots, want.PerSecond)
		}
	}
}

// TestE2ERequestAdvice wants what a request costs found again, a rate advised
// where a limit hides the demand, and an owner's minimum kept by night.
func TestE2ERequestAdvice(t *testing.T) {
	r := live.audit(t, live.Kubeconfig, "--end", live.end())
	var full struct {
		Workloads []struct {
			Namespace, Name string
			Horizontal      *struct {
				Recommended *struct {
					Kind         string
					MinReplicas  *int
					IdleReplicas *int
					Triggers     []struct {
						Counter, Query string
						Threshold      float64
					}
				}
				Evidence []struct {
					Name  string
					Value float64
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(r.out), &full); err != nil {
		t.Fatal(err)
	}
	costs, advised := map[string]float64{}, map[string]string{}
	for _, w := range full.Workloads {
		if w.Horizontal == nil {
			continue
		}
		for _, e := range w.Horizontal.Evidence {
			if strings.HasPrefix(e.Name, "CPU for a request a second") {
				costs[w.Namespace+"/"+w.Name] = e.Value
			}
		}
		to := w.Horizontal.Recommended
		if to == nil || len(to.Triggers) == 0 {
			continue
		}
		advised[w.Namespace+"/"+w.Name] = to.Kind
		if to.Kind == "ScaledObject" && (to.MinReplicas == nil || *to.MinReplicas != 0) && to.IdleReplicas == nil {
			t.Errorf("%s/%s: the ScaledObject never rests: %+v", w.Namespace, w.Name, *to)
		}
		if to.Triggers[0].Query == "" || to.Triggers[0].Threshold <= 0 {
			t.Errorf("%s/%s: triggers %+v", w.Namespace, w.Name, to.Triggers)
		}
	}
	for _, want := range live.requestTruths(t) {
		k := want.Namespace + "/" + want.Workload
		got, ok := costs[k]
		// Sidecars and starts cost CPU too, and idling has none of the ingress's.
		if want.Counter != "nginx_ingress_controller_requests" && (!ok || got < 0.95*want.Millicores || got > 1.3*want.Millicores) {
			t.Errorf("%s: a request a second is said to take %.2f millicores, the truth is %.2f", k, got, want.Millicores)
		}
	}
	if advised["gateway/bot-filter"] != "HorizontalPodAutoscaler" {
		t.Errorf("gateway/bot-filter runs at its limit and its requests tell the demand, yet no rate is advised; advised are %v", advised)
	}
	// It gets no requests by night, but its owner's minReplicas is 2.
	if advised["staging/booking-api"] == "ScaledObject" {
		t.Errorf("staging/booking-api may rest below its owner's minimum; advised are %v", advised)
	}
}
