package setting

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// ControllerOf is how the cluster's HPA controller runs: what the user says of
// it, else what was seen, else the defaults of its version.
func ControllerOf(p *advice.Pass) replay.Controller {
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

// DividesByPod reports whether a Resource metric is held against the request of the
// pod as a whole: where it has one of that resource, and the controller reads it.
func DividesByPod(p *advice.Pass, w *analyzer.WorkloadFacts, m analyzer.HPAMetric) bool {
	has := m.Name == "cpu" && w.PodLevel.CPU > 0 || m.Name == "memory" && w.PodLevel.Memory > 0
	return has && m.Type == "Resource" && ControllerOf(p).ReadsPodLevel()
}
