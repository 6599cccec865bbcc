package object_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestSurge reads how many pods an update starts at once, of Deployments and of Rollouts.
func TestSurge(t *testing.T) {
	const template = `selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c}]}}`
	for name, c := range map[string]struct{ kind, strategy, want string }{
		"unsaid":     {"Deployment", `{}`, ""},
		"all":        {"Deployment", `{rollingUpdate: {maxSurge: 100%}}`, "100%"},
		"a number":   {"Deployment", `{rollingUpdate: {maxSurge: 3}}`, "3"},
		"none":       {"Deployment", `{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}`, "0"},
		"recreate":   {"Deployment", `{type: Recreate}`, "0"},
		"canary":     {"Rollout", `{canary: {maxSurge: 2}}`, "2"},
		"a share":    {"Rollout", `{canary: {maxSurge: 50%}}`, "50%"},
		"blue-green": {"Rollout", `{blueGreen: {activeService: a}}`, "100%"},
	} {
		t.Run(name, func(t *testing.T) {
			version := map[string]string{"Deployment": "apps/v1", "Rollout": "argoproj.io/v1alpha1"}[c.kind]
			var inv object.Inventory
			if err := object.Read(&inv, strings.NewReader("---\n{apiVersion: "+version+", kind: "+c.kind+", metadata: {namespace: x, name: a}, spec: {replicas: 3, strategy: "+c.strategy+", "+template+"}}"), "a.yaml"); err != nil {
				t.Fatal(err)
			}
			var s analyzer.Snapshot
			inv.Fill(&s, object.Selection{})
			at := slices.IndexFunc(s.Workloads, func(w analyzer.Workload) bool { return w.Name == "a" })
			if at < 0 || s.Workloads[at].Surge != c.want {
				t.Errorf("got %+v, want surge %q", s.Workloads, c.want)
			}
		})
	}
}

// TestUnknownFields notes what a node and a volume have that no Go type knows.
func TestUnknownFields(t *testing.T) {
	const objects = `---
{apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {providerID: "aws:///a/i-1", moored: true}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: 1Gi}, tapeLibrary: {id: x}}}
`
	var inv object.Inventory
	if err := object.Read(&inv, strings.NewReader(objects), "a.yaml"); err != nil {
		t.Fatal(err)
	}
	var s analyzer.Snapshot
	inv.Fill(&s, object.Selection{})
	if len(s.Nodes) != 1 || !slices.Equal(s.Nodes[0].Unmodelled, []string{"moored"}) {
		t.Errorf("nodes: got %+v, want spec.moored noted", s.Nodes)
	}
	if len(s.Volumes) != 1 || !slices.Equal(s.Volumes[0].Unmodelled, []string{"tapeLibrary"}) {
		t.Errorf("volumes: got %+v, want tapeLibrary noted", s.Volumes)
	}
}
