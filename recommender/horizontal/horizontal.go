package horizontal

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/slow"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// Rule finds how many pods a workload needs and what should decide it,
// by replaying the autoscaler over the workload's own load. Where an HPA
// divides by a CPU request, request and target are set together. See
// docs/rules/horizontal.md.
var Rule = advice.Rule{
	Name:  "horizontal",
	Doc:   "Sets replicas, or an HPA's target, bounds and behavior together with the CPU request it divides by, by replaying the load.",
	Lever: advice.LeverHorizontal,
	Run:   run,
}

// Advice is what scales a workload now and what should.
type Advice struct {
	Current Scaling
	// Recommended is complete; nil where the rule abstains.
	Recommended *Scaling
	// ReplicasNow and ReplicasAdvised are means over the window by replay; 0
	// where not known.
	ReplicasNow, ReplicasAdvised float64
	// Variable is how variable load and requests are inside a step.
	Variable slow.Found
	// Slowdown is the mean response that was accepted, in service times.
	Slowdown float64
	// Hours is the pods that the advised setting runs in each hour of the load;
	// nil where nothing is to change.
	Hours *advice.Hours
	// TradeOff is the advice, and what lower targets cost and gain; nil where no
	// target is advised.
	TradeOff []TradeOff
}

// ScalingKind is what decides the number of pods.
type ScalingKind string

// The kinds of Scaling.
const (
	ScalingFixed        ScalingKind = "fixed"
	ScalingHPA          ScalingKind = "HorizontalPodAutoscaler"
	ScalingScaledObject ScalingKind = "ScaledObject"
)

// Scaling is how the number of a workload's pods comes about.
type Scaling struct {
	Kind     ScalingKind
	Name     string // of the HPA; empty for one that is yet to be made
	Replicas int32  // the fixed number
	Min, Max int32
	Metrics  []analyzer.HPAMetric
	Behavior *analyzer.HPABehavior
	// Schedules are floors by the hour, which an HPA alone cannot have.
	Schedules []Schedule
	// Triggers are the request rates that it follows: an HPA's single metric
	// made of one, or prometheus triggers of a ScaledObject.
	Triggers []RequestTrigger
	// IdleAtZero lets a ScaledObject with a minimum above one rest at zero.
	IdleAtZero bool
	// Polling and Cooldown are a ScaledObject's; 0 stands for KEDA's defaults.
	Polling, Cooldown time.Duration
	// RequestCPU is by container, in millicores, where it is part of the
	// setting: an HPA's target means nothing without it.
	RequestCPU map[string]int64
}

// Schedule is a part of a Scaling.
type Schedule = setting.Schedule

// RequestTrigger is a part of a Scaling.
type RequestTrigger = setting.RequestTrigger

// leastLoad is the slots of load below which nothing is searched: three days,
// of which the last checks what the first two taught.
const leastLoad = 3 * 288

// leastCoverage is the share of slots between the first and the last seen that
// must hold a sample.
const leastCoverage = 0.5

// worthScaling is how much cheaper than the best fixed number an HPA must be
// before it is advised where there is none, and worthChanging how much cheaper
// than today's setting a new one.
const (
	worthScaling  = 0.10
	worthChanging = 0.05
)

func run(p *advice.Pass) error {
	var todo []*analyzer.WorkloadFacts
	for i := range p.Facts.Workloads {
		if w := &p.Facts.Workloads[i]; w.Scalable {
			todo = append(todo, w)
		}
	}
	recs, errs := make([]advice.Advice, len(todo)), make([]error, len(todo))
	zones := bounds.ZonesOf(p.Facts.Snapshot)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(todo)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(todo)); i = next.Add(1) - 1 {
				recs[i], errs[i] = scaleWorkload(p, zones, todo[i])
			}
		})
	}
	all.Wait()
	for i := range recs {
		if errs[i] != nil {
			return fmt.Errorf("%s: %w", todo[i].Ref, errs[i])
		}
		leave(p.Cluster, &recs[i])
		p.Report(recs[i])
	}
	return nil
}

