package manifest_test

import "testing"

const patched = `
-- app/base/kustomization.yaml --
resources: [web.yaml]
-- app/base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c, image: a, resources: {requests: {cpu: 1}}}]}}}
-- app/prod/kustomization.yaml --
resources: [../base]
patches: [{path: patches/cpu.yaml}]
-- app/prod/patches/cpu.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c, resources: {requests: {cpu: 2}}}]}}}
-- app/prod/patches/whole.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: whole}
spec: {template: {spec: {containers: [{name: c, image: a}]}}}
-- app/prod/unused.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c, args: [--debug]}]}}}
-- bad/kustomization.yaml --
resources: [cpu.yaml]
-- bad/cpu.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c}]}}}
-- alone/cpu.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c, resources: {requests: {cpu: 2}}}]}}}
`

// TestPatchesAreNotJudgedAlone: a patch that is named by itself is skipped with
// its reason; what no kustomization patches with is judged as it stands.
func TestPatchesAreNotJudgedAlone(t *testing.T) {
	unpack(t, patched)
	for path, want := range map[string]struct{ documents, skips int }{
		"app/prod/patches/cpu.yaml": {0, 1},
		"app/prod/patches":          {1, 1},
		"app":                       {2, 1}, // the patched Deployment, the other file, and the patch that nobody takes
		"bad/cpu.yaml":              {1, 0}, // a resource, though the API server refuses it
		"alone/cpu.yaml":            {1, 0},
	} {
		tree := read(t, path)
		if len(tree.Documents) != want.documents || len(tree.Skips) != want.skips || len(tree.Problems) != 0 {
			t.Errorf("%s: got %d documents, skips %+v and problems %+v, want %+v", path, len(tree.Documents), tree.Skips, tree.Problems, want)
		}
		for _, s := range tree.Skips {
			if s.Kind != "Deployment" || s.Reason != "a patch of a kustomization: name the folder of that" {
				t.Errorf("%s: got %+v", path, s)
			}
		}
	}
}

// TestSamplesAreApart: files of one folder that hold the same object are never
// in one cluster; the others of the folder are.
func TestSamplesAreApart(t *testing.T) {
	const web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: c, image: a}]}}}\n"
	const hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: %}\nspec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 3}\n"
	unpack(t, "-- samples/a.yaml --\n"+web+hpa+"-- samples/b.yaml --\n"+web+hpa+"-- samples/budget.yaml --\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {maxUnavailable: 1}\n")
	at := map[string]string{}
	for _, d := range read(t, "samples").Documents {
		if was, ok := at[d.File]; ok && was != d.Tree {
			t.Errorf("%s is in the environments %q and %q", d.File, was, d.Tree)
		}
		at[d.File] = d.Tree
	}
	if at["samples/a.yaml"] == at["samples/b.yaml"] || at["samples/a.yaml"] != at["samples/budget.yaml"] {
		t.Errorf("got environments %v, want b apart from a and the budget", at)
	}
}
