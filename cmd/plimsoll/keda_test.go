package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// kedaObjects is a workload of four pods under a ScaledObject with the given triggers.
func kedaObjects(triggers string) string {
	text := `apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web, uid: u-web}
spec: {replicas: 4, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app:1, resources: {requests: {cpu: 500m, memory: 512Mi}}}]}}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {namespace: shop, name: web}
spec: {scaleTargetRef: {name: web}, minReplicaCount: 2, maxReplicaCount: 20, triggers: [` + triggers + `]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {namespace: shop, name: keda-hpa-web, labels: {app.kubernetes.io/managed-by: keda-operator}}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 20, metrics: [{type: External, external: {metric: {name: s0}, target: {type: AverageValue, averageValue: "1"}}}]}
`
	for i := range 4 {
		text += fmt.Sprintf("---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web-%d, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u-web, controller: true}]}\nspec: {containers: [{name: app, image: app:1, resources: {requests: {cpu: 500m, memory: 512Mi}}}]}\nstatus: {phase: Running}\n", i)
	}
	return text
}

// kedaSnapshot saves six days of it: so many millicores of all pods together, 300 MiB a
// pod, and what the query of each prometheus trigger read: 100 by day and 25 by night.
func kedaSnapshot(t *testing.T, file, triggers string, millicores float64) {
	t.Helper()
	in := &object.Inventory{}
	if err := object.Read(in, strings.NewReader(kedaObjects(triggers)), "objects.yaml"); err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.AddDate(0, 0, -6), End: end, Step: 5 * time.Minute}}
	in.Fill(s, object.Selection{})
	if len(s.ScaledObjects) != 1 || len(s.Workloads) != 1 {
		t.Fatalf("got %d ScaledObjects, %d workloads", len(s.ScaledObjects), len(s.Workloads))
	}
	ref := s.Workloads[0].Ref
	rec, read := analyzer.NewRecorder(s.Window), analyzer.NewRequestRecorder(s.Window)
	for pod := range 4 {
		p := rec.Pod(ref, "app")
		for at := s.Window.Start.Add(5 * time.Minute); !at.After(end); at = at.Add(5 * time.Minute) {
			p.CPU(at.UnixMilli(), millicores/4)
			p.Memory(at.UnixMilli(), 300<<20)
			for i, trigger := range s.ScaledObjects[0].Triggers {
				if before := at.Add(-time.Minute); pod == 0 && trigger.Type == "prometheus" {
					read.Add(ref, analyzer.TriggerCounter(&s.ScaledObjects[0], i), at.UnixMilli(), map[bool]float64{true: 100, false: 25}[before.Hour() >= 12])
				}
			}
		}
		p.Close()
	}
	s.Usage, s.Requests = rec.Usage(), read.Requests()
	for i := range s.Requests {
		s.Requests[i].By = analyzer.CountedByTrigger
	}
	s.Sort()
	if err := snapshot.Write(file, s, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTriggersOfScaledObjectsAreReplayed audits snapshots with ScaledObjects of each kind of
// trigger and wants the mean number of pods that their arithmetic gives.
func TestTriggersOfScaledObjectsAreReplayed(t *testing.T) {
	isolate(t)
	const (
		cpu    = `{type: cpu, metricType: Utilization, metadata: {value: "50"}}`
		memory = `{type: memory, metricType: Utilization, metadata: {value: "80"}}`
		cron   = `{type: cron, metadata: {timezone: UTC, start: "0 8 * * *", end: "0 18 * * *", desiredReplicas: "5"}}`
		berlin = `{type: cron, metadata: {timezone: Europe/Berlin, start: "0 0 * * *", end: "0 12 * * *", desiredReplicas: "5"}}`
		rate   = `{type: prometheus, metadata: {serverAddress: "http://prometheus:9090", query: "sum(queue_length)", threshold: "10"}}`
	)
	for i, tt := range []struct {
		name, triggers string
		millicores     float64
		mean           float64 // replicas; 0 where the ScaledObject is not judged
		says           string
	}{
		{"cpu: 1000m at half of 500m", cpu, 1000, 4, "the ScaledObject fits"},
		{"cron: five for ten hours, else two", cron, 200, (5*10 + 2*14) / 24.0, "the ScaledObject fits"},
		{"cron in its own time zone", berlin, 200, (5*12 + 2*12) / 24.0, "the ScaledObject fits"},
		{"prometheus: ten by day, three by night", rate, 200, (10 + 3) / 2.0, "the ScaledObject fits"},
		{"cpu and memory, of which no pod below three goes", cpu + "," + memory, 100, 3, "the ScaledObject fits"},
		{"cron and prometheus: the greater at any time", cron + "," + rate, 200, (3*8 + 5*4 + 10*12) / 24.0, "the ScaledObject fits"},
		{"all four", strings.Join([]string{cpu, memory, cron, rate}, ","), 1000, (4*8 + 5*4 + 10*12) / 24.0, "the ScaledObject fits"},
		{"cpu that leaves demand unserved", strings.Replace(cpu, "50", "300", 1), 5000, 4, "raise its minimum or maximum, or lower a trigger's value"},
		{"memory alone", memory, 1000, 0, "follows memory alone, which is no measure of load"},
		{"a kind without history", `{type: kafka, metadata: {topic: a, lagThreshold: "5"}}`, 1000, 0, "trigger 1 (kafka) has no history here"},
	} {
		file, report := fmt.Sprintf("s%d.snapshot", i), fmt.Sprintf("r%d.json", i)
		kedaSnapshot(t, file, tt.triggers, tt.millicores)
		if code, _, errs := plimsoll("audit", "--snapshot", file, "--only", "horizontal", "-q", "-o", "json="+report); code != 0 {
			t.Fatalf("%s: got %d %s", tt.name, code, errs)
		}
		r := savedReport(t, report)
		h := r.Workloads[0].Horizontal
		if h == nil {
			t.Fatalf("%s: nothing is said of the number of pods", tt.name)
		}
		said, mean := "", 0.0
		for _, w := range h.Withheld {
			said = w.Reason
		}
		if h.Recommended != nil {
			said = "the ScaledObject fits"
			if h.Recommended.Kind != "ScaledObject" || *h.Recommended.MinReplicas != 2 || *h.Recommended.MaxReplicas != 20 {
				t.Errorf("%s: got %+v in its place", tt.name, h.Recommended)
			}
		}
		for _, e := range h.Evidence {
			if e.Name == "replica-hours a month, now" {
				mean = e.Value / 730
			}
		}
		if !strings.Contains(said, tt.says) || math.Abs(mean-tt.mean) > 0.02*tt.mean {
			t.Errorf("%s: got %.2f pods in the mean and %q, want %.2f and %q", tt.name, mean, said, tt.mean, tt.says)
		}
	}
}
