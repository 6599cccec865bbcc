package gate

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

var quota = Rule{
	Name: "quota", Severity: verdict.SeverityError,
	Doc: "The workloads of a namespace, at the most replicas they may have, request more than its ResourceQuota, or lack what it counts.",
	Run: func(p *Pass) error {
		if len(p.quotas) == 0 {
			return nil
		}
		under := p.under()
		for _, q := range p.quotas {
			if q.Scoped {
				continue // counts only some pods
			}
			in := under[p.space(q.Document)]
			p.judgeCounted(q, in)
			requests, limits, pods := p.asked(in)
			for _, b := range []struct {
				field  string
				bound  manifest.Amount
				asked  int64
				format func(int64) string
			}{
				{"requests.cpu", q.Requests.CPU, requests.CPU, cores},
				{"requests.memory", q.Requests.Memory, requests.Memory, short},
				{"limits.cpu", q.Limits.CPU, limits.CPU, cores},
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

// under lists the workloads that a quota of each space counts.
func (p *Pass) under() map[space][]*manifest.Workload {
	out := map[space][]*manifest.Workload{}
	for _, q := range p.quotas {
		out[p.space(q.Document)] = nil
	}
	for _, w := range p.workloads {
		for _, in := range p.spaces(w.Document) {
			if list, ok := out[in]; ok {
				out[in] = append(list, w)
			}
		}
	}
	return out
}

// judgeCounted reports containers that lack what a quota counts: the API server
// refuses their pods.
func (p *Pass) judgeCounted(q *manifest.Quota, in []*manifest.Workload) {
	for _, w := range in {
		if w.Kind == "PodTemplate" {
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
func (p *Pass) asked(in []*manifest.Workload) (requests, limits analyzer.Amounts, pods int64) {
	for _, w := range in {
		if !isScaled(w) {
			continue
		}
		_, high := p.replicaRange(w)
		pods += int64(high)
		requests = requests.Plus(p.amounts(w).Times(int64(high)))
		limits = limits.Plus(p.limitsOf(w).Times(int64(high)))
	}
	return requests, limits, pods
}
