package gate

import (
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/evidence"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// times writes a ratio with three digits, and a large one in full.
func times(ratio float64) string {
	if ratio >= 1000 {
		return strconv.FormatFloat(ratio, 'f', 0, 64)
	}
	return strconv.FormatFloat(ratio, 'g', 3, 64)
}

// The defaults of the policy's evidence section.
const (
	defaultTooBig        = 2.0
	defaultMinMonthly    = 5.0
	defaultMinConfidence = 0.5
)

// sameEnough is the relative difference up to which a request is what the
// evidence recommends: up to it the audit advises no other.
const sameEnough = rightsize.SameEnough

// sizing is one resource of one container next to its evidence.
type sizing struct {
	resourceView
	w        *manifest.Workload
	c        *manifest.Container
	e        *evidence.Container
	request  int64 // as admission completes it
	at       *manifest.Node
	want     int64
	curve    evidence.Curve
	replicas float64
}

// sizings calls f for every resource whose request is written in the tree and
// for which the evidence recommends one.
func (p *Pass) sizings(f func(s *sizing)) {
	least := or(p.policy.Evidence.MinConfidence, defaultMinConfidence)
	p.containers(func(w *manifest.Workload, c *manifest.Container) {
		seen := p.evidence.LookUp(p.ref(w))
		e := seen.Container(c.Name)
		if e == nil || e.Requests == nil || e.Confidence < least {
			return
		}
		for i, v := range p.views(w, c) {
			s := sizing{resourceView: v, w: w, c: c, e: e}
			s.request, s.at = v.effective()
			s.replicas, _ = p.replicas(w)
			withheld := e.WithheldCPU
			s.want, s.curve = e.Requests.CPU, e.CPU
			if i == 1 {
				withheld, s.want, s.curve = e.WithheldMemory, e.Requests.Memory, e.Memory
			}
			if !withheld && s.at != nil && s.want > 0 {
				f(&s)
			}
		}
	})
}

// amounts gives so much of the resource.
func (s *sizing) amounts(v int64) analyzer.Amounts {
	if s.name == "cpu" {
		return analyzer.Amounts{CPU: v}
	}
	return analyzer.Amounts{Memory: v}
}

// worth prices the difference of two requests over the replicas.
func (p *Pass) worth(s *sizing, from, to int64) float64 {
	ref := p.ref(s.w)
	return p.prices.Monthly(ref, s.amounts(from), s.replicas) - p.prices.Monthly(ref, s.amounts(to), s.replicas)
}

func (p *Pass) risks() (cpu, oom float64) {
	return or(p.policy.Evidence.RiskCPU, advice.DefaultRiskCPU), or(p.policy.Evidence.RiskOOM, advice.DefaultRiskOOM)
}

// seen says what usage was.
func (p *Pass) seen(s *sizing) string {
	format := func(v float64) string { return manifest.FormatCPU(int64(math.Ceil(v))) }
	if s.name == "memory" {
		format = func(v float64) string { return short(int64(v)) }
	}
	p95 := s.curve.Max()
	for _, point := range s.curve {
		if point.Share >= 0.95 {
			p95 = point.Value
			break
		}
	}
	return fmt.Sprintf("usage over %.3g days: p95 %s, max %s", p.evidence.Days, format(p95), format(s.curve.Max()))
}

var requestTooBig = Rule{
	Name: "request-too-big", Severity: verdict.SeverityError,
	Doc: "A request is far above the size that the workload's usage supports at the accepted risk.",
	Run: func(p *Pass) error {
		factor := or(p.policy.Evidence.TooBig, defaultTooBig)
		p.sizings(func(s *sizing) {
			if float64(s.request) <= factor*float64(s.want) {
				return
			}
			waste := p.worth(s, s.request, s.want)
			if p.prices.Known() && waste < or(p.policy.Evidence.MinMonthly, defaultMinMonthly) {
				return
			}
			f := verdict.Finding{
				Container: s.c.Name, Field: "requests." + s.name, MonthlyUSD: waste, Measure: float64(s.request) / float64(s.want),
				Message: fmt.Sprintf("the %s request %s is %s times the %s that its usage supports", label(s.name), s.at.Text, times(float64(s.request)/float64(s.want)), s.format(s.want)),
				Reason:  p.seen(s),
			}
			if p.prices.Known() {
				f.Message += fmt.Sprintf(": %s a month too much", usd(waste))
				f.Reason += fmt.Sprintf("; over %s, at the prices of %s", replicas(s.replicas), p.prices.Source)
			}
			p.fix(s, &f)
			p.reportAt(s.w.Document, s.at, f)
		})
		return nil
	},
}

var requestTooSmall = Rule{
	Name: "request-too-small", Severity: verdict.SeverityError,
	Doc: "A request or memory limit is below what the workload's usage needs at the accepted risk.",
	Run: func(p *Pass) error {
		p.sizings(func(s *sizing) {
			if s.name == "cpu" {
				p.judgeSmallCPU(s)
			} else {
				p.judgeSmallMemory(s)
			}
		})
		return nil
	},
}

func (p *Pass) judgeSmallCPU(s *sizing) {
	risk, _ := p.risks()
	above := s.curve.ShareAbove(float64(s.request))
	if float64(s.request) >= (1-sameEnough)*float64(s.want) || above <= risk {
		return
	}
	f := verdict.Finding{
		Container: s.c.Name, Field: "requests.cpu", Measure: above,
		Message: fmt.Sprintf("the CPU request %s is below usage %s of the time; %s is accepted, which takes %s", s.at.Text, percent(above), percent(risk), s.format(s.want)),
		Reason:  p.seen(s) + "; on a full node it is throttled to its request",
	}
	p.fixSmall(s, &f)
}

func (p *Pass) judgeSmallMemory(s *sizing) {
	_, risk := p.risks()
	wantLimit := int64(0)
	if s.e.Limits != nil {
		wantLimit = s.e.Limits.Memory
	}
	limit, limitAt := s.effectiveLimit()
	if limitAt != nil && limit > 0 && float64(limit) < (1-sameEnough)*float64(or(wantLimit, s.want)) {
		odds := s.e.OOMProbability(limit, or(wantLimit, s.want), p.evidence.Days, risk)
		if odds <= risk {
			return
		}
		f := verdict.Finding{
			Container: s.c.Name, Field: "limits.memory", Measure: odds,
			Message: fmt.Sprintf("the memory limit %s is OOM-killed within a week with a probability of %s; %s is accepted, which takes %s",
				limitAt.Text, percent(odds), percent(risk), s.format(or(wantLimit, s.want))),
			Reason: p.seen(s),
		}
		if s.e.OOMKills > 0 {
			f.Reason += fmt.Sprintf("; OOM-killed %d times", s.e.OOMKills)
		}
		p.fix(s, &f)
		f.MonthlyUSD = min(p.worth(s, s.request, s.want), 0)
		f.Reason += p.costOfMending(f.MonthlyUSD)
		p.reportAt(s.w.Document, limitAt, f)
		return
	}
	above := s.curve.ShareAbove(float64(s.request))
	if float64(s.request) >= (1-sameEnough)*float64(s.want) || above == 0 {
		return
	}
	f := verdict.Finding{
		Container: s.c.Name, Field: "requests.memory", Measure: above,
		Message: fmt.Sprintf("the memory request %s is below usage %s of the time; its peaks take %s", s.at.Text, percent(above), s.format(s.want)),
		Reason:  p.seen(s) + "; what is above the request is the first to be evicted when the node runs short",
	}
	p.fixSmall(s, &f)
}

// percent writes a probability or share with two digits; nothing that was
// estimated is certain.
func percent(share float64) string {
	switch {
	case share > 0.99:
		return "over 99 %"
	case share < 0.001:
		return "under 0.1 %"
	}
	return fmt.Sprintf("%.2g %%", 100*share)
}

// fixSmall completes a finding on a request that is to grow.
func (p *Pass) fixSmall(s *sizing, f *verdict.Finding) {
	f.MonthlyUSD = p.worth(s, s.request, s.want)
	f.Reason += p.costOfMending(f.MonthlyUSD)
	p.fix(s, f)
	p.reportAt(s.w.Document, s.at, *f)
}

// fix puts the edits into a finding. There are none under an autoscaler whose
// target is a share of the request: the two must move together.
func (p *Pass) fix(s *sizing, f *verdict.Finding) {
	for _, a := range p.autoscalersOf(s.w) {
		for _, m := range a.Metrics {
			if ofResource(m) && m.Name == s.name && m.TargetType == "Utilization" && (m.Container == "" || m.Container == s.c.Name) {
				f.Reason += fmt.Sprintf("; %s %s divides by it: change its target with it", a.Kind, a.Name)
				return
			}
		}
	}
	f.Fix = s.fix()
	if len(f.Fix) == 0 && (s.w.Shared || s.at.Shared) {
		f.Reason += "; other places use the same text"
	}
}

// fix sets the request to the recommended one, and the limit with it: memory's
// goes where the evidence has it, CPU's only out of the request's way.
func (s *sizing) fix() []verdict.Edit {
	var out []verdict.Edit
	if s.resourceView.request.Set() {
		out = edit(s.w.Document, s.resourceView.request.Node, s.format(s.want))
	}
	if !s.limit.Set() {
		return out
	}
	to := max(s.limit.Value, s.want)
	if s.name == "memory" && s.e.Limits != nil && s.e.Limits.Memory > 0 {
		to = s.e.Limits.Memory
	}
	if to != s.limit.Value {
		out = append(out, edit(s.w.Document, s.limit.Node, s.format(to))...)
	}
	return out
}

// count writes a mean number of pods: whole from a thousand on, and never as
// a power of ten.
func count(n float64) string {
	if math.Abs(n) >= 1000 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return fmt.Sprintf("%.4g", n)
}

// replicas writes a number of replicas.
func replicas(n float64) string {
	if n == 1 {
		return "1 replica"
	}
	return count(n) + " replicas"
}

func (p *Pass) costOfMending(monthly float64) string {
	if !p.prices.Known() || monthly >= 0 {
		return ""
	}
	return fmt.Sprintf("; mending it costs %s a month", usd(-monthly))
}

var hpaShift = Rule{
	Name: "hpa-shift", Severity: verdict.SeverityWarning,
	Doc: "A changed request moves the point at which an autoscaler adds pods.",
	Run: func(p *Pass) error {
		for _, a := range p.autoscalers {
			w := p.workloadOf(a.Target, a.Document)
			if w == nil || p.evidence == nil {
				continue
			}
			seen := p.evidence.LookUp(p.ref(w))
			for _, m := range a.Metrics {
				if seen != nil && ofResource(m) && m.TargetType == "Utilization" && m.Target > 0 {
					p.judgeShift(a, w, m, seen)
				}
			}
		}
		return nil
	},
}

// judgeShift compares the usage a pod at which pods are added, as it was seen
// and as it would be. What the evidence itself advises moves it on purpose.
func (p *Pass) judgeShift(a *manifest.Autoscaler, w *manifest.Workload, m manifest.Metric, seen *evidence.Workload) {
	was, now, at, advised := p.counts(w, m, seen)
	target := seen.TargetOf(m.Name, m.Target)
	if was == 0 || now == 0 || at == nil || target == 0 || advised && seen.Advises(m.Name, m.Target) {
		return
	}
	format := manifest.FormatCPU
	if m.Name == "memory" {
		format = short
	}
	before, after := float64(was)*float64(target)/100, float64(now)*float64(m.Target)/100
	if math.Abs(after-before) <= sameEnough*before {
		return
	}
	p.reportAt(w.Document, at, verdict.Finding{
		Field: "spec.metrics." + m.Name, Measure: math.Abs(math.Log(after / before)),
		Message: fmt.Sprintf("the new %s request moves the point at which %s %s adds pods from %s to %s a pod", label(m.Name), a.Kind, a.Name, format(int64(before)), format(int64(after))),
		Reason:  fmt.Sprintf("at the same load it runs about %.2g times as many pods; a target of %d %% keeps the point", before/after, target*was/now),
	})
}

// counts adds up the requests that a metric divides by, as they were seen and
// as they are written; at is one that changed. advised says that all of them
// are what the evidence advises.
func (p *Pass) counts(w *manifest.Workload, m manifest.Metric, seen *evidence.Workload) (was, now int64, at *manifest.Node, advised bool) {
	advised = true
	for _, c := range counted(w, m) {
		e := seen.Container(c.Name)
		if e == nil {
			continue
		}
		is, n := p.viewOf(w, c, m).effective()
		before := amountFor(&e.Current, m.Name)
		if is != before && n != nil {
			at = n
		}
		if want, ok := seen.AdvisedRequest(c.Name, m.Name); ok && math.Abs(float64(is-want)) > sameEnough*float64(is) {
			advised = false
		}
		was, now = was+before, now+is
	}
	return was, now, at, advised
}
