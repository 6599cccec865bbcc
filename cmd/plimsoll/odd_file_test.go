package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// oddFiles make what is no file, and would never end if it was read.
var oddFiles = map[string]func(t *testing.T, at string) error{
	"pipe":   func(_ *testing.T, at string) error { return syscall.Mkfifo(at, 0o600) },
	"device": func(_ *testing.T, at string) error { return os.Symlink("/dev/zero", at) },
	"pipe behind a link": func(t *testing.T, at string) error {
		pipe := filepath.Join(t.TempDir(), "p")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			return err
		}
		return os.Symlink(pipe, at)
	},
	"socket": func(t *testing.T, at string) error {
		l, err := net.Listen("unix", at)
		if err == nil {
			t.Cleanup(func() { l.Close() })
		}
		return err
	},
}

// A tree, a chart or a kustomization that holds what is no file is told of in a line
// that names it, and it is never read: the gate does not pass, and does not wait.
func TestTreesWithPipesAndDevices(t *testing.T) {
	isolate(t)
	chart := map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "a: 1\n", "templates/a.yaml": deploymentOf("web", fits),
	}
	kustomization := map[string]string{"kustomization.yaml": "resources: [a.yaml]\npatches: [{path: patch.yaml}]\nconfigMapGenerator: [{name: c, files: [c.txt]}]\n", "a.yaml": deploymentOf("web", fits), "patch.yaml": deploymentOf("web", "{}"), "c.txt": "x"}
	release := map[string]string{
		"release.yaml":      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {destination: {namespace: a}, source: {repoURL: https://example.com/a.git, path: chart, helm: {valueFiles: [extra.yaml]}}}\n",
		"chart/Chart.yaml":  chart["Chart.yaml"],
		"chart/values.yaml": "a: 1\n", "chart/extra.yaml": "a: 2\n", "chart/templates/a.yaml": chart["templates/a.yaml"],
	}
	for name, c := range map[string]struct {
		files map[string]string
		odd   []string
	}{
		"tree":          {map[string]string{"a.yaml": deploymentOf("web", fits)}, []string{"b.yaml", "c.yml", "sub/d.json", "kustomization.yaml", "Chart.yaml"}},
		"chart":         {chart, []string{"Chart.yaml", "values.yaml", "templates/a.yaml", "templates/b.tpl", "charts/b.tgz", "files/x", "values.schema.json"}},
		"kustomization": {kustomization, []string{"kustomization.yaml", "a.yaml", "patch.yaml", "c.txt"}},
		"release":       {release, []string{"chart/extra.yaml", "chart/values.yaml"}},
	} {
		for kind, odd := range oddFiles {
			for _, at := range c.odd {
				t.Run(name+"/"+kind+"/"+strings.ReplaceAll(at, "/", "_"), func(t *testing.T) {
					t.Chdir(t.TempDir())
					for file, text := range c.files {
						if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
							t.Fatal(err)
						}
						if file != at {
							put(t, file, text)
						}
					}
					if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := odd(t, at); err != nil {
						t.Skip(err)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // what would never end otherwise
					defer cancel()
					var stdout, stderr bytes.Buffer
					code := run(ctx, []string{"plimsoll", "gate", "-q", "."}, streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
					said := stdout.String() + stderr.String()
					if code != exitFound && code != exitUsage || !strings.Contains(said, filepath.Base(at)) {
						t.Errorf("got exit code %d and %s, want it refused and named", code, said)
					}
				})
			}
		}
	}
}
