package pricing

import "regexp"

// Family names the sizes of one machine: m6i of m6i.2xlarge, n2-standard of
// n2-standard-8, Standard_D*s_v5 of Standard_D4s_v5.
func (o Offering) Family() string { return parseTypeName(o.Provider, o.InstanceType).family }

// general holds, by provider, the types of the generations on sale today that
// suit any workload: whole cores that do not burst, no local disks, no extra
// network, no accelerators.
var general = map[string]*regexp.Regexp{
	"aws":   regexp.MustCompile(`^[cmr][6-9](i|a|g)\.(large|xlarge|\d+xlarge)$`),
	"gcp":   regexp.MustCompile(`^(n2|n2d|n4|n4d|c3|c3d|c4|c4a|c4d|e2|t2d)-(standard|highcpu|highmem)-\d+$`),
	"azure": regexp.MustCompile(`^Standard_[DEF]\d+(a|p)?[lm]?s_v[5-9]$`),
}

// General reports whether the offering is of a current generation and suits
// any workload. It is false for providers whose naming is not known.
func (o Offering) General() bool {
	names, ok := general[o.Provider]
	return ok && o.GPUs == 0 && names.MatchString(o.InstanceType)
}
