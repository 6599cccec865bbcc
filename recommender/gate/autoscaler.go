package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

var replicasUnderHPA = Rule{
	Name: "replicas-under-hpa", Severity: verdict.SeverityError,
	Doc: "A manifest sets spec.replicas although an autoscaler sets them: every apply throws the scale back.",
	Run: func(p *Pass) error {
		for _, w := range p.workloads {
			scalers := p.autoscalersOf(w)
			if w.Replicas == nil || len(scalers) == 0 || !isScaled(w) {
				continue
			}
			p.reportAt(w.Document, w.Replicas, verdict.Finding{
				Field:   "spec.replicas",
				Message: fmt.Sprintf("spec.replicas is set to %s, but %s %s scales the workload", w.Replicas.Text, scalers[0].Kind, scalers[0].Name),
				Reason:  "every apply sets the replicas back until the autoscaler notices; leave the field out",
			})
		}
		return nil
	},
}

// ofResource reports whether a metric is usage of CPU or memory.
func ofResource(m manifest.Metric) bool { return check.IsResource(m.Type, m.Name) }

// judged is a metric as both manifests and objects are judged.
func judged(m manifest.Metric) check.Metric {
	return check.Metric{Resource: m.Name, Container: m.Container, Share: m.TargetType == "Utilization", Target: m.Target}
}

// parts are the target's containers as a metric of a resource counts them. What a
// pod has as a whole is of no container.
func (p *Pass) parts(w *manifest.Workload, m manifest.Metric, vpa *manifest.VPA) (out []check.Part) {
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Type == analyzer.TypeInit {
			continue
		}
		v := p.viewOf(w, c, m)
		part := check.Part{Name: c.Name}
		part.Request, _ = v.effective()
		part.Limit, _ = v.effectiveLimit()
		part.Unclear = c.Partial || v.podRequest.Written() || v.podLimit.Written() || unclear(v.request) || unclear(v.limit)
		part.BySet = vpa != nil && vpa.Controls(c.Name, m.Name)
		out = append(out, part)
	}
	return out
}

var hpaNoRequest = Rule{
	Name: check.NoRequest.Code, Severity: verdict.Severity(check.NoRequest.Severity),
	Doc: "An autoscaler divides by a request that a container of its target does not have.",
	Run: func(p *Pass) error {
		p.metrics(func(a *manifest.Autoscaler, w *manifest.Workload, m manifest.Metric) {
			if names := p.withoutRequest(w, m); len(names) > 0 {
				p.reportAt(a.Document, m.Node, verdict.Finding{
					Field:   m.Name,
					Message: fmt.Sprintf("the target is a share of the %s request, which container %s of %s %s does not have", label(m.Name), strings.Join(names, ", "), w.Kind, w.Name),
					Reason:  "the autoscaler cannot compute the metric and does not scale at all",
				})
			}
		})
		return nil
	},
}

// metrics calls f for every metric of an autoscaler whose workload the tree
// has.
func (p *Pass) metrics(f func(a *manifest.Autoscaler, w *manifest.Workload, m manifest.Metric)) {
	for _, a := range p.autoscalers {
		w := p.workloadOf(a.Target, a.Document)
		if w == nil {
			continue
		}
		for _, m := range a.Metrics {
			f(a, w, m)
		}
	}
}

// counted lists the containers whose usage a metric adds up.
func counted(w *manifest.Workload, m manifest.Metric) []*manifest.Container {
	var out []*manifest.Container
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Type != analyzer.TypeInit && (m.Container == "" || m.Container == c.Name) {
			out = append(out, c)
		}
	}
	return out
}

// viewOf looks at the resource of a container that a metric is of.
func (p *Pass) viewOf(w *manifest.Workload, c *manifest.Container, m manifest.Metric) resourceView {
	if m.Name == "memory" {
		return p.views(w, c)[1]
	}
	return p.views(w, c)[0]
}

func (p *Pass) withoutRequest(w *manifest.Workload, m manifest.Metric) []string {
	if !ofResource(m) {
		return nil
	}
	return judged(m).WithoutRequest(p.parts(w, m, nil))
}

