package recommender_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	k8s "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// place is where a number stands in a Go type: fields, and what pointers, lists and
// maps lead to.
type place struct {
	name string
	set  func(root reflect.Value, to extreme)
}

// extreme is what a number is set to.
type extreme struct {
	whole    int64
	quantity string
}

var extremeValues = []extreme{
	{math.MaxInt64, "9223372036854775807"}, {-1, "-1"}, // what tells whether a field is read at all
	{0, "0"}, {math.MinInt64, "-4666793963832Mi"}, {math.MaxInt32, "9E"}, {1, "1n"}, {100_001, "1e300"},
}

var (
	quantityType = reflect.TypeFor[resource.Quantity]()
	amountType   = reflect.TypeFor[intstr.IntOrString]()
	timeType     = reflect.TypeFor[time.Time]()
)

// resources are the keys of maps of quantities.
var resources = []string{"cpu", "memory", "ephemeral-storage", "pods", "nvidia.com/gpu", "hugepages-2Mi", "requests.cpu", "limits.memory", "requests.nvidia.com/gpu", "storage"}

// places finds every number that a type can hold. into leads from the root to it.
func places(t reflect.Type, name string, into func(reflect.Value) reflect.Value, above []reflect.Type, out *[]place) {
	leaf := func(set func(v reflect.Value, to extreme)) {
		*out = append(*out, place{name, func(root reflect.Value, to extreme) { set(into(root), to) }})
	}
	switch {
	case t == quantityType:
		leaf(func(v reflect.Value, to extreme) { v.Set(reflect.ValueOf(resource.MustParse(to.quantity))) })
		return
	case t == amountType:
		leaf(func(v reflect.Value, to extreme) { v.Set(reflect.ValueOf(intstr.FromInt32(int32(to.whole)))) })
		*out = append(*out, place{name + " %", func(root reflect.Value, to extreme) {
			into(root).Set(reflect.ValueOf(intstr.FromString(fmt.Sprintf("%d%%", to.whole))))
		}})
		return
	case t == timeType || slices.Contains(above, t):
		return
	}
	above = append(slices.Clip(above), t)
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		leaf(func(v reflect.Value, to extreme) {
			if t.Kind() == reflect.Int32 {
				to.whole = min(max(to.whole, math.MinInt32), math.MaxInt32)
			}
			v.SetInt(to.whole)
		})
	case reflect.Float32, reflect.Float64:
		leaf(func(v reflect.Value, to extreme) { v.SetFloat(float64(to.whole)) })
	case reflect.Pointer:
		places(t.Elem(), name, func(root reflect.Value) reflect.Value {
			v := into(root)
			if v.IsNil() {
				v.Set(reflect.New(t.Elem()))
			}
			return v.Elem()
		}, above, out)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Name != "ObjectMeta" && f.Name != "ListMeta" {
				places(f.Type, name+"."+f.Name, func(root reflect.Value) reflect.Value { return into(root).Field(i) }, above, out)
			}
		}
	case reflect.Slice:
		places(t.Elem(), name+"[]", func(root reflect.Value) reflect.Value {
			v := into(root)
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(t, 1, 1))
			}
			return v.Index(0)
		}, above, out)
	case reflect.Map:
		if t.Elem() != quantityType {
			return
		}
		for _, key := range resources {
			*out = append(*out, place{name + "." + key, func(root reflect.Value, to extreme) {
				v := into(root)
				if v.IsNil() {
					v.Set(reflect.MakeMap(t))
				}
				v.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), reflect.ValueOf(resource.MustParse(to.quantity)))
			}})
		}
	}
}

// readKinds gives the Go types of all objects that are read, as the package that
// reads them lists them.
func readKinds(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "analyzer", "source", "object", "inventory.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CaseClause); ok {
			for _, e := range c.List {
				if star, ok := e.(*ast.StarExpr); ok {
					if kind := star.X.(*ast.SelectorExpr).Sel.Name; kind != "Unstructured" && kind != "PartialObjectMetadata" {
						out = append(out, kind)
					}
				}
			}
		}
		return true
	})
	if len(out) < 15 {
		t.Fatalf("only %v are read", out)
	}
	return out
}

