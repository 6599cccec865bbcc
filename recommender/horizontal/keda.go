package horizontal

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/keda"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// scaledObjectOf is the ScaledObject for which KEDA keeps an HPA; nil where it is
// not known.
func scaledObjectOf(p *advice.Pass, h *analyzer.HPA) *analyzer.ScaledObject {
	all := p.Facts.Snapshot.ScaledObjects
	i := slices.IndexFunc(all, func(so analyzer.ScaledObject) bool { return so.Namespace == h.Namespace && so.HPA == h.Name })
	if i < 0 || h.ManagedBy != "keda" {
		return nil
	}
	return &all[i]
}

func (c *scaleCase) kedaCase() keda.Case {
	k := keda.Case{Object: c.keda, Curve: c.curve, Demand: c.demand(c.sizes[0]), Rates: c.w.Requests, Start: c.bounds.Start, Memory: c.keptByMemory, Idle: c.idle}
	if b := c.hpa.Behavior; b != nil {
		k.Behavior = &replay.Behavior{ScaleUp: rulesOf(b.Up), ScaleDown: rulesOf(b.Down)}
	}
	return k
}

func (c *scaleCase) keptByMemory(m analyzer.HPAMetric) (kept int32, reason string) {
	u, ok := c.memoryUse(m)
	switch {
	case !ok:
		return 0, "has no history of memory"
	case !u.constant || u.high >= 1-c.controller.UpTolerance():
		return 0, "follows a memory that no replay can foretell: it is not constant, or at the target"
	}
	return u.kept(), ""
}

// notJudged gives the reason for which an HPA of KEDA's is not replayed, or "".
func (c *scaleCase) notJudged() string {
	if c.keda == nil {
		return fmt.Sprintf("KEDA scales it by HPA %s, and the snapshot has neither its ScaledObject nor a history of its triggers", c.hpa.Name)
	}
	k := c.kedaCase()
	return k.NotJudged()
}

// judgeKEDA files how the ScaledObject goes. What its triggers should be is for
// its owner to say: nothing takes their place.
func (c *scaleCase) judgeKEDA(r *advice.Advice) error {
	c.warnings(r)
	if len(c.keda.Triggers) == 0 {
		r.Abstain(fmt.Sprintf("ScaledObject %s has no trigger: nothing scales it", c.keda.Name))
		return nil
	}
	if !slices.ContainsFunc(c.keda.Triggers, func(t analyzer.ScaleTrigger) bool { return t.Type != "memory" }) {
		r.Abstain(fmt.Sprintf("ScaledObject %s follows memory alone, which is no measure of load", c.keda.Name))
		return nil
	}
	k := c.kedaCase()
	score, err := k.Replay(c.pass.Context)
	if err != nil {
		if c.pass.Context.Err() != nil {
			return err
		}
		r.Abstain(fmt.Sprintf("ScaledObject %s is not judged: %v", c.keda.Name, err))
		return nil
	}
	c.now = &outcome{Candidate: setting.Candidate{Min: c.keda.Min, Max: c.keda.Max}, size: c.sizes[0], whole: score}
	c.describe(r, "")
	r.Confidence = c.confidence(r)
	if score.Unserved > c.bounds.Unserved {
		r.Abstain(fmt.Sprintf("ScaledObject %s leaves demand unserved for %.2g %% of the time by replay: raise its minimum or maximum, or lower a trigger's value; which one is for its owner to say", c.keda.Name, 100*score.Unserved))
		return nil
	}
	keep := c.told.Current
	c.told.Recommended, c.told.ReplicasAdvised = &keep, c.told.ReplicasNow
	r.Title = "the ScaledObject fits"
	return nil
}
