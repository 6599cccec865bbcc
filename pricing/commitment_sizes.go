package pricing

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// inflexible lists the families of AWS of which a regional reserved instance holds for
// one size alone, by the letters that their names begin with. AWS names G4ad, G4dn, G5,
// G5g, G6, G6e, Gr6, hpc7a, Inf1, Inf2, P5 and U7i, and bare metal beside them; all of
// their kinds are held to it, so that no part of a machine is reserved.
// Source: docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html, read 2026-07.
var inflexible = []struct {
	kind     string
	families []string
}{
	{"GPUs", []string{"p", "g", "gr"}},
	{"accelerators of AWS' own and others'", []string{"inf", "trn", "dl", "vt", "f"}},
	{"HPC", []string{"hpc"}},
	{"high memory", []string{"u"}},
	{"Macs, which are sold as hosts", []string{"mac"}},
}

// SizeFlexible reports whether a reservation of one size of a family covers others,
// by the provider's rule: AWS' of Linux on shared machines do but for some families and
// bare metal; Azure's do within a series, which is what CommitmentFamily names; Google
// commits to amounts, which no size binds, but to GPUs as they are attached.
func SizeFlexible(provider, family string) bool {
	switch cloud.Canonical(provider) {
	case "aws":
		for _, one := range inflexible {
			if slices.Contains(one.families, cloud.LeadingLetters(family)) {
				return false
			}
		}
		return !strings.Contains(family, "metal")
	case "gcp", "azure":
		return true
	}
	return false
}
