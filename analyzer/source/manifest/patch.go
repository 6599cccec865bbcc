package manifest

import (
	"path/filepath"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// isPatch is why a kustomization's patch is not judged by itself.
const isPatch = "a patch of a kustomization: name the folder of that"

// withoutPatches takes out what is no object but a kustomization's patch of one:
// pods without any image, in a file that a kustomization above it names. Its
// target is judged where the kustomization is.
func (t *Tree) withoutPatches(path string) *Tree {
	if !slices.ContainsFunc(t.Documents, (*manifest.Document).LacksImages) || !patchesWith(path) {
		return t
	}
	t.Documents = slices.DeleteFunc(t.Documents, func(d *manifest.Document) bool {
		patch := d.LacksImages()
		if patch {
			t.Skips = append(t.Skips, manifest.Skip{File: d.File, Position: d.Root.Position, Kind: d.Kind, Reason: isPatch})
		}
		return patch
	})
	return t
}

// mostAbove is how many folders above a patch its kustomization is looked for in.
const mostAbove = 3

// patchesWith reports whether a kustomization beside or above a file patches
// with it, or stands beside it and takes it in as nothing else.
func patchesWith(path string) bool {
	real := realPath(path)
	dir := filepath.Dir(real)
	for i := range mostAbove + 1 {
		if kustomizationIn(dir) != "" {
			k, err := readKustomization(dir)
			is := func(p string) bool { return p != "" && realPath(filepath.Join(dir, p)) == real }
			unused := i == 0 && !slices.ContainsFunc(k.paths(), is) // as scaffolds have them, to be taken in one day
			if err == nil && (unused || slices.ContainsFunc(k.patches(), is)) {
				return true
			}
		}
		dir = filepath.Dir(dir)
	}
	return false
}

// patches lists the files with objects that are laid over others.
func (k kustomization) patches() (out []string) {
	for _, m := range k.Merges {
		if s, ok := m.(string); ok {
			out = append(out, s)
		}
	}
	for _, p := range k.Patches {
		if p.Path != "" {
			out = append(out, p.Path)
		}
	}
	return out
}