var hpaTarget = Rule{
	Name: "hpa-target", Severity: verdict.SeverityWarning,
	Doc: "An autoscaler's utilization target leaves too much idle, or no room to react.",
	Run: func(p *Pass) error {
		for _, a := range p.autoscalers {
			for _, m := range a.Metrics {
				if ofResource(m) && m.TargetType == "Utilization" && m.Target > 0 {
					p.judgeTarget(a, m)
				}
			}
		}
		return nil
	},
}

func (p *Pass) judgeTarget(a *manifest.Autoscaler, m manifest.Metric) {
	w := p.workloadOf(a.Target, a.Document)
	low, high, slow := or(p.policy.Autoscaling.TargetMin, check.LeastTarget), or(p.policy.Autoscaling.TargetMax, check.MostTarget), false
	if prompt := p.promptTarget(a, w, m); p.policy.Autoscaling.TargetMax == 0 && prompt > 0 && prompt < high {
		low, high, slow = min(low, prompt), prompt, true
	}
	if m.Target >= low && m.Target <= high {
		return
	}
	if w != nil && p.evidence.LookUp(p.ref(w)).Advises(m.Name, m.Target) {
		return // a replay of the workload's own load found it
	}
	f := verdict.Finding{Field: m.Name, Message: fmt.Sprintf("the %s target of %d %% is outside %d to %d %%", label(m.Name), m.Target, low, max(low, high))}
	switch {
	case m.Target < low:
		f.Reason, f.Measure = "pods idle most of the time", float64(low-m.Target)
	case slow:
		f.Reason = fmt.Sprintf("by the cores of a pod, queueing makes the mean response more than %g times the service time before pods are added", p.evidence.LookUp(p.ref(w)).Slowdown())
		f.Measure = float64(m.Target - high)
	default:
		f.Reason, f.Measure = "load that grows faster than pods start finds no room left", float64(m.Target-high)
	}
	p.reportAt(a.Document, m.Node, f)
}

// promptTarget gives the largest CPU target, in percent, at which pods are added
// before queueing makes responses slow, as the audit advises it; 0 where the
// pods' cores are not known. Cores are the limits, else the requests. What the
// evidence knows of how load and requests vary counts.
func (p *Pass) promptTarget(a *manifest.Autoscaler, w *manifest.Workload, m manifest.Metric) int64 {
	if w == nil || m.Name != "cpu" || m.Node == a.TargetNode { // a target that nobody wrote is the API server's own
		return 0
	}
	var request, limit int64
	open := false
	for _, c := range counted(w, m) {
		v := p.viewOf(w, c, m)
		r, _ := v.effective()
		l, _ := v.effectiveLimit()
		request, limit, open = request+r, limit+l, open || l == 0
	}
	if request == 0 {
		return 0
	}
	cores := limit
	if open {
		cores = request
	}
	seen := p.evidence.LookUp(p.ref(w))
	if seen.Slowdown() <= 1 {
		return 0
	}
	prompt := replay.Prompt(cores, request, seen.Slowdown(), seen.Variability())
	return int64(100 * float64(prompt) / float64(request) / (1 + toleranceOf(a)))
}

// defaultTolerance is the share by which usage must be above the target before
// pods are added.
const defaultTolerance = 0.1

// toleranceOf gives that of an autoscaler.
func toleranceOf(a *manifest.Autoscaler) float64 {
	if v, err := manifest.ParseCPU(a.Behavior.At("scaleUp", "tolerance").String()); err == nil {
		return float64(v) / 1000
	}
	return defaultTolerance
}

var hpaUnreachable = Rule{
	Name: check.Unreachable.Code, Severity: verdict.Severity(check.Unreachable.Severity),
	Doc: "An autoscaler's target lies above what the pods' limits let them use, so that it never scales up.",
	Run: func(p *Pass) error {
		p.metrics(p.judgeReach)
		return nil
	},
}

