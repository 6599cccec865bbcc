package manifest

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/strvals"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// release is a chart that an object in the tree deploys: a HelmRelease of Flux,
// an Application of Argo CD, or a HelmChart of k3s.
type release struct {
	document        *manifest.Document
	name, namespace string
	values          map[string]any
	// at is where findings point to in the document.
	at manifest.Position
	// after are the kustomizations that its post-renderers lay over it.
	after []*manifest.Node
}

// once lets go of what is said twice of a chart: by itself, and where it is
// deployed.
func (t *Tree) once() {
	said := map[string]bool{}
	twice := func(file, text string) bool {
		key := file + "\x00" + text
		known := said[key]
		said[key] = true
		return known
	}
	t.Skips = slices.DeleteFunc(t.Skips, func(s manifest.Skip) bool { return s.Kind == "Chart" && twice(s.File, s.Reason) })
	t.Warnings = slices.DeleteFunc(t.Warnings, func(w analyzer.Warning) bool { return w.Code == "chart" && twice(w.Subject, w.Message) })
}

// releases renders what HelmReleases and Applications deploy, where their chart
// is in the tree or in a folder of charts. Such a chart is judged through them
// alone.
func (t *Tree) releases(ctx context.Context, o Options, paths []string) {
	r := releaser{tree: t, helm: o.Helm, ctx: ctx, used: map[string]bool{}, whole: o.Whole}
	for _, at := range t.through {
		r.used[filepath.ToSlash(at)] = true
	}
	for _, p := range append(slices.Clone(paths), ".") {
		if p != Stdin {
			r.tops = append(r.tops, realPath(p))
		}
	}
	for _, d := range slices.Clone(t.Documents) {
		switch {
		case d.Kind == "HelmRelease" && d.Renders():
			r.flux(d)
		case d.Kind == "Application" && d.Renders():
			r.argo(d)
		case d.Kind == "HelmChart" && d.Renders():
			r.k3s(d)
		case d.Kind == "ApplicationSet" && d.Renders():
			d.Unrendered = "its Applications are generated in the cluster"
		}
	}
	t.Documents = slices.DeleteFunc(t.Documents, func(d *manifest.Document) bool { return d.Rendered == "helm" && d.Through == "" && r.used[d.Tree] })
	t.once()
}

// notHere is why most releases are not rendered.
const notHere = "its chart is neither in the tree nor in --chart-dir"

// releaser renders releases into a tree.
type releaser struct {
	tree *Tree
	helm Helm
	ctx  context.Context //nolint:containedctx // of one call
	tops []string        // folders that may be read, by their real names
	used map[string]bool // charts of the tree that are deployed by a release
	// whole keeps all that documents hold.
	whole bool
}

func (r *releaser) flux(d *manifest.Document) {
	spec := d.Root.Field("spec")
	chart := spec.At("chart", "spec")
	name, version := chart.Field("chart").String(), chart.Field("version").String()
	if ref := spec.Field("chartRef"); ref != nil {
		name, version = r.chartOf(ref), ""
	}
	if name == "" {
		d.Unrendered = "its chart is not named here"
		return
	}
	at := r.chart(d, name, version, strings.Contains(name, "/") || chart.At("sourceRef", "kind").String() == "GitRepository")
	if at == "" {
		d.Unrendered = notHere
		return
	}
	of := release{document: d, name: spec.Field("releaseName").String(), namespace: spec.Field("targetNamespace").String(), at: d.Root.Key("spec")}
	if of.name == "" {
		of.name = strings.TrimPrefix(of.namespace+"-"+d.Name, "-")
	}
	if of.namespace == "" {
		of.namespace = d.Namespace
	}
	for _, p := range spec.Field("postRenderers").List() {
		if of.after = append(of.after, p.Field("kustomize")); p.Field("kustomize") == nil {
			d.Unrendered = "it has a post-renderer that is no kustomization"
			return
		}
	}
	for _, file := range chart.Field("valuesFiles").List() {
		r.merge(&of, d, r.file(d, at, file.String()), file.String())
	}
	for _, from := range spec.Field("valuesFrom").List() {
		r.from(&of, from)
	}
	if values := spec.Field("values"); values != nil {
		of.at = values.Position
		if v, ok := values.Plain(); ok {
			if m, isMap := v.(map[string]any); isMap {
				of.values = loader.MergeMaps(of.values, m)
			}
		}
	}
	r.render(of, at)
}

