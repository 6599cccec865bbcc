package fresh

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// Cluster says that a plan is of a cluster that does not exist yet: what it would cost.
type Cluster struct {
	pricing.Place
	Zones       int
	LeftOut     []LeftOut // what no node of the plan is for
	Unrequested int       // planned pods that request neither CPU nor memory
	Volumes     Volumes   // beside the nodes
	Selected    []string  // labels that the plan gives to its nodes, since pods select by them
}

// osLabel is what older charts select by, and every node of the plan has.
const osLabel = "beta.kubernetes.io/os"

// Promise adds to labels what every node at a place has, of those that pods refer to.
func Promise(labels map[string]string, at pricing.Place, refers map[string]bool) {
	for key, value := range map[string]string{"topology.kubernetes.io/region": at.Region, "failure-domain.beta.kubernetes.io/region": at.Region, osLabel: "linux"} {
		if refers[key] {
			labels[key] = value
		}
	}
}

// Selected lists the labels of the pools, but for those that any node has.
func (w *Wants) Selected() (out []string) {
	for _, labels := range w.Labels {
		for _, k := range slices.Sorted(maps.Keys(labels)) {
			if text := k + "=" + labels[k]; !slices.Contains(out, text) && !pricing.IsRegionKey(k) && k != osLabel {
				out = append(out, text)
			}
		}
	}
	return out
}

// Warn says what the plan is, and what it rests on. partial is why pods may be missing.
func (c *Cluster) Warn(r *advice.Advice, partial string) {
	r.WarnOf(r.Subject, "fresh-cluster", fmt.Sprintf("no node is known: the plan is what a fresh cluster for these pods would cost, on demand in %s %s, and no saving%s; load balancers, the control plane and the provider's own pods come on top", c.Provider, c.Region, c.Volumes.text()))
	if doubts := c.Volumes.doubts(); doubts != "" {
		r.WarnOf(r.Subject, "price", "volumes of a fresh cluster: "+doubts)
	}
	for _, l := range c.LeftOut {
		r.WarnOf(l.Workload, "not-planned", fmt.Sprintf("pods on no node of the plan, which costs more with them: %d: %s", l.Pods, l.Reason))
	}
	if c.Unrequested > 0 {
		r.WarnOf(r.Subject, "unrequested", fmt.Sprintf("planned pods that request neither CPU nor memory, and count as nothing: %d", c.Unrequested))
	}
	if len(c.Selected) > 0 {
		r.WarnOf(r.Subject, "selected-labels", "pods select nodes by labels that the plan gives to nodes of any type: "+strings.Join(c.Selected, ", "))
	}
	if partial != "" {
		r.WarnOf(r.Subject, "partial", partial+": the plan is of these pods alone")
	}
}
