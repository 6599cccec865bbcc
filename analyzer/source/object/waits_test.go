package object_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestLeases: a lease tells of the pod that holds it: in its own namespace, in another
// where the name is the only one, and never by the leases of nodes.
func TestLeases(t *testing.T) {
	const pods = `
apiVersion: v1
kind: Pod
metadata: {namespace: a, name: web-0}
spec: {containers: [{name: app, image: app:1}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: b, name: web-0}
spec: {containers: [{name: app, image: app:1}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: b, name: single}
spec: {containers: [{name: app, image: app:1}]}
`
	lease := func(namespace, holder string) string {
		return "---\napiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {namespace: " + namespace + ", name: lock}\nspec: {holderIdentity: " + holder + "}\n"
	}
	for _, c := range []struct{ name, lease, want string }{
		{"its own namespace", lease("a", "web-0_1f2e"), "a/Pod/web-0"},
		{"another, and two pods of the name", lease("kube-system", "web-0_1f2e"), ""},
		{"another, and one pod of the name", lease("kube-system", "single"), "b/Pod/single"},
		{"a node's", lease("kube-node-lease", "single"), ""},
		{"nobody holds it", "---\napiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {namespace: b, name: lock}\nspec: {}\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inventory := &object.Inventory{}
			if err := object.Read(inventory, strings.NewReader(pods+c.lease), "objects.yaml"); err != nil {
				t.Fatal(err)
			}
			var snap analyzer.Snapshot
			inventory.Fill(&snap, object.Selection{})
			var got []string
			for _, w := range snap.Workloads {
				if w.Waits != "" {
					got = append(got, w.String())
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %q", got, c.want)
			}
		})
	}
}