// chartOf finds the chart that a chartRef leads to, by the object that it names.
func (r *releaser) chartOf(ref *manifest.Node) string {
	for _, o := range r.tree.Documents {
		if o.Kind != ref.Field("kind").String() || o.Name != ref.Field("name").String() || o.Group() != "source.toolkit.fluxcd.io" {
			continue
		}
		if chart := o.Root.At("spec", "chart").String(); chart != "" {
			return chart
		}
		return filepath.Base(o.Root.At("spec", "url").String())
	}
	return ""
}

// from merges the values that a ConfigMap or Secret of the tree has.
func (r *releaser) from(of *release, from *manifest.Node) {
	kind, name, key := from.Field("kind").String(), from.Field("name").String(), from.Field("valuesKey").String()
	if key == "" {
		key = "values.yaml"
	}
	for _, o := range r.tree.Documents {
		if o.Kind != kind || o.Name != name || o.Group() != "" || o.Tree != of.document.Tree && of.document.Tree != "" && o.Tree != "" {
			continue
		}
		text := o.Root.At("data", key)
		data := []byte(text.String())
		if kind == "Secret" && text != nil {
			data, _ = base64.StdEncoding.DecodeString(text.String()) // what is none merges as nothing
		}
		if s := o.Root.At("stringData", key); s != nil {
			data = []byte(s.String())
		}
		if path := from.Field("targetPath").String(); path != "" {
			if of.values == nil {
				of.values = map[string]any{}
			}
			if err := strvals.ParseInto(path+"="+strings.TrimSpace(string(data)), of.values); err == nil {
				return
			}
		}
		r.merge(of, of.document, data, kind+" "+name)
		return
	}
	if !from.Field("optional").Bool() {
		r.tree.warn("release", of.document.ID(), "is rendered without the values of %s %s, which is not here", kind, name)
	}
}

func (r *releaser) argo(d *manifest.Document) {
	spec := d.Root.Field("spec")
	sources := spec.Field("sources").List()
	if s := spec.Field("source"); s != nil {
		sources = []*manifest.Node{s}
	}
	for _, s := range sources {
		r.source(d, s)
	}
	if d.Through == "" && d.Unrendered == "" {
		d.Unrendered = "it has no source"
	}
}

// set lays an Application's parameters over a release's values.
func (r *releaser) set(of *release, parameters []*manifest.Node) {
	for _, p := range parameters {
		if of.values == nil {
			of.values = map[string]any{}
		}
		set := strvals.ParseInto
		if p.Field("forceString").Bool() {
			set = strvals.ParseIntoString
		}
		if err := set(p.Field("name").String()+"="+p.Field("value").String(), of.values); err != nil {
			r.tree.warn("release", of.document.ID(), "the parameter %s cannot be set: %v", p.Field("name").String(), err)
		}
	}
}

// source renders one source of an Application.
func (r *releaser) source(d *manifest.Document, s *manifest.Node) {
	path, name := s.Field("path").String(), s.Field("chart").String()
	if path == "" && name == "" {
		return // gives values to the others
	}
	at := ""
	if name != "" {
		at = r.chart(d, name, s.Field("targetRevision").String(), false)
	} else if at = r.find(d, path); at != "" && !isChart(at) {
		d.Through = at // is in the tree, and judged where it is read
		return
	}
	if at == "" {
		d.Unrendered = "its chart or path is neither in the tree nor in --chart-dir"
		return
	}
	helm := s.Field("helm")
	of := release{document: d, name: helm.Field("releaseName").String(), namespace: d.Root.At("spec", "destination", "namespace").String(), at: s.Position}
	if of.name == "" {
		of.name = d.Name
	}
	for _, file := range helm.Field("valueFiles").List() {
		r.merge(&of, d, r.file(d, at, file.String()), file.String())
	}
	if text := helm.Field("values"); text != nil {
		of.at = text.Position
		r.merge(&of, d, []byte(text.String()), "spec.source.helm.values")
	}
	if v, ok := helm.Field("valuesObject").Plain(); ok && v != nil {
		of.at = helm.Field("valuesObject").Position
		if m, isMap := v.(map[string]any); isMap {
			of.values = loader.MergeMaps(of.values, m)
		}
	}
	r.set(&of, helm.Field("parameters").List())
	r.render(of, at)
}

