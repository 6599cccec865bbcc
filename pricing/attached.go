package pricing

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// attachesGPUs reports whether a type of Google's has no GPUs of its own and may
// have some attached, which are then billed beside it.
func attachesGPUs(provider, instanceType string) bool {
	of := cloud.Of(cloud.Canonical(provider))
	return of != nil && of.Attach != nil && strings.HasPrefix(instanceType, of.Attach.Types)
}

// attach puts the GPUs on a price that a node has beside its machine, by the label that
// its cloud sets. The tables' types that have GPUs hold them already.
func (p *Price) attach(n Node) {
	o := &p.Offering
	if p.Status == Missing || !attachesGPUs(o.Provider, o.InstanceType) || o.GPUs > 0 && o.GPUName != "" {
		return
	}
	of := cloud.Of(cloud.Canonical(o.Provider)).Attach
	kind := n.Labels[of.Kind]
	if kind == "" {
		return
	}
	count := n.attached(of)
	gpu, known := of.GPUs[kind]
	if !known || count == 0 {
		p.doubt(fmt.Sprintf("%s attached to %s has no price here and is in no sum; give the whole machine's price with --pricing", kind, o.InstanceType))
		return
	}
	usd, listed := gpu.At[o.Region]
	switch {
	case !listed:
		usd = gpu.Usual
		p.doubt(fmt.Sprintf("%s attached to %s is priced as in %s", gpu.Name, o.InstanceType, of.UsualIn))
	case o.CapacityType == Spot:
		p.doubt(fmt.Sprintf("no spot price of attached %s is known here: its on-demand price stands in", gpu.Name))
	}
	o.GPUs, o.GPUName = count, gpu.Name
	o.USDPerHour += usd * float64(count)
	if !strings.Contains(o.Source, of.Source) {
		o.Source += "+" + of.Source
	}
}

// doubt makes the price an estimate for one more reason.
func (p *Price) doubt(reason string) {
	p.Status, p.Cause = Estimated, cmp.Or(p.Cause, UnknownType)
	if !strings.Contains(p.Reason, reason) {
		p.Reason = strings.TrimPrefix(p.Reason+"; "+reason, "; ")
	}
}

// attached is the number of GPUs that a node has: what it reports, in whole ones
// where several pods share one, else what its label says.
func (n Node) attached(of *cloud.Attach) int64 {
	if shared, err := strconv.ParseInt(n.Labels[of.Shared], 10, 32); err == nil && shared > 1 && n.GPUs > 0 {
		return max(n.GPUs/shared, 1)
	}
	if n.GPUs > 0 {
		return n.GPUs
	}
	count, err := strconv.ParseInt(n.Labels[of.Count], 10, 32)
	if err != nil || count < 0 || count > of.Most {
		return 0
	}
	return count
}
