package horizontal

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// solve searches every pod size and takes the cheapest setting.
func (c *scaleCase) solve() error {
	c.now = c.today()
	if c.hpa == nil && c.floorServes() {
		c.guard()
		return c.rest()
	}
	var err error
	if c.onCPU, err = c.searchOn(nil); err != nil {
		return err
	}
	c.best = c.onCPU
	if c.rate != nil && c.rate.poor == "" {
		if c.onRate, err = c.searchOn(c.rate); err != nil {
			return err
		}
		if c.preferRate(c.onCPU, c.onRate) {
			c.best = c.onRate
		}
	}
	if c.hpa == nil && c.fixed != nil && (c.best == nil || (1-worthScaling)*c.fixed.monthly() <= c.best.monthly()) {
		c.best = c.fixed
	}
	if c.best == nil {
		return nil
	}
	c.guard()
	return c.rest()
}

// nearSilent is the share of what the floor serves that the mean demand of the
// first half must pass before it says how many pods there should be.
const nearSilent = 0.05

// guard puts an HPA in the place of a smaller bare number where the first half
// of the load was near silent: it says nothing of the load to come, and an HPA
// costs the same until that comes.
func (c *scaleCase) guard() {
	o := c.best
	if c.hpa != nil || !o.Fixed || o.Min >= c.w.Replicas {
		return
	}
	if mean := setting.Mean(c.curve.CPU[:len(c.curve.CPU)/2]); mean >= nearSilent*float64(o.Min)*float64(o.size.metric) {
		return
	}
	d := c.demandOf(o)
	b := c.boundsOf(o.size)
	k := setting.Candidate{Min: o.Min, Target: d.Careful(b)}
	k.Max = max(d.HighestFor(b, k.Min, k.Target), c.w.Replicas)
	train, check := d.Split()
	var err error
	if k.Train, err = train.Score(c.pass.Context, k, b.Start); err != nil {
		return
	}
	if k.Check, err = check.Score(c.pass.Context, k, b.Start); err != nil {
		return
	}
	if guarded := c.outcome(d, &k, o.size); guarded.whole.Slow <= max(o.whole.Slow, setting.Aim*b.Unserved) && guarded.monthly() <= (1+worthChanging)*o.monthly() {
		c.best = guarded
	}
}

// searchOn searches every pod size for settings that follow CPU, or a request
// rate, and gives the cheapest, nil where none holds.
func (c *scaleCase) searchOn(rate *requestRate) (best *outcome, err error) {
	for _, s := range c.sizes {
		if s.metric < leastScaledRequest {
			continue
		}
		b, d := c.boundsOf(s), c.demand(s)
		if rate != nil {
			d.Requests = rate.signal()
			b.HighestTarget = 0 // no limit keeps requests down
		}
		scaled, fixed, _, err := setting.Search(c.pass.Context, d, b)
		if err != nil {
			return nil, err
		}
		if fixed != nil {
			c.fixed = cheaper(c.fixed, c.outcome(d, fixed, s))
		}
		if scaled == nil {
			continue
		}
		if o := c.outcome(d, scaled, s); best == nil || o.monthly() < best.monthly() {
			o.rate = rate
			best = o
		}
	}
	return best, nil
}

// demandOf is the load as a setting meets and reads it.
func (c *scaleCase) demandOf(o *outcome) setting.Demand {
	d := c.demand(o.size)
	if o.rate != nil {
		d.Requests = o.rate.signal()
	}
	return d
}

// floorServes takes the fewest replicas of a new setting while it works where they serve all
// there was: nothing can be cheaper at hours with load, and most workloads of
// most clusters need no search.
func (c *scaleCase) floorServes() bool {
	d := c.demand(c.sizes[0])
	k := setting.Candidate{Fixed: true, Min: c.bounds.Floor, Max: c.bounds.Floor}
	if d.Raised(c.bounds.FixedMargin).ScoreFixed(k.Min).Slow > 0 {
		return false
	}
	if most := c.mostPerPod(c.sizes[0]); most > 0 && k.Min < c.w.Replicas && slices.Max(c.curve.CPU) > most*float64(k.Min) {
		return false
	}
	train, check := d.Split()
	k.Train, k.Check = train.ScoreFixed(k.Min), check.ScoreFixed(k.Min)
	c.best = c.outcome(d, &k, c.sizes[0])
	c.fixed = c.best
	return true
}

// rest lets the workload rest where it has nothing to do.
func (c *scaleCase) rest() error {
	base := c.best
	for _, resting := range []func(*outcome) (*outcome, error){c.scheduled, c.toZero} {
		o, err := resting(base)
		if err != nil {
			return err
		}
		if o != nil && o.whole.Slow <= max(c.bounds.Unserved, base.whole.Slow) && o.monthly() <= (1-worthSchedule)*c.best.monthly() {
			c.best = o
		}
	}
	return nil
}

