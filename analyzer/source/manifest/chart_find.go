package manifest

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// maxDependencies bounds how deep charts may lie in each other.
const maxDependencies = 8

// load reads a chart, and the charts that it depends on where they are on the
// disk: in charts/, at a file:// repository, or in a folder of charts.
func (h Helm) load(at string) (*chart.Chart, homes, error) {
	if err := checkChart(at); err != nil {
		return nil, nil, err
	}
	c, err := loader.Load(at)
	if err != nil {
		return nil, nil, err
	}
	found := homes{}
	h.complete(c, at, "", maxDependencies, found)
	return c, found, nil
}

// homes gives the path of each dependency that lies elsewhere, by the place
// where helm has it: charts/NAME.
type homes map[string]string

// of gives the file of a template that helm names by its chart's place.
func (m homes) of(chartAt, below string) string {
	for dir := path.Dir(below); dir != "."; dir = path.Dir(dir) {
		if home, ok := m[dir]; ok {
			return filepath.ToSlash(filepath.Join(home, filepath.FromSlash(strings.TrimPrefix(below, dir))))
		}
	}
	return filepath.ToSlash(filepath.Join(chartAt, filepath.FromSlash(below)))
}

func (h Helm) complete(c *chart.Chart, at, place string, depth int, elsewhere homes) {
	if depth == 0 || c.Metadata == nil {
		return
	}
	for _, d := range c.Dependencies() {
		h.complete(d, filepath.Join(at, "charts", d.Name()), path.Join(place, "charts", d.Name()), depth-1, elsewhere)
	}
	for _, want := range c.Metadata.Dependencies {
		if want == nil || hasDependency(c, want.Name) {
			continue
		}
		dir := ""
		if file, ok := strings.CutPrefix(want.Repository, "file://"); ok {
			dir = file
			if !filepath.IsAbs(file) {
				dir = filepath.Join(at, file)
			}
		} else {
			dir = chartIn(h.ChartDirs, want.Name, want.Version)
		}
		if dir == "" {
			continue
		}
		if found, err := loader.Load(dir); err == nil {
			name := want.Name
			if want.Alias != "" {
				name = want.Alias // helm names its templates by it
			}
			elsewhere[path.Join(place, "charts", name)] = dir
			h.complete(found, dir, path.Join(place, "charts", name), depth-1, elsewhere)
			c.AddDependency(found)
		}
	}
}

func hasDependency(c *chart.Chart, name string) bool {
	return slices.ContainsFunc(c.Dependencies(), func(has *chart.Chart) bool { return has.Name() == name })
}

// chartIn finds a chart by name, and by version where one is wanted, in folders
// of charts: NAME, NAME-VERSION or NAME-VERSION.tgz in one of them; "" where
// there is none.
func chartIn(dirs []string, name, version string) string {
	name = filepath.Base(name)
	for _, dir := range dirs {
		found, _ := filepath.Glob(filepath.Join(dir, name+"-*")) // the name is no pattern by what a chart's may be
		for _, at := range append([]string{filepath.Join(dir, name)}, found...) {
			if isChart(at) && fits(at, name, version) {
				return at
			}
		}
		if isChart(dir) && fits(dir, name, version) {
			return dir
		}
	}
	return ""
}

func isChart(at string) bool {
	return isFile(filepath.Join(at, "Chart.yaml")) || strings.HasSuffix(at, ".tgz") && isFile(at)
}

// fits reports whether a chart has the name and a version in the range.
func fits(at, name, version string) bool {
	c, err := loader.Load(at)
	return err == nil && c.Name() == name && (version == "" || chartutil.IsCompatibleRange(version, c.Metadata.Version))
}
