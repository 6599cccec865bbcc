package manifest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	nodes "go.yaml.in/yaml/v3"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// inflatedFile is the name of what one template of a kustomization's charts
// renders to.
const inflatedFile = "plimsoll-helm-chart-%d.yaml"

// inflation is where a rendered file is from.
type inflation struct {
	file     string            // the kustomization
	at       manifest.Position // of the chart among its helmCharts
	template string
}

// inflate renders the charts of one kustomization into files beside it, and
// gives the kustomization that takes the files in.
func (h Helm) inflate(ctx context.Context, t *Tree, over laidOver, dir, abs string, k kustomization, data []byte) ([]byte, error) {
	home := k.HelmGlobals.ChartHome
	if home == "" {
		home = "charts"
	}
	h.ChartDirs = append([]string{filepath.Join(dir, home)}, h.ChartDirs...)
	if t.inflated == nil {
		t.inflated = map[string]inflation{}
	}
	places := chartPlaces(data, len(k.HelmCharts))
	var files []string
	for i, of := range k.HelmCharts {
		from := inflation{file: filepath.ToSlash(kustomizationIn(dir)), at: places[i]}
		texts, at, err := h.inflated(ctx, t, dir, of)
		if err != nil {
			return nil, err
		}
		if at == "" {
			t.skip(from.file, fmt.Sprintf("not rendered: the chart %s is neither beside it nor in --chart-dir", of.Name))
			t.Skips[len(t.Skips)-1].Kind, t.Skips[len(t.Skips)-1].Position = "helmCharts", from.at
		}
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			file := fmt.Sprintf(inflatedFile, len(t.inflated))
			_, below, _ := strings.Cut(name, "/") // the chart's own name comes first
			from.template = filepath.ToSlash(filepath.Join(at, below))
			t.inflated[file] = from
			over.files[filepath.Join(abs, file)] = []byte(gluedMark.ReplaceAllString(texts[name].text, "---\n$1"))
			files = append(files, file)
		}
	}
	return withoutCharts(data, files, k.inflating)
}

// chartPlaces gives where each of a kustomization's helmCharts is written.
func chartPlaces(data []byte, n int) []manifest.Position {
	var k struct {
		HelmCharts []nodes.Node `yaml:"helmCharts"`
	}
	out := slices.Repeat([]manifest.Position{{Line: 1, Column: 1}}, n)
	if err := nodes.Unmarshal(data, &k); err != nil {
		return out // it was read already
	}
	for i := range min(n, len(k.HelmCharts)) {
		out[i] = manifest.At(k.HelmCharts[i].Line, k.HelmCharts[i].Column)
	}
	return out
}

// inflated gives what one of the helmCharts of a kustomization renders to, by
// template; no path where the chart is not here.
func (h Helm) inflated(ctx context.Context, t *Tree, dir string, of helmChart) (texts map[string]rendered, at string, err error) {
	if at = chartIn(h.ChartDirs, of.Name, of.Version); at == "" {
		return nil, "", nil
	}
	c, _, err := h.load(at)
	if err != nil {
		return nil, at, fmt.Errorf("loading the chart %s: %w", at, err)
	}
	t.through = append(t.through, at)
	values, err := of.values(dir)
	if err != nil {
		return nil, at, err
	}
	missing := missingDependencies(c)
	h.Release, h.Namespace = of.ReleaseName, of.Namespace
	if texts, err = h.render(ctx, c, values); err != nil {
		return nil, at, fmt.Errorf("rendering the chart %s: %w", at, err)
	}
	t.without(at, missing)
	for name, r := range texts {
		if !hasText([]byte(r.text)) {
			delete(texts, name) // kustomize takes no file without objects
		}
	}
	return texts, at, nil
}

// inflatedOf gives where an object is from that one of the charts rendered to.
func (t *Tree) inflatedOf(r *resource.Resource) (inflation, bool) {
	origin, err := r.GetOrigin()
	if err != nil || origin == nil || origin.Repo != "" {
		return inflation{}, false
	}
	from, ok := t.inflated[filepath.Base(origin.Path)]
	return from, ok
}

// values merges the values of a chart in a kustomization.
func (c helmChart) values(dir string) (map[string]any, error) {
	var out map[string]any
	for _, name := range append([]string{c.ValuesFile}, c.AdditionalValuesFiles...) {
		if name == "" {
			continue
		}
		data, err := readFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("reading the values of chart %s: %w", c.Name, err)
		}
		values, err := ParseValues(name, data)
		if err != nil {
			return nil, err
		}
		out = loader.MergeMaps(out, values)
	}
	switch c.ValuesMerge {
	case "replace":
		return c.ValuesInline, nil
	case "merge":
		return loader.MergeMaps(c.ValuesInline, out), nil
	}
	return loader.MergeMaps(out, c.ValuesInline), nil
}

// withoutCharts gives the text of a kustomization in which files take the
// place of its charts, and of the generators that inflate some.
func withoutCharts(data []byte, files, inflating []string) ([]byte, error) {
	var k map[string]any
	if err := yaml.Unmarshal(data, &k); err != nil {
		return nil, err
	}
	delete(k, "helmCharts")
	delete(k, "helmGlobals")
	if list, ok := k["generators"].([]any); ok {
		k["generators"] = slices.DeleteFunc(list, func(v any) bool {
			path, isText := v.(string)
			return isText && slices.Contains(inflating, path)
		})
	}
	if len(files) > 0 {
		list, ok := k["resources"].([]any)
		if k["resources"] != nil && !ok {
			return nil, errors.New("resources is no list")
		}
		for _, file := range files {
			list = append(list, file)
		}
		k["resources"] = list
	}
	return yaml.Marshal(k)
}
