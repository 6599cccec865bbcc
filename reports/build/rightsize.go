package build

import (
	"cmp"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// advise fills in what the recommendation says of the container.
func (b *builder) advise(c *document.Container, ref analyzer.Ref, r *advice.Advice, savings document.USD) {
	c.Confidence = document.Share(r.Confidence)
	c.Warnings = append(c.Warnings, r.Warnings...)
	for _, w := range r.Withheld {
		c.Withheld = append(c.Withheld, withheld(w))
	}
	for _, e := range r.Evidence {
		if !document.IsFinite(e.Value) {
			warn(c, ref, analyzer.WarnOdd, fmt.Sprintf("the evidence %q is not a number and is left out", e.Name))
			continue
		}
		c.Evidence = append(c.Evidence, evidenceOf(&e))
	}
	s := advice.As[rightsize.Sizing](r.Detail)
	if s == nil {
		if len(r.Withheld) == 0 {
			c.Withheld = []document.Withheld{{Resource: all, Reason: "rule " + r.Rule + " gave no amounts and no reason"}}
		}
		return
	}
	c.Risk = document.Risk{OOMProbability: knownShare(s.Risk.OOMProbability), CPUOverRequest: knownShare(s.Risk.CPUOverRequest)}
	c.Recommended = &document.Setting{Requests: resources(s.Requests), Limits: resources(s.Limits)}
	c.MonthlySavings = b.worth(ref, savings)
}

// all stands for all resources of what is withheld.
const all = "all"

// withheld is the same for the document; a reason for no resource is for all.
func withheld(w advice.Withheld) document.Withheld {
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

// knownShare gives a share in [0, 1], or nil for what is not known, below 0 or
// no number.
func knownShare(v *float64) *float64 {
	if v == nil || !(*v >= 0) {
		return nil
	}
	s := document.Share(*v)
	return &s
}
