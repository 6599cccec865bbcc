package object_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestScaledObjectWithoutItsHPA: what KEDA scales has an autoscaler, also where the HPA that
// KEDA keeps is not among the objects. Where it is, under whatever name, there is no second.
func TestScaledObjectWithoutItsHPA(t *testing.T) {
	const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web, uid: u-web}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "app:1"}]}}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {namespace: shop, name: by-queue}
spec:
  scaleTargetRef: {name: web}
  maxReplicaCount: 9
  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {selectPolicy: Disabled}}}}
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - {type: kafka, metadata: {lagThreshold: "5"}}
`
	const hpa = `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {namespace: shop, name: %s%s}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 9}
`
	for text, want := range map[string]string{
		"": "keda-hpa-by-queue 1 to 9 of Deployment web on cpu kafka, down Disabled",
		fmt.Sprintf(hpa, "keda-hpa-by-queue", ""): "keda-hpa-by-queue 1 to 9 of Deployment web on cpu",
		fmt.Sprintf(hpa, "own-name", ", ownerReferences: [{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: by-queue, uid: u, controller: true}]"): "own-name 1 to 9 of Deployment web on cpu",
	} {
		v := &object.Inventory{}
		if err := object.Read(v, strings.NewReader(deployment+text), "objects.yaml"); err != nil {
			t.Fatal(err)
		}
		s := &analyzer.Snapshot{}
		v.Fill(s, object.Selection{})
		var got []string
		for _, h := range s.HPAs {
			line := fmt.Sprintf("%s %d to %d of %s %s on", h.Name, h.Min, h.Max, h.Target.Kind, h.Target.Name)
			for _, m := range h.Metrics {
				line += " " + m.Name
			}
			if h.Behavior != nil {
				line += ", down " + h.Behavior.Down.Select
			}
			if h.ManagedBy != "keda" {
				line += ", nobody's"
			}
			got = append(got, line)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("got %q, want %s", got, want)
		}
	}
}
