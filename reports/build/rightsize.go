package build

import (
	"cmp"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// advise fills in what the recommendation says of the container.
func (b *builder) advise(c *document.Container, ref analyzer.Ref, r *recommender.Recommendation, savings document.USD) {
	c.Confidence = document.Share(r.Confidence)
	c.Risk = document.Risk{OOMProbability: knownShare(r.Risk.OOMProbability), CPUOverRequest: knownShare(r.Risk.CPUOverRequest)}
	c.Warnings = append(c.Warnings, r.Warnings...)
	for _, w := range r.Withheld {
		c.Withheld = append(c.Withheld, withheld(w))
	}
	for _, e := range r.Evidence {
		if !document.IsFinite(e.Value) {
			warn(c, ref, analyzer.WarnOdd, fmt.Sprintf("the evidence %q is not a number and is left out", e.Name))
			continue
		}
		c.Evidence = append(c.Evidence, document.Evidence{Name: e.Name, Value: document.Decimals(e.Value, 4), Unit: e.Unit})
	}
	if r.Requests == nil {
		if len(r.Withheld) == 0 {
			c.Withheld = []document.Withheld{{Resource: all, Reason: "rule " + r.Rule + " gave no amounts and no reason"}}
		}
		return
	}
	to := document.Setting{Requests: resources(*r.Requests)}
	if r.Limits != nil {
		to.Limits = resources(*r.Limits)
	}
	c.Recommended = &to
	c.MonthlySavings = b.known(savings)
}

// all stands for all resources of what is withheld.
const all = "all"

// withheld is the same for the document; a reason for no resource is for all.
func withheld(w recommender.Withheld) document.Withheld {
	return document.Withheld{Resource: cmp.Or(w.Resource, all), Reason: w.Reason}
}

func warn(c *document.Container, ref analyzer.Ref, code, message string) {
	c.Warnings = append(c.Warnings, analyzer.Warning{Code: code, Subject: ref.String() + "/" + c.Name, Message: message})
}

func resources(a analyzer.Amounts) document.Resources {
	return document.Resources{CPU: document.Milli(a.CPU), Memory: document.Bytes(a.Memory), GPU: document.Devices(a.GPU)}
}

func cpuUsage(h *digest.Histogram) *document.CPUUsage {
	if h.Count() == 0 {
		return nil
	}
	q := func(p float64) document.CPU { return document.Microcores(h.Quantile(p)) }
	return &document.CPUUsage{Mean: document.Microcores(h.Mean()), P50: q(0.50), P95: q(0.95), P99: q(0.99), Max: document.Microcores(h.Max())}
}

func memoryUsage(h *digest.Histogram) *document.MemoryUsage {
	if h.Count() == 0 {
		return nil
	}
	q := func(p float64) document.Bytes { return document.Kibibytes(h.Quantile(p)) }
	return &document.MemoryUsage{Mean: document.Kibibytes(h.Mean()), P50: q(0.50), P95: q(0.95), P99: q(0.99), Max: document.Kibibytes(h.Max())}
}

// knownShare gives a share in [0, 1], or nil for what is below 0 or no number.
func knownShare(v float64) *float64 {
	if !(v >= 0) {
		return nil
	}
	s := document.Share(v)
	return &s
}
