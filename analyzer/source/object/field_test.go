package object

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestEveryFieldHasAFate sets every field of the specs that decide where a pod may
// run, one by one: each is in its table, or named by what is read.
func TestEveryFieldHasAFate(t *testing.T) {
	for _, c := range []struct {
		name  string
		of    any
		known map[string]fate
		pins  []string // known to pin; a field new to the API is added here or to the table
	}{
		{"pod", corev1.PodSpec{}, podFields(), []string{"evictionResponders", "schedulingGroup"}},
		{"container", corev1.Container{}, containerFields(), nil},
		{"volume", corev1.VolumeSource{}, volumeFields(), []string{
			"awsElasticBlockStore", "azureDisk", "cinder", "fc", "flexVolume", "flocker", "gcePersistentDisk", "iscsi",
			"photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
		}},
		{"persistent volume", corev1.PersistentVolumeSpec{}, persistentFields(), []string{
			"cinder", "fc", "flexVolume", "flocker", "iscsi", "photonPersistentDisk", "portworxVolume", "quobyte", "scaleIO", "storageos", "vsphereVolume",
		}},
		{"node", corev1.NodeSpec{}, nodeFields(), []string{"configSource", "podPreemptionPolicy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := map[string]bool{}
			eachField(reflect.TypeOf(c.of), func(path []int, name string) {
				seen[name] = true
				v := reflect.New(reflect.TypeOf(c.of)).Elem()
				fill(v.FieldByIndex(path))
				got := unmodelled(v, c.known, "")
				want := []string(nil)
				if _, ok := c.known[name]; !ok {
					want = []string{name}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
				if pins := slices.Contains(c.pins, name); pins != (want != nil) {
					t.Errorf("%s: pins %v; the list of the test says %v", name, want != nil, pins)
				}
			})
			for name, f := range c.known {
				if !seen[name] || f.modelled == (f.ignored != "") {
					t.Errorf("%s: not a field, or neither modelled nor ignored with a reason", name)
				}
			}
		})
	}
}

// eachField visits the fields by their names in JSON, those of embedded structs too.
func eachField(t reflect.Type, visit func(path []int, name string)) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			eachField(f.Type, func(path []int, name string) { visit(append([]int{i}, path...), name) })
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		visit([]int{i}, name)
	}
}

// fill sets a value to something that is not its zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		fill(v.Field(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(1)
	}
}
