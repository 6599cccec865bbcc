package horizontal

import (
	"fmt"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// When a workload counts as idle, and when hours without load are worth a
// schedule.
const (
	// idleShare of the requests, or idleMillicores a pod, is what a program
	// uses that waits for work.
	idleShare      = 0.02
	idleMillicores = 5
	// leastIdleHours is the shortest daily stretch that is worth a schedule.
	leastIdleHours = 6
	// leastBusy is the mean utilization that the other hours must have: what is
	// idle all day has no schedule.
	leastBusy = 0.10
	// contrast is how many times the load of idle hours that of the others must
	// be: a program that always does little is not idle when it does less.
	contrast = 10
	// idleAgain is the share of the hours that must be idle in the last part of
	// the window too.
	idleAgain = 0.99
	// worthSchedule is how much cheaper than the best HPA a ScaledObject must
	// be before KEDA is advised.
	worthSchedule = 0.15

	kedaPolling  = 30 * time.Second
	kedaCooldown = 5 * time.Minute
)

// schedule is the hours of the day, in UTC, in which a workload has work.
type schedule struct {
	from, to int // hours; to may be the smaller one
	weekdays bool
}

func (s schedule) days() string {
	if s.weekdays {
		return "1-5"
	}
	return "*"
}

func (s schedule) start() string { return fmt.Sprintf("0 %d * * %s", s.from, s.days()) }
func (s schedule) end() string   { return fmt.Sprintf("0 %d * * %s", s.to, s.days()) }

// hours says when it has the workload run.
func (s schedule) hours() string {
	return fmt.Sprintf("%02d:00 to %02d:00 UTC%s", s.from, s.to, map[bool]string{true: " on weekdays"}[s.weekdays])
}

// busy reports whether the schedule has the workload run at t.
func (s schedule) busy(t time.Time) bool {
	if s.weekdays && (t.Weekday() == time.Saturday || t.Weekday() == time.Sunday) {
		return false
	}
	if s.from < s.to {
		return t.Hour() >= s.from && t.Hour() < s.to
	}
	return t.Hour() >= s.from || t.Hour() < s.to
}

// findSchedule looks for hours without load in the first part of the window
// and for the same ones in the rest.
func (c *scaleCase) findSchedule() (schedule, bool) {
	n := len(c.curve.CPU)
	at := int(setting.TrainShare * float64(n))
	s, ok := c.idleHours(0, at)
	if !ok {
		return s, false
	}
	idle, quiet, busy, load, rest := 0, 0, 0, 0.0, 0.0
	for i := range n {
		if s.busy(c.slotTime(i)) {
			busy++
			load += c.curve.CPU[i]
			continue
		}
		rest += c.curve.CPU[i]
		if i >= at {
			quiet++
			if c.idle(i) {
				idle++
			}
		}
	}
	if busy == 0 || quiet == 0 {
		return s, false
	}
	asked := float64(c.sizes[0].metric) * float64(max(c.w.Replicas, 1))
	load, rest = load/float64(busy), rest/float64(n-busy)
	return s, load >= max(leastBusy*asked, contrast*rest) && float64(idle) >= idleAgain*float64(quiet)
}

func (c *scaleCase) slotTime(i int) time.Time {
	return c.curve.Start.Add(time.Duration(i) * 5 * time.Minute)
}

func (c *scaleCase) idle(i int) bool {
	pods := max(c.curve.Pods[i], 1)
	return c.curve.CPU[i] <= pods*max(idleShare*float64(c.sizes[0].metric), idleMillicores)
}

// idleHours finds the longest stretch of hours that were idle on every day;
// with weekends seen whole and idle throughout, on every weekday.
func (c *scaleCase) idleHours(from, to int) (schedule, bool) {
	var loaded, seen [2][24]bool // weekdays and weekends, by hour
	for i := from; i < to; i++ {
		t, kind := c.slotTime(i), 0
		if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
			kind = 1
		}
		seen[kind][t.Hour()] = true
		if !c.idle(i) {
			loaded[kind][t.Hour()] = true
		}
	}
	s := schedule{weekdays: loaded[1] == [24]bool{} && !slices.Contains(seen[1][:], false)}
	hours := loaded[0]
	if !s.weekdays {
		for h := range hours {
			hours[h] = hours[h] || loaded[1][h]
		}
	}
	first, length := setting.LongestIdle(hours)
	if length < leastIdleHours || length == 24 {
		return s, false
	}
	s.to, s.from = first, (first+length)%24
	return s, true
}

// mayRest reports whether no pod at all is for a schedule to say: an HPA's
// minimum above the default is its owner's word.
func (c *scaleCase) mayRest() bool { return c.hpa == nil || c.hpa.Min <= 1 }

// scheduled is the outcome of running a setting in the busy hours alone; nil
// where there is no such schedule. KEDA does it: an HPA cannot go to zero by
// the clock.
func (c *scaleCase) scheduled(base *outcome) (*outcome, error) {
	s, ok := c.findSchedule()
	ok = ok && c.rests(s)
	if !ok || base == nil || c.w.Namespace == "kube-system" || !c.mayRest() {
		return nil, nil
	}
	d := c.demandOf(base)
	load := d.Curve()
	for i := range load.Demand {
		if !s.busy(c.slotTime(i)) {
			load.Demand[i] = 0 // what idling takes is no work left undone
		}
	}
	spans, err := replay.CronSpans(s.start(), s.end(), c.curve.Start, load.Duration())
	if err != nil {
		return nil, err
	}
	so := replay.ScaledObject{
		PollingInterval: kedaPolling, Cooldown: kedaCooldown, MaxReplicas: base.Max,
		Triggers: []replay.Trigger{{Cron: &replay.Cron{Spans: spans, Replicas: base.Min}}},
	}
	if !base.Fixed {
		a := d.Autoscaler(base.Candidate)
		so.Triggers = append(so.Triggers, replay.Trigger{Metric: a.Metrics[0], Signal: replay.Signal{Total: d.SignalFor(a.Metrics[0], load)}})
		so.Behavior = a.Behavior
	}
	out, err := so.Replay(c.pass.Context, load, d.Workload(c.bounds.Start, base.Min), replay.Options{Controller: c.controller})
	if err != nil {
		return nil, err
	}
	o := *base
	o.whole, o.schedule = setting.ScoreOf(out), &s
	return &o, nil
}

// scaledObject is the setting with a schedule.
func (o *outcome) scaledObject(s Scaling) Scaling {
	if o.Fixed {
		s = Scaling{Max: o.Max}
	}
	s.Kind, s.Name, s.Min = ScalingScaledObject, "", 0
	if o.rate != nil {
		s.Metrics = nil // a trigger already
	}
	s.Schedules = []Schedule{{Start: o.schedule.start(), End: o.schedule.end(), Replicas: o.Min}}
	return s
}

func (c *scaleCase) warnSchedule(r *advice.Advice) {
	r.Warn("idle", fmt.Sprintf("outside %s no pod would run, which is below the zones in use: it was idle by its CPU in those hours, and whether nobody needs it then is for its owner to say", c.best.schedule.hours()))
	if c.hpa != nil {
		r.Warn("keda", fmt.Sprintf("the ScaledObject takes the place of HPA %s: delete that first, or let KEDA take it over", c.hpa.Name))
	}
}
