package horizontal

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// What makes a request rate fit to scale on, and worth it.
const (
	// leastCounted is the share of the load's slots in which the counter must
	// have been seen too.
	leastCounted = 0.9
	// mostSpread bounds how far apart the CPU per request may lie: from the
	// tenth to the ninetieth percentile, over the median.
	mostSpread = 0.5
	// leastRank is the rank correlation that CPU and requests must have.
	leastRank = 0.6
	// worthRate is how much cheaper than the best CPU target a request rate
	// must be: it needs an adapter or KEDA, and either can fail.
	worthRate = 0.10
	// cutOff is the share of a CPU limit from which a throttled pod's usage
	// says nothing of its demand.
	cutOff = 0.7
	// rateScrape is the age of the newest sample of a counter when it is read,
	// on top of half of the range that the rate is taken over.
	rateScrape = 30 * time.Second
)

// requestRate is a counter, and what it tells of CPU.
type requestRate struct {
	*analyzer.RequestRate
	perSecond []float64 // by slot of the load curve
	costs     []float64 // millicores a request a second in busy slots, sorted
	cost      float64   // their median
	spread    float64   // of the cost, see mostSpread
	rank      float64   // correlation with CPU
	poor      string    // why it will not do; empty where it does
}

func (r *requestRate) signal() *setting.RequestSignal {
	lag := time.Duration(r.RangeSeconds)*time.Second/2 + rateScrape
	return &setting.RequestSignal{PerSecond: r.perSecond, Cost: r.cost, Total: r.By != analyzer.CountedByPod, Lag: lag}
}

// name is that of the metric in the custom metrics API, as the adapter's
// documentation has it.
func (r *requestRate) name() string { return strings.TrimSuffix(r.Counter, "_total") + "_per_second" }

// serves reports whether an HPA's metric is this rate, by the names that
// adapters give it.
func (r *requestRate) serves(m analyzer.HPAMetric) bool {
	stem := strings.TrimSuffix(r.Counter, "_total")
	switch m.Type {
	case "Pods":
		return r.By == analyzer.CountedByPod && (m.Name == r.Counter || m.Name == stem || m.Name == r.name())
	case "Object", "External":
		return m.Name == r.Counter || m.Name == stem || m.Name == r.name()
	}
	return false
}

// findRate weighs the workload's counters: the one that its HPA follows, else
// the one whose CPU per request is steadiest.
func (c *scaleCase) findRate() {
	var all []requestRate
	for i := range c.w.Requests {
		if c.w.Requests[i].By != analyzer.CountedByTrigger {
			all = append(all, c.relate(&c.w.Requests[i]))
		}
	}
	slices.SortStableFunc(all, func(a, b requestRate) int {
		return cmp.Or(setting.BoolFirst(c.follows(&a), c.follows(&b)), setting.BoolFirst(a.poor == "", b.poor == ""), cmp.Compare(a.spread, b.spread))
	})
	if len(all) > 0 {
		c.rate = &all[0]
	}
}

// follows reports whether the HPA scales on the rate now.
func (c *scaleCase) follows(r *requestRate) bool {
	return c.hpa != nil && r != nil && slices.ContainsFunc(c.hpa.Metrics, r.serves)
}

// relate works out what a request costs. Slots in which throttling cut the
// usage off tell nothing of it.
func (c *scaleCase) relate(q *analyzer.RequestRate) requestRate {
	r := requestRate{RequestRate: q, spread: math.Inf(1)}
	r.perSecond, _ = q.Along(c.curve)
	var cpu, rate []float64
	known, seen := 0, 0
	for i, v := range r.perSecond {
		if c.curve.Pods[i] == 0 {
			continue
		}
		if seen++; math.IsNaN(v) {
			continue
		}
		if known++; !c.cut(i) {
			cpu, rate = append(cpu, c.curve.CPU[i]), append(rate, v)
		}
	}
	switch {
	case known < leastLoad || float64(known) < leastCounted*float64(seen):
		r.poor = fmt.Sprintf("it was there only %.0f %% of the time", 100*float64(known)/float64(max(seen, 1)))
	default:
		r.weigh(cpu, rate)
	}
	r.fill(c.curve.CPU)
	return r
}

// weigh finds cost, spread and rank of slots, and whether they will do.
func (r *requestRate) weigh(cpu, rate []float64) {
	costs := setting.Costs(cpu, rate)
	r.costs = costs
	if len(costs) == 0 || setting.Quantile(costs, 0.5) <= 0 {
		r.poor = "no requests were counted"
		return
	}
	r.cost = setting.Quantile(costs, 0.5)
	r.spread = (setting.Quantile(costs, 0.9) - setting.Quantile(costs, 0.1)) / r.cost
	r.rank = setting.RankCorrelation(cpu, rate)
	switch {
	case r.spread > mostSpread:
		r.poor = fmt.Sprintf("CPU per request is not steady (it spreads over %.0f %% of its median)", 100*r.spread)
	case r.rank < leastRank:
		r.poor = fmt.Sprintf("CPU does not follow the requests (rank correlation %.2f)", r.rank)
	}
}

