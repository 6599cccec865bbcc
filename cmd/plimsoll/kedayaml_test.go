package main

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/snippet"
)

// TestScaledObjectYAML: the ScaledObject to copy is read back, by the reader of a cluster's
// own, as the setting that was advised.
func TestScaledObjectYAML(t *testing.T) {
	three, ten, query := int32(3), int32(10), `sum(rate(http_requests_total{namespace="shop",pod=~"web-[a-z0-9]+-[a-z0-9]{5}",code="200"}[5m]))`
	r := &document.Report{}
	r.Metadata.Sources = []analyzer.Source{{Kind: "prometheus", Name: "monitoring/prometheus-k8s:9090"}}
	w := &document.Workload{Namespace: "shop", Kind: "Deployment", Name: "web", APIVersion: "apps/v1", Horizontal: &document.Horizontal{
		Current: document.Scaling{Kind: "fixed", Replicas: 4},
		Recommended: &document.Scaling{
			Kind: "ScaledObject", MinReplicas: &three, MaxReplicas: &ten, IdleReplicas: new(int32), PollingInterval: 15, CooldownPeriod: 120,
			Metrics:   []analyzer.HPAMetric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: 70}},
			Schedules: []document.Schedule{{Start: "0 6 * * 1-5", End: "0 20 * * 1-5", Replicas: 5}},
			Triggers:  []document.RequestTrigger{{Counter: "http_requests_total", Query: query, Threshold: 45.7, ActivationThreshold: 0.5}},
		},
	}}
	var text []string
	for _, l := range snippet.Scaler(r, w).Lines {
		text = append(text, snippet.Fold(l, 80)...)
	}
	in := &object.Inventory{}
	all := strings.Join(text, "\n") + "\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: web}\nspec: {replicas: 4, template: {spec: {containers: [{name: app, image: app:1}]}}}\n"
	if err := object.Read(in, strings.NewReader(all), "objects.yaml"); err != nil {
		t.Fatalf("%v in\n%s", err, all)
	}
	s := &analyzer.Snapshot{}
	in.Fill(s, object.Selection{})
	if len(s.ScaledObjects) != 1 {
		t.Fatalf("got %d ScaledObjects, warnings %v of\n%s", len(s.ScaledObjects), s.Warnings, all)
	}
	so := s.ScaledObjects[0]
	if so.Namespace != "shop" || so.Name != "web" || so.Min != 3 || so.Max != 10 || !so.IdleAtZero || so.Polling != 15 || so.Cooldown != 120 || so.Unread != "" {
		t.Errorf("got %+v", so)
	}
	kinds := map[string]analyzer.ScaleTrigger{}
	for _, x := range so.Triggers {
		kinds[x.Type] = x
	}
	if x := kinds["cron"]; x.Start != "0 6 * * 1-5" || x.End != "0 20 * * 1-5" || x.Replicas != 5 {
		t.Errorf("got cron %+v", x)
	}
	if x := kinds["cpu"]; x.Metric == nil || x.Metric.TargetType != "Utilization" || x.Metric.Target != 70 {
		t.Errorf("got cpu %+v", x)
	}
	if x := kinds["prometheus"]; x.Query != query || x.Threshold != 45700 || x.Activation != 500 {
		t.Errorf("got prometheus %+v", x)
	}
	if !strings.Contains(all, `serverAddress: "http://prometheus-k8s.monitoring.svc:9090"`) {
		t.Errorf("KEDA does not find the engine in\n%s", all)
	}
}
