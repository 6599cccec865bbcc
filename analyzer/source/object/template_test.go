package object_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

const templated = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: db}}
    spec:
      newerField: {x: 1}
      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}]}}
      containers: [{name: db, resources: {requests: {cpu: "2", memory: 8Gi, ephemeral-storage: 1Gi}}}]
  volumeClaimTemplates: [{metadata: {name: data}}]
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]
      containers: [{name: web, resources: {requests: {cpu: "1"}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: check, namespace: shop, annotations: {helm.sh/hook: "test,pre-delete"}}
spec: {template: {spec: {containers: [{name: check}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop, annotations: {helm.sh/hook: "pre-install, pre-upgrade"}}
spec: {template: {spec: {containers: [{name: migrate}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: try, namespace: shop, annotations: {helm.sh/hook: test-success}}
spec: {containers: [{name: try}]}
`

const anyNode = `
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
`

const runningPod = `
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: db-0, labels: {app: db}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: u, controller: true}]}
spec: {containers: [{name: db}]}
`

// TestTemplates: where neither a node nor a pod of it is known, a workload has the pod that
// its template makes, with what binds it; Helm's tests have none.
func TestTemplates(t *testing.T) {
	of := func(text string) map[string]*analyzer.Pod {
		v := &object.Inventory{}
		if err := object.Read(v, strings.NewReader(text), "chart"); err != nil {
			t.Fatal(err)
		}
		var s analyzer.Snapshot
		v.Fill(&s, object.Selection{})
		out := map[string]*analyzer.Pod{}
		for i := range s.Workloads {
			out[s.Workloads[i].Kind+"/"+s.Workloads[i].Name] = s.Workloads[i].Template
		}
		return out
	}
	got := of(templated)
	db := got["StatefulSet/db"]
	if db == nil || db.Requests.CPU != 2000 || db.Resources["ephemeral-storage"] != 1<<30 || len(db.Spec.Claims) != 1 ||
		len(db.Spec.AntiAffinity) != 1 || len(db.Spec.AntiAffinity[0].Workloads) != 1 || len(db.Spec.Unmodelled) != 1 || db.Spec.Unmodelled[0] != "newerField" {
		t.Errorf("got %+v", db)
	}
	if web := got["Rollout/web"]; web == nil || len(web.Spec.Spread) != 1 {
		t.Errorf("got %+v, want its spread", web)
	}
	if got["Job/check"] != nil || got["Job/migrate"] == nil {
		t.Errorf("got %v and %v, want no pod of a test and one of an install", got["Job/check"], got["Job/migrate"])
	}
	if _, there := got["Pod/try"]; there {
		t.Error("a test of Helm's is a workload")
	}
	for name, template := range of(templated + anyNode) {
		if template != nil {
			t.Errorf("%s: got a template beside a node", name)
		}
	}
	if of(templated + runningPod)["StatefulSet/db"] != nil {
		t.Error("got a template beside a pod of it")
	}
}
