package analyzer

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable gives foreign text as it may be printed: what moves a terminal's
// cursor, colours it, breaks a line or turns the direction of text becomes the
// replacement character. Names of Kubernetes hold none of these; metrics'
// labels, server texts and files may.
func Printable(s string) string {
	if strings.IndexFunc(s, Steers) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if Steers(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// formulas are what begins a formula in a spreadsheet; the wide forms do in those of East
// Asian languages.
const formulas = "=+-@\uff1d\uff0b\uff0d\uff20"

// Cell gives foreign text as a cell of a table that a spreadsheet may open: it
// is Printable, and an apostrophe stands before what
// would be run as a formula. It is for texts: of a number below zero it makes one.
func Cell(s string) string {
	s = Printable(s)
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune(formulas, first) {
		return "'" + s
	}
	return s
}

// Steers reports whether a character moves a terminal's cursor, breaks a line or
// turns the direction of text.
func Steers(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 || r == 0x200e || r == 0x200f || r == 0x061c
}

// EscapeJSON writes, in the text of a JSON document, what Printable takes out as
// \u escapes: a terminal that shows the document is not steered, and whoever reads
// it has the text as it was. Outside of strings JSON holds no such character.
func EscapeJSON(document []byte) []byte {
	if !bytes.ContainsFunc(document, escaped) {
		return document
	}
	out := make([]byte, 0, len(document)+64)
	for _, r := range string(document) {
		if escaped(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// escaped leaves JSON's own white space.
func escaped(r rune) bool { return Steers(r) && r >= 0x7f }

// Clean makes every text that v leads to Printable; v is a pointer.
func Clean(v any) { clean(reflect.ValueOf(v)) }

func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		clean(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			clean(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k >= reflect.Bool && k <= reflect.Complex128 {
			return
		}
		for i := range v.Len() {
			clean(v.Index(i))
		}
	case reflect.Map:
		cleanMap(v)
	case reflect.String:
		if v.CanSet() {
			if s := v.String(); s != Printable(s) {
				v.SetString(Printable(s))
			}
		}
	}
}

// cleanMap cleans texts in a map, and what its values point to.
func cleanMap(v reflect.Value) {
	for it := v.MapRange(); it.Next(); {
		key, value := it.Key(), it.Value()
		if value.Kind() == reflect.String && value.String() != Printable(value.String()) {
			value = reflect.ValueOf(Printable(value.String())).Convert(value.Type())
			v.SetMapIndex(key, value)
		} else {
			clean(value)
		}
		if key.Kind() == reflect.String && key.String() != Printable(key.String()) {
			v.SetMapIndex(key, reflect.Value{})
			v.SetMapIndex(reflect.ValueOf(Printable(key.String())).Convert(key.Type()), value)
		}
	}
}
