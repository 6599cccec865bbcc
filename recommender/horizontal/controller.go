package horizontal

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// controllerOf is how the cluster's HPA controller runs: what the user says of
// it, else what was seen, else the defaults of its version.
func controllerOf(p *advice.Pass) replay.Controller {
	h := p.Options.HPA.Over(p.Facts.Snapshot.HPAController)
	c := replay.Controller{
		Minor: p.Options.Minor, Tolerance: h.Tolerance, SyncPeriod: h.SyncPeriod, DownscaleStabilization: h.DownscaleStabilization,
		CPUInitialization: h.CPUInitialization, InitialReadinessDelay: h.InitialReadinessDelay,
		ScaleToZero: gateOf(h, "HPAScaleToZero"), ConfigurableTolerance: gateOf(h, "HPAConfigurableTolerance"), PodLevelResources: gateOf(h, "PodLevelResources"),
	}
	if h.SyncPeriod != nil && *h.SyncPeriod < leastSync {
		c.SyncPeriod = new(leastSync)
	}
	return c
}

// leastSync bounds the syncs that a replay works out: a controller told to sync
// more often is held up by its own calls.
const leastSync = time.Second

func gateOf(h analyzer.HPAController, name string) replay.Gate {
	on, set := h.Gates[name]
	switch {
	case !set:
		return replay.ByVersion
	case on:
		return replay.On
	}
	return replay.Off
}

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
