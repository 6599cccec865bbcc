package object

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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

// skip leaves one object out and says so.
func (v *Inventory) skip(object, problem string) {
	w := analyzer.Warning{Code: analyzer.WarnSkipped, Subject: object, Message: problem}
	if v.where != nil {
		at := v.where()
		w.Message += fmt.Sprintf(" (%s, document %d, line %d)", at.file, at.document, at.line)
	}
	w.Message += "; the object is left out"
	v.skipped = append(v.skipped, w)
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
	var o any
	if err := json.Unmarshal(raw, &o); err != nil {
		return "", ""
	}
	return findQuantity("", o, false)
}

func findQuantity(path string, v any, quantity bool) (where, value string) {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if where, value = findQuantity(strings.TrimPrefix(path+"."+k, "."), v[k], quantity || quantityKeys[k]); where != "" {
				return where, value
			}
		}
	case []any:
		for i, item := range v {
			if where, value = findQuantity(fmt.Sprintf("%s[%s]", path, cmp.Or(text(field(item, "name")), fmt.Sprint(i))), item, false); where != "" {
				return where, value
			}
		}
	default:
		if quantity && v != nil {
			s := text(v)
			if _, err := resource.ParseQuantity(s); err != nil {
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