// leave tells the levers that follow how many pods there will be.
func leave(to *advice.Cluster, r *advice.Advice) {
	h := advice.As[Advice](r.Detail)
	s := h.Recommended
	if s == nil {
		return
	}
	out := advice.Scaled{
		Changed: len(r.Changes) > 0, Least: s.Min, Most: s.Max, Mean: h.ReplicasAdvised, Was: h.ReplicasNow,
		Now: h.podsNow(), Hours: h.Hours, RequestCPU: s.RequestCPU,
	}
	if s.Kind == ScalingFixed {
		out.Least, out.Most, out.Mean = s.Replicas, s.Replicas, float64(s.Replicas)
	}
	for _, at := range s.Schedules {
		out.Most = max(out.Most, at.Replicas)
	}
	to.SetScaled(r.Workload, out)
}

// podsNow is how many pods the advised setting has at the end of the load: one
// at the least, for which a setting that rests without pods needs room too.
func (h *Advice) podsNow() int {
	pods := h.ReplicasAdvised
	if h.Recommended.Kind == ScalingFixed {
		pods = float64(h.Recommended.Replicas)
	} else if h.Hours != nil && len(h.Hours.Mean) > 0 {
		pods = h.Hours.Mean[len(h.Hours.Mean)-1]
	}
	return max(int(math.Ceil(pods-1e-9)), 1)
}

// scaleWorkload advises on one workload.
func scaleWorkload(p *advice.Pass, zones *bounds.Zones, w *analyzer.WorkloadFacts) (advice.Advice, error) {
	r := advice.Advice{
		Rule: "horizontal", Lever: advice.LeverHorizontal, Workload: w.Ref,
	}
	c := newScaleCase(p, zones, w)
	c.told = &Advice{Current: currentScaling(w), Variable: c.variable, Slowdown: c.pass.Options.Slowdown}
	r.Detail = c.told
	if so := c.keda; so != nil {
		s := &c.told.Current
		s.Name, s.Min, s.Max, s.IdleAtZero = so.Name, so.Min, so.Max, so.IdleAtZero
	}
	if reason := c.abstain(); reason != "" {
		r.Abstain(reason)
		return r, nil
	}
	if c.keda != nil {
		return r, c.judgeKEDA(&r)
	}
	if reason := c.unsafe(); reason != "" {
		var err error
		if c.best, err = c.restOnly(); err != nil {
			return r, err
		}
		if c.best == nil {
			c.warnResting(&r)
			r.Abstain(reason)
			return r, nil
		}
	} else if err := c.solve(); err != nil {
		return r, err
	}
	c.warnings(&r)
	if c.best == nil {
		c.describe(&r, "")
		c.warnMemory(&r)
		r.Abstain(c.noneFound())
		return r, nil
	}
	return r, c.finish(&r)
}

// noneFound says what was looked for in vain, and what kept more pods from it.
func (c *scaleCase) noneFound() string {
	why := fmt.Sprintf("no setting was found that leaves demand unserved for at most %.2g %% of the time, a third of what is allowed, on both the first and the last part of the window", 100*setting.Aim*c.pass.Options.RiskUnserved)
	if most := c.boundsOf(c.sizes[0]).Ceiling; most > 0 {
		why += fmt.Sprintf(", with the %d pods that a quota, or nodes that no two of its pods share, let run", most)
	}
	return why
}

func currentScaling(w *analyzer.WorkloadFacts) Scaling {
	if len(w.HPAs) == 0 {
		return Scaling{Kind: ScalingFixed, Replicas: w.Replicas}
	}
	h := w.HPAs[0]
	s := Scaling{Kind: ScalingHPA, Name: h.Name, Replicas: w.Replicas, Min: h.Min, Max: h.Max, Metrics: h.Metrics, Behavior: h.Behavior}
	if h.ManagedBy == "keda" {
		s.Kind = ScalingScaledObject
	}
	return s
}

