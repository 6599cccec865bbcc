package setting

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// The reaction times that a replay assumes, stated as evidence; a pod that was
// seen to take longer to be ready does. docs/method/horizontal.md has the reasons.
const (
	PodStartUp    = time.Minute
	metricsLag    = 30 * time.Second
	metricsWindow = 30 * time.Second
)

// Demand is a curve of CPU demand and the size of the pods that serve it.
type Demand struct {
	Step       time.Duration
	Millicores []float64 // all pods together, by step
	// Request is what one pod asks for, in millicores. Demand above the
	// requests of the ready pods counts as unserved: beyond them nothing is
	// promised.
	Request int64
	// Prompt is the demand, in millicores, that one pod serves without queueing
	// to speak of; 0 asks nothing of latency.
	Prompt int64
	// Controller is how the HPA controller runs.
	Controller replay.Controller
	// Requests is what a setting follows in place of CPU; nil for CPU.
	Requests *RequestSignal
	curve    *replay.Curve // where it was worked out, see ready
}

// Bounds hold a search for a setting.
type Bounds struct {
	Floor   int32 // of the replicas: availability, zones, disruption budgets
	Ceiling int32 // by quota, and by nodes that no two pods may share; 0 means none
	// Roof bounds the maximum by nodes and money, down to leastGrowth
	// above the highest demand; 0 means none.
	Roof int32
	// Unserved is the share of time, in [0, 1], that demand may be unserved, and
	// that it may be served late.
	Unserved float64
	// Start is the start-up time of a pod.
	Start time.Duration
	// HighestTarget bounds the target in percent; 0 means no bound.
	HighestTarget int32
	// MostPerPod is the demand, in millicores, above which a pod's memory would not
	// fit; 0 means no bound.
	MostPerPod float64
	// OwnTolerance says that an HPA may have its own, as it may since
	// Kubernetes 1.35.
	OwnTolerance bool
	// FixedMargin is the margin over demand, in percent, that a fixed number of
	// replicas must leave: nothing would add a pod.
	FixedMargin float64
}

// Candidate is one setting, by its replay over the demand it was searched on.
type Candidate struct {
	// Fixed means Min replicas at all times and no autoscaler.
	Fixed    bool
	Min, Max int32
	Target   int32 // percent of the request
	// DownWindow is scaleDown.stabilizationWindowSeconds; 0 is the default.
	DownWindow time.Duration
	Tolerance  Tolerance

	Train, Check Score
}

// Score is what a setting did over a stretch of demand.
type Score struct {
	ReplicaHours float64
	Hours        float64
	Unserved     float64 // share of time
	Slow         float64 // share of time, unserved or served late
	Volume       float64 // share of demand
	AtMax        float64 // share of time
	FlapsPerDay  float64
}

// TrainShare is the part of the demand, the first, on which settings are
// searched. The rest checks them.
const TrainShare = 0.7

// simplicity is the share of replica-hours that a setting with behavior of its
// own must save before it is preferred to the controller's defaults, and
// worthTolerance what one with a tolerance of its own must.
const (
	simplicity     = 0.02
	worthTolerance = 0.03
)

// effort is what settings are compared by: replica-hours, and a little for
// every field that must be explained.
func (c *Candidate) effort() float64 {
	v := c.Train.ReplicaHours
	if c.DownWindow > 0 {
		v *= 1 + simplicity
	}
	if c.Tolerance != (Tolerance{}) {
		v *= 1 + worthTolerance
	}
	return v
}

// Split gives the demand's first part and its rest.
func (d Demand) Split() (train, check Demand) {
	at := int(TrainShare * float64(len(d.Millicores)))
	train, check = d, d
	train.Millicores, check.Millicores = d.Millicores[:at], d.Millicores[at:]
	if s := d.Requests; s != nil {
		first, rest := *s, *s
		first.PerSecond, rest.PerSecond = s.PerSecond[:at], s.PerSecond[at:]
		train.Requests, check.Requests = &first, &rest
	}
	return train, check
}

// Quantile of the demand, by nearest rank; sorted is the demand in order.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

func (d Demand) sorted() []float64 {
	s := slices.Clone(d.Millicores)
	slices.Sort(s)
	return s
}

