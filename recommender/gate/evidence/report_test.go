package evidence_test

import (
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestEvidenceOf: what a report withholds is no evidence, whatever its words,
// and what it advises is, to the next millicore.
func TestEvidenceOf(t *testing.T) {
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	r := &document.Report{
		Metadata: document.Metadata{GeneratedFrom: document.Window{Start: end.AddDate(0, 0, -14), End: end}},
		Workloads: []document.Workload{{Namespace: "shop", Kind: "Deployment", Name: "cart", Replicas: 3, Horizontal: &document.Horizontal{Recommended: &document.Scaling{Requests: []document.ContainerRequest{{Container: "app", CPU: 90_000}}}, Slowdown: 8, Variability: &document.Variability{Service: 1.2, Load: 0.3}}, Containers: []document.Container{
			{
				Name:        "app",
				Recommended: &document.Setting{Requests: document.Resources{CPU: 120_001, Memory: 1 << 20}},
				Withheld:    []document.Withheld{{Resource: "memory", Reason: "cpu: is in the reason and means nothing"}},
				Usage:       document.Usage{CPU: &document.CPUUsage{P50: 50_000, P95: 90_000, P99: 100_000, Max: 110_000}},
			},
			{Name: "side", Withheld: []document.Withheld{{Resource: "all", Reason: "too little data"}}},
		}}},
	}
	e := evidence.Of(r, "report.json")
	if e.Source != "report.json of 2026-11-20" || e.Days != 14 {
		t.Errorf("got %q over %v days", e.Source, e.Days)
	}
	w := e.Workloads[analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "cart"}]
	if w == nil || w.Replicas != 3 {
		t.Fatalf("got workload %+v, want 3 replicas", w)
	}
	if v := w.Variability(); v != (replay.Variability{Service: 1.2, Load: 0.3}) {
		t.Errorf("got variability %+v", v)
	}
	if s, none := w.Slowdown(), (*evidence.Workload)(nil).Slowdown(); s != 8 || none != advice.DefaultSlowdown {
		t.Errorf("got slowdown %v, and %v where nothing is known; want 8 and %v", s, none, advice.DefaultSlowdown)
	}
	app, side := w.Containers["app"], w.Containers["side"]
	if app.WithheldCPU || !app.WithheldMemory {
		t.Errorf("withheld: got cpu %v, memory %v, want memory alone", app.WithheldCPU, app.WithheldMemory)
	}
	if app.Requests == nil || app.Requests.CPU != 121 || app.CPU.Max() != 110 {
		t.Errorf("got requests %v and a largest usage of %v", app.Requests, app.CPU.Max())
	}
	if cpu, ok := w.AdvisedRequest("app", "cpu"); !ok || cpu != 90 {
		t.Errorf("got %d millicores advised, want the 90 that go together with the target", cpu)
	}
	if memory, ok := w.AdvisedRequest("app", "memory"); !ok || memory != 1<<20 {
		t.Errorf("got %d bytes advised, want those of right-sizing", memory)
	}
	if _, ok := w.AdvisedRequest("side", "cpu"); ok {
		t.Error("a request is advised of a container whose advice is withheld")
	}
	if side.Requests != nil || side.CPU != nil {
		t.Errorf("side: got %+v, want nothing advised and no usage", side)
	}
}
