package manifest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

// chart has what charts usually have: a helper for names, a condition, values
// put in as a block, a dependency in charts/, a test.
const chart = `
-- charts/shop/Chart.yaml --
apiVersion: v2
name: shop
version: 1.0.0
dependencies: [{name: cache, version: 1.x, condition: cache.enabled}]
-- charts/shop/values.yaml --
cpu: 500m
cache: {enabled: true}
resources:
  requests:
    cpu: 250m
    memory: 64Mi
-- charts/shop/templates/_helpers.tpl --
{{- define "shop.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}
{{- define "shop.on" }}yes{{ end }}
-- charts/shop/templates/web.yaml --
{{- /* what the customers see */}}
{{- if eq (include "shop.on" .) "yes" }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}-web
  namespace: {{ .Release.Namespace }}
  annotations:
    sum: {{ include (print $.Template.BasePath "/side.yaml") . | sha256sum }}
spec:
  template:
    spec:
      containers:
        {{- range list "one" "two" }}
        - name: {{ . }}
          resources:
            requests:
              cpu: {{ $.Values.cpu }}
              memory: 1Gi
        {{- end }}
{{- end }}
-- charts/shop/templates/side.yaml --
apiVersion: v1
kind: Pod
metadata:
  name: side
spec:
  containers:
    - name: side
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
-- charts/shop/templates/NOTES.txt --
apiVersion: v1
-- charts/shop/templates/test.yaml --
apiVersion: v1
kind: Pod
metadata: {name: test, annotations: {helm.sh/hook: test}}
-- charts/shop/charts/cache/Chart.yaml --
apiVersion: v2
name: cache
version: 1.2.3
-- charts/shop/charts/cache/templates/cache.yaml --
apiVersion: v1
kind: Pod
metadata:
  name: cache
`

func TestChart(t *testing.T) {
	unpack(t, chart)
	tree := read(t, "charts")
	want := []string{
		"charts/shop/charts/cache/templates/cache.yaml:1 -/Pod/cache",
		"charts/shop/templates/side.yaml:1 -/Pod/side",
		"charts/shop/templates/web.yaml:3 default/Deployment/shop-web",
	}
	if got := list(tree.Documents); len(tree.Problems)+len(tree.Warnings) > 0 || !slices.Equal(got, want) {
		t.Fatalf("got %v, problems %v, warnings %v; want %v and not the test", got, tree.Problems, tree.Warnings, want)
	}
	web := tree.Documents[2].Workload(nil).Containers
	for _, c := range web {
		if c.Requests.CPU.Node.Position.Line != 18 || c.Requests.Memory.Node.Position.Line != 19 || c.Requests.CPU.Node.End() != 0 {
			t.Errorf("%s: CPU at %v, memory at %v, want the template's lines 18 and 19, not to be edited", c.Name, c.Requests.CPU.Node.Position, c.Requests.Memory.Node.Position)
		}
	}
	if len(web) != 2 || tree.Documents[2].RenderedLines {
		t.Errorf("got %d containers, lines of the rendered text %v; want 2, false", len(web), tree.Documents[2].RenderedLines)
	}
	side := tree.Documents[1].Workload(nil).Containers[0].Requests
	if side.CPU.Value != 250 || side.CPU.Node.Position.Line != 8 {
		t.Errorf("got %dm at line %d, want the 250m of the values at the line before them, 8", side.CPU.Value, side.CPU.Node.Position.Line)
	}
}