// PodsFor is the number of pods that serve so much at so many percent of their
// requests.
func (d Demand) PodsFor(millicores float64, percent int32) int32 {
	n := math.Ceil(millicores * 100 / (float64(d.Request) * float64(percent)))
	return int32(min(max(n, 1), MostReplicas))
}

// growth is the room above the highest demand seen that the maximum leaves,
// leastGrowth that where nodes or money bind. 3 costs nothing until used.
const (
	growth      = 3.0
	leastGrowth = 1.5
)

// MostReplicas bounds every search.
const MostReplicas = 10_000

// The grid of a search. It does not depend on what may go unserved, so that
// allowing more never costs more.
const (
	lowestTarget = 30
	// HighestScaleOut is the utilization, in percent, at which a pod must have
	// been added: below the whole request.
	HighestScaleOut = 99
)

// targets are finer where they are worth more.
func targets() []int32 {
	out := []int32{lowestTarget, 35, 40, 44, 48, 52, 55, 58, 60, 63, 66}
	for t := int32(70); t <= HighestScaleOut; t += 3 {
		out = append(out, t)
	}
	return out
}

// Tolerance is how far, in thousandths, usage may lie from the target before
// Replicas change. The zero value stands for the controller's own, a tenth.
type Tolerance struct{ Up, Down int64 }

// tolerances are those to try: the controller's, and where an HPA may have its
// own one that adds pods at once and takes them away a little later.
func (b Bounds) tolerances() []Tolerance {
	if !b.OwnTolerance {
		return []Tolerance{{}}
	}
	return []Tolerance{{}, {Up: 10, Down: 50}}
}

// ScaleOut is the utilization, in percent, above which a candidate adds a pod.
func (d Demand) ScaleOut(target int32, t Tolerance) float64 {
	up := d.Controller.UpTolerance()
	if t != (Tolerance{}) {
		up = float64(t.Up) / 1000
	}
	return float64(target) * (1 + up)
}

// downWindows are the scale-down windows to try. One shorter than the default
// follows noise that only a fine curve shows.
func (d Demand) downWindows() []time.Duration {
	w := []time.Duration{0, 15 * time.Minute, time.Hour}
	if d.Step <= time.Minute {
		w = append(w, time.Minute)
	}
	return w
}

// Careful is the target for load that is not known yet: half of what a
// pod serves promptly, less where its memory would not fit.
func (d Demand) Careful(b Bounds) int32 {
	prompt := d.Request
	if d.Prompt > 0 {
		prompt = min(d.Prompt, d.Request)
	}
	target := int32(max(50*prompt/d.Request, lowestTarget))
	if up := 1 + d.Controller.UpTolerance(); b.MostPerPod > 0 {
		target = min(target, max(int32(100*b.MostPerPod/(up*float64(d.Request))), 1))
	}
	if b.HighestTarget > 0 {
		target = min(target, b.HighestTarget)
	}
	return target
}

// minimums are the floor and what quieter hours need.
func (d Demand) minimums(b Bounds, sorted []float64) []int32 {
	mins := []int32{b.Floor}
	for _, q := range []float64{0.05, 0.25, 0.5} {
		mins = append(mins, b.cap(max(b.Floor, d.PodsFor(Quantile(sorted, q), 100))))
	}
	slices.Sort(mins)
	return slices.Compact(mins)
}

// grid lists the settings to try for a demand.
func (d Demand) grid(b Bounds) []Candidate {
	sorted := d.sorted()
	top := sorted[len(sorted)-1]
	var out []Candidate
	for _, n := range d.minimums(b, sorted) {
		for _, t := range b.tolerances() {
			for _, w := range d.downWindows() {
				for _, target := range targets() {
					if b.HighestTarget > 0 && target > b.HighestTarget || d.ScaleOut(target, t) > HighestScaleOut+1e-9 ||
						b.MostPerPod > 0 && d.ScaleOut(target, t)*float64(d.Request) > 100*b.MostPerPod {
						continue
					}
					highest := b.cap(max(n+1, d.most(b, top, target)))
					out = append(out, Candidate{Min: n, Max: highest, Target: target, DownWindow: w, Tolerance: t})
				}
			}
		}
	}
	return out
}

