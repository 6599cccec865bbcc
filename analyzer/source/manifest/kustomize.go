package manifest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// kustomization is the part of a kustomization.yaml that names other files.
type kustomization struct {
	Kind           string   `json:"kind"`
	Resources      []string `json:"resources"`
	Bases          []string `json:"bases"`
	Components     []string `json:"components"`
	CRDs           []string `json:"crds"`
	Configurations []string `json:"configurations"`
	Transformers   []string `json:"transformers"`
	Generators     []string `json:"generators"`
	Validators     []string `json:"validators"`
	Merges         []any    `json:"patchesStrategicMerge"`
	Patches        []struct {
		Path string `json:"path"`
	} `json:"patches"`
	JSON6902 []struct {
		Path string `json:"path"`
	} `json:"patchesJson6902"`
	Replacements []struct {
		Path string `json:"path"`
	} `json:"replacements"`
	ConfigMaps []generator `json:"configMapGenerator"`
	Secrets    []generator `json:"secretGenerator"`
	OpenAPI    struct {
		Path string `json:"path"`
	} `json:"openapi"`
	BuildMetadata []string    `json:"buildMetadata"`
	HelmCharts    []helmChart `json:"helmCharts"`
	HelmGlobals   struct {
		ChartHome string `json:"chartHome"`
	} `json:"helmGlobals"`
	inflating []string // the generators that inflate charts
}

// helmChart is a chart that a kustomization inflates.
type helmChart struct {
	Name                  string         `json:"name"`
	Version               string         `json:"version"`
	ReleaseName           string         `json:"releaseName"`
	Namespace             string         `json:"namespace"`
	ValuesFile            string         `json:"valuesFile"`
	AdditionalValuesFiles []string       `json:"additionalValuesFiles"`
	ValuesInline          map[string]any `json:"valuesInline"`
	ValuesMerge           string         `json:"valuesMerge"`
}

// gluedMark is a document mark with a key behind it.
var gluedMark = regexp.MustCompile(`(?m)^---([^\s-])`)

// generator is what a ConfigMap or Secret is made of; files may be written
// KEY=FILE.
type generator struct {
	Files []string `json:"files"`
	Envs  []string `json:"envs"`
	Env   string   `json:"env"`
}

// kustomizationIn gives the path of a folder's kustomization, or "".
func kustomizationIn(dir string) string {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	return ""
}

func readKustomization(dir string) (kustomization, error) {
	var k kustomization
	data, err := readFile(kustomizationIn(dir))
	if err != nil {
		return k, err
	}
	if err := manifest.CheckAliases(data); err != nil {
		return k, err
	}
	if err := yaml.Unmarshal(data, &k); err != nil {
		return k, err
	}
	k.inflators(dir)
	return k, nil
}

// inflators adds the charts that generators of a kustomization inflate, as it was
// written before there were helmCharts.
func (k *kustomization) inflators(dir string) {
	for _, path := range k.Generators {
		data, err := readFile(filepath.Join(dir, path))
		if err != nil || manifest.CheckAliases(data) != nil {
			continue // building it says so
		}
		var g struct {
			Kind string `json:"kind"`
			helmChart
		}
		if yaml.Unmarshal(data, &g) == nil && g.Kind == "HelmChartInflationGenerator" && len(documentMark.FindAllIndex(data, 2)) < 2 {
			k.HelmCharts = append(k.HelmCharts, g.helmChart)
			k.inflating = append(k.inflating, path)
		}
	}
}

// documentMark begins a document; one may stand at the head of a file.
var documentMark = regexp.MustCompile(`(?m)^---`)

// paths lists everything that the kustomization refers to.
func (k kustomization) paths() []string {
	var out []string
	for _, l := range [][]string{k.Resources, k.Bases, k.Components, k.CRDs, k.Configurations, k.Transformers, k.Generators, k.Validators} {
		out = append(out, l...)
	}
	for _, m := range k.Merges {
		if s, ok := m.(string); ok && !strings.Contains(s, "\n") {
			out = append(out, s)
		}
	}
	for _, p := range k.Patches {
		out = append(out, p.Path)
	}
	for _, p := range k.JSON6902 {
		out = append(out, p.Path)
	}
	for _, p := range k.Replacements {
		out = append(out, p.Path)
	}
	for _, g := range slices.Concat(k.ConfigMaps, k.Secrets) {
		out = append(append(out, g.Env), g.Envs...)
		for _, f := range g.Files {
			if _, file, ok := strings.Cut(f, "="); ok {
				f = file
			}
			out = append(out, f)
		}
	}
	return append(out, k.OpenAPI.Path)
}

// refs says what kustomizations take in, by cleaned path.
type refs struct {
	of    map[string][]string // what each folder's kustomization refers to
	taken map[string]bool     // what is reached from one that nobody refers to
	alone map[string]bool     // components that no kustomization takes in
}

