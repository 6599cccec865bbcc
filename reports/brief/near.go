package brief

import (
	"cmp"
	"slices"
	"strings"
)

// mostNear is how many names are named where one is not there.
const mostNear = 3

// Near gives the names that are most like one that is not there, the nearest
// first: those that hold it, or differ from it, in the whole or in the last
// part, by a third of its letters at the most.
func Near(name string, names []string) []string {
	type near struct {
		name string
		away int
	}
	want := strings.ToLower(name)
	if want == "" || len(want) > mostLetters {
		return nil
	}
	var all []near
	for _, n := range slices.Compact(slices.Sorted(slices.Values(names))) {
		got := strings.ToLower(n)
		away := min(distance(want, got), distance(lastPart(want), lastPart(got)))
		if strings.Contains(got, want) {
			away = min(away, 1)
		}
		if away <= max(len(lastPart(want))/3, 1) {
			all = append(all, near{n, away})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.away, b.away), cmp.Compare(distance(want, strings.ToLower(a.name)), distance(want, strings.ToLower(b.name))))
	})
	var out []string
	for _, x := range all[:min(len(all), mostNear)] {
		out = append(out, x.name)
	}
	return out
}

// mostLetters bounds a name for which others are looked for.
const mostLetters = 512

func lastPart(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// distance is how many letters must be put in, taken out or changed to make
// one of the other.
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i := range len(a) {
		last := before[0]
		before[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = before[j+1]
			before[j+1] = min(cost, last+1, before[j]+1)
		}
	}
	return before[len(b)]
}