// HighestFor is the maximum that goes with a minimum and a target.
func (d Demand) HighestFor(b Bounds, least, target int32) int32 {
	if len(d.Millicores) == 0 {
		return b.cap(least + 1)
	}
	return b.cap(max(least+1, d.most(b, slices.Max(d.Millicores), target)))
}

// most is the maximum for a highest demand: three times what that needs, less
// where the roof is lower.
func (d Demand) most(b Bounds, top float64, target int32) int32 {
	n := d.PodsFor(growth*top, target)
	if b.Roof > 0 && n > b.Roof {
		n = max(b.Roof, d.PodsFor(leastGrowth*top, target))
	}
	return n
}

func (b Bounds) cap(n int32) int32 {
	if b.Ceiling > 0 {
		return max(min(n, b.Ceiling), b.Floor)
	}
	return n
}

// fixed lists the fixed numbers of replicas to try: one for every share of time
// that may go unserved, roughly.
func (d Demand) fixed(b Bounds) []Candidate {
	sorted := d.sorted()
	var ns []int32
	for _, q := range []float64{0.5, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9999, 1} {
		n := d.PodsFor(Quantile(sorted, q), 100)
		if b.MostPerPod > 0 {
			n = max(n, int32(min(math.Ceil(sorted[len(sorted)-1]/b.MostPerPod-1e-9), MostReplicas)))
		}
		ns = append(ns, b.cap(max(b.Floor, n)), b.cap(max(b.Floor, n+1)))
	}
	slices.Sort(ns)
	var out []Candidate
	for _, n := range slices.Compact(ns) {
		out = append(out, Candidate{Fixed: true, Min: n, Max: n})
	}
	return out
}

// Autoscaler is the HPA of a candidate.
func (c Candidate) autoscaler() replay.Autoscaler {
	a := replay.Autoscaler{MinReplicas: c.Min, MaxReplicas: c.Max, Metrics: []replay.Metric{replay.CPUUtilization(c.Target)}}
	if c.DownWindow > 0 || c.Tolerance != (Tolerance{}) {
		a.Behavior = &replay.Behavior{}
	}
	if c.DownWindow > 0 {
		a.Behavior.ScaleDown.Window = &c.DownWindow
	}
	if c.Tolerance != (Tolerance{}) {
		up, down := float64(c.Tolerance.Up)/1000, float64(c.Tolerance.Down)/1000
		a.Behavior.ScaleUp.Tolerance, a.Behavior.ScaleDown.Tolerance = &up, &down
	}
	return a
}

// Score replays the candidate.
func (d Demand) Score(ctx context.Context, c Candidate, start time.Duration) (Score, error) {
	if c.Fixed {
		return d.ScoreFixed(c.Min), nil
	}
	return d.Replay(ctx, d.Autoscaler(c), start, min(max(d.PodsFor(d.Millicores[0], c.Target), c.Min), c.Max))
}

// Replay runs an autoscaler over the demand from so many replicas on.
func (d Demand) Replay(ctx context.Context, a replay.Autoscaler, start time.Duration, replicas int32) (Score, error) {
	load := d.Curve()
	// The signal is given so that usage is not cut at the request: pods may
	// burst beyond it, and the controller sees that they do.
	signals := make([]replay.Signal, len(a.Metrics))
	for i, m := range a.Metrics {
		signals[i].Total = d.SignalFor(m, load)
	}
	out, err := replay.Replay(ctx, load, d.Workload(start, replicas), a, replay.Options{Signals: signals, Controller: d.Controller})
	if err != nil {
		return Score{}, err
	}
	return ScoreOf(out), nil
}

// ScoreOf scores what a replay came to.
func ScoreOf(out replay.Outcome) Score {
	return Score{
		ReplicaHours: out.ReplicaHours(), Hours: out.Duration.Hours(), Unserved: out.UnservedTimeShare(),
		Slow: max(out.SlowTimeShare(), out.UnservedTimeShare()), Volume: out.UnservedVolumeShare(), AtMax: out.AtMaxShare(), FlapsPerDay: out.FlapsPerDay(),
	}
}

