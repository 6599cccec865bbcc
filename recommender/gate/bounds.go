package gate

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

var limitRange = Rule{
	Name: "limit-range", Severity: SeverityError,
	Doc: "A request or limit is outside what a LimitRange of the same tree admits.",
	Run: func(p *Pass) error {
		p.containers(func(w *manifest.Workload, c *manifest.Container) {
			for _, l := range p.limitRanges(w.Document) {
				for _, item := range l.Items {
					if item.Type == "Container" {
						p.judgeLimitRange(w, c, l, item)
					}
				}
			}
		})
		return nil
	},
}

func (p *Pass) judgeLimitRange(w *manifest.Workload, c *manifest.Container, l *manifest.LimitRange, item manifest.LimitItem) {
	views := p.views(w, c)
	for i, b := range []struct {
		min, max manifest.Amount
		ratio    float64
	}{{item.Min.CPU, item.Max.CPU, item.RatioCPU}, {item.Min.Memory, item.Max.Memory, item.RatioMemory}} {
		v := views[i]
		request, at := v.effective()
		limit, limitAt := v.effectiveLimit()
		f := Finding{Container: c.Name, Field: "requests." + v.name, Reason: fmt.Sprintf("LimitRange %s refuses the pod", l.Name)}
		switch {
		case b.min.Set() && at != nil && request < b.min.Value:
			f.Message = fmt.Sprintf("the %s request %s is below the LimitRange's least, %s", label(v.name), v.format(request), b.min.Node.Text)
		case b.max.Set() && limitAt != nil && limit > b.max.Value:
			f.Field, at = "limits."+v.name, limitAt
			f.Message = fmt.Sprintf("the %s limit %s is above the LimitRange's most, %s", label(v.name), v.format(limit), b.max.Node.Text)
		case b.max.Set() && at != nil && request > b.max.Value:
			f.Message = fmt.Sprintf("the %s request %s is above the LimitRange's most, %s", label(v.name), v.format(request), b.max.Node.Text)
		case b.ratio > 0 && limitAt != nil && request > 0 && float64(limit) > b.ratio*float64(request):
			f.Field, at = "limits."+v.name, limitAt
			f.Message = fmt.Sprintf("the %s limit is %.3g times the request; the LimitRange allows %g", label(v.name), float64(limit)/float64(request), b.ratio)
		default:
			continue
		}
		p.reportAt(w.Document, at, f)
	}
}

var quota = Rule{
	Name: "quota", Severity: SeverityError,
	Doc: "The workloads of a namespace, at the most replicas they may have, ask for more than its ResourceQuota.",
	Run: func(p *Pass) error {
		for _, q := range p.quotas {
			if q.Scoped {
				continue // counts only some pods
			}
			requests, limits, pods := p.asked(p.space(q.Document))
			for _, b := range []struct {
				field  string
				bound  manifest.Amount
				asked  int64
				format func(int64) string
			}{
				{"requests.cpu", q.Requests.CPU, requests.CPU, manifest.FormatCPU},
				{"requests.memory", q.Requests.Memory, requests.Memory, short},
				{"limits.cpu", q.Limits.CPU, limits.CPU, manifest.FormatCPU},
				{"limits.memory", q.Limits.Memory, limits.Memory, short},
			} {
				if !b.bound.Set() || b.asked <= b.bound.Value {
					continue
				}
				p.reportAt(q.Document, b.bound.Node, Finding{
					Field: b.field, Measure: float64(b.asked) / float64(b.bound.Value),
					Message: fmt.Sprintf("the workloads ask for %s of %s at their most replicas; the quota is %s", b.format(b.asked), b.field, b.bound.Node.Text),
					Reason:  "the pods above the quota are not created, which shows only at the peak",
				})
			}
			if most, ok := q.Pods.Int(); ok && pods > int64(most) {
				p.reportAt(q.Document, q.Pods, Finding{
					Field: "pods", Measure: float64(pods) / float64(max(most, 1)),
					Message: fmt.Sprintf("the workloads have %d pods at their most replicas; the quota is %d", pods, most),
					Reason:  "the pods above the quota are not created, which shows only at the peak",
				})
			}
		}
		return nil
	},
}

// asked sums what a namespace's scaled workloads ask for at their most
// replicas. DaemonSets and jobs are left out: how many of their pods there
// are, the manifests do not say.
func (p *Pass) asked(in space) (requests, limits analyzer.Amounts, pods int64) {
	for _, w := range p.workloads {
		if p.space(w.Document) != in || !isScaled(w) {
			continue
		}
		_, high := p.replicaRange(w)
		pods += int64(high)
		requests = requests.Plus(w.Amounts().Times(int64(high)))
		var one analyzer.Amounts
		for _, c := range w.Containers {
			if c.Type != analyzer.TypeInit {
				one = one.Plus(c.Limits.Amounts())
			}
		}
		limits = limits.Plus(one.Times(int64(high)))
	}
	return requests, limits, pods
}
