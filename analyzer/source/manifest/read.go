package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// Stdin stands for standard input among paths.
const Stdin = "-"

// maxFile bounds one file: larger ones are dumps and not written by hand.
const maxFile = 256 << 20

// Tree is what was read.
type Tree struct {
	Documents []*manifest.Document // in the order of the paths, then by file
	Problems  []manifest.Problem
	Files     int
	// Warnings say what was left out, and why.
	Warnings []analyzer.Warning
}

// Options say how a tree is read.
type Options struct {
	Stdin io.Reader // nil where no path is Stdin
	Helm  Helm
}

// Read reads paths: files of any name, folders with all that lies below, "-"
// for stdin. In folders, files named *.yaml, *.yml and *.json are read, folders
// with a kustomization and charts are rendered, and hidden ones passed over.
func Read(ctx context.Context, paths []string, o Options) (*Tree, error) {
	t := &Tree{}
	for _, path := range paths {
		if err := t.read(ctx, path, o); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Tree) read(ctx context.Context, path string, o Options) error {
	if path == Stdin {
		data, err := io.ReadAll(io.LimitReader(o.Stdin, maxFile))
		if err != nil {
			return fmt.Errorf("reading manifests from standard input: %w", err)
		}
		t.merge(parse("<stdin>", data))
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("reading manifests: %w; check the path", err)
	}
	if !info.IsDir() {
		if strings.HasSuffix(path, ".tgz") {
			t.merge(o.Helm.renderChart(ctx, path))
			return nil
		}
		t.merge(parseFile(path))
		return nil
	}
	return t.folder(ctx, path, o.Helm)
}

// folder walks a folder and works on what it finds in parallel.
func (t *Tree) folder(ctx context.Context, root string, helm Helm) error {
	w := walker{root: root}
	if err := filepath.WalkDir(root, w.visit); err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	jobs := w.jobs(ctx, helm)
	parts := make([]*Tree, len(jobs))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wait.Go(func() {
			for i := range next {
				parts[i] = jobs[i]()
			}
		})
	}
	for i := range jobs {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, p := range parts {
		t.merge(p)
	}
	return nil
}

func (t *Tree) merge(o *Tree) {
	t.Documents = append(t.Documents, o.Documents...)
	t.Problems = append(t.Problems, o.Problems...)
	t.Warnings = append(t.Warnings, o.Warnings...)
	t.Files += o.Files
}

func (t *Tree) warn(code, subject, format string, args ...any) {
	t.Warnings = append(t.Warnings, analyzer.Warning{Code: code, Subject: subject, Message: fmt.Sprintf(format, args...)})
}

// problem files a part of the tree that could not be read, as a finding.
func (t *Tree) problem(file string, err error) *Tree {
	t.Problems = append(t.Problems, manifest.Problem{
		File: filepath.ToSlash(file), Position: manifest.Position{Line: 1, Column: 1}, Message: oneLine(err.Error()),
	})
	return t
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// parseFile reads one file.
func parseFile(path string) *Tree {
	data, err := readFile(path)
	if err != nil {
		return new(Tree).problem(path, err)
	}
	return parse(filepath.ToSlash(path), data)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, errors.New("larger than 256 MiB; split it")
	}
	return os.ReadFile(path)
}

// parse reads the text of a file. What names no apiVersion anywhere is no
// manifest and is not even parsed. A template that is no YAML before it is
// rendered is left out with a warning.
func parse(name string, data []byte) *Tree {
	t := &Tree{Files: 1}
	if !bytes.Contains(data, []byte("apiVersion")) {
		return t
	}
	t.Documents, t.Problems = manifest.Parse(name, data)
	if len(t.Problems) > 0 && bytes.Contains(data, []byte("{{")) {
		t.Documents, t.Problems = nil, nil
		t.warn("template", name, "holds template marks and is no YAML before it is rendered: left out; render it and pipe it in")
	}
	return t
}

// walker collects what a folder holds.
type walker struct {
	root   string
	files  []string
	kusts  []string // folders with a kustomization
	charts []string // folders with a Chart.yaml
}

func (w *walker) visit(path string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	name := d.Name()
	if d.IsDir() {
		switch {
		case path != w.root && (strings.HasPrefix(name, ".") || name == "node_modules"):
			return filepath.SkipDir
		case isFile(filepath.Join(path, "Chart.yaml")):
			w.charts = append(w.charts, path)
			return filepath.SkipDir
		case kustomizationIn(path) != "":
			w.kusts = append(w.kusts, path)
		}
		return nil
	}
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			w.files = append(w.files, path)
		}
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// jobs gives the work: kustomizations that no other one builds upon, charts,
// and the files that belong to neither.
func (w *walker) jobs(ctx context.Context, helm Helm) []func() *Tree {
	type job struct {
		path string
		run  func() *Tree
	}
	var list []job
	refs := references(w.kusts)
	for _, dir := range w.kusts {
		if !refs.has(dir) {
			list = append(list, job{dir, func() *Tree { return renderKustomization(dir) }})
		}
	}
	for _, dir := range w.charts {
		list = append(list, job{dir, func() *Tree { return helm.renderChart(ctx, dir) }})
	}
	for _, path := range w.files {
		if !refs.has(path) && filepath.Clean(path) != filepath.Clean(kustomizationIn(filepath.Dir(path))) {
			list = append(list, job{path, func() *Tree { return parseFile(path) }})
		}
	}
	slices.SortStableFunc(list, func(a, b job) int { return strings.Compare(a.path, b.path) })
	out := make([]func() *Tree, len(list))
	for i, j := range list {
		out[i] = j.run
	}
	return out
}