func references(dirs []string) refs {
	r := refs{of: map[string][]string{}, taken: map[string]bool{}, alone: map[string]bool{}}
	all := map[string]kustomization{}
	for _, dir := range dirs {
		k, err := readKustomization(dir)
		if err != nil {
			k = kustomization{} // rendering it says so
		}
		all[filepath.Clean(dir)] = k
	}
	named := r.name(all)
	for dir, k := range all {
		if k.Kind != "Component" {
			continue
		}
		r.taken[dir] = true // is nothing on its own
		if !named[dir] {
			r.alone[dir] = true
		}
	}
	for dir := range r.alone { // its resources are read by themselves; its patches are objects of nobody
		k := all[dir]
		k.Resources, k.Bases = nil, nil
		all[dir] = k
	}
	named = r.name(all)
	for _, dir := range dirs {
		if dir = filepath.Clean(dir); !named[dir] || r.taken[dir] {
			r.reach(dir)
		}
	}
	return r
}

// name notes what each kustomization refers to, and gives what others refer to.
func (r refs) name(all map[string]kustomization) map[string]bool {
	named := map[string]bool{}
	for dir, k := range all {
		r.of[dir] = nil
		for _, p := range k.paths() {
			if at := filepath.Join(dir, p); p != "" && at != dir {
				r.of[dir] = append(r.of[dir], at)
				named[at] = true
			}
		}
	}
	return named
}

// reach marks what a kustomization takes in, at any depth.
func (r refs) reach(dir string) {
	r.taken[filepath.Clean(kustomizationIn(dir))] = true
	for _, at := range r.of[dir] {
		if !r.taken[at] {
			r.taken[at] = true
			if _, ok := r.of[at]; ok {
				r.reach(at)
			}
		}
	}
}

// has reports whether a folder or file needs no reading of its own. Folders
// that only refer to each other in a ring are not reached, and so are not
// passed over in silence.
func (r refs) has(path string) bool { return r.taken[filepath.Clean(path)] }

// unusedComponent counts a component that no kustomization of the folder takes in.
func unusedComponent(dir string) *Tree {
	t := &Tree{Files: 1}
	t.skip(kustomizationIn(dir), "no kustomization here takes it in")
	t.Skips[0].Kind = "Component"
	return t
}

// checkLocal refuses what is not on the disk, before kustomize would look for
// it in the network.
func checkLocal(dir string, seen map[string]bool) error {
	dir = filepath.Clean(dir)
	if seen[dir] {
		return nil
	}
	seen[dir] = true
	k, err := readKustomization(dir)
	if err != nil {
		return fmt.Errorf("reading the kustomization of %s: %w", dir, err)
	}
	for _, p := range k.paths() {
		at := filepath.Join(dir, p)
		info, err := os.Stat(at)
		switch {
		case p == "" || strings.Contains(p, "\n") || err == nil && !info.IsDir(): // written in place, or a file
		case err == nil:
			if err := checkLocal(at, seen); err != nil && kustomizationIn(at) != "" {
				return err
			}
		default:
			return fmt.Errorf("the kustomization refers to %s, which is not here, and nothing is fetched; build it and pipe it in: kustomize build %s | plimsoll gate -", p, dir)
		}
	}
	return nil
}

// laidOver is the disk with some files that are not on it, or other ones: by
// their absolute names.
type laidOver struct {
	filesys.FileSystem
	files map[string][]byte
	// within is the folder whose files may be read; "" where the build itself
	// keeps to its folders.
	within string
}

var errOutside = errors.New("it lies outside the folder that is judged")

func (f laidOver) ReadFile(path string) ([]byte, error) {
	if data, ok := f.files[path]; ok {
		return data, nil
	}
	if real := realPath(path); f.within != "" && real != f.within && !strings.HasPrefix(real, f.within+string(filepath.Separator)) {
		return nil, fmt.Errorf("%s: %w", path, errOutside)
	}
	if _, err := readFile(path); errors.Is(err, errNoFile) && !f.FileSystem.IsDir(path) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f.FileSystem.ReadFile(path)
}

func (f laidOver) Exists(path string) bool {
	_, ok := f.files[path]
	return ok || f.FileSystem.Exists(path)
}

func (f laidOver) IsDir(path string) bool {
	_, ok := f.files[path]
	return !ok && f.FileSystem.IsDir(path)
}

func (f laidOver) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if _, ok := f.files[path]; !ok {
		return f.FileSystem.CleanedAbs(path)
	}
	dir, _, err := f.FileSystem.CleanedAbs(filepath.Dir(path))
	return dir, filepath.Base(path), err
}