// fill puts in for rates that are not known what CPU stands for.
func (r *requestRate) fill(cpu []float64) {
	for i, v := range r.perSecond {
		if !math.IsNaN(v) {
			continue
		}
		r.perSecond[i] = 0
		if r.cost > 0 {
			r.perSecond[i] = cpu[i] / r.cost
		}
	}
}

// throttled reports whether a container whose usage is followed was throttled
// more than is accepted.
func (c *scaleCase) throttled() bool {
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if (c.container == "" || c.container == f.Name) && f.ThrottledShare > c.pass.Options.RiskCPU {
			return true
		}
	}
	return false
}

// cut reports whether throttling may have cut a slot's usage off.
func (c *scaleCase) cut(slot int) bool {
	return c.limit > 0 && c.curve.CPU[slot] > cutOff*float64(c.limit)*c.curve.Pods[slot]
}

// undoThrottling puts in, where usage was cut off, the demand that the requests
// show.
func (c *scaleCase) undoThrottling() {
	if c.rate == nil || c.rate.poor != "" || c.limit == 0 {
		return
	}
	cpu := slices.Clone(c.curve.CPU)
	for i := range cpu {
		if demand := c.rate.cost * c.rate.perSecond[i]; c.cut(i) && demand > cpu[i] {
			cpu[i], c.undone = demand, true
		}
	}
	c.curve.CPU = cpu
}

// preferRate reports whether the best setting on requests is to be taken over
// the best on CPU. Either may be nil.
func (c *scaleCase) preferRate(cpu, rate *outcome) bool {
	switch {
	case rate == nil || cpu == nil:
		return rate != nil
	case c.follows(c.rate): // another metric must be worth the change
		return (1-worthRate)*rate.monthly() <= cpu.monthly()
	case c.undone: // CPU does not show what is asked above the limit
		return (1-worthChanging)*rate.monthly() <= cpu.monthly()
	}
	return rate.monthly() <= (1-worthRate)*cpu.monthly()
}

// trigger is the rate of a setting that follows one.
func (o *outcome) trigger() RequestTrigger {
	return RequestTrigger{
		Counter: o.rate.Counter, Query: o.rate.Query, Threshold: float64(o.rate.signal().Target(o.size.metric, o.Target)) / 1000,
	}
}

// hpaMetric is the advised setting's rate as an HPA's metric.
func (r *requestRate) hpaMetric(request int64, percent int32) analyzer.HPAMetric {
	m := r.signal().Metric(request, percent)
	return analyzer.HPAMetric{Type: string(m.Kind), Name: r.name(), TargetType: string(m.TargetKind), Target: m.Target}
}

// describeRate files what a request costs and how scaling on it compares.
func (c *scaleCase) describeRate(r *advice.Advice) {
	if c.rate == nil || c.rate.cost == 0 {
		return
	}
	r.Show("CPU for a request a second ("+c.rate.Counter+")", c.rate.cost, "millicores")
	r.Show("spread of CPU per request, 10th to 90th percentile over median", 100*c.rate.spread, "percent")
	r.Show("rank correlation of CPU and requests", c.rate.rank, "share")
	if len(c.sizes) > 0 && c.rate.poor == "" {
		r.Show("requests a second that a pod's CPU request pays for", float64(c.sizes[0].metric)/c.rate.cost, "count")
	}
	if c.onCPU != nil {
		r.Show("replica-hours a month of the best CPU target", c.onCPU.whole.Replicas()*pricing.HoursPerMonth, "hours")
	}
	if c.onRate != nil {
		r.Show("replica-hours a month of the best request rate", c.onRate.whole.Replicas()*pricing.HoursPerMonth, "hours")
		r.Show("time with unserved demand of the best request rate", 100*c.onRate.whole.Unserved, "percent")
	}
}

// warnRate tells what the advised rate needs, or why there is none.
func (c *scaleCase) warnRate(r *advice.Advice) {
	switch {
	case c.rate == nil || c.best != nil && c.best.zero != nil:
	case c.rate.poor != "":
		r.Warn("request-rate", fmt.Sprintf("%s is no metric to scale on: %s", c.rate.Counter, c.rate.poor))
	case c.best != nil && c.best.rate != nil && !c.follows(c.rate):
		r.Warn("adapter", fmt.Sprintf("the HPA needs %s from a metrics adapter, or KEDA with the query: if that fails, replicas stay as they are", c.rate.name()))
	}
}