func cheaper(a, b *outcome) *outcome {
	if a == nil || b.monthly() < a.monthly() {
		return b
	}
	return a
}

// outcome scores a candidate over the whole window.
func (c *scaleCase) outcome(d setting.Demand, k *setting.Candidate, s podSize) *outcome {
	whole, err := d.Score(c.pass.Context, *k, c.bounds.Start)
	if err != nil { // the same demand was replayed in two parts
		whole = k.Train
	}
	return &outcome{Candidate: *k, size: s, whole: whole}
}

// today scores the setting in force; nil where its HPA cannot be replayed.
func (c *scaleCase) today() *outcome {
	s := c.sizes[0]
	d := c.demand(s)
	if c.hpa == nil {
		n := max(c.w.Replicas, 1)
		return &outcome{Candidate: setting.Candidate{Fixed: true, Min: n, Max: n}, size: s, whole: d.ScoreFixed(n)}
	}
	h, ok := c.withoutMemory()
	if !ok {
		return nil
	}
	a, err := autoscalerOf(h)
	if err != nil || s.metric == 0 {
		return nil
	}
	if c.follows(c.rate) {
		d.Requests = c.rate.signal()
	}
	first := int32(math.Round(c.curve.Pods[0]))
	score, err := d.Replay(c.pass.Context, a, c.bounds.Start, min(max(first, a.MinReplicas, 1), a.MaxReplicas))
	if err != nil {
		return nil
	}
	o := &outcome{Candidate: setting.Candidate{Min: h.Min, Max: h.Max, Target: c.targetPercent(h.Metrics[0], s)}, size: s, whole: score}
	return o
}

// targetPercent is the current HPA's target in percent of the request.
func (c *scaleCase) targetPercent(m analyzer.HPAMetric, s podSize) int32 {
	switch {
	case m.TargetType == "Utilization":
		return int32(m.Target)
	case c.rate != nil && c.rate.serves(m):
		return int32(min(float64(m.Target)/1000*c.rate.cost*100/float64(max(s.metric, 1)), math.MaxInt32))
	}
	return int32(min(100*m.Target/max(s.metric, 1), math.MaxInt32))
}

var errNoMetric = errors.New("the HPA has no metric")

// autoscalerOf reads an HPA as the replay has it.
func autoscalerOf(h *analyzer.HPA) (replay.Autoscaler, error) {
	a := replay.Autoscaler{MinReplicas: h.Min, MaxReplicas: h.Max}
	for _, m := range h.Metrics {
		r := replay.Metric{Kind: replay.MetricKind(m.Type), TargetKind: replay.TargetKind(m.TargetType), Target: m.Target, Container: m.Container}
		switch r.Kind {
		case replay.ResourceMetric, replay.ContainerResourceMetric:
			r.Resource = replay.Resource(m.Name)
		default:
			r.Name = m.Name
		}
		a.Metrics = append(a.Metrics, r)
	}
	if len(a.Metrics) == 0 {
		return a, errNoMetric
	}
	if h.Behavior != nil {
		a.Behavior = &replay.Behavior{ScaleUp: rulesOf(h.Behavior.Up), ScaleDown: rulesOf(h.Behavior.Down)}
	}
	return a, a.Validate()
}

func rulesOf(s *analyzer.HPAScaling) replay.Rules {
	var r replay.Rules
	if s == nil {
		return r
	}
	r.Select = replay.Selection(s.Select)
	if s.StabilizationSeconds != nil {
		w := time.Duration(*s.StabilizationSeconds) * time.Second
		r.Window = &w
	}
	if s.ToleranceMilli != nil {
		t := float64(*s.ToleranceMilli) / 1000
		r.Tolerance = &t
	}
	for _, p := range s.Policies {
		r.Policies = append(r.Policies, replay.Policy{
			Kind: replay.PolicyKind(p.Type), Value: p.Value, Period: time.Duration(p.PeriodSeconds) * time.Second,
		})
	}
	return r
}

// finish files the advice, or that today's setting fits.
func (c *scaleCase) finish(r *advice.Advice) error {
	r.Confidence = c.confidence(r)
	if c.fits() {
		c.describe(r, "best found")
		s := c.told.Current
		c.told.Recommended, c.told.ReplicasAdvised = &s, c.told.ReplicasNow
		r.Title = "the number of replicas fits"
		if c.hpa != nil {
			r.Title = "the HPA fits"
			c.warnMemory(r)
		}
		return nil
	}
	hours, err := c.replicaHours()
	if err != nil {
		return err
	}
	s := c.scaling()
	if reason := c.broken(s); reason != "" {
		c.describe(r, "found")
		r.Abstain(reason)
		return nil
	}
	c.describe(r, advised)
	c.told.Recommended, c.told.ReplicasAdvised = &s, c.best.whole.Replicas()
	c.told.Hours = hours
	c.changes(r, s)
	r.Title = c.title()
	if c.now != nil && c.priced() {
		r.MonthlySavings = c.withinCost(c.now.monthly() - c.best.monthly())
	}
	c.warnUnseen(r)
	if c.best.schedule != nil {
		c.warnSchedule(r)
	}
	if c.best.zero != nil {
		c.warnZero(r)
	}
	c.warnRate(r)
	c.warnMemory(r)
	if c.hpa != nil && c.hpa.Behavior != nil {
		r.Warn("behavior", "the advice replaces spec.behavior as a whole: the policies and tolerances that it has now are not kept")
	}
	return nil
}

