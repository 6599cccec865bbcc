package cost

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Besides is what is paid beside the nodes, in USD a month.
type Besides struct {
	Volumes, LoadBalancers, ControlPlane float64
}

// AddBesides prices volumes, load balancers and the control plane for a month,
// where the nodes have prices. It warns of volumes whose type has no price, of load balancers
// that are none of the cloud's, and of an old control plane's. The error names a table that can't be read.
func (c *Costs) AddBesides(s *analyzer.Snapshot) error {
	if c.Catalog == nil || c.Bill <= 0 {
		return nil
	}
	a, err := allocation.Besides(s, c.Catalog)
	if err != nil {
		return err
	}
	month := pricing.HoursPerMonth / a.Hours
	c.Besides = Besides{Volumes: a.Bill.Volumes * month, LoadBalancers: a.Bill.LoadBalancers * month, ControlPlane: a.Bill.ControlPlane * month}
	for _, p := range a.Prices {
		if !slices.Contains(c.Prices, p) {
			c.Prices = append(c.Prices, p)
		}
	}
	extended := allocation.Extended(s)
	for _, w := range a.Warnings {
		volumes := strings.HasSuffix(w.Subject, "volume") || strings.HasSuffix(w.Subject, "volumes")
		balancer := strings.HasPrefix(w.Subject, "Service/")
		if (volumes || balancer || extended && w.Subject == "control plane") && !slices.Contains(c.Warnings, w) {
			c.Warnings = append(c.Warnings, w)
		}
	}
	return nil
}