// merge lays values over those that are there; data is nil where a file of
// them is not here.
func (r *releaser) merge(of *release, d *manifest.Document, data []byte, name string) {
	if data == nil {
		r.tree.warn("release", d.ID(), "is rendered without the values of %s, which is not here", name)
		return
	}
	values, err := ParseValues(name, data)
	if err != nil {
		r.tree.warn("release", d.ID(), "is rendered without the values of %s: they are no map", name)
		return
	}
	of.values = loader.MergeMaps(of.values, values)
}

// chart finds a chart: by its path in the repository, by its name among the
// charts of the tree, or in the folders of charts.
func (r *releaser) chart(d *manifest.Document, name, version string, isPath bool) string {
	if isPath {
		if at := r.find(d, name); at != "" && isChart(at) {
			return at
		}
	}
	if at := chartIn(r.helm.ChartDirs, name, version); at != "" {
		return at
	}
	for _, at := range r.tree.charts {
		if fits(at, filepath.Base(name), version) {
			return at
		}
	}
	return ""
}

// find looks for a path of the repository from the document's folder upwards.
func (r *releaser) find(d *manifest.Document, path string) string {
	if filepath.IsAbs(path) {
		path = strings.TrimLeft(path, "/")
	}
	dir := filepath.Dir(filepath.FromSlash(d.File))
	for {
		at := filepath.Join(dir, filepath.FromSlash(path))
		if _, err := os.Stat(at); err == nil && r.mayRead(at) {
			return at
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// file reads a file of values: beside the chart, or where $REF/ stands before
// it, in the repository; nil where it is not here.
func (r *releaser) file(d *manifest.Document, chart, name string) []byte {
	at := filepath.Join(chart, filepath.FromSlash(name))
	if rest, ok := strings.CutPrefix(name, "$"); ok {
		_, path, _ := strings.Cut(rest, "/")
		at = r.find(d, path)
	} else if _, err := os.Stat(at); err != nil {
		at = r.find(d, name)
	}
	if at == "" || !r.mayRead(at) {
		return nil
	}
	data, err := readFile(at)
	if err != nil {
		return nil
	}
	return data
}

// mayRead keeps what a manifest names within what the user named.
func (r *releaser) mayRead(at string) bool {
	real := realPath(at)
	return slices.ContainsFunc(append(slices.Clone(r.tops), r.chartTops()...), func(top string) bool {
		return real == top || strings.HasPrefix(real, top+string(filepath.Separator))
	})
}

func (r *releaser) chartTops() []string {
	var out []string
	for _, dir := range r.helm.ChartDirs {
		out = append(out, realPath(dir))
	}
	return out
}

// render adds what a release deploys. Its objects stand where the release has
// its values: there they can be put right.
func (r *releaser) render(of release, at string) {
	d := of.document
	c, found, err := r.helm.load(at)
	if err != nil {
		r.fail(d, fmt.Errorf("loading the chart %s: %w", at, err))
		return
	}
	missing := missingDependencies(c)
	helm := r.helm
	helm.Release, helm.Namespace = of.name, of.namespace
	texts, err := helm.render(r.ctx, c, of.values)
	if err != nil {
		r.fail(d, fmt.Errorf("rendering the chart %s with the values of %s: %w", at, d.Name, err))
		return
	}
	if texts, err = postRender(texts, of.after); err != nil {
		r.fail(d, fmt.Errorf("the post-renderers of %s: %w", d.Name, err))
		return
	}
	d.Through = at
	r.used[filepath.ToSlash(at)] = true
	part := &Tree{}
	part.without(at, missing)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		part.addRendered(at, found, name, texts[name])
	}
	part.number(d.Path)
	for _, o := range part.Documents {
		if !r.whole {
			o.Trim()
		}
		o.Origin, o.File, o.Tree, o.Through, o.RenderedLines = o.File, d.File, d.Tree, at, false
		if o.Namespace == "" {
			o.Namespace = of.namespace
		}
		place(o.Root, nil, of.at)
	}
	r.tree.merge(part)
}

func (r *releaser) fail(d *manifest.Document, err error) {
	d.Unrendered = "its chart does not render"
	if d.Rendered == "helm" && d.Origin == "" && len(r.helm.Values) == 0 { // a chart's own values may leave out what each release brings
		d.Unrendered = "the chart that it is from wants values"
		r.tree.warn("release", d.ID(), "%s: give those that the chart %s is deployed with by --helm-values FILE", oneLine(err.Error()), d.Tree)
		return
	}
	r.tree.Problems = append(r.tree.Problems, manifest.Problem{File: d.File, Position: d.Root.Position, Message: oneLine(err.Error()), Path: d.Path, Beside: true})
}
