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

func (p *Pass) judgeLimitRange(w *manifest.Workload, c *manifest.Container, l *manifest.LimitRange, item manifest.LimitItem) {
	views := p.views(w, c)
	for i, b := range []struct {
		min, max manifest.Amount
		ratio    float64
	}{{item.Min.CPU, item.Max.CPU, item.RatioCPU}, {item.Min.Memory, item.Max.Memory, item.RatioMemory}} {
		v := views[i]
		request, at := v.effective()
		limit, limitAt := v.effectiveLimit()
		f := verdict.Finding{Container: c.Name, Field: "requests." + v.name, Reason: fmt.Sprintf("LimitRange %s refuses the pod", l.Name)}
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
			f.Message = fmt.Sprintf("the %s limit is %s times the request; the LimitRange allows %g", label(v.name), times(float64(limit)/float64(request)), b.ratio)
		case b.ratio > 0 && limitAt == nil && limit == 0:
			f.Field, at = "limits."+v.name, c.Node
			f.Message = fmt.Sprintf("there is no %s limit, and the LimitRange allows at most %g times the request", label(v.name), b.ratio)
		default:
			continue
		}
		p.reportAt(w.Document, at, f)
	}
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
			request, limit := p.amounts(w), p.limitsOf(w)
			for _, b := range []struct {
				name           string
				min, max       manifest.Amount
				request, limit int64
				ratio          float64
				format         func(int64) string
			}{
				{"cpu", item.Min.CPU, item.Max.CPU, request.CPU, limit.CPU, item.RatioCPU, manifest.FormatCPU},
				{"memory", item.Min.Memory, item.Max.Memory, request.Memory, limit.Memory, item.RatioMemory, short},
			} {
				f := verdict.Finding{Field: "pod." + b.name, Reason: fmt.Sprintf("LimitRange %s refuses the pod", l.Name)}
				switch {
				case b.max.Set() && b.limit == 0:
					f.Message = fmt.Sprintf("the pod has no %s limit, and the LimitRange allows at most %s a pod", label(b.name), b.max.Node.Text)
				case b.max.Set() && max(b.request, b.limit) > b.max.Value:
					f.Message = fmt.Sprintf("the pod's %s comes to %s; the LimitRange allows at most %s a pod", label(b.name), b.format(max(b.request, b.limit)), b.max.Node.Text)
				case b.min.Set() && b.request < b.min.Value:
					f.Message = fmt.Sprintf("the pod's %s request comes to %s; the LimitRange wants at least %s a pod", label(b.name), b.format(b.request), b.min.Node.Text)
				case b.ratio > 0 && b.limit == 0:
					f.Message = fmt.Sprintf("the pod has no %s limit, and the LimitRange allows at most %g times the request", label(b.name), b.ratio)
				case b.ratio > 0 && b.request > 0 && float64(b.limit) > b.ratio*float64(b.request):
					f.Message = fmt.Sprintf("the pod's %s limits come to %s times its requests; the LimitRange allows %g", label(b.name), times(float64(b.limit)/float64(b.request)), b.ratio)
				default:
					continue
				}
				p.reportAt(w.Document, largest(w), f)
			}
		}
	}
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

var quota = Rule{
	Name: "quota", Severity: verdict.SeverityError,
	Doc: "The workloads of a namespace, at the most replicas they may have, request more than its ResourceQuota, or lack what it counts.",
	Run: func(p *Pass) error {
		for _, q := range p.quotas {
			if q.Scoped {
				continue // counts only some pods
			}
			p.judgeCounted(q)
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
				p.reportAt(q.Document, b.bound.Node, verdict.Finding{
					Field: b.field, Measure: float64(b.asked) / float64(b.bound.Value),
					Message: fmt.Sprintf("the workloads request %s of %s at their most replicas; the quota is %s", b.format(b.asked), b.field, b.bound.Node.Text),
					Reason:  "the pods above the quota are not created, which shows only at the peak",
				})
			}
			if most, ok := q.Pods.Int(); ok && pods > int64(most) {
				p.reportAt(q.Document, q.Pods, verdict.Finding{
					Field: "pods", Measure: float64(pods) / float64(max(most, 1)),
					Message: fmt.Sprintf("the workloads have %d pods at their most replicas; the quota is %d", pods, most),
					Reason:  "the pods above the quota are not created, which shows only at the peak",
				})
			}
		}
		return nil
	},
}

// judgeCounted reports containers that lack what a quota counts: the API server
// refuses their pods.
func (p *Pass) judgeCounted(q *manifest.Quota) {
	for _, w := range p.workloads {
		if p.space(w.Document) != p.space(q.Document) || w.Kind == "PodTemplate" {
			continue
		}
		for i := range w.Containers {
			c := &w.Containers[i]
			views := p.views(w, c)
			for j, of := range [2][2]manifest.Amount{{q.Requests.CPU, q.Limits.CPU}, {q.Requests.Memory, q.Limits.Memory}} {
				v := views[j]
				request, _ := v.effective()
				limit, _ := v.effectiveLimit()
				whole := c.Partial || v.podRequest.Written() || v.podLimit.Written() || unclear(v.request) || unclear(v.limit)
				field := ""
				switch {
				case whole:
				case of[0].Set() && request == 0:
					field = "requests." + v.name
				case of[1].Set() && limit == 0:
					field = "limits." + v.name
				}
				if field == "" {
					continue
				}
				p.report(w.Document, resourcePlace(c), verdict.Finding{
					Container: c.Name, Field: "quota." + field,
					Message: fmt.Sprintf("container %s has no %s, which ResourceQuota %s counts", c.Name, field, q.Name),
					Reason:  "the API server refuses the pod until it is set",
				})
			}
		}
	}
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
		requests = requests.Plus(p.amounts(w).Times(int64(high)))
		limits = limits.Plus(p.limitsOf(w).Times(int64(high)))
	}
	return requests, limits, pods
}
