package reports

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// The codes of the warnings that reports itself adds to a container.
const (
	// WarnWithheld marks the reason for which a recommendation, or its part
	// for one resource, is withheld.
	WarnWithheld = "withheld"
	// WarnNotJudged marks a container that no rule has looked at.
	WarnNotJudged = "not-judged"
)

func (b *builder) workload(w *analyzer.WorkloadFacts) Workload {
	out := Workload{
		Namespace: w.Namespace, Kind: w.Kind, Name: w.Name,
		Replicas: w.Replicas, MeanPods: decimals(w.MeanPods, 2),
		MonthlyCost: b.known(b.ledger.workloads[w.Ref]),
		Containers:  make([]Container, 0, len(w.Containers)),
	}
	for i := range w.Containers {
		out.Containers = append(out.Containers, b.container(w.Ref, &w.Containers[i]))
	}
	b.scale(&out, w.Ref)
	return out
}

func (b *builder) container(ref analyzer.Ref, f *analyzer.ContainerFacts) Container {
	key := containerKey{ref, f.Name}
	c := Container{
		Name: f.Name, Type: string(f.Type),
		MonthlyCost: b.known(b.ledger.containers[key]),
		Current:     Setting{Requests: resources(f.Requests), Limits: resources(f.Limits)},
		Usage:       Usage{CPU: cpuUsage(&f.CPU.Samples), Memory: memoryUsage(&f.Memory.Samples)},
		Coverage:    share(f.Coverage),
		OOMKills:    f.OOMKills, Restarts: f.Restarts,
		ThrottledShare: knownShare(f.ThrottledShare),
		Evidence:       []Evidence{}, Warnings: []analyzer.Warning{},
	}
	i, ok := b.sizing[key]
	if !ok {
		c.warn(ref, WarnNotJudged, "no rule has looked at this container")
		return c
	}
	b.advise(&c, ref, &b.recs[i], b.savings[i])
	c.Warnings = sortedWarnings(c.Warnings)
	return c
}

// advise fills in what the recommendation says of the container.
func (b *builder) advise(c *Container, ref analyzer.Ref, r *recommender.Recommendation, savings USD) {
	c.Confidence = share(r.Confidence)
	c.Risk = Risk{OOMProbability: knownShare(r.Risk.OOMProbability), CPUOverRequest: knownShare(r.Risk.CPUOverRequest)}
	c.Warnings = append(c.Warnings, r.Warnings...)
	for _, w := range r.Withheld {
		c.withhold(ref, w)
	}
	for _, e := range r.Evidence {
		if !isFinite(e.Value) {
			c.warn(ref, analyzer.WarnOdd, fmt.Sprintf("the evidence %q is not a number and is left out", e.Name))
			continue
		}
		c.Evidence = append(c.Evidence, Evidence{Name: e.Name, Value: decimals(e.Value, 4), Unit: e.Unit})
	}
	if r.Requests == nil {
		if len(r.Withheld) == 0 {
			c.withhold(ref, recommender.Withheld{Resource: "all", Reason: "rule " + r.Rule + " gave no amounts and no reason"})
		}
		return
	}
	to := Setting{Requests: resources(*r.Requests)}
	if r.Limits != nil {
		to.Limits = resources(*r.Limits)
	}
	c.Recommended = &to
	c.MonthlySavings = b.known(savings)
}

func (c *Container) withhold(ref analyzer.Ref, w recommender.Withheld) {
	message := w.Reason
	if w.Resource != "all" && w.Resource != "" {
		message = w.Resource + ": " + w.Reason
	}
	c.warn(ref, WarnWithheld, message)
}

func (c *Container) warn(ref analyzer.Ref, code, message string) {
	c.Warnings = append(c.Warnings, analyzer.Warning{Code: code, Subject: ref.String() + "/" + c.Name, Message: message})
}

func resources(a analyzer.Amounts) Resources {
	return Resources{CPU: milli(a.CPU), Memory: Bytes(a.Memory), GPU: Devices(a.GPU)}
}

func cpuUsage(h *digest.Histogram) *CPUUsage {
	if h.Count() == 0 {
		return nil
	}
	q := func(p float64) CPU { return microcores(h.Quantile(p)) }
	return &CPUUsage{Mean: microcores(h.Mean()), P50: q(0.50), P95: q(0.95), P99: q(0.99), Max: microcores(h.Max())}
}

func memoryUsage(h *digest.Histogram) *MemoryUsage {
	if h.Count() == 0 {
		return nil
	}
	q := func(p float64) Bytes { return kibibytes(h.Quantile(p)) }
	return &MemoryUsage{Mean: kibibytes(h.Mean()), P50: q(0.50), P95: q(0.95), P99: q(0.99), Max: kibibytes(h.Max())}
}

// knownShare gives a share in [0, 1], or nil for what is below 0 or no number.
func knownShare(v float64) *float64 {
	if !(v >= 0) {
		return nil
	}
	s := share(v)
	return &s
}