// Curve is the demand as a replay takes it: whole millicores, none below zero.
func (d Demand) Curve() replay.Curve {
	if d.curve != nil {
		return *d.curve
	}
	c := replay.Curve{Step: d.Step, Demand: make([]int64, len(d.Millicores))}
	for i, v := range d.Millicores {
		c.Demand[i] = int64(math.Round(max(v, 0)))
	}
	return c
}

// ScoreFixed scores a fixed number of pods.
func (d Demand) ScoreFixed(n int32) Score {
	hours := d.Step.Hours() * float64(len(d.Millicores))
	s := Score{ReplicaHours: float64(n) * hours, Hours: hours, AtMax: 1}
	capacity, over, slow, lost, all := float64(n)*float64(d.Request), 0, 0, 0.0, 0.0
	prompt := capacity
	if d.Prompt > 0 {
		prompt = float64(n) * float64(d.Prompt)
	}
	for _, v := range d.Millicores {
		all += v
		if math.Round(v) > prompt {
			slow++
		}
		if math.Round(v) > capacity {
			over++
			lost += v - capacity
		}
	}
	s.Unserved = float64(over) / float64(max(len(d.Millicores), 1))
	s.Slow = float64(slow) / float64(max(len(d.Millicores), 1))
	if all > 0 {
		s.Volume = lost / all
	}
	return s
}

// Replicas is the mean number of replicas.
func (s Score) Replicas() float64 {
	if s.Hours == 0 {
		return 0
	}
	return s.ReplicaHours / s.Hours
}

// Search tries settings on the first part of the demand and checks those that
// keep within what may go unserved on the rest, cheapest first. It gives the
// cheapest autoscaler and the cheapest fixed number that hold on both; nil
// where none does. tried are all autoscalers with their scores on the first
// part, cheapest first.
func Search(ctx context.Context, d Demand, b Bounds) (scaled, fixed *Candidate, tried []Candidate, err error) {
	train, check := d.Split()
	if tried, err = train.scoreAll(ctx, train.grid(b), b); err != nil {
		return nil, nil, nil, err
	}
	if scaled, err = firstThatHolds(ctx, check, tried, b); err != nil {
		return nil, nil, nil, err
	}
	train, check = train.Raised(b.FixedMargin), check.Raised(b.FixedMargin)
	still, err := train.scoreAll(ctx, train.fixed(b), b)
	if err != nil {
		return nil, nil, nil, err
	}
	fixed, err = firstThatHolds(ctx, check, still, b)
	return scaled, fixed, tried, err
}

// Raised is the demand with a margin of so many percent on top.
func (d Demand) Raised(percent float64) Demand {
	d.Millicores = slices.Clone(d.Millicores)
	for i := range d.Millicores {
		d.Millicores[i] = cost.AddPercent(d.Millicores[i], percent)
	}
	return d
}

// ready works the curve out once, for many replays of the same demand.
func (d Demand) ready() Demand {
	load := d.Curve()
	d.curve = &load
	return d
}

// scoreAll scores settings, cheapest first; of equals the one that can grow.
func (d Demand) scoreAll(ctx context.Context, cs []Candidate, b Bounds) ([]Candidate, error) {
	d = d.ready()
	for i := range cs {
		var err error
		if cs[i].Train, err = d.Score(ctx, cs[i], b.Start); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(cs, func(x, y Candidate) int {
		return cmp.Or(cmp.Compare(x.effort(), y.effort()), BoolFirst(!x.Fixed, !y.Fixed), cmp.Compare(x.Train.Slow, y.Train.Slow), cmp.Compare(x.Target, y.Target))
	})
	return cs, nil
}

// BoolFirst orders what is so before what is not.
func BoolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Aim is the part of what may go unserved that a setting may use up on demand
// that is known. With all of it the promise was broken on the demand that
// followed in one load of six, with a third in one of twenty.
const Aim = 0.3

func firstThatHolds(ctx context.Context, check Demand, cs []Candidate, b Bounds) (*Candidate, error) {
	allowed := Aim * b.Unserved
	check = check.ready()
	for _, c := range cs {
		if c.Train.Slow > allowed {
			continue
		}
		var err error
		if c.Check, err = check.Score(ctx, c, b.Start); err != nil {
			return nil, err
		}
		if c.Check.Slow <= allowed {
			return &c, nil
		}
	}
	return nil, nil
}