// judgeReach compares the usage at which pods are added, the target and the
// tolerance of a tenth above it, with the most that the limits allow.
func (p *Pass) judgeReach(a *manifest.Autoscaler, w *manifest.Workload, m manifest.Metric) {
	if !ofResource(m) {
		return
	}
	r, yes := judged(m).Unreachable(p.parts(w, m, nil), toleranceOf(a))
	if !yes {
		return
	}
	format := manifest.FormatCPU
	if m.Name == "memory" {
		format = short
	}
	p.reportAt(a.Document, m.Node, verdict.Finding{
		Field: m.Name, Measure: float64(r.Needed) / float64(r.Limit),
		Message: fmt.Sprintf("pods are added above %s of %s a pod, but the limits allow only %s", format(r.Needed), label(m.Name), format(r.Limit)),
		Reason:  "a pod is throttled or killed before the autoscaler sees the load; lower the target or raise the limit",
	})
}

var hpaRange = Rule{
	Name: check.Range.Code, Severity: verdict.Severity(check.Range.Severity),
	Doc: "An autoscaler's least and most replicas are the same, which leaves it nothing to do.",
	Run: func(p *Pass) error {
		for _, a := range p.autoscalers {
			if k, ok := check.Replicas(a.Min, a.Max); a.MaxNode != nil && ok && k == check.Range {
				p.reportAt(a.Document, a.MaxNode, verdict.Finding{Field: "replicas", Message: fmt.Sprintf("least and most replicas are both %d", a.Max), Reason: "the autoscaler has nothing to do; leave it out or widen the range"})
			}
		}
		return nil
	},
}

var hpaInvalid = Rule{
	Name: check.Invalid.Code, Severity: verdict.Severity(check.Invalid.Severity),
	Doc: "An autoscaler's replicas or target are such that the API server refuses it.",
	Run: func(p *Pass) error {
		for _, a := range p.autoscalers {
			p.judgeAutoscaler(a)
			for _, s := range a.Slips() {
				p.report(a.Document, s.Position, verdict.Finding{Field: s.Field, Message: s.Message, Reason: refused})
			}
			for _, m := range a.Metrics {
				if m.TargetType == "Utilization" && ofResource(m) && m.Target == 0 {
					p.reportAt(a.Document, m.Node, verdict.Finding{Field: m.Name, Message: fmt.Sprintf("the %s target is 0 %%", label(m.Name)), Reason: refused})
				}
			}
		}
		return nil
	},
}

const refused = "the API server refuses the autoscaler"

func (p *Pass) judgeAutoscaler(a *manifest.Autoscaler) {
	most, least := "maxReplicas", "minReplicas"
	if a.Kind == "ScaledObject" {
		most, least = "maxReplicaCount", "minReplicaCount"
	}
	f, at := verdict.Finding{Field: "spec." + most, Reason: refused}, a.MaxNode
	switch {
	case a.MaxNode.IsNull() && a.Kind == "HorizontalPodAutoscaler":
		f.Message = "maxReplicas is missing"
		p.report(a.Document, a.Root.Key("spec"), f)
		return
	case a.Min < 0:
		f.Field, at = "spec."+least, a.MinNode
		f.Message = fmt.Sprintf("%s is %d, below 0", least, a.Min)
	case !placed(a.MaxNode) && a.MaxNode != nil || !placed(a.MinNode) && a.MinNode != nil:
		return // a placeholder
	case a.Max < 1:
		f.Message = fmt.Sprintf("%s is %d, below 1", most, a.Max)
	case a.Min > a.Max:
		f.Message = fmt.Sprintf("%s %d is above %s %d", least, a.Min, most, a.Max)
	default:
		return
	}
	if at == nil {
		at = a.MinNode
	}
	p.reportAt(a.Document, at, f)
}

// placed reports whether a count is written as a number.
func placed(n *manifest.Node) bool {
	_, ok := n.Int()
	return ok
}

var hpaContainer = Rule{
	Name: check.NoContainer.Code, Severity: verdict.Severity(check.NoContainer.Severity),
	Doc: "An autoscaler counts a container that its target does not have.",
	Run: func(p *Pass) error {
		p.metrics(func(a *manifest.Autoscaler, w *manifest.Workload, m manifest.Metric) {
			if m.Type != "ContainerResource" || len(counted(w, m)) > 0 {
				return
			}
			p.reportAt(a.Document, m.Node, verdict.Finding{
				Field: m.Name + "." + m.Container, Reason: "the metric never has a value, and the autoscaler does not act on it",
				Message: fmt.Sprintf("%s %s has no container %q", w.Kind, w.Name, m.Container),
			})
		})
		return nil
	},
}

