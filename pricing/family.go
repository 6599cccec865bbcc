package pricing

import "github.com/plimsoll-k8s/plimsoll/pricing/cloud"

// Family names the sizes of one machine: m6i of m6i.2xlarge, n2-standard of
// n2-standard-8, Standard_D*s_v5 of Standard_D4s_v5.
func (o Offering) Family() string { return cloud.ParseType(o.Provider, o.InstanceType).Family }

// General reports whether the offering is of a current generation and suits
// any workload. It is false for providers whose naming is not known.
func (o Offering) General() bool {
	c := cloud.Of(o.Provider)
	return c != nil && o.GPUs == 0 && c.General().MatchString(o.InstanceType)
}