// scaleCase is one workload on its way to advice.
type scaleCase struct {
	pass  *advice.Pass
	told  *Advice // what is filed of it
	w     *analyzer.WorkloadFacts
	curve analyzer.LoadCurve
	hpa   *analyzer.HPA // nil where there is none
	// keda is the ScaledObject that keeps the HPA; nil without KEDA.
	keda *analyzer.ScaledObject
	// controller is how the cluster's HPA controller runs, as far as is known.
	controller replay.Controller
	// container is the one whose usage is followed; empty for the pod's sum.
	container string
	sizes     []podSize
	bounds    setting.Bounds
	rate      *requestRate // the request counter to weigh against CPU; nil without
	// variable is what makes its queues longer than those of M/M/c.
	variable slow.Found
	// limit is a pod's CPU limit in millicores where it is throttled, else 0;
	// undone says that the curve holds demand above it.
	limit  int64
	undone bool

	now  *outcome // today's setting, nil where it can't be replayed
	best *outcome
	// resting is what could run no pod at times, where the user did not want that, and
	// awake what it is compared with.
	resting, awake *outcome

	fixed  *outcome
	onCPU  *outcome // the best that follows CPU, and requests
	onRate *outcome
}

// podSize is a set of requests that the pods may have.
type podSize struct {
	requests []analyzer.Container // of the whole template
	cpu      map[string]int64     // what changes for the HPA's sake, by container
	metric   int64                // millicores that the metric divides by
	hourly   float64              // what one pod costs, or its cores where nothing has a price
}

// outcome is a setting, the pods it runs and what both cost over the window.
type outcome struct {
	setting.Candidate
	size     podSize
	whole    setting.Score
	schedule *schedule    // nil where pods run at all hours
	rate     *requestRate // nil where it follows CPU
	zero     *zero        // nil where pods run without requests too
	seen     bool         // it was seen, not replayed
}

// monthly is the cost of the setting a month, in the unit of podSize.hourly.
func (o *outcome) monthly() float64 {
	return o.whole.Replicas() * o.size.hourly * pricing.HoursPerMonth
}

func newScaleCase(p *advice.Pass, zones *bounds.Zones, w *analyzer.WorkloadFacts) *scaleCase {
	c := &scaleCase{pass: p, w: w, controller: setting.ControllerOf(p)}
	if len(w.HPAs) > 0 {
		c.hpa = &w.HPAs[0]
	}
	if len(w.HPAs) == 1 {
		c.keda = scaledObjectOf(p, c.hpa)
	}
	c.container = c.measured()
	window := p.Facts.Snapshot.Window
	if c.curve = w.LoadCurve(window); c.container != "" {
		c.curve = w.ContainerLoadCurve(window, c.container)
	}
	c.sizes = c.podSizes()
	if c.throttled() {
		c.limit = c.limitOf(c.sizes[0])
	}
	c.findRate()
	c.findVariability()
	c.undoThrottling()
	c.bounds = setting.Bounds{
		Floor: bounds.Least(zones, w, usual(c.curve.Pods)), Ceiling: bounds.Apart(p, w), Unserved: p.Options.RiskUnserved, Start: bounds.Start(p, w), FixedMargin: rightsize.HeadroomFixed,
		OwnTolerance: ownTolerance(p, c.controller),
	}
	return c
}

// usual is how many pods there are for a tenth of the time at the least.
func usual(pods []float64) float64 {
	return setting.Quantile(slices.Sorted(slices.Values(pods)), 0.9)
}

// warnings files the doubts that hold for any advice.
func (c *scaleCase) warnings(r *advice.Advice) {
	for i := range c.w.Containers {
		f := &c.w.Containers[i]
		if f.ThrottledShare > c.pass.Options.RiskCPU {
			meaning := "real demand is higher than measured"
			if c.undone {
				meaning = "real demand is estimated from its request rate"
			}
			r.Warn("throttled", fmt.Sprintf("container %s was throttled in %.0f %% of CPU periods: %s", f.Name, 100*f.ThrottledShare, meaning))
		}
	}
}

// confidence is that of right-sizing on the days of load, less where demand
// was cut off by throttling.
func (c *scaleCase) confidence(r *advice.Advice) float64 {
	v := 1 - math.Exp(-float64(c.curve.Seen)/288/7)
	if len(r.Warnings) > 0 {
		v /= 2
	}
	return v
}
