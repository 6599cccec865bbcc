package gate_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
)

// TestManualListsRules keeps the table of docs/gate.md as the rules are.
func TestManualListsRules(t *testing.T) {
	var want strings.Builder
	for _, r := range gate.Rules() {
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", r.Name, r.Severity, r.Doc)
	}
	manual(t, "| rule | severity | finds |\n|---|---|---|\n", want.String())
}

// TestManualListsKinds keeps the table of what happens with each kind.
func TestManualListsKinds(t *testing.T) {
	var pods []string
	for _, k := range manifest.Templates() {
		name := k.Kind
		if k.Group != "" && k.Group != "batch" {
			name += " (" + k.Group + ")"
		}
		pods = append(pods, name)
	}
	rows := []struct{ kinds, happens string }{
		{strings.Join(pods, ", "), "judged"},
		{"kinds of `podTemplates` in the policy", "judged"},
		{"HorizontalPodAutoscaler, ScaledObject, VerticalPodAutoscaler, PodDisruptionBudget, LimitRange, ResourceQuota", "judged, together with the workloads of their environment"},
		{"List and typed lists, OpenShift's Template", "their objects are judged, each as one document"},
		{"HelmRelease, Argo CD's Application, HelmChart (helm.cattle.io) with its HelmChartConfig, `helmCharts` of a kustomization", "rendered with their values and post-renderers and judged, where the chart or path is in the tree or in `--chart-dir`; else skipped: not rendered, with the reason"},
		{"ApplicationSet", "skipped: not rendered, for its Applications are generated in the cluster"},
		{strings.Join(manifest.KnownWithout(), ", "), "skipped: holds no requests"},
		{"every other kind in which containers, or `resources` with requests or limits, stand", "judged by shape, and counted so; where the containers have no image, only what is written"},
		{"every other kind", "skipped: of no known kind and without containers"},
		{"YAML and JSON without apiVersion and kind", "skipped: no Kubernetes object"},
		{"a pod template without any image, in a file with which a kustomization beside or above it patches", "skipped: a patch of a kustomization"},
		{"templates that are no YAML before they are rendered", "skipped: a template that is not rendered"},
		{"broken documents; kinds and APIs that are misspelt", "an error at the line (`unreadable`), and counted as skipped"},
		{"a component that no kustomization takes in, a chart or a kustomization that makes no object", "skipped, with the reason"},
	}
	var want strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&want, "| %s | %s |\n", r.kinds, r.happens)
	}
	manual(t, "| kinds | what happens |\n|---|---|\n", want.String())
}

// manual holds the rows of a table of docs/gate.md, which begins with head,
// against those that are wanted; -update writes them.
func manual(t *testing.T, head, want string) {
	t.Helper()
	const file, end = "../../docs/gate.md", "\n\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), head)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table %q", file, head)
	}
	if got+"\n" == want {
		return
	}
	if !*update {
		t.Fatalf("%s: the table %q is not as it should be: run the test with -update", file, head)
	}
	text := before + head + strings.TrimSuffix(want, "\n") + end + after
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
