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
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
)

// Stdin stands for standard input among paths.
const Stdin = "-"

// maxFile bounds one file: larger ones are dumps and not written by hand.
const maxFile = 256 << 20

// Tree is what was read.
type Tree struct {
	Documents []*manifest.Document // in the order of the paths, then by file
	Problems  []manifest.Problem
	Skips     []manifest.Skip
	Files     int
	// Again tells the paths, by their number, of which something was read for an
	// earlier one already.
	Again map[int]bool
	// Warnings say what was left out, and why.
	Warnings []analyzer.Warning
	// charts are those that were read, by their path; through those that a
	// kustomization renders.
	charts, through []string
	// inflated tells of the files that charts of a kustomization render to, by name.
	inflated map[string]inflation
}

// Options say how a tree is read.
type Options struct {
	Stdin io.Reader // nil where no path is Stdin
	Helm  Helm
	// Roots are folders each of which is one environment, whatever is below.
	Roots []string
	// Whole keeps all that documents hold, for rules of the user's own; else what
	// no built-in rule reads is let go.
	Whole bool
}

// Read reads paths: files of any name, folders with all that lies below, "-"
// for stdin. In folders, files named *.yaml, *.yml and *.json are read, folders
// with a kustomization and charts are rendered, and hidden ones passed over.
func Read(ctx context.Context, paths []string, o Options) (*Tree, error) {
	t := &Tree{Again: map[int]bool{}}
	seen := map[string]bool{}
	for i, path := range paths {
		part := &Tree{}
		if err := part.read(ctx, path, o, seen); err != nil {
			return nil, err
		}
		part.number(i)
		t.Again[i] = part.Again[0]
		t.merge(part)
	}
	t.releases(ctx, o, paths)
	t.separate(o.Roots)
	return t, nil
}

// number notes the path that everything was read for.
func (t *Tree) number(path int) {
	for _, d := range t.Documents {
		d.Path = path
	}
	for i := range t.Problems {
		t.Problems[i].Path = path
	}
	for i := range t.Skips {
		t.Skips[i].Path = path
	}
}

// read reads one path. seen are the files that are read already, by their
// real names.
func (t *Tree) read(ctx context.Context, path string, o Options, seen map[string]bool) error {
	if path == Stdin && seen[Stdin] {
		t.Again = map[int]bool{0: true}
		return nil
	}
	if path == Stdin {
		seen[Stdin] = true
		data, err := disk.ReadAll(o.Stdin)
		if err != nil {
			return fmt.Errorf("reading manifests from standard input: %w", err)
		}
		t.merge(parse("<stdin>", data, o).trim(o))
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("reading manifests: %w; check the path", err)
	}
	if info.IsDir() {
		return t.folder(ctx, path, o, seen)
	}
	switch {
	case t.again(path, seen):
	case strings.HasSuffix(path, ".tgz"):
		t.merge(o.Helm.renderChart(ctx, path).trim(o))
	default:
		data, err := readGiven(ctx, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.merge(parsed(path, data, err, o).withoutPatches(path).trim(o))
	}
	return nil
}

// again tells what was read before, for this path or an earlier one.
func (t *Tree) again(path string, seen map[string]bool) bool {
	real := realPath(path)
	if seen[real] {
		t.Again = map[int]bool{0: true}
		return true
	}
	seen[real] = true
	return false
}

// realPath gives the one name of a file or folder, whatever links lead to it.
func realPath(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path
	}
	if abs, err := filepath.Abs(real); err == nil {
		return abs
	}
	return real
}

