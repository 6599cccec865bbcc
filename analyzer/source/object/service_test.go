package object_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestServicesLeadToWorkloads goes from a service over its selector and the
// pods to what controls them.
func TestServicesLeadToWorkloads(t *testing.T) {
	const objects = `
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: front}
spec: {selector: {app: web}}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: all}
spec: {selector: {tier: front}}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: by-hand}
---
apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: web-6f7d8-bcdfg
  labels: {app: web, tier: front, pod-template-hash: 6f7d8}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-6f7d8, uid: u, controller: true}]
spec: {containers: [{name: app}]}
---
apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: api-0
  labels: {app: api, tier: front}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: api, uid: v, controller: true}]
spec: {containers: [{name: app}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: elsewhere, name: web, labels: {app: web}}
spec: {containers: [{name: app}]}
`
	v, o := &object.Inventory{}, &analyzer.Owners{}
	if err := object.Read(v, strings.NewReader(objects), "services.yaml"); err != nil {
		t.Fatal(err)
	}
	v.Owners(o)
	want := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	if got, ok := o.Service("shop", "front"); !ok || got != want {
		t.Errorf("front: got %v, %v; want %s", got, ok, want)
	}
	for _, name := range []string{"all", "by-hand", "none"} {
		if got, ok := o.Service("shop", name); ok {
			t.Errorf("%s: got %s, want no single workload", name, got)
		}
	}
}
