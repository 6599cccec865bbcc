package gate

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// resourceView is one resource of a container, for rules that treat CPU and
// memory alike.
type resourceView struct {
	name           string // cpu, memory
	request, limit manifest.Amount
	// podRequest and podLimit are the pod-level ones.
	podRequest, podLimit manifest.Amount
	// defaultRequest and defaultLimit are what a LimitRange fills in.
	defaultRequest, defaultLimit int64
	format                       func(int64) string
}

// views gives the two resources of a container.
func (p *Pass) views(w *manifest.Workload, c *manifest.Container) [2]resourceView {
	requests, limits := p.limitDefaults(w)
	return [2]resourceView{
		{"cpu", c.Requests.CPU, c.Limits.CPU, w.Requests.CPU, w.Limits.CPU, requests.CPU, limits.CPU, cores},
		{"memory", c.Requests.Memory, c.Limits.Memory, w.Requests.Memory, w.Limits.Memory, requests.Memory, limits.Memory, bytesOf},
	}
}

// label names a resource in a sentence.
func label(resource string) string {
	if resource == "cpu" {
		return "CPU"
	}
	return resource
}

// effective gives the request as admission completes it, and where it is
// written; the node is nil where a LimitRange or nothing gives it.
func (v resourceView) effective() (int64, *manifest.Node) {
	switch {
	case v.request.Set():
		return v.request.Value, v.request.Node
	case v.limit.Set():
		return v.limit.Value, v.limit.Node
	}
	return v.defaultRequest, nil
}

// effectiveLimit gives the limit with a LimitRange's default.
func (v resourceView) effectiveLimit() (int64, *manifest.Node) {
	if v.limit.Set() {
		return v.limit.Value, v.limit.Node
	}
	return v.defaultLimit, nil
}

// resourcePlace is where a missing request or limit would be written.
func resourcePlace(c *manifest.Container) manifest.Position {
	if c.Node.Field("resources") != nil {
		return c.Node.Key("resources")
	}
	return c.Node.Key("name")
}

var requestMissing = Rule{
	Name: "request-missing", Severity: verdict.SeverityError,
	Doc: "A container has no CPU or no memory request, and neither its limit nor a LimitRange fills the request in.",
	Run: func(p *Pass) error {
		p.containers(func(w *manifest.Workload, c *manifest.Container) {
			for _, v := range p.views(w, c) {
				value, _ := v.effective()
				if value > 0 || c.Partial || v.podRequest.Written() || v.podLimit.Written() || unclear(v.request) || unclear(v.limit) {
					continue
				}
				reason := "the scheduler reserves nothing for it, so that it competes for what others left"
				if rec := p.recommended(w, c); rec != nil {
					reason += "; its usage supports " + v.format(amountFor(rec, v.name))
				}
				p.report(w.Document, resourcePlace(c), verdict.Finding{
					Container: c.Name, Field: "requests." + v.name,
					Message: fmt.Sprintf("container %s has no %s request", c.Name, label(v.name)), Reason: reason,
				})
			}
		})
		return nil
	},
}

// unclear reports whether something stands there that is no quantity now.
func unclear(a manifest.Amount) bool { return a.Written() && !a.Set() }

// recommended gives the recommended requests, or nil.
func (p *Pass) recommended(w *manifest.Workload, c *manifest.Container) *analyzer.Amounts {
	if e := p.evidence.LookUp(p.ref(w)).Container(c.Name); e != nil {
		return e.Requests
	}
	return nil
}

func amountFor(a *analyzer.Amounts, resource string) int64 {
	if resource == "cpu" {
		return a.CPU
	}
	return a.Memory
}

