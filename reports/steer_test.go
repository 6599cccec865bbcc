package reports_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

// steering is what a terminal, a log viewer or a spreadsheet obeys: escape, bell,
// carriage return, NUL, C1's control sequence, and what turns text around.
const steering = "\x1b\x07\r\x00\u009b\u202e\u2066"

// textPlaces calls do for every text that v holds, with where it stands.
func textPlaces(v reflect.Value, at string, do func(at string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			textPlaces(v.Elem(), at, do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				textPlaces(v.Field(i), at+"."+f.Name, do)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			textPlaces(v.Index(i), at+"[]", do)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			x := reflect.New(v.Type().Elem()).Elem()
			x.Set(v.MapIndex(k))
			textPlaces(x, at+"{}", do)
			v.SetMapIndex(k, x)
		}
	case reflect.String:
		if v.CanSet() {
			do(at, v)
		}
	}
}

// TestNoFormatIsSteered puts what steers a terminal into every text of a report, one
// field after the other, and looks for it in every format, the sections, the pages
// of explain and the comparison.
func TestNoFormatIsSteered(t *testing.T) {
	whole := production().report()
	raw, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]bool{}
	textPlaces(reflect.ValueOf(whole).Elem(), "", func(at string, _ reflect.Value) { places[at] = true })
	if len(places) < 40 {
		t.Fatalf("only %d fields have text", len(places))
	}
	seen := map[string]int{}
	for _, place := range slices.Sorted(maps.Keys(places)) {
		var r document.Report
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		textPlaces(reflect.ValueOf(&r).Elem(), "", func(at string, v reflect.Value) {
			if at == place {
				v.SetString(v.String() + "[31m" + steering + "=x")
			}
		})
		check := func(name, got string, err error) {
			if at := strings.IndexAny(got, steering); at >= 0 {
				t.Errorf("%s: %s: %q", place, name, got[max(0, at-60):min(len(got), at+20)])
			}
			if err == nil && strings.Contains(got, "[31m") {
				seen[name]++
			}
			if err != nil && strings.ContainsAny(err.Error(), steering) {
				t.Errorf("%s: %s: the error steers: %q", place, name, err)
			}
		}
		for _, f := range reports.Formats() {
			var b bytes.Buffer
			err := f.Write(&b, &r, reports.Options{})
			check(f.Name, b.String(), err)
		}
		var b bytes.Buffer
		err := reports.Formats()[0].Write(&b, &r, reports.Options{Section: text.SectionAll, Verbose: true, All: true})
		check("sections", b.String(), err)
		for _, f := range reports.DiffFormats() {
			var b bytes.Buffer
			err := f.Write(&b, change.Compare(whole, &r), reports.Options{})
			check("diff "+f.Name, b.String(), err)
		}
		for i := range min(3, len(r.Workloads)) {
			var b bytes.Buffer
			err := text.Explain(&b, &r, &r.Workloads[i], reports.Options{})
			check("explain", b.String(), err)
		}
		for _, subject := range []string{"nodes", "purchase", "waste"} {
			var b bytes.Buffer
			_, err := text.ExplainSubject(&b, &r, subject, reports.Options{})
			check("explain "+subject, b.String(), err)
		}
	}
	for _, f := range reports.Formats() {
		if seen[f.Name] == 0 {
			t.Errorf("%s shows none of the %d texts: this test tells nothing of it", f.Name, len(places))
		}
	}
}