func readWith(t *testing.T, helm manifest.Helm, path string) *manifest.Tree {
	t.Helper()
	tree, err := manifest.Read(context.Background(), []string{path}, manifest.Options{Helm: helm})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestChartWithValues(t *testing.T) {
	unpack(t, chart)
	tree := readWith(t, manifest.Helm{
		Release: "blue", Namespace: "prod",
		Values: []manifest.Values{{Name: "a.yaml", Data: []byte("cpu: 1\ncache: {enabled: false}\n")}, {Name: "b.yaml", Data: []byte("cpu: 2\n")}},
	}, "charts/shop")
	got := list(tree.Documents)
	if len(got) != 2 || got[1] != "charts/shop/templates/web.yaml:3 prod/Deployment/blue-shop-web" {
		t.Fatalf("got %v, problems %v, want no cache, and the release's name and namespace", got, tree.Problems)
	}
	if cpu := tree.Documents[1].Workload(nil).Containers[0].Requests.CPU.Value; cpu != 2000 {
		t.Errorf("got %dm, want the later file's 2", cpu)
	}
	for _, bad := range []string{"]", "resources: {requests: {cpu: {}}}\ncpu: \"1\\n  x\"\n"} {
		tree := readWith(t, manifest.Helm{Values: []manifest.Values{{Name: "bad.yaml", Data: []byte(bad)}}}, "charts/shop")
		if len(tree.Problems) == 0 {
			t.Errorf("values %q: got %v, want a problem", bad, list(tree.Documents))
		}
	}
}

// pack makes an archive of a chart's folder as "helm package" does.
func pack(t *testing.T, text, prefix string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, f := range txtar.Parse([]byte(text)).Files {
		h := &tar.Header{Name: strings.TrimPrefix(f.Name, prefix), Mode: 0o644, Size: int64(len(f.Data))}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{w.Close(), zip.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestChartArchive(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("shop-1.0.0.tgz", pack(t, chart, "charts/"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree := read(t, "shop-1.0.0.tgz")
	if got := list(tree.Documents); len(got) != 3 || got[2] != "shop-1.0.0.tgz/templates/web.yaml:3 default/Deployment/shop-web" {
		t.Errorf("got %v, problems %v", got, tree.Problems)
	}
	if err := os.WriteFile("cut.tgz", pack(t, chart, "charts/")[:200], 0o644); err != nil {
		t.Fatal(err)
	}
	if tree := read(t, "cut.tgz"); len(tree.Problems) != 1 || tree.Problems[0].File != "cut.tgz" {
		t.Errorf("got %v, %v, want the archive named as a problem", list(tree.Documents), tree.Problems)
	}
}

const oddChart = "-- c/Chart.yaml --\napiVersion: v2\nname: odd\nversion: 0.1.0\n-- c/templates/a.yaml --\n"

func TestOddCharts(t *testing.T) {
	tests := []struct {
		name, text string
		warning    string
		problem    string
		line       int // of the only document, -1 for one that is the rendered text's
	}{
		{name: "a value is wanted", text: oddChart + `{{ required "cpu is required" .Values.cpu }}`, warning: "cpu is required"},
		{name: "not a template", text: oddChart + "apiVersion: v1\nkind: {{ .Values", warning: "does not render"},
		{name: "not YAML", text: oddChart + "apiVersion: v1\n# one\nkind: [{{ .Chart.Name }}\n", problem: "not valid YAML"},
		{name: "for ever", text: oddChart + `{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}`, warning: "does not render"},
		{name: "no chart", text: "-- c/Chart.yaml --\nname: ]\n", problem: "loading the chart"},
		{name: "library", text: strings.Replace(oddChart, "name: odd", "name: odd\ntype: library", 1) + "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Chart.Name }}}\n"},
		{name: "a key twice", text: oddChart + "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Chart.Name }}, labels: {a: b, a: c}}\n", line: 1},
		{name: "lacks a dependency", text: strings.Replace(oddChart, "name: odd", "name: odd\ndependencies: [{name: gone, version: 1.x, repository: https://charts.example.com}]", 1) + "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Chart.Name }}}\n", warning: "helm dependency build c", line: 1},
		{name: "a helper writes it all", text: oddChart + "\n\n{{ include \"pod\" . }}\n-- c/templates/_pod.tpl --\n{{ define \"pod\" }}apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Chart.Name }}}{{ end }}\n", line: 1},
		{name: "carriage returns", text: oddChart + "# first\r\n{{- if true }}\r\napiVersion: v1\r\nkind: Pod\r\n{{- end }}\r\nmetadata: {name: {{ .Chart.Name }}}\r\n", line: 3},
		{name: "the time of day", text: oddChart + "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Chart.Name }}\n  annotations:\n    at: {{ randAlphaNum 9 }}\n", line: 1},
		{name: "a random number of lines", text: oddChart + "apiVersion: v1\nkind: Pod\nmetadata:\n  name: odd\n  annotations:\n    x: |\n      {{- include (print .Template.BasePath \"/b.txt\") . | len | until | toStrings | join \"\\n\" | nindent 6 }}\n-- c/templates/b.txt --\ntext\n", line: -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			unpack(t, tt.text)
			tree := read(t, "c")
			for _, w := range tree.Warnings {
				if tt.warning == "" || !strings.Contains(w.Message, tt.warning) || strings.Contains(w.Message, "\n") {
					t.Errorf("got warning %q, want %q", w.Message, tt.warning)
				}
			}
			for _, p := range tree.Problems {
				if tt.problem == "" || !strings.Contains(p.Message, tt.problem) || !strings.HasPrefix(p.File, "c") {
					t.Errorf("got problem %v, want %q", p, tt.problem)
				}
			}
			if len(tree.Warnings) == 0 && tt.warning != "" || len(tree.Problems) == 0 && tt.problem != "" {
				t.Errorf("got warnings %v, problems %v", tree.Warnings, tree.Problems)
			}
			if tt.line == 0 {
				if len(tree.Documents) > 0 {
					t.Errorf("got %v", list(tree.Documents))
				}
				return
			}
			if len(tree.Documents) == 0 {
				t.Fatal("got no document")
			}
			d := tree.Documents[0]
			if d.RenderedLines != (tt.line < 0) || tt.line > 0 && int(d.Root.Position.Line) != tt.line || d.File != filepath.ToSlash("c/templates/a.yaml") {
				t.Errorf("got %v, of the rendered text: %v; want line %d", list(tree.Documents), d.RenderedLines, tt.line)
			}
		})
	}
}
