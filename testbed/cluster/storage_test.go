package cluster_test

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
)

func of(kind string, lists ...[]*unstructured.Unstructured) (out []*unstructured.Unstructured) {
	for _, o := range slices.Concat(lists...) {
		if o.GetKind() == kind {
			out = append(out, o)
		}
	}
	return out
}

// TestEveryClaimHasItsVolume joins what the testbed makes and what controllers
// will: each claim, by its name, has one volume that is kept for it, of its
// class, in a zone in which its workload's nodes are.
func TestEveryClaimHasItsVolume(t *testing.T) {
	spec, err := cluster.Load()
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]int{}
	for _, c := range of("PersistentVolumeClaim", spec.Policies()) {
		claims[c.GetNamespace()+"/"+c.GetName()]++
	}
	for _, s := range of("StatefulSet", spec.Objects(true), spec.Objects(false)) {
		replicas, _, _ := unstructured.NestedInt64(s.Object, "spec", "replicas")
		templates, _, _ := unstructured.NestedSlice(s.Object, "spec", "volumeClaimTemplates")
		for _, template := range templates {
			if _, ok := template.(map[string]any)["status"]; ok {
				t.Errorf("%s has a claim template with a status, which is applied over the cluster's", s.GetName())
			}
			name, _, _ := unstructured.NestedString(template.(map[string]any), "metadata", "name")
			for i := range replicas {
				claims[fmt.Sprintf("%s/%s-%s-%d", s.GetNamespace(), name, s.GetName(), i)]++
			}
		}
	}
	free := 0
	for _, v := range of("PersistentVolume", spec.Foundation()) {
		ref, bound, _ := unstructured.NestedStringMap(v.Object, "spec", "claimRef")
		k := ref["namespace"] + "/" + ref["name"]
		if !bound || ref["uid"] != "" {
			free++
			if claims[k] > 0 {
				t.Errorf("volume %s is free and kept for %s", v.GetName(), k)
			}
			continue
		}
		if claims[k]--; claims[k] != 0 {
			t.Errorf("volume %s is for %s, of which there are %d", v.GetName(), k, claims[k]+1)
		}
		delete(claims, k)
	}
	if len(claims) > 0 || free != 2 {
		t.Errorf("claims without a volume: %v; %d free volumes, want 2", claims, free)
	}
	if got := len(of("CSINode", spec.Foundation())); got != spec.NodeCount() {
		t.Errorf("the driver is on %d of %d nodes", got, spec.NodeCount())
	}
}

func TestBalancers(t *testing.T) {
	spec, err := cluster.Load()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, s := range of("Service", spec.Objects(true), spec.Objects(false)) {
		if kind, _, _ := unstructured.NestedString(s.Object, "spec", "type"); kind == "LoadBalancer" {
			made[s.GetNamespace()+"/"+s.GetName()] = true
		}
	}
	for _, s := range spec.BalancerStatuses() {
		if k := s.GetNamespace() + "/" + s.GetName(); !made[k] {
			t.Errorf("%s has an address and no service", k)
		}
	}
	if len(made) != 2 || len(spec.BalancerStatuses()) != 2 {
		t.Errorf("got %v, want two load balancers, each with an address", made)
	}
}
