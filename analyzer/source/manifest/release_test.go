package manifest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	files "github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

const webChart = `
-- %[1]s/Chart.yaml --
apiVersion: v2
name: web
version: 1.2.3
dependencies: [{name: parts, version: 1.x.x, repository: "file://../parts"}]
-- %[1]s/values.yaml --
replicas: 1
cpu: 1
-- %[1]s/templates/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  template: {spec: {containers: [{name: c, resources: {requests: {cpu: {{ include "parts.cpu" . }}}}}]}}
-- %[1]s/../parts/Chart.yaml --
apiVersion: v2
name: parts
type: library
version: 1.0.0
-- %[1]s/../parts/templates/_parts.tpl --
{{- define "parts.cpu" }}{{ .Values.cpu }}{{ end }}
`

// deployed lists the workloads with their replicas and CPU requests.
func deployed(tree *manifest.Tree) []string {
	var out []string
	for _, d := range tree.Documents {
		if w := d.Workload(nil); w != nil {
			out = append(out, fmt.Sprintf("%s:%d %s %d %s in %s", d.File, d.Root.Position.Line, d.ID(), w.Count(), w.Containers[0].Requests.CPU.Node.String(), d.Tree))
		}
	}
	return out
}

// TestReleases renders charts as HelmReleases and Applications deploy them,
// with their values; charts that are deployed are judged through these alone.
func TestReleases(t *testing.T) {
	unpack(t, fmt.Sprintf(webChart, "charts/web")+`
-- apps/prod/release.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: flux}
spec:
  targetNamespace: shop
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo}}}
  valuesFrom: [{kind: ConfigMap, name: v}, {kind: Secret, name: gone}]
  values: {replicas: 3}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: v, namespace: flux}
data: {values.yaml: "cpu: 2"}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: other}
spec: {chart: {spec: {chart: nginx, sourceRef: {kind: HelmRepository, name: repo}}}}
-- apps/argo.yaml --
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: argo}
spec:
  destination: {namespace: a}
  source: {path: charts/web, helm: {parameters: [{name: replicas, value: "5"}], valueFiles: [../../values/argo.yaml]}}
-- values/argo.yaml --
cpu: 7
`)
	tree := read(t, ".")
	want := []string{
		"apps/prod/release.yaml:8 shop/Deployment/shop-shop 3 2 in apps/prod",
		"apps/argo.yaml:6 a/Deployment/argo 5 7 in apps",
	}
	got := deployed(tree)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q; %v %v", got, want, tree.Problems, tree.Warnings)
	}
	for _, d := range tree.Documents {
		if d.Renders() && (d.Through == "") != (d.Name == "other") {
			t.Errorf("%s: through %q, unrendered %q", d.ID(), d.Through, d.Unrendered)
		}
	}
	if len(tree.Warnings) != 1 || !strings.Contains(tree.Warnings[0].String(), "Secret gone") {
		t.Errorf("got %v, want the values named that are not here", tree.Warnings)
	}
	if apart, err := manifest.Read(context.Background(), []string{"apps"}, manifest.Options{Helm: manifest.Helm{ChartDirs: []string{"charts"}}}); err != nil || len(deployed(apart)) != 2 {
		t.Errorf("with a folder of charts: got %v, %v", deployed(apart), err)
	}
}

// TestKustomizeCharts inflates the charts of a kustomization in the process.
func TestKustomizeCharts(t *testing.T) {
	unpack(t, `
-- k/kustomization.yaml --
namePrefix: pre-
helmCharts:
- {name: web, releaseName: k, valuesInline: {replicas: 2, cpu: 3}}
- {name: gone, repo: "https://example.com"}
`+strings.ReplaceAll(fmt.Sprintf(webChart, "k/charts/web"), "k/charts/web/..", "k/charts"))
	tree := read(t, "k")
	if got, want := deployed(tree), []string{"k/kustomization.yaml:3 -/Deployment/pre-k 2 3 in k"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q; %v", got, want, tree.Problems)
	}
	if !slices.ContainsFunc(tree.Skips, func(s files.Skip) bool {
		return s.Kind == "helmCharts" && strings.Contains(s.Reason, "the chart gone is") && s.Position == files.At(4, 3)
	}) {
		t.Errorf("got %v, want the chart named that is not here", tree.Skips)
	}
	if d := tree.Documents[0]; !strings.HasPrefix(d.Origin, "k/charts/web/templates/") {
		t.Errorf("got %q, want the template that it is rendered of", d.Origin)
	}
}

