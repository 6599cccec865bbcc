package pricing

import (
	"strconv"
	"strings"
)

// typeName is what an instance type's name alone gives away.
type typeName struct {
	family    string  // types whose price should grow with their size, e.g. m6i, n2-standard, Standard_D*s_v5
	group     string  // sister families of one generation that differ in memory per vCPU; empty when there are none
	size      float64 // relative size inside the family; 0 when the name doesn't tell
	burstable bool    // shared or credit-based CPU, whose price doesn't follow vCPUs
}

// parseTypeName reads an instance type's name by its provider's convention.
// Unknown conventions give a family of that one type.
func parseTypeName(provider, name string) typeName {
	switch provider {
	case "aws":
		return parseAWS(name)
	case "gcp":
		return parseGCP(name)
	case "azure":
		return parseAzure(name)
	}
	return typeName{family: name}
}

var awsSizes = map[string]float64{
	"nano": 0.125, "micro": 0.25, "small": 0.5, "medium": 1, "large": 2, "xlarge": 4,
}

// parseAWS reads class, generation and size: m6id.2xlarge is class m, generation
// 6id, size 8. C, M and R of one generation differ only in memory, so the
// generation is the group.
func parseAWS(name string) typeName {
	family, size, _ := strings.Cut(name, ".")
	class := strings.TrimRight(strings.ToLower(leadingLetters(family)), "-")
	t := typeName{family: family, burstable: class == "t"}
	if class == "c" || class == "m" || class == "r" {
		t.group = family[len(class):]
	}
	t.size = awsSizes[size]
	if n, ok := strings.CutSuffix(size, "xlarge"); ok && n != "" {
		if f, err := strconv.ParseFloat(n, 64); err == nil && f > 0 && f <= 1000 {
			t.size = 4 * f
		}
	}
	return t
}

// parseGCP reads series, class and vCPUs: c3-standard-8-lssd is series c3, family
// c3-standard-lssd, size 8. Series price vCPU and memory separately, so the series is the group.
func parseGCP(name string) typeName {
	parts := strings.Split(name, "-")
	t := typeName{}
	kept := make([]string, 0, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSuffix(p, "g"), 64)
		if i > 0 && t.size == 0 && err == nil && n > 0 && n <= 1e6 {
			t.size = n
			continue
		}
		kept = append(kept, p)
	}
	t.family = strings.Join(kept, "-")
	t.burstable = t.size == 0
	if len(parts) > 1 {
		t.group = parts[0]
	}
	return t
}

// parseAzure reads series, size and features: Standard_D4als_v6 is family
// Standard_D*als_v6, size 4. D and E of one version differ only in memory, and the
// features l and m only say "less" and "more memory", so the group drops them.
func parseAzure(name string) typeName {
	body, _ := strings.CutPrefix(name, "Standard_")
	series := leadingLetters(body)
	rest := body[len(series):]
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	features, version, _ := strings.Cut(rest[digits:], "_")
	t := typeName{family: name[:len(name)-len(rest)] + "*" + rest[digits:], burstable: series == "B"}
	// In DS2_v2 the number is a rank, and E4-2s_v5 has fewer cores than its name.
	if n, err := strconv.ParseFloat(rest[:digits], 64); err == nil && n <= 1e6 && series != "DS" && !strings.HasPrefix(features, "-") {
		t.size = n
	}
	switch series {
	case "D", "E":
		t.group = "DE" + memoryNeutral(features) + "_" + version
	case "F":
		t.group = "F" + memoryNeutral(features) + "_" + version
	}
	return t
}

func memoryNeutral(features string) string {
	return strings.NewReplacer("l", "", "m", "").Replace(features)
}

func leadingLetters(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return s[:i]
		}
	}
	return s
}
