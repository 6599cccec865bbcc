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
	if list, isList := k["patchesStrategicMerge"].([]any); isList { // Flux has objects where kustomize has text
		for i, v := range list {
			if _, isText := v.(string); isText {
				continue
			}
			data, err := yaml.Marshal(v)
			if err != nil {
				return nil, err
			}
			list[i] = string(data)
		}
	}
	if list, isList := k["patchesJson6902"].([]any); isList {
		for _, v := range list {
			p, isMap := v.(map[string]any)
			if !isMap {
				continue
			}
			data, err := yaml.Marshal(p["patch"])
			if err != nil {
				return nil, err
			}
			if _, isText := p["patch"].(string); !isText {
				p["patch"] = string(data)
			}
		}
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