// fits reports whether a change would be worth too little: today's setting
// serves all that was promised and costs about the same, or less. Where it is
// only slower than promised, nothing is broken that would be worth more money.
func (c *scaleCase) fits() bool {
	switch {
	case c.now == nil || c.now.whole.Unserved > c.bounds.Unserved:
		return false
	case c.best.monthly() > c.now.monthly():
		return true
	case memoryMetric(c.hpa) != nil || c.now.Min < min(c.bounds.Floor, max(c.w.Replicas, c.now.Min)):
		return false
	}
	return c.best.monthly() > (1-worthChanging)*c.now.monthly() || c.pennies()
}

// priced reports whether the pods' hours are in USD.
func (c *scaleCase) priced() bool {
	return c.pass.Costs != nil && c.pass.Costs.UnitOf(c.w.Ref) != (cost.UnitPrice{})
}

// withinCost bounds what rescaling frees on the mean of the hours by what right-sizing
// leaves of the cost of the pods of now: at a quiet hour no more than that is there.
func (c *scaleCase) withinCost(saves float64) float64 {
	if c.pass.Costs.MonthlyOf(c.w.Ref) == 0 { // it does not run now
		return saves
	}
	return min(saves, rightsize.Left(c.pass, c.w))
}

// pennies reports whether the best setting saves less than the user wants of a
// change.
func (c *scaleCase) pennies() bool {
	saves := c.now.monthly() - c.best.monthly()
	return c.priced() && (saves < 0 || c.pass.Options.Pennies(saves, c.now.monthly()))
}

// scaling is the setting advised, complete.
func (c *scaleCase) scaling() Scaling {
	s := c.steady()
	switch {
	case c.best.schedule != nil:
		return c.best.scaledObject(s)
	case c.best.zero != nil:
		return c.best.zero.scaledObject(s, c.best)
	}
	return s
}

// steady is the setting at hours with load.
func (c *scaleCase) steady() Scaling {
	k := c.best
	if k.Fixed {
		return Scaling{Kind: ScalingFixed, Replicas: k.Min}
	}
	m := analyzer.HPAMetric{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: int64(k.Target)}
	if c.container != "" {
		m.Type, m.Container = "ContainerResource", c.container
	}
	s := Scaling{Kind: ScalingHPA, Min: k.Min, Max: c.maximum(), RequestCPU: k.size.cpu}
	if c.hpa != nil {
		s.Name = c.hpa.Name
		if len(c.hpa.Metrics) == 1 && c.hpa.Metrics[0].TargetType == "AverageValue" {
			m.TargetType, m.Target = "AverageValue", int64(k.Target)*k.size.metric/100
		}
	}
	if k.rate != nil {
		m, s.Triggers = k.rate.hpaMetric(k.size.metric, k.Target), []RequestTrigger{k.trigger()}
	}
	s.Metrics = []analyzer.HPAMetric{m}
	s.Behavior = k.behavior()
	return s
}

// maximum keeps today's where it is enough and not far too high: it costs
// nothing until it is needed.
func (c *scaleCase) maximum() int32 {
	need := c.best.Max
	if c.hpa != nil && c.hpa.Max >= need && c.hpa.Max <= 3*need {
		return c.hpa.Max
	}
	return need
}

// behavior is what the search tried: the defaults, another window downwards,
// or a tolerance of its own.
func (k *outcome) behavior() *analyzer.HPABehavior {
	if k.DownWindow == 0 && k.Tolerance == (setting.Tolerance{}) {
		return nil
	}
	b := &analyzer.HPABehavior{Down: &analyzer.HPAScaling{}}
	if k.DownWindow > 0 {
		seconds := int32(k.DownWindow / time.Second)
		b.Down.StabilizationSeconds = &seconds
	}
	if t := k.Tolerance; t != (setting.Tolerance{}) {
		b.Up, b.Down.ToleranceMilli = &analyzer.HPAScaling{ToleranceMilli: &t.Up}, &t.Down
	}
	return b
}

