package allocation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Filter is what a row must be of, in OpenCost's filter language: all of its terms hold.
type Filter []term

// term is one condition: a field, how it is compared, and with which values. Not
// asks for none of the values, otherwise any of them will do.
type term struct {
	field, label string
	not          bool
	compare      func(value, want string) bool
	values       []string
}

// The comparisons, those that begin with others first.
var comparisons = []struct {
	op      string
	compare func(value, want string) bool
}{
	{"<~:", strings.HasPrefix}, {"~>:", strings.HasSuffix}, {"~:", strings.Contains}, {":", func(value, want string) bool { return value == want }},
}

// filterFields are the fields of a filter, with what an item has of each.
var filterFields = map[string]func(a *Allocation, i *Item) string{
	"cluster":        func(a *Allocation, _ *Item) string { return a.Cluster },
	"node":           func(_ *Allocation, i *Item) string { return i.Node },
	"namespace":      func(_ *Allocation, i *Item) string { return i.Namespace },
	"controllerKind": func(_ *Allocation, i *Item) string { return strings.ToLower(i.Kind) },
	"controllerName": func(_ *Allocation, i *Item) string { return i.Ref.Name },
	"pod":            func(_ *Allocation, i *Item) string { return i.Pod },
	"container":      func(_ *Allocation, i *Item) string { return i.Container },
	"label":          nil, // by its key
}

// ParseFilter reads a filter such as namespace:"shop","lab"+label[team]!:"web".
func ParseFilter(text string) (Filter, error) {
	var out Filter
	for rest := strings.TrimSpace(text); rest != ""; {
		var t term
		var err error
		if t, rest, err = parseTerm(rest); err != nil {
			return nil, err
		}
		out = append(out, t)
		if rest = strings.TrimSpace(rest); rest == "" {
			break
		}
		next, found := strings.CutPrefix(rest, "+")
		if rest = strings.TrimSpace(next); !found || rest == "" {
			return nil, fmt.Errorf("%q: conditions are joined by +, which means and; there is no or, and there are no brackets", text)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it is empty: write a condition such as namespace:\"shop\"")
	}
	return out, nil
}

// Pods reports whether the filter asks for pods.
func (f Filter) Pods() bool {
	return slices.ContainsFunc(f, func(t term) bool { return t.field == "pod" })
}

func parseTerm(text string) (t term, rest string, err error) {
	end := strings.IndexAny(text, "[!<~:")
	if end < 0 {
		return t, "", fmt.Errorf("%q is no condition: write one such as namespace:\"shop\"", text)
	}
	t.field, rest = strings.TrimSpace(text[:end]), text[end:]
	if of, known := filterFields[t.field]; !known {
		return t, "", fmt.Errorf("%q: there is no such field; use any of cluster, node, namespace, controllerKind, controllerName, pod, container, label[KEY]", t.field)
	} else if of == nil {
		var closed bool
		if t.label, rest, closed = strings.Cut(strings.TrimPrefix(rest, "["), "]"); !closed || t.label == "" {
			return t, "", fmt.Errorf("%q names no label: write label[team]:\"web\"", text)
		}
	}
	rest, t.not = strings.CutPrefix(rest, "!")
	for _, c := range comparisons {
		if after, ok := strings.CutPrefix(rest, c.op); ok {
			t.compare = c.compare
			t.values, rest, err = parseValues(after)
			return t, rest, err
		}
	}
	return t, "", fmt.Errorf("%q: want one of : !: ~: !~: <~: !<~: ~>: !~>: after the field", text)
}

// parseValues reads values in quotes, or plain ones, joined by commas.
func parseValues(text string) (values []string, rest string, err error) {
	for rest = strings.TrimSpace(text); ; {
		var v string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			if v, rest, ok = strings.Cut(quoted, `"`); !ok {
				return nil, "", fmt.Errorf("%q: a quote is open", text)
			}
		} else {
			end := strings.IndexAny(rest+"+", `+,|() "`)
			v, rest = rest[:end], rest[end:]
			if v == "" {
				return nil, "", fmt.Errorf("%q: a value is missing", text)
			}
		}
		values = append(values, v)
		next, more := strings.CutPrefix(strings.TrimSpace(rest), ",")
		if !more {
			return values, rest, nil
		}
		rest = strings.TrimSpace(next)
	}
}

// Takes reports whether an item is as the filter asks. What an item has not is
// __unallocated__, as in the rows' names.
func (f Filter) Takes(a *Allocation, i *Item) bool {
	for _, t := range f {
		value := ""
		if of := filterFields[t.field]; of != nil {
			value = of(a, i)
		} else {
			value = i.Labels[t.label]
		}
		value = cmp.Or(value, NameUnallocated)
		if slices.ContainsFunc(t.values, func(want string) bool { return t.compare(value, want) }) == t.not {
			return false
		}
	}
	return true
}
