package pricing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// kind is what a family is sold for, apart from its generation and maker: m
// with d of m6id.large, whether of 5, 6 or 7.
type kind struct {
	kind       string // empty where the name does not tell
	generation int
	maker      string // of the CPU: i, a, g; empty where the name does not tell
}

// distance says how far two families of one kind are apart: the CPU's maker
// counts more than generations, since in some regions one maker's cost half of
// another's, and an older one stands in before a newer one.
func (k kind) distance(want kind) int {
	d := 2 * (want.generation - k.generation)
	if d < 0 {
		d = 1 - d
	}
	if k.maker != want.maker {
		d += 100
	}
	return d
}

// kindOf reads the kind off a type's name by its provider's convention.
func kindOf(provider, instanceType string) kind {
	switch provider {
	case "aws":
		return kindOfAWS(instanceType)
	case "gcp":
		return kindOfGCP(instanceType)
	case "azure":
		return kindOfAzure(instanceType)
	}
	return kind{}
}

// kindOfAWS reads class, generation, maker and features: m6idn is class m,
// generation 6, by Intel, with disk and network.
func kindOfAWS(instanceType string) kind {
	family, _, _ := strings.Cut(instanceType, ".")
	class := leadingLetters(family)
	digits := firstDigits(family[len(class):])
	features := family[len(class)+len(digits):]
	generation, err := strconv.Atoi(digits)
	if err != nil {
		return kind{}
	}
	k := kind{generation: generation, maker: "i"} // up to generation 5 Intel is not named
	for _, maker := range []string{"a", "g", "i"} {
		if rest, ok := strings.CutPrefix(features, maker); ok {
			k.maker, features = maker, rest
			break
		}
	}
	k.kind = class + "/" + sorted(features)
	return k
}

// kindOfGCP reads the series' letter, its generation and the shape: n2d-highmem
// is class n, generation 2, by AMD, with much memory.
func kindOfGCP(instanceType string) kind {
	series, shape, ok := strings.Cut(parseGCP(instanceType).family, "-")
	class := leadingLetters(series)
	digits := firstDigits(series[len(class):])
	generation, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return kind{}
	}
	k := kind{kind: class + "/" + shape, generation: generation, maker: cmp.Or(series[len(class)+len(digits):], "i")}
	return k
}

// kindOfAzure reads series, features and version: Standard_D4ads_v6 is series D,
// version 6, by AMD, with a disk.
func kindOfAzure(instanceType string) kind {
	body, ok := strings.CutPrefix(instanceType, "Standard_")
	series := leadingLetters(body)
	features, version, versioned := strings.Cut(strings.TrimLeft(body[len(series):], "0123456789"), "_v")
	generation, err := strconv.Atoi(firstDigits(version))
	if !ok || !versioned || err != nil {
		return kind{}
	}
	k := kind{generation: generation, maker: "i"}
	for _, maker := range []string{"a", "p"} {
		if rest, ok := strings.CutPrefix(features, maker); ok {
			k.maker, features = maker, rest
			break
		}
	}
	k.kind = series + "/" + sorted(features)
	return k
}

func sorted(letters string) string {
	b := []byte(letters)
	slices.Sort(b)
	return string(b)
}