// extremeObjects are those of the case's file.
func extremeObjects(t *testing.T) []k8s.Object {
	t.Helper()
	raw, err := os.ReadFile("testdata/extreme.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	var out []k8s.Object
	for _, item := range list.Items {
		if o, _, err := scheme.Codecs.UniversalDeserializer().Decode(item, nil, nil); err == nil {
			out = append(out, o)
		}
	}
	return out
}

// extremeSnapshot is what is known of a cluster with these objects.
func extremeSnapshot(objects []k8s.Object) *analyzer.Snapshot {
	inv := &object.Inventory{}
	for _, o := range objects {
		inv.Add(o)
	}
	end := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	s := &analyzer.Snapshot{Window: analyzer.Window{Start: end.Add(-48 * time.Hour), End: end, Step: 5 * time.Minute}}
	inv.Fill(s, object.Selection{})
	return s
}

// Every number that the Go type of any kind has is set to extremes, one after the
// other: in one object of that kind, and in all at once, so that sums overflow. Those that are
// not read leave the snapshot as it is; for the others every rule runs. A kind or
// field that is read tomorrow is tried tomorrow.
func TestExtremeFields(t *testing.T) {
	objects := extremeObjects(t)
	kinds := map[string]reflect.Type{}
	for _, o := range objects {
		kinds[reflect.TypeOf(o).Elem().Name()] = reflect.TypeOf(o).Elem()
	}
	for _, kind := range readKinds(t) {
		if kinds[kind] == nil {
			t.Errorf("%s is read; testdata/extreme.json has none", kind)
		}
	}
	before, err := json.Marshal(extremeSnapshot(objects))
	if err != nil {
		t.Fatal(err)
	}
	catalog, work := pricing.New(pricing.Config{}), make(chan func())
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	var mu sync.Mutex
	read, same := map[string]numberOf{}, map[[32]byte]bool{}
	for kind, of := range kinds {
		var numbers []place
		places(of, kind, func(v reflect.Value) reflect.Value { return v }, nil, &numbers)
		for _, number := range numbers {
			work <- func() {
				n := 0
				for i, to := range extremeValues {
					if i == 2 && n == 0 {
						return // not read
					}
					s := extremeSnapshot(withExtreme(objects, of, number, to, i%2 == 1))
					after, err := json.Marshal(s)
					if err != nil {
						t.Errorf("%s: %v", number.name, err)
						return
					}
					if bytes.Equal(before, after) {
						continue
					}
					n++
					mu.Lock()
					known := same[sha256.Sum256(after)] // as where two values are held at one bound
					same[sha256.Sum256(after)] = true
					mu.Unlock()
					if known {
						continue
					}
					runExtreme(t, catalog, fmt.Sprintf("%s = %d or %s", number.name, to.whole, to.quantity), s)
				}
				mu.Lock()
				defer mu.Unlock()
				if n > 0 {
					read[number.name] = numberOf{number, of}
				}
			}
		}
	}
	close(work)
	all.Wait()
	for _, name := range []string{"Pod.Spec.Containers[].Resources.Requests.cpu", "Node.Status.Allocatable.memory", "HorizontalPodAutoscaler.Spec.MaxReplicas", "Deployment.Spec.Replicas", "PodDisruptionBudget.Spec.MinAvailable %"} {
		if read[name].of == nil {
			t.Errorf("%s is not among the %d fields that were found to be read", name, len(read))
		}
	}
	t.Logf("%d numbers of %d kinds are read, and make %d clusters", len(read), len(kinds), len(same))
	tryPairs(t, catalog, objects, read)
}

// numberOf is a number and the type of what has it.
type numberOf struct {
	place
	of reflect.Type
}

// tryPairs sets two of the numbers that are read at once: as many pairs as a few seconds
// are enough for, the same each time.
func tryPairs(t *testing.T, catalog *pricing.Catalog, objects []k8s.Object, read map[string]numberOf) {
	t.Helper()
	const pairs = 250
	names := slices.Sorted(maps.Keys(read))
	random := rand.New(rand.NewPCG(7, 10))
	pick := func() (numberOf, extreme) {
		return read[names[random.IntN(len(names))]], extremeValues[random.IntN(len(extremeValues))]
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for range pairs {
		a, to := pick()
		b, next := pick()
		first := random.IntN(2) == 0
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			changed := withExtreme(withExtreme(objects, a.of, a.place, to, first), b.of, b.place, next, first)
			runExtreme(t, catalog, fmt.Sprintf("%s = %d or %s and %s = %d or %s", a.name, to.whole, to.quantity, b.name, next.whole, next.quantity), extremeSnapshot(changed))
		})
	}
	all.Wait()
}

// withExtreme gives the objects with a number set, in all that are of a type or in
// the first of them.
func withExtreme(objects []k8s.Object, of reflect.Type, number place, to extreme, first bool) []k8s.Object {
	out, done := make([]k8s.Object, len(objects)), false
	for i, o := range objects {
		out[i] = o
		if reflect.TypeOf(o).Elem() == of && !(first && done) {
			done = true
			out[i] = o.DeepCopyObject()
			number.set(reflect.ValueOf(out[i]).Elem(), to)
		}
	}
	return out
}

// No kind and no lever is dropped from the objects unseen.
func TestExtremeObjectsAreRead(t *testing.T) {
	s := extremeSnapshot(extremeObjects(t))
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Type.Kind() == reflect.Slice && v.Field(i).Len() == 0 && !strings.Contains("Sources Warnings Usage Requests Network VPAs ScaledObjects", f.Name) {
			t.Errorf("the objects give nothing for the snapshot's %s", f.Name)
		}
	}
}
