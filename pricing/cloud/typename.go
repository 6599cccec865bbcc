package cloud

import (
	"slices"
	"strings"
)

// TypeName is what an instance type's name alone gives away.
type TypeName struct {
	Family    string  // types whose price should grow with their size, e.g. m6i, n2-standard, Standard_D*s_v5
	Group     string  // sister families of one generation that differ in memory per vCPU; empty when there are none
	Size      float64 // relative size inside the family; 0 when the name doesn't tell
	Burstable bool    // shared or credit-based CPU, whose price doesn't follow vCPUs
}

// ParseType reads an instance type's name by its cloud's convention. Unknown
// conventions give a family of that one type.
func ParseType(cloud, name string) TypeName {
	if c := Of(cloud); c != nil {
		return c.Type(name)
	}
	return TypeName{Family: name}
}

// Kind is what a family is sold for, apart from its generation and maker: m
// with d of m6id.large, whether of 5, 6 or 7.
type Kind struct {
	Kind       string // empty where the name does not tell
	Generation int
	Maker      string // of the CPU: i, a, g; empty where the name does not tell
}

// Distance says how far two families of one kind are apart: the CPU's maker
// counts more than generations, since in some regions one maker's cost half of
// another's, and an older one stands in before a newer one.
func (k Kind) Distance(want Kind) int {
	d := 2 * (want.Generation - k.Generation)
	if d < 0 {
		d = 1 - d
	}
	if k.Maker != want.Maker {
		d += 100
	}
	return d
}

// KindOf reads the kind off a type's name by its cloud's convention.
func KindOf(cloud, instanceType string) Kind {
	if c := Of(cloud); c != nil {
		return c.Kind(instanceType)
	}
	return Kind{}
}

// LeadingLetters are those that a name begins with.
func LeadingLetters(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return s[:i]
		}
	}
	return s
}

func leadingDigits(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))] }

func sorted(letters string) string {
	b := []byte(letters)
	slices.Sort(b)
	return string(b)
}

func contains(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}