var hpaFromZero = Rule{
	Name: "hpa-from-zero", Severity: verdict.SeverityError,
	Doc: "An autoscaler may go to zero replicas and can never leave it.",
	Run: func(p *Pass) error {
		for _, a := range p.autoscalers {
			if a.Min != 0 { // KEDA's is 0 where none is written
				continue
			}
			f := verdict.Finding{Field: "spec.minReplicas"}
			switch outside := a.Kind == "HorizontalPodAutoscaler" && fromOutside(a); {
			case a.Kind == "ScaledObject" && len(a.Metrics) > 0 && !slices.ContainsFunc(a.Metrics, func(m manifest.Metric) bool { return !ofResource(m) }):
				f.Field = "spec.minReplicaCount"
				f.Message, f.Reason = "minReplicaCount is 0, but all triggers are CPU or memory", "without pods there is no usage that could bring them back; KEDA refuses it: add a trigger of another kind, or a minimum of 1"
			case a.Kind != "HorizontalPodAutoscaler":
				continue
			case !outside:
				f.Message, f.Reason = "minReplicas is 0 without an Object or External metric", "without pods there is no usage that could bring them back; the API server refuses it"
			case percentOnly(a.Behavior):
				f.Message, f.Reason = "minReplicas is 0 and scaleUp has only Percent policies", "a percentage of zero pods is zero: the workload never comes back; add a Pods policy"
			default:
				continue
			}
			p.reportAt(a.Document, a.MinNode, f)
		}
		return nil
	},
}

// fromOutside reports whether a metric has a value while there are no pods.
func fromOutside(a *manifest.Autoscaler) bool {
	return slices.ContainsFunc(a.Metrics, func(m manifest.Metric) bool { return m.Type == "Object" || m.Type == "External" })
}

func percentOnly(behavior *manifest.Node) bool {
	policies := behavior.At("scaleUp", "policies").List()
	for _, policy := range policies {
		if policy.Field("type").String() != "Percent" {
			return false
		}
	}
	return len(policies) > 0
}

var hpaOverlap = Rule{
	Name: check.Overlap.Code, Severity: verdict.Severity(check.Overlap.Severity),
	Doc: "Two autoscalers target the same workload and undo each other's work.",
	Run: func(p *Pass) error {
		for _, a := range p.autoscalers {
			first := p.scalers[p.owner(a.Target, a.Document)][0]
			if first == a || first.Kind == a.Kind && first.Name == a.Name || a.Target.Name == "" {
				continue // alone, or the same object of another overlay
			}
			p.reportAt(a.Document, a.TargetNode, verdict.Finding{
				Field:   "spec.scaleTargetRef",
				Message: fmt.Sprintf("%s %s already scales %s %s", first.Kind, first.Name, a.Target.Kind, a.Target.Name),
				Reason:  "two autoscalers of one workload undo each other's work",
			})
		}
		return nil
	},
}

var hpaVPA = Rule{
	Name: check.AgainstVPA.Code, Severity: verdict.Severity(check.AgainstVPA.Severity),
	Doc: "A VPA sets the request that an autoscaler's target is a share of.",
	Run: func(p *Pass) error {
		for _, v := range p.vpas {
			w := p.workloadOf(v.Target, v.Document)
			if w == nil || !check.VPASets(v.Mode) {
				continue
			}
			for _, a := range p.autoscalersOf(w) {
				for _, m := range a.Metrics {
					if !ofResource(m) || !judged(m).AgainstVPA(p.parts(w, m, v)) {
						continue
					}
					p.reportAt(v.Document, v.Root.At("spec", "targetRef"), verdict.Finding{
						Field:   m.Name,
						Message: fmt.Sprintf("the VPA sets the %s request that %s %s divides by", label(m.Name), a.Kind, a.Name),
						Reason:  "each answers to the other's change and neither comes to rest; take the resource from one of them (controlledResources), or give the autoscaler an AverageValue",
					})
				}
			}
		}
		return nil
	},
}
