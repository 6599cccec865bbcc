package object

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

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

// unknownOf names the fields of a spec that its type does not have, however deep: but
// those inside of a field that is ignored for a reason.
func unknownOf(raw []byte, spec any) []string {
	var o specOf
	if len(raw) == 0 || json.Unmarshal(raw, &o) != nil {
		return nil // what is read of it was told already
	}
	var out []string
	unknownFields(o.Spec, reflect.TypeOf(spec), "", &out)
	slices.Sort(out)
	return slices.Compact(out)
}

// fates is the table of a type's fields; nil for types of which all fields are read.
func fates(t reflect.Type) map[string]fate {
	switch t {
	case reflect.TypeFor[corev1.PodSpec]():
		return podFields()
	case reflect.TypeFor[corev1.Volume]():
		return volumeFields()
	case reflect.TypeFor[corev1.Container]():
		return containerFields()
	case reflect.TypeFor[corev1.PersistentVolumeSpec]():
		return persistentFields()
	case reflect.TypeFor[corev1.NodeSpec]():
		return nodeFields()
	}
	return nil
}

// unknownFields adds those of a struct.
func unknownFields(raw map[string]json.RawMessage, t reflect.Type, prefix string, out *[]string) {
	fields := jsonFields(t)
	for name, value := range raw {
		f, known := fields[strings.ToLower(name)]
		switch {
		case string(value) == "null":
		case !known:
			*out = append(*out, prefix+name)
		case !f.ignored:
			unknownValue(value, f.of, prefix+f.name, out)
		}
	}
}

// unknownValue looks into what a field holds. Types that read themselves, such as amounts,
// have no fields of their own.
func unknownValue(raw json.RawMessage, t reflect.Type, path string, out *[]string) {
	switch t.Kind() {
	case reflect.Pointer:
		unknownValue(raw, t.Elem(), path, out)
	case reflect.Slice:
		var all []json.RawMessage
		if holdsFields(t.Elem()) && json.Unmarshal(raw, &all) == nil {
			for _, one := range all {
				unknownValue(one, t.Elem(), path+"[]", out)
			}
		}
	case reflect.Struct:
		var one map[string]json.RawMessage
		if holdsFields(t) && json.Unmarshal(raw, &one) == nil {
			unknownFields(one, t, path+".", out)
		}
	}
}

func holdsFields(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

// jsonField is a field as the API spells it.
type jsonField struct {
	name    string
	of      reflect.Type
	ignored bool // for a reason, with all that is in it
}

// jsonFields are the fields of a struct as JSON names them, those of embedded structs
// too, by their names in lower case: Go reads names of any case.
func jsonFields(t reflect.Type) map[string]jsonField {
	if had, ok := fieldsOfType.Load(t); ok {
		return had.(map[string]jsonField)
	}
	out, table := map[string]jsonField{}, fates(t)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for name, embedded := range jsonFields(f.Type) {
				embedded.ignored = table[embedded.name].ignored != ""
				out[name] = embedded
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out[strings.ToLower(name)] = jsonField{name, f.Type, table[name].ignored != ""}
	}
	fieldsOfType.Store(t, out)
	return out
}

// fieldsOfType holds jsonFields by type.
var fieldsOfType sync.Map
