package gate

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

var limitRange = Rule{
	Name: "limit-range", Severity: verdict.SeverityError,
	Doc: "A request or limit is outside what a LimitRange of the same tree admits.",
	Run: func(p *Pass) error {
		for _, w := range p.workloads {
			p.judgePodRange(w)
		}
		p.containers(func(w *manifest.Workload, c *manifest.Container) {
			if c.Partial {
				return
			}
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

// bound is what a LimitRange admits of one resource.
type bound struct {
	min, max manifest.Amount
	ratio    float64
}

func boundsOf(item manifest.LimitItem) [2]bound {
	return [2]bound{{item.Min.CPU, item.Max.CPU, item.RatioCPU}, {item.Min.Memory, item.Max.Memory, item.RatioMemory}}
}

func (p *Pass) judgeLimitRange(w *manifest.Workload, c *manifest.Container, l *manifest.LimitRange, item manifest.LimitItem) {
	views := p.views(w, c)
	for i, b := range boundsOf(item) {
		f, at := b.refuses(&views[i])
		if f.Message == "" {
			f, at = b.refusesRatio(&views[i], c)
		}
		if f.Message != "" {
			f.Container, f.Reason = c.Name, fmt.Sprintf("LimitRange %s refuses the pod", l.Name)
			p.reportAt(w.Document, at, f)
		}
	}
}

// refuses tells what is below the least or above the most; no message is nothing.
func (b *bound) refuses(v *resourceView) (f verdict.Finding, at *manifest.Node) {
	request, at := v.effective()
	limit, limitAt := v.effectiveLimit()
	f.Field = "requests." + v.name
	switch {
	case b.min.Set() && at != nil && request < b.min.Value:
		f.Message = fmt.Sprintf("the %s request %s is below the LimitRange's least, %s", label(v.name), v.format(request), b.min.Node.Text)
	case b.max.Set() && limitAt != nil && limit > b.max.Value:
		f.Field, at = "limits."+v.name, limitAt
		f.Message = fmt.Sprintf("the %s limit %s is above the LimitRange's most, %s", label(v.name), v.format(limit), b.max.Node.Text)
	case b.max.Set() && at != nil && request > b.max.Value:
		f.Message = fmt.Sprintf("the %s request %s is above the LimitRange's most, %s", label(v.name), v.format(request), b.max.Node.Text)
	}
	return f, at
}

// refusesRatio tells of a limit that is too many times the request, or is none.
func (b *bound) refusesRatio(v *resourceView, c *manifest.Container) (f verdict.Finding, at *manifest.Node) {
	request, _ := v.effective()
	limit, limitAt := v.effectiveLimit()
	f.Field, at = "limits."+v.name, limitAt
	switch {
	case b.ratio <= 0:
	case limitAt != nil && request > 0 && float64(limit) > b.ratio*float64(request):
		f.Message = fmt.Sprintf("the %s limit is %s times the request; the LimitRange allows %g", label(v.name), times(float64(limit)/float64(request)), b.ratio)
	case limitAt == nil && limit == 0:
		at = c.Node
		f.Message = fmt.Sprintf("there is no %s limit, and the LimitRange allows at most %g times the request", label(v.name), b.ratio)
	}
	return f, at
}

// judgePodRange holds a pod as a whole against LimitRanges of type Pod. Where
// they bound what no container sets, the pod is refused too.
func (p *Pass) judgePodRange(w *manifest.Workload) {
	if w.ByShape && len(w.Containers) > 0 && w.Containers[0].Partial || hasOpen(w) {
		return
	}
	for _, l := range p.limitRanges(w.Document) {
		for _, item := range l.Items {
			if item.Type != "Pod" {
				continue
			}
			request, limit, bounds := p.amounts(w), p.limitsOf(w), boundsOf(item)
			for i, of := range []podSum{
				{"cpu", request.CPU, limit.CPU, cores},
				{"memory", request.Memory, limit.Memory, short},
			} {
				if message := bounds[i].refusesPod(&of); message != "" {
					p.reportAt(w.Document, largest(w), verdict.Finding{Field: "pod." + of.name, Message: message, Reason: fmt.Sprintf("LimitRange %s refuses the pod", l.Name)})
				}
			}
		}
	}
}

// podSum is what a pod's containers ask for and may use of one resource.
type podSum struct {
	name           string
	request, limit int64
	format         func(int64) string
}

// refusesPod says why the whole pod is refused; empty where it is not.
func (b *bound) refusesPod(of *podSum) string {
	switch {
	case b.max.Set() && of.limit == 0:
		return fmt.Sprintf("the pod has no %s limit, and the LimitRange allows at most %s a pod", label(of.name), b.max.Node.Text)
	case b.max.Set() && max(of.request, of.limit) > b.max.Value:
		return fmt.Sprintf("the pod's %s comes to %s; the LimitRange allows at most %s a pod", label(of.name), of.format(max(of.request, of.limit)), b.max.Node.Text)
	case b.min.Set() && of.request < b.min.Value:
		return fmt.Sprintf("the pod's %s request comes to %s; the LimitRange wants at least %s a pod", label(of.name), of.format(of.request), b.min.Node.Text)
	case b.ratio > 0 && of.limit == 0:
		return fmt.Sprintf("the pod has no %s limit, and the LimitRange allows at most %g times the request", label(of.name), b.ratio)
	case b.ratio > 0 && of.request > 0 && float64(of.limit) > b.ratio*float64(of.request):
		return fmt.Sprintf("the pod's %s limits come to %s times its requests; the LimitRange allows %g", label(of.name), times(float64(of.limit)/float64(of.request)), b.ratio)
	}
	return ""
}

// hasOpen tells pods whose sums nobody knows: a placeholder stands in them.
func hasOpen(w *manifest.Workload) bool {
	return slices.ContainsFunc(w.Containers, func(c manifest.Container) bool {
		return c.Requests.CPU.Open || c.Requests.Memory.Open || c.Limits.CPU.Open || c.Limits.Memory.Open
	})
}

// limitsOf gives what a pod may use, with the defaults of LimitRanges; 0 where
// a container has no limit.
func (p *Pass) limitsOf(w *manifest.Workload) analyzer.Amounts {
	_, defaults := p.limitDefaults(w)
	var sum analyzer.Amounts
	open := analyzer.Amounts{}
	for i := range w.Containers {
		c := &w.Containers[i]
		l := first(c.Limits.Amounts(), defaults)
		if c.Type == analyzer.TypeInit {
			continue
		}
		if l.CPU == 0 {
			open.CPU = 1
		}
		if l.Memory == 0 {
			open.Memory = 1
		}
		sum = sum.Plus(l)
	}
	if open.CPU > 0 {
		sum.CPU = 0
	}
	if open.Memory > 0 {
		sum.Memory = 0
	}
	return first(w.Limits.Amounts(), sum)
}
