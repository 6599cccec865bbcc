package manifest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	files "github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/manifest"
)

// link makes a symbolic link.
func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// unpack writes an archive into a folder and goes there.
func unpack(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, text)
}

func write(t *testing.T, text string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(text)).Files {
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, paths ...string) *manifest.Tree {
	t.Helper()
	tree, err := manifest.Read(context.Background(), paths, manifest.Options{Stdin: strings.NewReader("apiVersion: v1\nkind: Pod\nmetadata: {name: in}\n")})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// list gives file:line ID of every document.
func list(docs []*files.Document) []string {
	var out []string
	for _, d := range docs {
		out = append(out, fmt.Sprintf("%s:%d %s", d.File, d.Root.Position.Line, d.ID()))
	}
	return out
}

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\n"

func TestReadFolder(t *testing.T) {
	unpack(t, `
-- d/b.yml --
apiVersion: v1
kind: Pod
metadata: {name: b}
---
apiVersion: v1
kind: Pod
metadata: {name: b2}
-- d/a.json --
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
-- d/.hidden/x.yaml --
apiVersion: v1
kind: Pod
-- d/node_modules/x.yaml --
apiVersion: v1
kind: Pod
-- d/README.md --
apiVersion: v1
-- d/values.yaml --
just: values
-- d/list.yaml --
[not, an, object]
-- d/page.yaml --
apiVersion: {{ .Values.version }}
{{- if .x }}
kind: Pod
{{- end }}
-- d/broken.yaml --
apiVersion: v1
kind: [
-- named.txt --
apiVersion: v1
kind: Pod
metadata: {name: named}
`)
	tree := read(t, "d", "named.txt", "-")
	want := []string{"d/a.json:1 -/Pod/a", "d/b.yml:1 -/Pod/b", "d/b.yml:5 -/Pod/b2", "named.txt:1 -/Pod/named", "<stdin>:1 -/Pod/in"}
	if got := list(tree.Documents); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(tree.Problems) != 1 || tree.Problems[0].File != "d/broken.yaml" {
		t.Errorf("got problems %v, want the broken file", tree.Problems)
	}
	var skips []string
	for _, s := range tree.Skips {
		skips = append(skips, fmt.Sprint(s.Path, " ", s.File, " ", s.Reason))
	}
	wantSkips := []string{"0 d/list.yaml " + files.NoObject, "0 d/page.yaml " + files.IsTemplate, "0 d/values.yaml " + files.NoObject}
	if !slices.Equal(skips, wantSkips) {
		t.Errorf("got skipped %v\nwant %v", skips, wantSkips)
	}
	if _, err := manifest.Read(context.Background(), []string{"nowhere"}, manifest.Options{}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v, want an error that names the path", err)
	}
}

const kustomized = `
-- app/base/kustomization.yaml --
resources: [web.yaml]
-- app/base/web.yaml --
# the base
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: side
        - name: app
          resources:
            requests:
              cpu: 500m
              memory: 1Gi
-- app/overlays/prod/kustomization.yml --
namePrefix: prod-
namespace: shop
resources: [../../base, extra.yaml]
configMapGenerator: [{name: settings, literals: [a=b]}]
patches:
  - path: more.yaml
-- app/overlays/prod/more.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {spec: {containers: [{name: app, resources: {requests: {memory: 2Gi}}}]}}
-- app/overlays/prod/extra.yaml --
apiVersion: v1
kind: Pod
metadata: {name: extra}
`

func TestKustomize(t *testing.T) {
	unpack(t, kustomized)
	tree := read(t, "app")
	want := []string{
		"app/base/web.yaml:2 shop/Deployment/prod-web",
		"app/overlays/prod/extra.yaml:1 shop/Pod/prod-extra",
	}
	got := list(tree.Documents)
	if len(tree.Problems) > 0 || len(got) != 3 || got[0] != want[0] || !slices.Contains(got, want[1]) {
		t.Fatalf("got %v, problems %v, want %v and a ConfigMap: the overlay alone", got, tree.Problems, want)
	}
	containers := tree.Documents[0].Workload(nil).Containers
	app := containers[slices.IndexFunc(containers, func(c files.Container) bool { return c.Name == "app" })] // kustomize turns the list around
	cpu, memory := app.Requests.CPU.Node, app.Requests.Memory.Node
	if cpu.Position != (files.Position{Line: 13, Column: 20}) || tree.Documents[0].Text.Data[cpu.Start:cpu.End()] != "500m" {
		t.Errorf("CPU is at %v, want where the base has it, 13:20", cpu.Position)
	}
	if memory.Text != "2Gi" || memory.Position != (files.Position{Line: 14, Column: 23}) || memory.End() != 0 {
		t.Errorf("got memory %q at %v, want the patched 2Gi where the base has its 1Gi, not to be edited", memory.Text, memory.Position)
	}
	if a := tree.Documents[0].Annotation("config.kubernetes.io/origin"); a != nil {
		t.Errorf("the annotation of the origin is left: %v", a)
	}
}

func TestKustomizeStaysLocal(t *testing.T) {
	for _, remote := range []string{
		"https://github.com/example/app//deploy?ref=v1", "github.com/example/app/deploy", "git@github.com:example/app.git", "https://example.com/all.yaml", "git.example.org/app",
	} {
		unpack(t, "-- k/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nresources: [\""+remote+"\"]\n")
		tree := read(t, "k")
		if len(tree.Problems) != 1 || !strings.Contains(tree.Problems[0].Message, "nothing is fetched") {
			t.Errorf("%s: got %v, want it refused", remote, tree.Problems)
		}
	}
	unpack(t, "-- k/kustomization.yaml --\nconfigMapGenerator: [{name: a, files: [\"x=https://example.com/secret\"]}]\n")
	if tree := read(t, "k"); len(tree.Problems) != 1 || !strings.Contains(tree.Problems[0].Message, "nothing is fetched") {
		t.Errorf("a generator's file: got %v, want it refused", tree.Problems)
	}
}

func TestBrokenKustomizations(t *testing.T) {
	for _, text := range []string{"resources: [gone.yaml]\n", "resources: [.]\n", "resources: {}\n", "]\n", "resources: [../k]\n"} {
		unpack(t, "-- k/kustomization.yaml --\n"+text)
		if tree := read(t, "k"); len(tree.Problems) != 1 || tree.Problems[0].File != "k/kustomization.yaml" {
			t.Errorf("%q: got %v, want one problem of the kustomization", text, tree.Problems)
		}
	}
}

// TestRingOfKustomizations wants a ring named and not passed over.
func TestRingOfKustomizations(t *testing.T) {
	unpack(t, "-- k/a/kustomization.yaml --\nresources: [../b]\n-- k/b/kustomization.yaml --\nresources: [../a]\n")
	if tree := read(t, "k"); len(tree.Problems) != 2 {
		t.Errorf("got %v, want a problem of each", tree.Problems)
	}
}

func git(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestRevision(t *testing.T) {
	unpack(t, kustomized+"-- plain/a.yaml --\n"+fmt.Sprintf(pod, "old"))
	git(t, "init", "-q")
	git(t, "add", "-A")
	git(t, "commit", "-q", "-m", "first")
	write(t, "-- plain/a.yaml --\n"+fmt.Sprintf(pod, "new")+"-- fresh/b.yaml --\n"+fmt.Sprintf(pod, "b"))
	tree, err := manifest.ReadRevision(context.Background(), "HEAD", []string{"plain", "fresh", "app/overlays/prod"}, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := list(tree.Documents)
	if len(got) != 4 || got[0] != "plain/a.yaml:1 -/Pod/old" || got[1] != "app/base/web.yaml:2 shop/Deployment/prod-web" {
		t.Errorf("got %v, problems %v, want the old pod and the overlay, bases above it included", got, tree.Problems)
	}
	t.Chdir("plain")
	if tree, err = manifest.ReadRevision(context.Background(), "HEAD", []string{"a.yaml"}, manifest.Options{}); err != nil || len(tree.Documents) != 1 || tree.Documents[0].Name != "old" {
		t.Errorf("from below: got %+v, %v, want the old pod", tree, err)
	}
	for _, bad := range []string{"no-such", "--upload-pack=x", "HEAD~7"} {
		if _, err := manifest.ReadRevision(context.Background(), bad, []string{"a.yaml"}, manifest.Options{}); err == nil {
			t.Errorf("revision %q was read", bad)
		}
	}
	if _, err := manifest.ReadRevision(context.Background(), "HEAD", []string{"-"}, manifest.Options{}); err == nil {
		t.Error("standard input has a revision")
	}
}
