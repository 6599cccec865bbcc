package analyzer

import "strings"

// The sizes from which bare pods with one prefix are taken for those of one
// generator: with a number or hash at the end, and with any end.
const (
	leastNumbered = 3
	leastAlike    = 10
	// leastForm is the number of names of one form from which a part that nearly each of
	// them has of its own counts as generated, whatever it looks like.
	leastForm = 50
)

// GroupNames joins names of pods that nothing owns by what made them: it gives
// each that is one of several its group's name, PREFIX-*.
func GroupNames(names []string) map[string]string {
	stems, ends := map[string]int{}, map[string]int{}
	numbered, patterns := map[string]int{}, map[string]int{}
	for _, n := range names {
		stems[Stem(n)]++
		patterns[withoutNumbers(n)]++
		if prefix, last, ok := cutLast(n); ok {
			ends[Stem(prefix)]++
			if strings.ContainsAny(last, "0123456789") {
				numbered[Stem(prefix)]++
			}
		}
	}
	out, wide := map[string]string{}, map[string]bool{}
	for _, n := range names {
		prefix, _, ok := cutLast(n)
		p := Stem(prefix)
		switch s := Stem(n); {
		case ok && (numbered[p] >= leastNumbered || ends[p] >= leastAlike):
			out[n] = strings.TrimSuffix(p, "-*") + "-*"
		case patterns[withoutNumbers(n)] >= leastAlike && strings.Contains(withoutNumbers(n), "*"):
			out[n] = withoutNumbers(n)
			wide[out[n]] = true
		case strings.Contains(s, "*") && stems[s] > 1:
			out[n] = s
		case stems[withoutNumbers(n)] > 1 && strings.Contains(withoutNumbers(n), "*"): // its hash has letters alone
			out[n] = withoutNumbers(n)
		}
	}
	joinForms(names, out)
	joinGroups(names, out, wide)
	return out
}

// joinForms groups names that are in no group yet by what they have in common: those with
// one first part and as many parts, of which some are another in nearly each name.
func joinForms(names []string, out map[string]string) {
	type form struct {
		first string
		parts int
	}
	forms := map[form][]string{}
	for _, n := range names {
		if t := strings.Split(n, "-"); out[n] == "" && len(t) > 2 {
			k := form{t[0], len(t)}
			forms[k] = append(forms[k], n)
		}
	}
	for k, all := range forms {
		if len(all) < leastForm {
			continue
		}
		varies := make([]bool, k.parts)
		for i := 1; i < k.parts; i++ {
			values := map[string]bool{}
			for _, n := range all {
				values[strings.Split(n, "-")[i]] = true
			}
			varies[i] = 2*len(values) >= len(all)
		}
		patterns := map[string][]string{}
		for _, n := range all {
			p := starred(strings.Split(n, "-"), func(i int, t string) bool { return varies[i] || isDigits(t) })
			patterns[p] = append(patterns[p], n)
		}
		for p, of := range patterns {
			if len(of) < leastAlike || !strings.Contains(p, "*") {
				continue
			}
			for _, n := range of {
				out[n] = p
			}
		}
	}
}

// joinGroups makes one group of many that differ in numbers alone, such as those of a
// runner's projects, and takes in the names of its form. So does a group of names that
// differ in numbers alone, however many of its form have groups of their own.
func joinGroups(names []string, out map[string]string, wide map[string]bool) {
	groups := map[string]map[string]bool{}
	for _, g := range out {
		p := withoutNumbers(g)
		if groups[p] == nil {
			groups[p] = map[string]bool{}
		}
		groups[p][g] = true
	}
	for _, n := range names {
		p := withoutNumbers(n)
		if g := out[n]; g != "" {
			p = withoutNumbers(g)
		}
		if len(groups[p]) >= leastAlike || wide[p] {
			out[n] = p
		}
	}
}

// withoutNumbers is the stem of a name whose tokens of digits alone count as
// generated, however short, and those of the API server's letters alone.
func withoutNumbers(name string) string {
	return starred(strings.Split(Stem(name), "-"), func(_ int, t string) bool { return isDigits(t) || isHash(t, 5, 10) })
}

// starred joins the parts of a name, those that are generated as "*", which does not
// follow on itself. The first part stays.
func starred(parts []string, generated func(i int, part string) bool) string {
	out := parts[:1:1]
	for i, t := range parts {
		if i == 0 {
			continue
		}
		if generated(i, t) {
			t = "*"
		}
		if t != "*" || out[len(out)-1] != "*" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "-")
}
