package object_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestReleases: a Deployment's ReplicaSets tell its releases, oldest first, whatever
// their order; one without a time tells nothing.
func TestReleases(t *testing.T) {
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop, name: web, uid: u}\nspec: {replicas: 1, template: {spec: {containers: [{name: app, image: app:3}]}}}\n"
	rs := func(name, meta, image string) string {
		return "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {namespace: shop, name: " + name + meta + ", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u, controller: true}]}\nspec: {replicas: 0, template: {spec: {initContainers: [{name: setup, image: setup:1}], containers: [{name: app, image: " + image + "}]}}}\n"
	}
	in := &object.Inventory{}
	err := object.Read(in, strings.NewReader(deployment+
		rs("web-c", `, creationTimestamp: "2026-05-03T10:00:00Z", annotations: {deployment.kubernetes.io/revision: "9"}`, "app:3")+
		rs("web-a", `, creationTimestamp: "2026-04-01T10:00:00Z", annotations: {deployment.kubernetes.io/revision: "x"}`, "app:2")+
		rs("web-b", "", "app:1")), "objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := &analyzer.Snapshot{}
	in.Fill(s, object.Selection{})
	if len(s.Workloads) != 1 || len(s.Workloads[0].Releases) != 2 {
		t.Fatalf("got %+v, want one workload with two releases", s.Workloads)
	}
	first, last := s.Workloads[0].Releases[0], s.Workloads[0].Releases[1]
	if first.Revision != 0 || first.At.Month() != 4 || strings.Join(first.Images, " ") != "app:2" {
		t.Errorf("the first is %+v", first)
	}
	if last.Revision != 9 || last.At.Month() != 5 || strings.Join(last.Images, " ") != "app:3" {
		t.Errorf("the last is %+v", last)
	}
}

// TestControllerRevisions: a StatefulSet's releases are its ControllerRevisions, also where
// an operator's object owns it; one without an owner or a time tells nothing, and nothing of
// the template is kept.
func TestControllerRevisions(t *testing.T) {
	const set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {namespace: shop, name: db, uid: u, ownerReferences: [{apiVersion: acme.io/v1, kind: Database, name: main, uid: m, controller: true}]}\nspec: {replicas: 1, template: {spec: {containers: [{name: app, image: db:3}]}}}\n"
	revision := func(name, number, meta string) string {
		return "---\napiVersion: apps/v1\nkind: ControllerRevision\nmetadata: {namespace: shop, name: " + name + meta + "}\nrevision: " + number + "\ndata: {spec: {template: {spec: {containers: [{name: app, image: db:9}]}}}}\n"
	}
	const owned = ", ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: u, controller: true}]"
	in := &object.Inventory{}
	err := object.Read(in, strings.NewReader(set+
		revision("db-b", "4", `, creationTimestamp: "2026-05-03T10:00:00Z"`+owned)+
		revision("db-a", "-1", `, creationTimestamp: "2026-04-01T10:00:00Z"`+owned)+
		revision("db-a", "3", `, creationTimestamp: "2026-04-01T10:00:00Z"`+owned)+
		revision("db-c", "5", owned)+
		revision("other", "6", `, creationTimestamp: "2026-05-03T10:00:00Z"`)), "objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := &analyzer.Snapshot{}
	in.Fill(s, object.Selection{})
	if len(s.Workloads) != 1 {
		t.Fatalf("got %+v, want one workload", s.Workloads)
	}
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 10, 0, 0, 0, time.UTC) }
	want := []analyzer.Release{{At: at(4, 1), Revision: 3}, {At: at(5, 3), Revision: 4}}
	if got := s.Workloads[0].Releases; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
