package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// Match selects objects. Every list that is given must have an entry that
// fits; entries may hold * and ?. An empty Match fits everything.
type Match struct {
	Namespaces []string `yaml:"namespaces,omitempty"`
	Kinds      []string `yaml:"kinds,omitempty"`
	Names      []string `yaml:"names,omitempty"`
	// Files are paths as they are printed, or folders above them.
	Files []string `yaml:"files,omitempty"`
}

func (m Match) check() error {
	for _, pattern := range slices.Concat(m.Namespaces, m.Kinds, m.Names, m.Files) {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%q is no pattern: %w", pattern, err)
		}
	}
	return nil
}

// Empty reports whether nothing is asked for.
func (m Match) Empty() bool {
	return len(m.Namespaces)+len(m.Kinds)+len(m.Names)+len(m.Files) == 0
}

// Fits reports whether an object of the given namespace fits.
func (m Match) Fits(d *manifest.Document, namespace string) bool {
	return anyFits(m.Namespaces, namespace) && anyFits(m.Kinds, d.Kind) && anyFits(m.Names, d.Name) && fitsFile(m.Files, d.File)
}

func anyFits(patterns []string, s string) bool {
	if len(patterns) == 0 {
		return true
	}
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, s)
		return ok && err == nil
	})
}

// fitsFile also takes the folders above the file.
func fitsFile(patterns []string, file string) bool {
	if len(patterns) == 0 || anyFits(patterns, file) {
		return true
	}
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if anyFits(patterns, dir) || anyFits(patterns, dir+"/") {
			return true
		}
	}
	return slices.ContainsFunc(patterns, func(p string) bool { return strings.TrimSuffix(p, "/") == "." })
}
