package pricing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// TypesNear lists the types on sale in a region that a name may have meant: those
// of its family and those that differ in few letters, the nearest first, at most so many.
func (c *Catalog) TypesNear(provider, region, name string, most int) []string {
	p := cloud.Canonical(provider)
	t := c.table(p)
	if t == nil {
		return nil
	}
	r := t.region(region)
	if r == nil {
		return nil
	}
	type candidate struct {
		name  string
		far   int
		other int // 0 of its family
	}
	var near []candidate
	family := cloud.ParseType(p, name).Family
	for _, row := range r.rows {
		n := candidate{name: row.instanceType, far: edits(strings.ToLower(name), strings.ToLower(row.instanceType)), other: 1}
		if cloud.ParseType(p, row.instanceType).Family == family {
			n.other = 0
		}
		if n.other == 0 || n.far <= max(2, min(len(name), longestName)/4) {
			near = append(near, n)
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.other, b.other)) })
	var out []string
	for _, n := range near[:min(len(near), most)] {
		out = append(out, n.name)
	}
	return out
}

// longestName is the letters of the longest name that is compared.
const longestName = 80

// edits is the Levenshtein distance of two names: how many letters are to be put in,
// taken out or changed. It bounds names that are too long to be one.
func edits(a, b string) int {
	if len(a) > longestName || len(b) > longestName {
		return longestName
	}
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i := range len(a) {
		diagonal := before[0]
		before[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = before[j+1]
			before[j+1] = min(change, before[j]+1, before[j+1]+1)
		}
	}
	return before[len(b)]
}