// folder walks a folder and works on what it finds in parallel.
func (t *Tree) folder(ctx context.Context, root string, o Options, seen map[string]bool) error {
	w := walker{root: root, real: realPath(root), taken: seen, walked: map[string]bool{}}
	if err := w.walk(root); err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	for _, path := range w.dangling {
		t.problem(path, errDangling)
	}
	for _, path := range w.odd {
		t.problem(path, errNoFile)
	}
	if w.again {
		t.Again = map[int]bool{0: true}
	}
	o.Helm.within = w.real
	jobs := w.jobs(ctx, o)
	parts := make([]*Tree, len(jobs))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wait.Go(func() {
			for i := range next {
				parts[i] = jobs[i]().trim(o)
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

// trim lets go of what no rule reads.
func (t *Tree) trim(o Options) *Tree {
	if !o.Whole {
		for _, d := range t.Documents {
			d.Trim()
		}
	}
	return t
}

func (t *Tree) merge(o *Tree) {
	t.Documents = append(t.Documents, o.Documents...)
	t.Problems = append(t.Problems, o.Problems...)
	t.Skips = append(t.Skips, o.Skips...)
	t.charts, t.through = append(t.charts, o.charts...), append(t.through, o.through...)
	t.Warnings = append(t.Warnings, o.Warnings...)
	t.Files += o.Files
	if o.Again[0] && t.Again == nil {
		t.Again = o.Again
	}
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

// parseFile reads one file of a folder.
func parseFile(path string, o Options) *Tree {
	data, err := readFile(path)
	return parsed(path, data, err, o)
}

func parsed(path string, data []byte, err error, o Options) *Tree {
	if err != nil {
		return new(Tree).problem(path, err)
	}
	return parse(filepath.ToSlash(path), data, o)
}

// readGiven reads a file that the user named, which may be a pipe.
func readGiven(ctx context.Context, path string) ([]byte, error) {
	if disk.IsPipe(path) {
		return disk.ReadFile(ctx, path)
	}
	return readFile(path)
}

// readFile reads a file that a tree holds or names. Pipes and devices have no end
// that a tree may make us wait for.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNoFile
	case info.Size() > maxFile:
		return nil, errors.New("larger than 256 MiB; split it")
	}
	return os.ReadFile(path)
}

var errNoFile = errors.New("it is a pipe, a device or a folder, and no file")

// parse reads the text of a file. What has no word of an API anywhere is no
// manifest and is not even parsed.
func parse(name string, data []byte, o Options) *Tree {
	t := &Tree{Files: 1}
	if !mentionsAPI(data) {
		if hasText(data) {
			t.skip(name, manifest.NoObject)
		}
		return t
	}
	decode := manifest.DecodeTrimmed
	if o.Whole {
		decode = manifest.Decode
	}
	c := decode(name, data)
	t.Documents, t.Problems, t.Skips = c.Documents, c.Problems, c.Skips
	return t
}

// hasText reports whether a text has more than comments and marks.
func hasText(data []byte) bool {
	for line := range bytes.Lines(data) {
		if bare := bytes.TrimSpace(line); len(bare) > 0 && bare[0] != '#' && !bytes.Equal(bare, []byte("---")) {
			return true
		}
	}
	return false
}

func (t *Tree) skip(file, reason string) {
	t.Skips = append(t.Skips, manifest.Skip{File: filepath.ToSlash(file), Position: manifest.Position{Line: 1, Column: 1}, Reason: reason})
}

// apiWords are what an object says of itself, also where it is misspelt.
var apiWords = regexp.MustCompile(`(?i)api[-_ ]?ver|\bkind"?[ \t]*:|(?m:^(metadata|spec):)`)

// mentionsAPI reports whether a text may hold Kubernetes objects. Text that is
// not UTF-8 may.
func mentionsAPI(data []byte) bool {
	return bytes.Contains(data, []byte("apiVersion")) || bytes.IndexByte(data, 0) >= 0 || apiWords.Match(data)
}

var errDangling = errors.New("the link points to nothing")

// walker collects what a folder holds.
type walker struct {
	root     string
	real     string          // the root's real name
	taken    map[string]bool // files that are read already
	walked   map[string]bool // folders that links led to
	again    bool
	files    []string
	kusts    []string // folders with a kustomization
	charts   []string // folders with a Chart.yaml
	dangling []string
	odd      []string // pipes, sockets and devices under a manifest's name
}

// walk visits a folder, and those that links in it lead to.
func (w *walker) walk(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if isFile(filepath.Join(dir, "Chart.yaml")) {
		w.charts = append(w.charts, dir)
		return nil
	}
	if kustomizationIn(dir) != "" {
		w.kusts = append(w.kusts, dir)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil:
			if isManifest(path) || filepath.Ext(path) == "" && !strings.HasPrefix(e.Name(), ".") { // or it was a folder
				w.dangling = append(w.dangling, path)
			}
		case info.IsDir():
			if err := w.into(path, e); err != nil {
				return err
			}
		case !isManifest(path):
		case info.Mode().IsRegular():
			w.file(path)
		default:
			w.odd = append(w.odd, path)
		}
	}
	return nil
}

// into walks a folder below, unless it is hidden, or a link to one that is
// walked anyway.
func (w *walker) into(path string, e fs.DirEntry) error {
	if strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" {
		return nil
	}
	if e.Type()&fs.ModeSymlink != 0 {
		real := realPath(path)
		inside := real == w.real || strings.HasPrefix(real, w.real+string(filepath.Separator)) || strings.HasPrefix(w.real, real+string(filepath.Separator))
		if inside || w.walked[real] {
			return nil
		}
		w.walked[real] = true
	}
	return w.walk(path)
}

func (w *walker) file(path string) {
	real := realPath(path)
	if w.taken[real] {
		w.again = true
		return
	}
	w.taken[real] = true
	w.files = append(w.files, path)
}

func isManifest(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// jobs gives the work: kustomizations that no other one builds upon, charts,
// and the files that belong to neither.
func (w *walker) jobs(ctx context.Context, o Options) []func() *Tree {
	helm := o.Helm
	type job struct {
		path string
		run  func() *Tree
	}
	var list []job
	refs := references(w.kusts)
	for _, dir := range w.kusts {
		if refs.alone[filepath.Clean(dir)] {
			list = append(list, job{dir, func() *Tree { return unusedComponent(dir) }})
		}
		if !refs.has(dir) {
			list = append(list, job{dir, func() *Tree { return helm.renderKustomization(ctx, dir) }})
		}
	}
	for _, dir := range w.charts {
		list = append(list, job{dir, func() *Tree { return helm.renderChart(ctx, dir) }})
	}
	for _, path := range w.files {
		if !refs.has(path) && filepath.Clean(path) != filepath.Clean(kustomizationIn(filepath.Dir(path))) {
			list = append(list, job{path, func() *Tree { return parseFile(path, o).withoutPatches(path) }})
		}
	}
	slices.SortStableFunc(list, func(a, b job) int { return strings.Compare(a.path, b.path) })
	out := make([]func() *Tree, len(list))
	for i, j := range list {
		out[i] = j.run
	}
	return out
}
