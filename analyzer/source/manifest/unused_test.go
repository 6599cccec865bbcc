package manifest_test

import (
	"slices"
	"strings"
	"testing"

	files "github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

// skipped lists the kinds and reasons of what was not judged.
func skipped(tree *manifest.Tree) (out []string) {
	for _, s := range tree.Skips {
		out = append(out, s.Kind+" ("+s.Reason+")")
	}
	slices.Sort(out)
	return out
}

// TestNothingIsDropped counts what gives no object by itself: read is judged and
// skipped together.
func TestNothingIsDropped(t *testing.T) {
	const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
	const named = "apiVersion: v1\nkind: Pod\nmetadata: {name: "
	tests := []struct{ name, text, docs, skips string }{
		{
			"a component that nothing takes in",
			"-- t/c/kustomization.yaml --\n" + component + "resources: [a.yaml, ../base]\npatches: [{path: p.yaml}]\n-- t/c/a.yaml --\n" + named + "a}\n-- t/c/p.yaml --\n" + named +
				"p}\n-- t/base/kustomization.yaml --\nresources: [b.yaml]\n-- t/base/b.yaml --\n" + named + "b}\n",
			"t/base/b.yaml:1 -/Pod/b t/c/a.yaml:1 -/Pod/a", "Component (no kustomization here takes it in)",
		},
		{
			"a component and a base that an overlay takes in",
			"-- t/c/kustomization.yaml --\n" + component + "resources: [a.yaml]\n-- t/c/a.yaml --\n" + named + "a}\n-- t/base/kustomization.yaml --\nresources: [b.yaml]\n-- t/base/b.yaml --\n" + named +
				"b}\n-- t/o/kustomization.yaml --\nresources: [../base]\ncomponents: [../c]\nnamePrefix: x-\n",
			"t/base/b.yaml:1 -/Pod/x-b t/c/a.yaml:1 -/Pod/x-a", "",
		},
		{
			"a base that an overlay and a component that nothing takes in share",
			"-- t/c/kustomization.yaml --\n" + component + "resources: [../base]\n-- t/base/kustomization.yaml --\nresources: [b.yaml]\n-- t/base/b.yaml --\n" + named +
				"b}\n-- t/o/kustomization.yaml --\nresources: [../base]\nnamePrefix: x-\n",
			"t/base/b.yaml:1 -/Pod/x-b", "Component (no kustomization here takes it in)",
		},
		{
			"a chart that is switched off",
			"-- t/Chart.yaml --\napiVersion: v2\nname: off\nversion: 1.0.0\n-- t/values.yaml --\non: false\n-- t/templates/a.yaml --\n{{ if .Values.on }}\n" + named + "a}\n{{ end }}\n",
			"", "Chart (its values let it make no object)",
		},
	}
	for _, tt := range tests {
		unpack(t, tt.text)
		tree := read(t, "t")
		docs := list(tree.Documents)
		slices.Sort(docs)
		if got := strings.Join(docs, " "); got != tt.docs || len(tree.Problems) > 0 {
			t.Errorf("%s: got %s and %v, want %s", tt.name, got, tree.Problems, tt.docs)
		}
		if got := strings.Join(skipped(tree), ", "); got != tt.skips {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.skips)
		}
	}
}

// TestStdinTwice reads standard input once.
func TestStdinTwice(t *testing.T) {
	if tree := read(t, "-", "-"); len(tree.Documents) != 1 || !tree.Again[1] {
		t.Errorf("got %v and %v, want one Pod and the second path as read before", list(tree.Documents), tree.Again)
	}
}

// TestFilesOfTheRepository builds what Flux builds, says so, and reads nothing
// outside what the user named.
func TestFilesOfTheRepository(t *testing.T) {
	unpack(t, "-- t/base/a.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n-- t/over/kustomization.yaml --\nresources: [../base/a.yaml]\n")
	tree := read(t, "t")
	if got := list(tree.Documents); !slices.Equal(got, []string{"t/base/a.yaml:1 -/Pod/a"}) || len(tree.Problems) > 0 {
		t.Errorf("got %v and %v, want the Pod", got, tree.Problems)
	}
	if len(tree.Warnings) != 1 || !strings.Contains(tree.Warnings[0].Message, "--load-restrictor") {
		t.Errorf("got %v, want it told that kubectl does not build it", tree.Warnings)
	}
	if tree = read(t, "t/over"); len(tree.Problems) != 1 || len(tree.Documents) > 0 {
		t.Errorf("got %v and %v, want nothing of outside", list(tree.Documents), tree.Problems)
	}
}

// TestGeneratorsOfCharts renders charts that a kustomization names as it was done
// before there were helmCharts.
func TestGeneratorsOfCharts(t *testing.T) {
	unpack(t, `
-- k/kustomization.yaml --
namePrefix: pre-
generators: [web.yaml, gone.yaml]
-- k/web.yaml --
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata: {name: web}
name: web
releaseName: k
valuesInline: {replicas: 2}
-- k/gone.yaml --
---
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata: {name: gone}
name: gone
repo: https://example.com
-- k/charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- k/charts/web/templates/a.yaml --
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}-{{ .Values.replicas }}}
`)
	tree := read(t, "k")
	if len(tree.Documents) != 1 || tree.Documents[0].Name != "pre-k-2" || len(tree.Problems) > 0 {
		t.Errorf("got %v and %v, want the chart's Pod", list(tree.Documents), tree.Problems)
	}
	if got := skipped(tree); len(got) != 1 || !strings.Contains(got[0], "the chart gone is") {
		t.Errorf("got %v, want the chart named that is not here", got)
	}
}

// TestReleasesOfAChartByItself lets a release be whose values are missing because
// those of the chart that it is from are.
func TestReleasesOfAChartByItself(t *testing.T) {
	unpack(t, `
-- t/apps/Chart.yaml --
apiVersion: v2
name: apps
version: 1.0.0
-- t/apps/templates/a.yaml --
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec: {source: {path: charts/web, helm: {valuesObject: {size: {{ .Values.size }}}}}}
-- t/charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- t/charts/web/templates/a.yaml --
apiVersion: v1
kind: Pod
metadata: {name: {{ upper .Values.size }}}
`)
	tree := read(t, "t")
	if len(tree.Problems) > 0 || len(tree.Warnings) == 0 {
		t.Errorf("got %v and %v, want a warning alone", tree.Problems, tree.Warnings)
	}
	i := slices.IndexFunc(tree.Documents, func(d *files.Document) bool { return d.Kind == "Application" })
	if i < 0 || !strings.Contains(tree.Documents[i].Unrendered, "wants values") {
		t.Errorf("got %v, want the Application as not rendered", list(tree.Documents))
	}
}