// TestEnvironments puts documents into the trees that they are deployed with.
func TestEnvironments(t *testing.T) {
	object := func(name string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec: {template: {spec: {containers: []}}}\n"
	}
	var text strings.Builder
	for _, file := range []string{"dev/a", "prod/a", "prod/hpa/b", "apps/x/web", "apps/y/web", "apps/z/other", "envs/one/c", "infra/quota"} {
		fmt.Fprintf(&text, "-- %s.yaml --\n%s", file, object(file[strings.LastIndex(file, "/")+1:]))
	}
	unpack(t, text.String())
	want := map[string]string{
		"dev/a.yaml": "dev", "prod/a.yaml": "prod", "prod/hpa/b.yaml": "prod", "apps/x/web.yaml": "apps/x", "apps/y/web.yaml": "apps/y",
		"apps/z/other.yaml": "", "envs/one/c.yaml": "envs/one", "infra/quota.yaml": "",
	}
	for _, d := range read(t, ".").Documents {
		if d.Tree != want[d.File] {
			t.Errorf("%s: got tree %q, want %q", d.File, d.Tree, want[d.File])
		}
	}
	tree, err := manifest.Read(context.Background(), []string{"."}, manifest.Options{Roots: []string{"."}})
	if err != nil || slices.ContainsFunc(tree.Documents, func(d *files.Document) bool { return d.Tree != "." }) {
		t.Errorf("with a root: got %v, want one tree", err)
	}
}

// TestLinks follows links to folders, once, and names those that lead nowhere.
func TestLinks(t *testing.T) {
	unpack(t, "-- there/a.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n-- d/b.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n")
	for name, to := range map[string]string{"d/there": "../there", "d/round": "..", "d/self": ".", "d/gone.yaml": "nowhere.yaml", "link": "d"} {
		link(t, to, name)
	}
	for _, path := range []string{"d", "link"} {
		tree := read(t, path)
		if got := list(tree.Documents); len(got) != 2 {
			t.Errorf("%s: got %v, want both", path, got)
		}
		if len(tree.Problems) != 1 || !strings.HasSuffix(tree.Problems[0].File, "gone.yaml") {
			t.Errorf("%s: got %v, want the link to nothing", path, tree.Problems)
		}
	}
	if both := read(t, "d", "there"); len(both.Documents) != 2 || !both.Again[1] {
		t.Errorf("got %v, want what two paths share read once", list(both.Documents))
	}
}

// TestPostRenderers lays a HelmRelease's kustomizations over what its chart
// renders to; another kind of post-renderer is named and nothing is judged.
func TestPostRenderers(t *testing.T) {
	unpack(t, fmt.Sprintf(webChart, "charts/web")+`
-- apps/release.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: shop}
spec:
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo}}}
  values: {replicas: 3}
  postRenderers:
    - kustomize:
        patches:
          - target: {kind: Deployment}
            patch: |
              - {op: replace, path: /spec/replicas, value: 7}
    - kustomize:
        patchesStrategicMerge:
          - {apiVersion: apps/v1, kind: Deployment, metadata: {name: shop}, spec: {template: {spec: {containers: [{name: c, resources: {requests: {cpu: 4}}}]}}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: odd, namespace: shop}
spec:
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo}}}
  postRenderers: [{exec: {}}]
`)
	tree := read(t, ".")
	if got, want := deployed(tree), []string{"apps/release.yaml:6 shop/Deployment/shop 7 4 in apps"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q; %v", got, want, tree.Problems)
	}
	for _, d := range tree.Documents {
		if d.Name == "odd" && d.Unrendered != "it has a post-renderer that is no kustomization" {
			t.Errorf("got %q, want the post-renderer named", d.Unrendered)
		}
	}
}

// TestHelmChartsOfK3s renders HelmCharts with their values and those of their
// HelmChartConfig; one from elsewhere is named.
func TestHelmChartsOfK3s(t *testing.T) {
	unpack(t, fmt.Sprintf(webChart, "charts/web")+`
-- k3s/web.yaml --
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: shop, namespace: kube-system}
spec:
  chart: web
  targetNamespace: shop
  set: {cpu: "9"}
  valuesContent: |-
    replicas: 3
---
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: shop, namespace: kube-system}
spec: {valuesContent: "replicas: 4"}
---
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: far, namespace: kube-system}
spec: {chart: "https://example.com/web.tgz"}
`)
	tree := read(t, ".")
	if got, want := deployed(tree), []string{"k3s/web.yaml:8 shop/Deployment/shop 4 9 in k3s"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q; %v", got, want, tree.Problems)
	}
	for _, d := range tree.Documents {
		if d.Renders() && (d.Through == "") != (d.Name == "far") {
			t.Errorf("%s: through %q, unrendered %q", d.ID(), d.Through, d.Unrendered)
		}
	}
}

// TestClusters tells what is deployed together: kustomizations beside each other
// are, environments are not.
func TestClusters(t *testing.T) {
	unpack(t, `
-- policies/kustomization.yaml --
resources: [limits.yaml]
-- policies/limits.yaml --
apiVersion: v1
kind: LimitRange
metadata: {name: l, namespace: shop}
-- web/kustomization.yaml --
resources: [web.yaml]
-- web/web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
-- prod/web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: shop}
`)
	of := map[string]string{}
	for _, d := range read(t, ".").Documents {
		of[d.Name] = d.Cluster
	}
	if of["l"] != of["web"] || of["other"] == of["web"] {
		t.Errorf("got %v, want l and web in one cluster and other in another", of)
	}
}
