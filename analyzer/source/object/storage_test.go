package object_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

const storageObjects = `
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-a, creationTimestamp: "2026-05-01T00:00:00Z"}
spec:
  storageClassName: gp3
  capacity: {storage: 10Gi}
  persistentVolumeReclaimPolicy: Retain
  csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1}
  claimRef: {namespace: shop, name: data}
status: {phase: Released}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-free}
spec: {capacity: {storage: 1Gi}}
status: {phase: Available}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {namespace: shop, name: data}
spec: {storageClassName: gp3, volumeName: pv-a, resources: {requests: {storage: 8Gi}}}
status: {phase: Bound, capacity: {storage: 10Gi}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web-0, labels: {app: web}}
spec: {containers: [{name: c}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web-1, labels: {app: web}}
spec: {containers: [{name: c}]}
status: {phase: Pending}
---
apiVersion: v1
kind: Pod
metadata: {namespace: pay, name: web-2, labels: {app: web}}
spec: {containers: [{name: c}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: web}
spec: {type: LoadBalancer, selector: {app: web}}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: inside}
spec: {selector: {app: web}}
---
apiVersion: v1
kind: Service
metadata: {namespace: pay, name: by-hand}
spec: {type: LoadBalancer}
`

func TestStorageAndLoadBalancers(t *testing.T) {
	read := func(namespaces ...string) *analyzer.Snapshot {
		v, s := &object.Inventory{}, &analyzer.Snapshot{}
		if err := object.Read(v, strings.NewReader(storageObjects), "storage.yaml"); err != nil {
			t.Fatal(err)
		}
		sel, err := object.Select(namespaces, "")
		if err != nil {
			t.Fatal(err)
		}
		v.Fill(s, sel)
		return s
	}
	s := read()
	if len(s.Volumes) != 2 || s.Volumes[0].Claim != "shop/data" || s.Volumes[0].Capacity != 10<<30 || s.Volumes[0].Driver != "ebs.csi.aws.com" || s.Volumes[0].Created.IsZero() {
		t.Errorf("volumes: got %+v", s.Volumes)
	}
	want := analyzer.VolumeClaim{Namespace: "shop", Name: "data", Class: "gp3", Volume: "pv-a", Phase: "Bound", Requested: 8 << 30, Capacity: 10 << 30}
	if len(s.VolumeClaims) != 1 || s.VolumeClaims[0] != want {
		t.Errorf("claims: got %+v, want %+v", s.VolumeClaims, want)
	}
	balancers := []analyzer.LoadBalancer{
		{Namespace: "pay", Name: "by-hand"},
		{Namespace: "shop", Name: "web", Selects: true, Pods: []string{"web-0"}, Addresses: 1}, // web-1 is not ready, web-2 is elsewhere
	}
	if !reflect.DeepEqual(s.LoadBalancers, balancers) {
		t.Errorf("load balancers: got %+v, want %+v", s.LoadBalancers, balancers)
	}
	// The same part, whether chosen when reading or later.
	part := read("shop")
	sel, err := object.Select([]string{"shop"}, "")
	if err != nil {
		t.Fatal(err)
	}
	sel.Apply(s)
	for name, got := range map[string]*analyzer.Snapshot{"read": part, "applied": s} {
		if len(got.Volumes) != 1 || len(got.VolumeClaims) != 1 || len(got.LoadBalancers) != 1 || got.LoadBalancers[0].Name != "web" {
			t.Errorf("%s: got %+v, %+v, %+v of namespace shop", name, got.Volumes, got.VolumeClaims, got.LoadBalancers)
		}
	}
}

// TestClaimsOfTemplates: what a workload would mount is known without its pods.
func TestClaimsOfTemplates(t *testing.T) {
	const volumes = `volumes: [{name: b, persistentVolumeClaim: {claimName: b}}, {name: a, persistentVolumeClaim: {claimName: a}}, {name: x, emptyDir: {}}]`
	const spec = `template: {spec: {containers: [{name: c}], ` + volumes + `}}`
	const objects = `
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web}
spec: {replicas: 0, ` + spec + `}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: shop, name: db}, spec: {replicas: 0, template: {spec: {containers: [{name: c}]}}, volumeClaimTemplates: [{metadata: {name: data}}, {metadata: {name: log}}]}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {namespace: shop, name: night}, spec: {jobTemplate: {spec: {` + spec + `}}}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {namespace: shop, name: canary}, spec: {replicas: 0, ` + spec + `}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {namespace: shop, name: refers}, spec: {replicas: 0, workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}
---
{apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, metadata: {namespace: pay, name: db}, spec: {replicas: 0, template: {spec: {containers: [{name: c}]}}, volumeClaimTemplates: [{metadata: {name: data}}]}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: pay, name: web-1, ownerReferences: [{apiVersion: example.com/v1, kind: Shop, name: web, uid: u, controller: true}]}, spec: {replicas: 0, ` + spec + `}}
`
	v, s := &object.Inventory{}, &analyzer.Snapshot{}
	if err := object.Read(v, strings.NewReader(objects), "claims.yaml"); err != nil {
		t.Fatal(err)
	}
	v.Fill(s, object.Selection{})
	got := map[string][2][]string{}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		got[w.String()] = [2][]string{w.Claims, w.ClaimTemplates}
	}
	both := [2][]string{{"a", "b"}, nil}
	want := map[string][2][]string{
		"shop/Deployment/web": both, "shop/CronJob/night": both, "shop/Rollout/canary": both, "shop/Rollout/refers": both, "pay/Shop/web": both,
		"shop/StatefulSet/db": {nil, {"data", "log"}}, "pay/StatefulSet/db": {nil, {"data"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
