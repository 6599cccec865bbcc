package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const chart = `
-- charts/shop/Chart.yaml --
apiVersion: v2
name: shop
version: 1.0.0
-- charts/shop/values.yaml --
cpu: 500m
-- charts/shop/templates/web.yaml --
{{- if true }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  template:
    spec:
      containers:
        - name: app
          resources:
            requests:
              cpu: {{ .Values.cpu }}
              memory: 1Gi
{{- end }}
-- charts/shop/templates/test.yaml --
apiVersion: v1
kind: Pod
metadata: {name: test, annotations: {helm.sh/hook: test}}
`

// rendered is what helm template prints of it.
const rendered = `---
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-web
spec:
  template:
    spec:
      containers:
        - name: app
          resources:
            requests:
              cpu: 500m
              memory: 1Gi
---
# Source: shop/templates/test.yaml
apiVersion: v1
kind: Pod
metadata: {name: test, annotations: {helm.sh/hook: test}}
`

// withHelm puts a script in the place of helm, for what it prints and not how
// it renders is under test.
func withHelm(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	if script != "" {
		if err := os.WriteFile(filepath.Join(bin, "helm"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
}

func TestChart(t *testing.T) {
	unpack(t, chart)
	withHelm(t, "[ \"$*\" = 'template release ./shop --skip-tests' ] || exit 3\ncat <<'END'\n"+rendered+"END\n")
	tree := read(t, "charts")
	if len(tree.Documents) != 1 || len(tree.Problems)+len(tree.Warnings) > 0 {
		t.Fatalf("got %v, %v, %v, want the Deployment and not the test", list(tree.Documents), tree.Problems, tree.Warnings)
	}
	d := tree.Documents[0]
	requests := d.Workload(nil).Containers[0].Requests
	if d.File != "charts/shop/templates/web.yaml" || requests.CPU.Node.Position.Line != 13 || requests.Memory.Node.Position.Line != 14 || requests.CPU.Node.End != 0 {
		t.Errorf("got %s, CPU at %v, memory at %v, want the template's lines 13 and 14, not to be edited", d.File, requests.CPU.Node.Position, requests.Memory.Node.Position)
	}
}

func TestChartThatDoesNotRender(t *testing.T) {
	unpack(t, chart)
	withHelm(t, "echo 'Error: values: cpu is required' >&2; exit 1\n")
	if tree := read(t, "charts"); len(tree.Warnings) != 1 || !strings.Contains(tree.Warnings[0].Message, "cpu is required") {
		t.Errorf("got %v, want helm's reason", tree.Warnings)
	}
}

func TestChartWithoutHelm(t *testing.T) {
	unpack(t, chart)
	t.Setenv("PATH", t.TempDir())
	if tree := read(t, "charts"); len(tree.Documents) != 0 || len(tree.Warnings) != 1 || !strings.Contains(tree.Warnings[0].Message, "helm template charts/shop | plimsoll gate -") {
		t.Errorf("got %v, %v, want the chart left out with what to do", tree.Documents, tree.Warnings)
	}
}
