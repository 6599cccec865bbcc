package horizontal

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// ownTolerance reports whether an HPA may be advised a tolerance of its own: the
// version must be known to have it.
func ownTolerance(p *advice.Pass, c replay.Controller) bool {
	return (p.Options.Minor > 0 || c.ConfigurableTolerance == replay.On) && c.OwnTolerance()
}

// describeController files the flags that are not the defaults.
func (c *scaleCase) describeController(r *advice.Advice) {
	k := c.controller
	if k.Tolerance != nil {
		r.Show("the HPA controller's tolerance", 100**k.Tolerance, "percent")
	}
	show := func(name string, v *time.Duration) {
		if v != nil {
			r.Show("the HPA controller's "+name, v.Seconds(), "seconds")
		}
	}
	show("sync period", k.SyncPeriod)
	show("downscale stabilization", k.DownscaleStabilization)
	show("CPU initialization period", k.CPUInitialization)
	show("initial readiness delay", k.InitialReadinessDelay)
}
