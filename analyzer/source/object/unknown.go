package object

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// TypesMinor is x of the Kubernetes 1.x whose fields the Go types know.
const TypesMinor = 37

// specOf is a spec as it was written: no field is left out for being unknown to the Go
// types, which are those of one version of Kubernetes.
type specOf struct {
	Spec map[string]json.RawMessage `json:"spec"`
}

// pinUnknown notes the fields that the Go type of an object does not know: a newer API
// may decide by them where a pod runs.
func (v *Inventory) pinUnknown(obj runtime.Object, raw []byte) {
	v.pinUnknownTemplate(obj, raw)
	switch o := obj.(type) {
	case *corev1.Pod:
		if p, names := v.pods[keyOf(o)], unknownOf(raw, corev1.PodSpec{}); p != nil && len(names) > 0 {
			p.pod.Spec.Unmodelled = merged(p.pod.Spec.Unmodelled, names)
		}
	case *corev1.Node:
		if names := unknownOf(raw, corev1.NodeSpec{}); len(names) > 0 {
			n := v.nodes[o.Name]
			n.Unmodelled = merged(n.Unmodelled, names)
			v.nodes[o.Name] = n
		}
	case *corev1.PersistentVolume:
		if names := unknownOf(raw, corev1.PersistentVolumeSpec{}); len(names) > 0 {
			one := v.volumes[o.Name]
			one.Unmodelled = merged(one.Unmodelled, names)
			v.volumes[o.Name] = one
		}
	}
}

func merged(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// unknownOf names the fields of a spec that its type does not have, those of a pod's
// volumes among them.
func unknownOf(raw []byte, spec any) (out []string) {
	var o specOf
	if len(raw) == 0 {
		return nil
	}
	if json.Unmarshal(raw, &o) != nil {
		return nil // what is read of it was told already
	}
	known := jsonNames(reflect.TypeOf(spec))
	for name, value := range o.Spec {
		if !known[strings.ToLower(name)] && string(value) != "null" {
			out = append(out, name)
		}
	}
	if _, pod := spec.(corev1.PodSpec); pod {
		out = append(out, unknownVolumes(o.Spec["volumes"])...)
	}
	return out
}

func unknownVolumes(raw json.RawMessage) (out []string) {
	var volumes []map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &volumes) != nil {
		return nil
	}
	known := jsonNames(reflect.TypeOf(corev1.Volume{}))
	for _, one := range volumes {
		for name, value := range one {
			if !known[strings.ToLower(name)] && string(value) != "null" {
				out = append(out, "volumes[]."+name)
			}
		}
	}
	return out
}

// jsonNames are the fields of a struct as JSON names them, those of embedded structs
// too, in lower case: Go reads names of any case.
func jsonNames(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for name := range jsonNames(f.Type) {
				out[name] = true
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out[strings.ToLower(name)] = true
	}
	return out
}
