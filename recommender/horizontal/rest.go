package horizontal

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// rest lets the workload rest where it has nothing to do, if the user wants that.
func (c *scaleCase) rest() error {
	base := c.best
	o, err := c.atRest(base, max(c.bounds.Unserved, base.whole.Slow))
	switch {
	case err != nil || o == nil:
		return err
	case c.pass.Options.ScaleToZero:
		c.best = o
	default:
		c.resting, c.awake = o, base
	}
	return nil
}

// restOnly is for workloads whose number of pods must stay: it is all or none, by the
// clock or by requests. nil where there is neither, or the user does not want it.
func (c *scaleCase) restOnly() (*outcome, error) {
	if c.w.Kind == "StatefulSet" || c.w.Replicas < 1 {
		return nil, nil
	}
	c.now = c.today()
	if c.now == nil { // an HPA of one pod that is not replayed
		return nil, nil
	}
	o, err := c.atRest(c.now, c.now.whole.Slow+c.bounds.Unserved)
	if err != nil || o == nil || c.pass.Options.ScaleToZero {
		return o, err
	}
	c.resting, c.awake = o, c.now
	return nil, nil
}

// atRest is the cheapest way to run no pod while nothing waits for one, and else what base
// does, slow for no more than a share of the time; nil where none is worth KEDA.
func (c *scaleCase) atRest(base *outcome, slow float64) (*outcome, error) {
	best := base
	for _, resting := range []func(*outcome) (*outcome, error){c.scheduled, c.toZero} {
		o, err := resting(base)
		if err != nil {
			return nil, err
		}
		if o != nil && o.whole.Slow <= slow && o.monthly() <= (1-worthSchedule)*best.monthly() {
			best = o
		}
	}
	if best == base {
		return nil, nil
	}
	return best, nil
}

// warnResting says that it could rest, which is for its owner to ask for: no pod at all is
// below the zones in use, and below an autoscaler's minimum.
func (c *scaleCase) warnResting(r *advice.Advice) {
	if c.resting == nil {
		return
	}
	when := ""
	if s := c.resting.schedule; s != nil {
		when = "it is idle by its CPU outside " + s.hours()
	} else {
		when = fmt.Sprintf("no request comes for %.0f %% of the time", 100*c.resting.zero.quiet)
	}
	r.Warn("could-rest", fmt.Sprintf("%s: with --scale-to-zero KEDA would run no pod then, for %.0f %% fewer replica-hours; that is below the zones in use and any minReplicas, so nothing of it is advised unasked",
		when, 100*(1-c.resting.whole.ReplicaHours/c.awake.whole.ReplicaHours)))
}

// rests reports whether no pod runs at times.
func (o *outcome) rests() bool { return o.schedule != nil || o.zero != nil }