var limitMissing = Rule{
	Name: "limit-missing", Severity: verdict.SeverityWarning,
	Doc: "A container has no memory limit, so that a leak takes its neighbors down with it.",
	Run: func(p *Pass) error {
		p.containers(func(w *manifest.Workload, c *manifest.Container) {
			v := p.views(w, c)[1]
			if limit, _ := v.effectiveLimit(); limit > 0 || c.Partial || v.podLimit.Written() || unclear(v.limit) {
				return
			}
			p.report(w.Document, resourcePlace(c), verdict.Finding{
				Container: c.Name, Field: "limits.memory", Message: fmt.Sprintf("container %s has no memory limit", c.Name),
				Reason: "memory is not given back under pressure: without a limit the kernel picks a victim on the whole node",
			})
		})
		return nil
	},
}

var limitRatio = Rule{
	Name: "limit-ratio", Severity: verdict.SeverityWarning,
	Doc: "A limit is more times its request than the policy's ratios allow.",
	Run: func(p *Pass) error {
		bounds := [2]float64{p.policy.Ratios.CPU.Max, p.policy.Ratios.Memory.Max}
		p.containers(func(w *manifest.Workload, c *manifest.Container) {
			for i, v := range p.views(w, c) {
				request, _ := v.effective()
				if bounds[i] == 0 || !v.limit.Set() || request == 0 {
					continue
				}
				ratio := float64(v.limit.Value) / float64(request)
				if ratio <= bounds[i]*(1+1e-9) {
					continue
				}
				p.reportAt(w.Document, v.limit.Node, verdict.Finding{
					Container: c.Name, Field: "limits." + v.name, Measure: ratio,
					Message: fmt.Sprintf("the %s limit %s is %s times the request %s; the policy allows %g", label(v.name), v.limit.Node.Text, times(ratio), v.format(request), bounds[i]),
					Reason:  "what is used above the request was never reserved on the node",
				})
			}
		})
		return nil
	},
}

var qosClass = Rule{
	Name: "qos", Severity: verdict.SeverityError,
	Doc: "A pod's quality-of-service class is below the one that the policy wants.",
	Run: func(p *Pass) error {
		rank := map[string]int{"BestEffort": 0, "Burstable": 1, "Guaranteed": 2}
		for _, w := range p.workloads {
			for _, q := range p.policy.QoS {
				if !q.Fits(w.Document, p.ns(w.Document)) {
					continue
				}
				if got, at := p.qosOf(w); rank[got] < rank[q.Want] {
					p.report(w.Document, at, verdict.Finding{
						Field: "qos", Message: fmt.Sprintf("the pod would be %s; the policy wants %s", got, q.Want),
						Reason: "the class decides who is evicted and killed first when a node runs short",
					})
				}
				break
			}
		}
		return nil
	},
}

// qosOf gives the class that the kubelet will see, and the place that keeps it
// from being Guaranteed. Where the pod as a whole has requests or limits, they
// alone decide.
func (p *Pass) qosOf(w *manifest.Workload) (string, manifest.Position) {
	if w.Requests.Node != nil || w.Limits.Node != nil {
		return podQoS(w), w.Pod.Key("resources")
	}
	guaranteed, any, at := len(w.Containers) > 0, false, w.Root.Key("kind")
	for i := range w.Containers {
		c := &w.Containers[i]
		for _, v := range p.views(w, c) {
			request, _ := v.effective()
			limit, _ := v.effectiveLimit()
			any = any || request > 0 || limit > 0
			if guaranteed && (limit == 0 || request != limit) {
				guaranteed, at = false, resourcePlace(c)
			}
		}
	}
	switch {
	case guaranteed:
		return "Guaranteed", at
	case any:
		return "Burstable", at
	}
	return "BestEffort", at
}

// podQoS gives the class by the pod's own requests and limits.
func podQoS(w *manifest.Workload) string {
	sum, limits := w.Amounts(), w.Limits.Amounts()
	switch {
	case limits.CPU > 0 && limits.Memory > 0 && sum.CPU == limits.CPU && sum.Memory == limits.Memory:
		return "Guaranteed"
	case sum.CPU > 0 || sum.Memory > 0 || limits.CPU > 0 || limits.Memory > 0:
		return "Burstable"
	}
	return "BestEffort"
}
