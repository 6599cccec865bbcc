package manifest

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

var errNotPlain = errors.New("its values are more than aliases may make")

// postRender lays kustomizations over what a chart renders to, in memory and in
// their order. The result is one text, whose lines are nobody's.
func postRender(texts map[string]rendered, after []*manifest.Node) (out map[string]rendered, err error) {
	if len(after) == 0 {
		return texts, nil
	}
	defer func() {
		if r := recover(); r != nil { // kustomize has panics on odd input
			out, err = nil, fmt.Errorf("kustomize gave up: %v", r)
		}
	}()
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" || ext == ".json" {
			fmt.Fprintf(&all, "---\n%s\n", gluedMark.ReplaceAllString(texts[name].text, "---\n$1"))
		}
	}
	text := []byte(all.String())
	for _, of := range after {
		if text, err = kustomized(text, of); err != nil {
			return nil, err
		}
	}
	return map[string]rendered{"chart/rendered.yaml": {text: string(text)}}, nil
}

// patchesAsText turns patches into text, as kustomize has them, where Flux has objects.
func patchesAsText(k map[string]any) error {
	merges, _ := k["patchesStrategicMerge"].([]any)
	for i, v := range merges {
		text, err := asText(v)
		if err != nil {
			return err
		}
		merges[i] = text
	}
	patches, _ := k["patchesJson6902"].([]any)
	for _, v := range patches {
		p, isMap := v.(map[string]any)
		if !isMap {
			continue
		}
		text, err := asText(p["patch"])
		if err != nil {
			return err
		}
		p["patch"] = text
	}
	return nil
}

// asText gives text as it is and anything else as YAML.
func asText(v any) (string, error) {
	if s, isText := v.(string); isText {
		return s, nil
	}
	data, err := yaml.Marshal(v)
	return string(data), err
}

// kustomized builds one kustomization, of which only what needs no file is taken,
// over a text of objects.
func kustomized(text []byte, of *manifest.Node) ([]byte, error) {
	plain, ok := of.Plain()
	given, isMap := plain.(map[string]any)
	if !ok || !isMap {
		return nil, errNotPlain
	}
	k := map[string]any{"resources": []string{"all.yaml"}}
	for _, name := range []string{"patches", "patchesStrategicMerge", "patchesJson6902", "images"} {
		if v, there := given[name]; there {
			k[name] = v
		}
	}
	if err := patchesAsText(k); err != nil {
		return nil, err
	}
	data, err := yaml.Marshal(k)
	if err != nil {
		return nil, err
	}
	memory := filesys.MakeFsInMemory()
	if err := errors.Join(memory.WriteFile("/all.yaml", text), memory.WriteFile("/kustomization.yaml", data)); err != nil {
		return nil, err
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(memory, "/")
	if err != nil {
		return nil, err
	}
	return built.AsYaml()
}
