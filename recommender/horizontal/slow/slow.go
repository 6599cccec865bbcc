package slow

import (
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// Found is a workload's variability and what tells it; the zero value is M/M/c, of which
// nothing is known.
type Found struct {
	replay.Variability
	// ByCost, BySamples and ByThrottling say what it rests on: the CPU cost of requests,
	// samples finer than the step, throttled periods.
	ByCost, BySamples, ByThrottling bool
}

// ByRequests is the variability of services by the CPU cost of requests, sorted, in
// several steps. Services are a mixture: exponential around a mean that differs by the
// request. With a coefficient of variation b of the means cs² is 1 + 2b², so that
// Allen and Cunneen's factor is 1 + b². What differs from request to request within a
// step cannot be seen at all; the exponential stands for it.
func (f *Found) ByRequests(costs []float64) {
	middle := setting.Quantile(costs, 0.5)
	if !(middle > 0) {
		return
	}
	b := (setting.Quantile(costs, 0.9) - setting.Quantile(costs, 0.1)) / deciles / middle
	f.Service, f.ByCost = rounded(1+b*b), true
}

// deciles is how many standard deviations of a normal distribution the 10th and the 90th
// percentile lie apart.
const deciles = 2.5631031310892007

// finest is the longest step of samples, in seconds, that tells something of the inside of
// the curve's own.
const finest = digest.SlotSeconds - 1

// ByUsage is the variation of the load inside a step: of a pod's samples about the mean of
// all pods in the step, and of the 100 ms periods in which throttling is counted about the
// sample. stepSeconds is that of the samples. Throttling tells nothing where the cost of
// requests is known: that gives the demand which the limit cut off.
func (f *Found) ByUsage(containers []*analyzer.ContainerFacts, curve analyzer.LoadCurve, stepSeconds float64) {
	level := meanSquare(curve)
	if level == 0 {
		return
	}
	inside := 0.0
	for _, c := range containers {
		samples := &c.CPU.Samples
		if samples.Count() == 0 {
			continue
		}
		square, doubt := squareOf(samples)
		if stepSeconds <= finest {
			f.BySamples = true
			steps, stepDoubt := stepSquare(c.Days)
			inside += max(square-steps-(doubt+stepDoubt), 0)
		}
		if k := throttledBy(c); k > 0 && !f.ByCost {
			f.ByThrottling = true
			inside += k * k * square
		}
	}
	f.Load = rounded(min(math.Sqrt(inside/level), 1))
}

// rounded keeps four digits: a report says them, and who reads it must come to the same.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// meanSquare is that of a pod's load in a step, each step weighted by its pods.
func meanSquare(curve analyzer.LoadCurve) float64 {
	sum, pods := 0.0, 0.0
	for i, n := range curve.Pods {
		if n > 0 {
			sum += curve.CPU[i] * curve.CPU[i] / n
			pods += n
		}
	}
	return sum / max(pods, 1)
}

// stepSquare is the same of one container, with what the curve's rounding may have added
// or taken.
func stepSquare(days []analyzer.Day) (square, doubt float64) {
	var steps digest.Histogram
	sum, pods := 0.0, 0.0
	for i := range days {
		for slot := range digest.SlotsPerDay {
			if cpu, n := days[i].Load.At(slot); n > 0 {
				steps.AddN(cpu/n, uint64(math.Ceil(n)))
				sum += cpu * cpu / n
				pods += n
			}
		}
	}
	_, doubt = squareOf(&steps)
	return sum / max(pods, 1), doubt
}

// Unlike is the coefficient of variation of a pod's samples about the mean of all pods in
// the same step, what rounding may have added left out: near 0 of equals that share a
// load, 1 where half of them work and half do nothing.
func Unlike(containers []*analyzer.ContainerFacts) float64 {
	inside, level := 0.0, 0.0
	for _, c := range containers {
		if c.CPU.Samples.Count() == 0 {
			continue
		}
		square, doubt := squareOf(&c.CPU.Samples)
		steps, stepDoubt := stepSquare(c.Days)
		inside += max(square-steps-(doubt+stepDoubt), 0)
		level += steps
	}
	if level == 0 {
		return 0
	}
	return math.Sqrt(inside / level)
}

// squareOf is the mean square of the samples and the most by which rounding may have
// moved it: a sample lies within 1/128 of its bucket's middle, its square within 1/64 of
// the middle's, and the errors of many buckets cancel out.
func squareOf(h *digest.Histogram) (square, doubt float64) {
	each := 0.0
	for v, n := range h.All() {
		part := v * v * float64(n) / float64(h.Count())
		square += part
		each += part * part
	}
	return square, 2 * digest.MaxRelativeError * math.Sqrt(each)
}

// throttledBy is the coefficient of variation of usage in a period of 100 ms about its
// sample for which periods above the limit are as many as were throttled, in [0, 1]; 0
// where the samples alone explain them. Usage in a period counts as normal. Part of it is
// what a Poisson stream does anyway, so it errs towards caution.
func throttledBy(c *analyzer.ContainerFacts) float64 {
	limit := float64(c.Limits.CPU)
	if limit <= 0 || c.ThrottledShare <= 0 {
		return 0
	}
	above := func(k float64) float64 {
		sum := 0.0
		for v, n := range c.CPU.Samples.All() {
			if v > 0 {
				sum += float64(n) * math.Erfc((limit/v-1)/k/math.Sqrt2) / 2
			}
		}
		return sum / float64(max(c.CPU.Samples.Count(), 1))
	}
	low, high := 0.0, 1.0
	for range 30 {
		if k := (low + high) / 2; above(k) < c.ThrottledShare {
			low = k
		} else {
			high = k
		}
	}
	if high < 1e-6 {
		return 0
	}
	return high
}

// Source says what the variation of the load rests on; "" where nothing tells it.
func (f *Found) Source() string {
	switch {
	case f.BySamples && f.ByThrottling:
		return "throttling and the finest samples"
	case f.BySamples:
		return "the finest samples"
	case f.ByThrottling:
		return "throttling"
	}
	return ""
}

// Followed are the containers whose usage is followed: the named one, or all that run.
func Followed(w *analyzer.WorkloadFacts, container string) (out []*analyzer.ContainerFacts) {
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type != analyzer.TypeInit && cmp.Or(container, c.Name) == c.Name {
			out = append(out, c)
		}
	}
	return slices.Clip(out)
}