// overlay gives the disk for a build: the kustomization notes where each object
// is from, whatever its file says, and charts are rendered already, those of the
// folders that it takes in among them.
func (h Helm) overlay(ctx context.Context, t *Tree, dir string, all map[string]bool) (laidOver, error) {
	disk := filesys.MakeFsOnDisk()
	over := laidOver{FileSystem: disk, files: map[string][]byte{}}
	for of := range all {
		path := kustomizationIn(of)
		k, err := readKustomization(of)
		if err != nil || path == "" || len(k.HelmCharts) == 0 && of != filepath.Clean(dir) {
			continue // building it says what is wrong
		}
		data, err := readFile(path)
		if err != nil {
			return over, err
		}
		abs, _, err := disk.CleanedAbs(of)
		if err != nil {
			return over, err
		}
		if len(k.HelmCharts) > 0 {
			if data, err = h.inflate(ctx, t, over, of, string(abs), k, data); err != nil {
				return over, err
			}
		}
		if of == filepath.Clean(dir) && len(k.BuildMetadata) == 0 {
			data = append(append([]byte{}, data...), "\nbuildMetadata: [originAnnotations]\n"...)
		}
		over.files[filepath.Join(string(abs), filepath.Base(path))] = data
	}
	return over, nil
}

// renderKustomization builds a folder in the process, without plugins and
// without the network.
func (h Helm) renderKustomization(ctx context.Context, dir string) (t *Tree) {
	t = &Tree{Files: 1}
	at := kustomizationIn(dir)
	defer func() {
		if r := recover(); r != nil { // kustomize has panics on odd input
			t = new(Tree).problem(at, fmt.Errorf("kustomize gave up: %v", r))
		}
	}()
	all := map[string]bool{}
	if err := checkLocal(dir, all); err != nil {
		return t.problem(at, err)
	}
	fsys, err := h.overlay(ctx, t, dir, all)
	if err != nil {
		return t.problem(at, err)
	}
	built, err := h.build(t, fsys, dir)
	if err != nil {
		return t.problem(at, fmt.Errorf("building the kustomization: %w", err))
	}
	if built.Size() == 0 && len(t.Skips) == 0 {
		t.skip(at, "it builds no object")
		t.Skips[0].Kind = "Kustomization"
	}
	sources := map[string][]*manifest.Document{}
	for i, r := range built.Resources() {
		from := originOf(r, dir) // before its annotation is taken off
		in, inflated := t.inflatedOf(r)
		d, err := renderedBy(r, i, at)
		if err != nil {
			return t.problem(at, err)
		}
		if inflated {
			d.File, d.Origin, d.Text = in.file, in.template, nil
			place(d.Root, nil, in.at)
		} else {
			trace(d, from, sources)
		}
		d.Tree = filepath.ToSlash(dir)
		t.Documents = append(t.Documents, d)
	}
	return t
}

// build builds a folder. Flux lets a kustomization take in files of the whole
// repository, kubectl those below its own folder: what only Flux builds is judged,
// and that is said.
func (h Helm) build(t *Tree, fsys laidOver, dir string) (resmap.ResMap, error) {
	o := krusty.MakeDefaultOptions()
	built, err := krusty.MakeKustomizer(o).Run(fsys, dir)
	if err == nil || h.within == "" || !strings.Contains(err.Error(), "security; file") {
		return built, err
	}
	fsys.within, o.LoadRestrictions = h.within, types.LoadRestrictionsNone
	free, again := krusty.MakeKustomizer(o).Run(fsys, dir)
	if again != nil {
		return nil, err
	}
	t.warn("kustomization", filepath.ToSlash(dir), "takes in files from outside its folder: Flux builds it, kubectl wants --load-restrictor LoadRestrictionsNone")
	return free, nil
}

// originOf gives the file that an object is from, "" where it was generated.
func originOf(r *resource.Resource, dir string) string {
	origin, err := r.GetOrigin()
	if err != nil || origin == nil || origin.Path == "" || origin.Repo != "" {
		return ""
	}
	return filepath.Join(dir, origin.Path)
}

var errNoObject = errors.New("kustomize gave something that is no object")

func renderedBy(r *resource.Resource, index int, file string) (*manifest.Document, error) {
	const origin = "config.kubernetes.io/origin"
	if a := r.GetAnnotations(); a[origin] != "" {
		delete(a, origin)
		if err := r.SetAnnotations(a); err != nil {
			return nil, err
		}
	}
	data, err := r.AsYAML()
	if err != nil {
		return nil, err
	}
	docs, problems := manifest.Parse(filepath.ToSlash(file), data)
	if len(docs) != 1 || len(problems) > 0 {
		return nil, errNoObject
	}
	docs[0].Index, docs[0].Rendered = index, "kustomize"
	return docs[0], nil
}
