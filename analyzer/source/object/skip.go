package object

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// objectError is an error of one object, in which the others have no part.
type objectError struct {
	object string
	err    error
}

func (e *objectError) Error() string { return e.object + ": " + e.err.Error() }
func (e *objectError) Unwrap() error { return e.err }

// place is where an object stands in what is being read.
type place struct {
	file           string
	document, line int
}

// mostNamed bounds the objects that are named as left out; the others are counted.
const mostNamed = 100

// skip leaves one object out and says so.
func (v *Inventory) skip(object, problem string) {
	w := analyzer.Warning{Code: analyzer.WarnSkipped, Subject: object, Message: problem}
	if v.where != nil {
		at := v.where()
		w.Message += fmt.Sprintf(" (%s, document %d, line %d)", at.file, at.document, at.line)
	}
	w.Message += "; the object is left out"
	if v.firstLeft == "" {
		v.firstLeft = w.String()
	}
	if v.left++; v.left <= mostNamed {
		v.skipped = append(v.skipped, w)
	}
}

// leftOut tells of each object that was left out, and of how many more.
func (v *Inventory) leftOut() []analyzer.Warning {
	more := v.left - len(v.skipped)
	if more == 0 {
		return v.skipped
	}
	return append(slices.Clip(v.skipped), analyzer.Warning{
		Code: analyzer.WarnSkipped, Subject: "objects", Message: fmt.Sprintf("%d more cannot be read; they are left out", more),
	})
}

// quantityKeys are the fields whose values, or the values of whose map, are
// quantities.
var quantityKeys = map[string]bool{
	"requests": true, "limits": true, "capacity": true, "allocatable": true, "hard": true, "used": true, "overhead": true, "podFixed": true,
	"min": true, "max": true, "default": true, "defaultRequest": true, "allocatedResources": true, "averageValue": true,
}

// badQuantity finds the first value of an object, in the order of its fields,
// that stands for a quantity and is none. The path names list items by their
// name where they have one.
func badQuantity(raw []byte) (path, value string) {
	return firstBad(raw, isQuantity, readsQuantity)
}

// findQuantity is badQuantity of a value at a path.
func findQuantity(path string, v any) (where, value string) {
	return find(path, v, false, isQuantity, readsQuantity)
}

func isQuantity(key string) bool { return quantityKeys[key] }

func readsQuantity(s string) bool {
	_, err := resource.ParseQuantity(s)
	return err == nil
}

// belowZero finds the first request or limit that is below zero.
func belowZero(raw []byte) (path, value string) {
	return firstBad(raw, func(key string) bool { return key == "requests" || key == "limits" }, func(s string) bool {
		q, err := resource.ParseQuantity(s)
		return err != nil || q.Sign() >= 0
	})
}

// badTime finds the first value that stands for a time and is none, as badQuantity does.
func badTime(raw []byte) (path, value string) {
	is := func(key string) bool { return strings.HasSuffix(key, "Time") || strings.HasSuffix(key, "Timestamp") }
	return firstBad(raw, is, func(s string) bool { _, err := time.Parse(time.RFC3339, s); return err == nil })
}

func firstBad(raw []byte, is, reads func(string) bool) (path, value string) {
	var o any
	if err := json.Unmarshal(raw, &o); err != nil {
		return "", ""
	}
	return find("", o, false, is, reads)
}

func find(path string, v any, asked bool, is, reads func(string) bool) (where, value string) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if where, value = find(strings.TrimPrefix(path+"."+k, "."), v[k], asked || is(k), is, reads); where != "" {
				return where, value
			}
		}
	case []any:
		for i, item := range v {
			if where, value = find(fmt.Sprintf("%s[%s]", path, cmp.Or(text(field(item, "name")), fmt.Sprint(i))), item, false, is, reads); where != "" {
				return where, value
			}
		}
	default:
		if asked && v != nil {
			s := text(v)
			if !reads(s) {
				return path, cmp.Or(s, fmt.Sprint(v))
			}
		}
	}
	return "", ""
}

// quantityProblem words a value that is no quantity, with the one that was
// probably meant.
func quantityProblem(path, value string) string {
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.TrimSpace(value[len(number):])
	advice := "write it as Kubernetes does, such as 500m or 512Mi"
	if len(unit) >= 2 && number != "" && strings.EqualFold(unit[len(unit)-1:], "b") {
		prefix := strings.ToUpper(unit[:1])
		advice = fmt.Sprintf("write %s%s or %s%si", number, prefix, number, prefix)
	}
	return fmt.Sprintf("%s: %q is not a quantity; %s", path, value, advice)
}
