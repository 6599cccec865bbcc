package setting

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

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
	lowestTarget = check.LeastTarget
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

// Wary are the targets for load that is not known yet, the most careful one first.
func (d Demand) Wary(b Bounds) []int32 {
	out := []int32{d.Careful(b)}
	for _, t := range targets() {
		if t > out[0] && d.allowed(b, t, Tolerance{}) {
			out = append(out, t)
		}
	}
	return out
}

// allowed reports whether pods are added early enough at a target: below the whole
// request, where a limit lets usage get, and where memory fits.
func (d Demand) allowed(b Bounds, target int32, t Tolerance) bool {
	out := d.ScaleOut(target, t)
	return (b.HighestTarget == 0 || target <= b.HighestTarget) && out <= HighestScaleOut+1e-9 && target <= d.highestPrompt(t) &&
		(b.MostPerPod == 0 || out*float64(d.Request) <= 100*b.MostPerPod)
}

// highestPrompt is the highest target at which a pod is added before its pods are slow, or
// the highest that the gate lets pass: load that stays just below the point at which one is
// added is slow for as long as it stays, whatever the history did. The gate, which knows
// manifests alone, goes by the default tolerance where the controller's is less.
func (d Demand) highestPrompt(t Tolerance) int32 {
	if d.Prompt == 0 || d.Requests != nil && d.Request == 0 {
		return check.MostTarget
	}
	up := max(d.Controller.UpTolerance(), replay.DefaultTolerance)
	if t != (Tolerance{}) {
		up = float64(t.Up) / 1000
	}
	prompt := int32(min(100*float64(d.Prompt)/float64(d.Request)/(1+up), check.MostTarget))
	return max(prompt, lowestTarget)
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
					if !d.allowed(b, target, t) {
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
