package manifest

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// separate puts every document into the tree that it is deployed with. A
// kustomization and a chart are trees of their own; other files are one tree
// but for folders that are an environment by their name, and folders and files
// that hold an object which another one holds too: no cluster has both.
func (t *Tree) separate(roots []string) {
	var files, all []*manifest.Document
	for _, d := range t.Documents {
		if root, ok := rootOf(d, roots); ok {
			d.Tree, d.Cluster = root, root
			continue
		} else if d.Tree == "" && d.File != "<stdin>" {
			files = append(files, d)
		}
		all = append(all, d)
	}
	toTree, toCluster := func(d *manifest.Document, name string) { d.Tree = name }, func(d *manifest.Document, name string) { d.Cluster = name }
	if top := foldersOf(all); top != nil { // before trees of files have names
		top.assign(top.name, toCluster)
	}
	if top := foldersOf(files); top != nil {
		top.assign(top.name, toTree)
	}
	areas(files)
	t.share()
}

// home gives the folder that a document is deployed from: its kustomization or
// chart, else that of its file.
func home(d *manifest.Document) string {
	if d.Tree != "" {
		return path.Clean(d.Tree)
	}
	return path.Dir(path.Clean(d.File))
}

// rootOf finds the root that the user named for a document; the innermost one
// counts.
func rootOf(d *manifest.Document, roots []string) (string, bool) {
	best, found := "", false
	for _, r := range roots {
		r = filepath.ToSlash(filepath.Clean(r))
		for _, at := range []string{path.Clean(d.File), d.Tree} {
			if in := r == "." && !path.IsAbs(at) || at == r || strings.HasPrefix(at, r+"/"); in && (!found || len(r) > len(best)) {
				best, found = r, true
			}
		}
	}
	return best, found
}

// share marks the documents that are made of one text.
func (t *Tree) share() {
	of := map[string][]*manifest.Document{}
	for _, d := range t.Documents {
		if d.Rendered == "kustomize" && d.Text != nil {
			at := fmt.Sprintf("%s %d %d", d.File, d.Index, d.Root.Position.Line)
			of[at] = append(of[at], d)
		}
	}
	for _, docs := range of {
		for _, d := range docs {
			d.Shared = len(docs) > 1
		}
	}
}

// folder is a folder of files, with those below it.
type folder struct {
	name      string // its path
	documents []*manifest.Document
	below     map[string]*folder
	// holds are the objects in it and below it.
	holds map[object]bool
}

// object names an object that a cluster has once; the zero one is none.
type object struct{ group, namespace, kind, name string }

// foldersOf builds the folders from the one that all files are in.
func foldersOf(docs []*manifest.Document) *folder {
	if len(docs) == 0 {
		return nil
	}
	common := strings.Split(home(docs[0]), "/")
	for _, d := range docs {
		dirs := strings.Split(home(d), "/")
		n := 0
		for n < min(len(common), len(dirs)) && common[n] == dirs[n] {
			n++
		}
		common = common[:n]
	}
	top := &folder{name: strings.Join(common, "/"), below: map[string]*folder{}, holds: map[object]bool{}}
	for _, d := range docs {
		dir := strings.TrimPrefix(strings.TrimPrefix(home(d), top.name), "/")
		top.add(d, dir, identity(d))
	}
	return top
}

func (f *folder) add(d *manifest.Document, dir string, id object) {
	if id != (object{}) {
		f.holds[id] = true
	}
	if dir == "" || dir == "." {
		f.documents = append(f.documents, d)
		return
	}
	name, rest, _ := strings.Cut(dir, "/")
	if f.below[name] == nil {
		f.below[name] = &folder{name: path.Join(f.name, name), below: map[string]*folder{}, holds: map[object]bool{}}
	}
	f.below[name].add(d, rest, id)
}

// assign names what everything in the folder is deployed with.
func (f *folder) assign(tree string, to func(d *manifest.Document, name string)) {
	times := map[object]int{}
	own := map[object]bool{}
	apart := f.colliding()
	for _, d := range f.documents {
		of := tree
		if apart[d.File] {
			of = path.Clean(d.File)
		}
		to(d, of)
		if len(f.below) == 0 {
			continue
		}
		if id := identity(d); id != (object{}) && !own[id] {
			own[id] = true
			times[id]++
		}
	}
	for _, b := range f.below {
		for id := range b.holds {
			times[id]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.below)) {
		b, of := f.below[name], tree
		if isEnvironment(name) || holdsEnvironments(path.Base(f.name)) || b.twice(times) {
			of = b.name
		}
		b.assign(of, to)
	}
}

// colliding finds the files of the folder with an object that a file before them
// has, too: no cluster has both, as in a folder of samples.
func (f *folder) colliding() map[string]bool {
	in, out := map[object]string{}, map[string]bool{}
	for _, d := range f.documents {
		id := identity(d)
		if id == (object{}) || d.Tree != "" {
			continue
		}
		if in[id] == "" {
			in[id] = d.File
		}
		if in[id] != d.File {
			out[d.File] = true
		}
	}
	return out
}

// twice reports whether an object in the folder stands beside it, too.
func (f *folder) twice(times map[object]int) bool {
	for id := range f.holds {
		if times[id] > 1 {
			return true
		}
	}
	return false
}

// identity names an object that a cluster has once, and none where it may well be
// written in several places, as a Namespace is.
func identity(d *manifest.Document) object {
	if d.Name == "" || d.HoldsNone() && d.Kind != "Service" {
		return object{}
	}
	return object{d.Group(), d.Namespace, d.Kind, d.Name}
}

// environments are the names of environments; those of strong ones also where
// they are a part of a folder's name, as in prod-eu.
var environments = map[string]bool{
	"dev": true, "development": true, "qa": true, "uat": true, "sit": true, "stage": true, "staging": true, "stg": true,
	"preprod": true, "prod": true, "production": true, "prd": true, "nonprod": true,
	"test": false, "testing": false, "integration": false, "sandbox": false, "live": false, "local": false, "lab": false, "demo": false, "preview": false,
	"minikube": false, "e2e": false, "example": false, "examples": false, "testdata": false, "canary": false,
}

// isEnvironment tells a folder of one environment by its name.
func isEnvironment(name string) bool {
	name = strings.ToLower(name)
	if _, ok := environments[name]; ok {
		return true
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_.", r) })
	return slices.ContainsFunc(parts, func(p string) bool { return environments[strings.TrimRight(p, "0123456789")] })
}

// holdsEnvironments tells a folder whose every folder is one.
func holdsEnvironments(name string) bool {
	switch strings.ToLower(name) {
	case "env", "envs", "environment", "environments", "overlays", "overlay", "clusters", "cluster", "regions", "stages", "tenants", "instances", "examples":
		return true
	}
	return false
}