func (c *scaleCase) title() string {
	k := c.best
	switch {
	case k.zero != nil:
		return "run no pod while no request comes, by KEDA"
	case k.rate != nil && k.schedule == nil:
		return fmt.Sprintf("scale on %s at %.3g requests/s a pod, %d to %d replicas", k.rate.Counter, k.trigger().Threshold, k.Min, c.maximum())
	case k.schedule != nil:
		return fmt.Sprintf("run from %02d:00 to %02d:00 UTC%s only, by KEDA", k.schedule.from, k.schedule.to, map[bool]string{true: " on weekdays"}[k.schedule.weekdays])
	case k.Fixed:
		return fmt.Sprintf("run %d replicas", k.Min)
	case c.hpa == nil:
		return fmt.Sprintf("scale on CPU at %d %%, %d to %d replicas", k.Target, k.Min, c.maximum())
	case len(k.size.cpu) > 0:
		return "set the HPA and the CPU request together"
	}
	return "set the HPA"
}

// leastUnproven is the millicores below which no pod's ability is doubted.
const leastUnproven = 25

// warnUnseen says where pods would have to serve more than any was seen to.
func (c *scaleCase) warnUnseen(r *advice.Advice) {
	if c.best.Fixed && c.now != nil && c.now.Fixed && c.best.Min >= c.now.Min {
		return // no pod serves more than before
	}
	seen := 0.0
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if f.Type != analyzer.TypeInit && (c.container == "" || c.container == f.Name) {
			seen += f.CPU.PodPeak.Max()
		}
	}
	if out := c.scaleOut(c.best); out > 1.1*seen && out >= leastUnproven {
		r.Warn("unproven", fmt.Sprintf("a pod would serve up to %.0fm of CPU and none was seen to use more than %.0fm: check that one can", out, seen))
	}
}

// scaleOut is the usage of a pod, in millicores, above which another is added:
// the target and the tolerance above it.
func (c *scaleCase) scaleOut(o *outcome) float64 {
	if o.Fixed {
		return float64(o.size.metric)
	}
	return float64(o.size.metric) * c.demand(o.size).ScaleOut(o.Target, o.Tolerance) / 100
}

// advised is what the best setting is called where it is advised.
const advised = "advised"

// describe files what the advice rests on; best is what the best setting found
// is called.
func (c *scaleCase) describe(r *advice.Advice, best string) {
	r.Show("days of load", float64(c.curve.Seen)/288, "days")
	sorted := slices.Sorted(slices.Values(c.curve.CPU))
	r.Show("demand p50", setting.Quantile(sorted, 0.5), "millicores")
	r.Show("demand p99", setting.Quantile(sorted, 0.99), "millicores")
	r.Show("demand max", sorted[len(sorted)-1], "millicores")
	r.ShowPart(advice.PartStart, "pod start-up assumed", c.bounds.Start.Seconds(), "seconds")
	c.describeController(r)
	c.describeLatency(r)
	if most := c.mostPerPod(c.sizes[0]); most > 0 {
		r.Show("CPU of a pod up to which its memory fits", most, "millicores")
	}
	r.Show("fewest replicas of a new setting while it works", float64(c.bounds.Floor), "count")
	if c.now != nil {
		c.told.ReplicasNow = c.now.whole.Replicas()
		c.describeOutcome(r, "now", c.now)
	}
	if c.best == nil {
		return
	}
	c.describeOutcome(r, best, c.best)
	if c.best.schedule == nil {
		r.Show("time with unserved demand in the first part, "+best, 100*c.best.Train.Unserved, "percent")
		r.Show("time with unserved demand in the last part, "+best, 100*c.best.Check.Unserved, "percent")
	}
	c.describeMost(r)
	c.describeRate(r)
	if c.hpa == nil && c.fixed != nil && !c.best.Fixed {
		r.Show("replica-hours a month of the best fixed number", c.fixed.whole.Replicas()*pricing.HoursPerMonth, "hours")
	}
	if best == advised {
		c.describeTrades(r)
	}
}

func (c *scaleCase) describeOutcome(r *advice.Advice, name string, o *outcome) {
	r.Show("replica-hours a month, "+name, o.whole.Replicas()*pricing.HoursPerMonth, "hours")
	r.Show("time with unserved demand, "+name, 100*o.whole.Unserved, "percent")
	kind := advice.PartKind("")
	if name == advised {
		kind = advice.PartUnserved
	}
	r.ShowPart(kind, "demand unserved, "+name, 100*o.whole.Volume, "percent")
	if o.Fixed {
		return
	}
	if o.Target > 0 { // a ScaledObject has none
		r.Show("scale-out point of a pod, "+name, c.scaleOut(o), "millicores")
	}
	r.Show("time at maximum, "+name, 100*o.whole.AtMax, "percent")
	r.Show("flaps a day, "+name, o.whole.FlapsPerDay, "count")
}
