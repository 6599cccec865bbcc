package finding_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/finding"
)

// steering is what a terminal or a log viewer obeys.
const steering = "\x1b\x07\r\x00\u009b\u202e\u2066"

// texts calls do for every text below v, with where it stands.
func texts(v reflect.Value, at string, do func(at string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), at, do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !slices.Contains([]string{"Rules", "Severity", "State"}, f.Name) { // the program's own words
				texts(v.Field(i), at+"."+f.Name, do)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), at+"[]", do)
		}
	case reflect.String:
		if v.CanSet() {
			do(at, v)
		}
	}
}

// No text of a judgement steers what shows it, in any format: one field after the
// other is tried.
func TestNoFormatIsSteered(t *testing.T) {
	var places []string
	texts(reflect.ValueOf(report(t)), "", func(at string, _ reflect.Value) { places = append(places, at) })
	slices.Sort(places)
	places = slices.Compact(places)
	if len(places) < 10 {
		t.Fatalf("only %v have text", places)
	}
	shown := map[string]int{}
	for _, place := range places {
		r := report(t)
		texts(reflect.ValueOf(r), "", func(at string, v reflect.Value) {
			if at == place {
				v.SetString(v.String() + "[31m" + steering)
			}
		})
		for _, f := range finding.Formats() {
			for _, all := range []bool{false, true} {
				var b bytes.Buffer
				if err := f.Write(&b, r, finding.Options{All: all}); err != nil {
					t.Errorf("%s: %s: %v", place, f.Name, err)
				}
				got := b.String()
				if at := strings.IndexAny(got, steering); at >= 0 {
					t.Errorf("%s: %s: %q", place, f.Name, got[max(0, at-60):min(len(got), at+20)])
				}
				if strings.Contains(got, "[31m") || strings.Contains(got, "31m") {
					shown[f.Name]++
				}
			}
		}
	}
	for _, f := range finding.Formats() {
		if shown[f.Name] == 0 {
			t.Errorf("%s shows none of %v: this test tells nothing of it", f.Name, places)
		}
	}
}
