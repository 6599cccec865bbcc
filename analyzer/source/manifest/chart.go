package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// chartTime bounds the rendering of one chart: a template can loop for ever.
const chartTime = 30 * time.Second

// kubeVersion is what charts are told of the cluster, as "helm template" does
// without one.
const kubeVersion = "v1.37.0"

// Helm says how charts are rendered.
type Helm struct {
	// Release is the release's name, "" for the chart's own: with the usual
	// helpers the objects are then named after the chart alone.
	Release string
	// Namespace is that of the release, "" for "default".
	Namespace string
	// Values are laid over the charts' own, later ones over earlier ones.
	Values []Values
	// ChartDirs are folders of charts that are looked for by name.
	ChartDirs []string
	// within is the folder that is read.
	within string
}

// Values is a file of values.
type Values struct {
	Name string
	Data []byte
}

// ParseValues reads a file of values: YAML, one map or several.
func ParseValues(name string, data []byte) (map[string]any, error) {
	if err := manifest.CheckAliases(data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	values, err := loader.LoadValues(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return values, nil
}

// values merges the files.
func (h Helm) values() (map[string]any, error) {
	var out map[string]any
	for _, f := range h.Values {
		v, err := ParseValues(f.Name, f.Data)
		if err != nil {
			return nil, err
		}
		out = loader.MergeMaps(out, v)
	}
	return out, nil
}

// renderChart renders a chart's folder or archive as "helm template" does,
// without a cluster and without fetching anything.
func (h Helm) renderChart(ctx context.Context, at string) *Tree {
	t := &Tree{Files: 1}
	values, err := h.values()
	if err != nil {
		return t.problem(at, fmt.Errorf("reading the values given: %w", err))
	}
	c, found, err := h.load(at)
	if err != nil {
		return t.problem(at, fmt.Errorf("loading the chart: %w", err))
	}
	if c.Metadata.Type == "library" {
		t.skipChart(at, "a library of other charts, without objects of its own")
		return t
	}
	t.charts = append(t.charts, at)
	missing := missingDependencies(c)
	texts, err := h.render(ctx, c, values)
	switch {
	case err != nil && len(missing) > 0:
		t.warn("chart", filepath.ToSlash(at), "lacks its dependencies %s and does not render without them: helm dependency build %s", strings.Join(missing, ", "), at)
		t.skipChart(at, "not rendered: it lacks its dependencies "+strings.Join(missing, ", "))
	case err != nil && len(h.Values) > 0:
		t.problem(at, fmt.Errorf("rendering the chart with the values given: %w", err))
	case err != nil:
		t.warn("chart", filepath.ToSlash(at), "does not render with its own values (%s): give those it is deployed with by --helm-values FILE", oneLine(err.Error()))
		t.skipChart(at, "not rendered: it wants values")
	default:
		t.without(at, missing)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		t.addRendered(at, found, name, texts[name])
	}
	if len(t.Documents)+len(t.Problems)+len(t.Skips) == 0 {
		t.skipChart(at, "its values let it make no object")
	}
	return t
}

// without counts the dependencies of a chart that are not here.
func (t *Tree) without(at string, missing []string) {
	if len(missing) == 0 {
		return
	}
	t.warn("chart", filepath.ToSlash(at), "is judged without its dependencies %s: helm dependency build %s", strings.Join(missing, ", "), at)
	for _, name := range missing {
		t.skipChart(at, "not rendered: its dependency "+name+" is not here, helm dependency build fetches it")
	}
}

func (t *Tree) skipChart(at, reason string) {
	t.skip(filepath.Join(at, "Chart.yaml"), reason)
	t.Skips[len(t.Skips)-1].Kind = "Chart"
}

// missingDependencies names what Chart.yaml asks for and charts/ does not have.
func missingDependencies(c *chart.Chart) []string {
	var out []string
	for _, want := range c.Metadata.Dependencies {
		if want != nil && !hasDependency(c, want.Name) {
			out = append(out, want.Name)
		}
	}
	return out
}

// rendered is what one template gave, and the template's line that each of its
// lines is from: nil where that cannot be told.
type rendered struct {
	text  string
	lines lineMap
}

var errEndless = errors.New("a template has not ended after " + chartTime.String())

// render gives what the templates of a chart make, by the name that helm gives
// them: CHART/templates/web.yaml. A template that does not end is left behind.
func (h Helm) render(ctx context.Context, c *chart.Chart, values map[string]any) (map[string]rendered, error) {
	type result struct {
		texts map[string]rendered
		err   error
	}
	done := make(chan result, 1)
	go func() {
		texts, err := h.renderTwice(ctx, c, values)
		done <- result{texts, err}
	}()
	select {
	case r := <-done:
		return r.texts, r.err
	case <-time.After(chartTime):
		return nil, errEndless
	}
}

// renderTwice renders a chart as it is, and once more with marks in its
// templates that tell the lines.
func (h Helm) renderTwice(ctx context.Context, c *chart.Chart, values map[string]any) (out map[string]rendered, err error) {
	defer func() {
		if r := recover(); r != nil { // helm has panics on odd charts
			out, err = nil, fmt.Errorf("helm gave up: %v", r)
		}
	}()
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, err
	}
	texts, err := h.execute(ctx, c, values)
	if err != nil {
		return nil, err
	}
	files := markTemplates(c)
	marked, err := h.execute(ctx, c, values)
	if err != nil {
		marked = nil // the objects are right, only their lines are not known
	}
	out = map[string]rendered{}
	for name, text := range texts {
		switch filepath.Ext(name) {
		case ".yaml", ".yml", ".json":
			out[name] = rendered{text, linesOf(text, marked[name], files[name])}
		}
	}
	return out, nil
}

// execute runs the templates once. The schema of the values is not looked at:
// it may name others on the network.
func (h Helm) execute(ctx context.Context, c *chart.Chart, given map[string]any) (map[string]string, error) {
	version, err := common.ParseKubeVersion(kubeVersion)
	if err != nil {
		return nil, err
	}
	caps := &common.Capabilities{KubeVersion: *version, APIVersions: common.DefaultVersionSet, HelmVersion: common.DefaultCapabilities.HelmVersion}
	release := common.ReleaseOptions{Name: h.Release, Namespace: h.Namespace, Revision: 1, IsInstall: true}
	if release.Name == "" {
		release.Name = c.Name()
	}
	if release.Namespace == "" {
		release.Namespace = "default"
	}
	values, err := util.ToRenderValuesWithSchemaValidation(c, given, release, caps, true)
	if err != nil {
		return nil, err
	}
	return engine.Engine{}.RenderWithContext(ctx, c, values)
}

// addRendered reads what a template gave, and points at the template.
func (t *Tree) addRendered(chartAt string, elsewhere homes, name string, r rendered) {
	_, below, _ := strings.Cut(name, "/") // the chart's own name comes first
	at := elsewhere.of(chartAt, below)
	c := manifest.Decode(at, []byte(r.text))
	for _, problem := range c.Problems {
		if problem.Beside {
			continue // Helm reads it as it is meant
		}
		if r.lines == nil {
			problem.Message += "; " + manifest.RenderedLine
		} else {
			problem.Position = manifest.At(r.lines.of(int(problem.Position.Line)), 1)
		}
		t.Problems = append(t.Problems, problem)
	}
	for _, skip := range c.Skips {
		skip.Position = r.lines.to(skip.Position)
		t.Skips = append(t.Skips, skip)
	}
	for _, d := range c.Documents {
		if isTestHook(d) {
			t.Skips = append(t.Skips, manifest.Skip{File: at, Position: r.lines.to(d.Root.Position), Kind: d.Kind, Reason: "runs in helm test alone"})
			continue
		}
		d.Rendered, d.Text, d.Tree = "helm", nil, filepath.ToSlash(chartAt)
		d.RenderedLines = r.lines == nil
		r.lines.move(d.Root)
		t.Documents = append(t.Documents, d)
	}
}

// isTestHook tells what "helm test" runs and nothing else does.
func isTestHook(d *manifest.Document) bool {
	return strings.HasPrefix(d.Annotation("helm.sh/hook").String(), "test")
}
