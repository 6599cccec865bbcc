package object

import (
	"iter"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	operator "k8s.io/apimachinery/pkg/selection"
)

// labelled is a list of what has labels, by each of them: where many selectors are
// asked for the few that they select, none of them looks at all.
type labelled[T any] struct {
	all []T
	by  map[oneLabel][]int32 // places in all, in order
}

type oneLabel struct{ key, value string }

func (l *labelled[T]) add(set labelSet, one T) {
	for key, value := range set {
		label := oneLabel{key, value}
		put(&l.by, label, append(l.by[label], int32(len(l.all))))
	}
	l.all = append(l.all, one)
}

// mayMatch gives what a selector may select, in the order in which it was added: all that
// have the label that it asks for, the rarest where it asks for several. Where it asks for
// no one value it is all.
func (l *labelled[T]) mayMatch(s labels.Selector) iter.Seq[T] {
	if l == nil {
		return func(func(T) bool) {}
	}
	asked, _ := s.Requirements()
	var places []int32
	narrow := false
	for _, r := range asked {
		values := r.ValuesUnsorted()
		if op := r.Operator(); len(values) != 1 || op != operator.Equals && op != operator.DoubleEquals && op != operator.In {
			continue
		}
		if some := l.by[oneLabel{r.Key(), values[0]}]; !narrow || len(some) < len(places) {
			places, narrow = some, true
		}
	}
	if !narrow {
		return slices.Values(l.all)
	}
	return func(yield func(T) bool) {
		for _, at := range places {
			if !yield(l.all[at]) {
				return
			}
		}
	}
}
