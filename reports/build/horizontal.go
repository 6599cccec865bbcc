package build

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// scaling is what the recommendations say of one workload as a whole, by index.
type scaling struct {
	horizontal, vpa int // -1 without
	findings        []int
}

func (b *builder) indexScaling() {
	b.scaling = map[analyzer.Ref]scaling{}
	for i := range b.recs {
		r := &b.recs[i]
		s, ok := b.scaling[r.Workload]
		if !ok {
			s = scaling{horizontal: -1, vpa: -1}
		}
		switch {
		case advice.As[horizontal.Advice](r.Detail) != nil && s.horizontal < 0:
			s.horizontal = i
		case advice.As[horizontal.VPA](r.Detail) != nil && s.vpa < 0:
			s.vpa = i
		case advice.As[finding.Finding](r.Detail) != nil:
			s.findings = append(s.findings, i)
		default:
			continue
		}
		b.scaling[r.Workload] = s
	}
}

// scale fills in what is advised for the workload as a whole.
func (b *builder) scale(out *document.Workload, ref analyzer.Ref) {
	s, ok := b.scaling[ref]
	if !ok {
		return
	}
	if s.horizontal >= 0 {
		out.Horizontal = b.horizontal(s.horizontal)
	}
	if s.vpa >= 0 {
		out.VPA = b.vpa(&b.recs[s.vpa])
	}
	for _, i := range s.findings {
		r := &b.recs[i]
		found := advice.As[finding.Finding](r.Detail)
		out.Findings = append(out.Findings, document.Finding{Code: found.Kind.Code, Severe: found.Kind.Severity == advice.SeverityError, Message: r.Title, Fix: found.Fix})
	}
}

func (b *builder) horizontal(i int) *document.Horizontal {
	r := &b.recs[i]
	h := &document.Horizontal{
		Current: scalingOf(&advice.As[horizontal.Advice](r.Detail).Current, advice.As[horizontal.Advice](r.Detail).ReplicasNow), Confidence: document.Share(r.Confidence),
		Evidence: evidence(r.Evidence), Warnings: append([]analyzer.Warning{}, r.Warnings...),
	}
	if v := &advice.As[horizontal.Advice](r.Detail).Variable; v.ByCost || v.Source() != "" {
		h.Variability = &document.Variability{Service: v.Service, Load: v.Load, LoadBy: v.Source()}
	}
	if s := advice.As[horizontal.Advice](r.Detail).Slowdown; s != advice.DefaultSlowdown {
		h.Slowdown = s
	}
	for _, w := range r.Withheld {
		h.Withheld = append(h.Withheld, withheld(w))
	}
	h.Warnings = sortedWarnings(h.Warnings)
	for k, t := range advice.As[horizontal.Advice](r.Detail).TradeOff {
		point := document.TradeOff{
			AllowedPercent: document.Decimals(100*t.Slow, 4), UnservedPercent: document.Decimals(100*t.Unserved, 4),
			ReplicaHours: document.Decimals(t.ReplicaHours, 2), MinReplicas: t.Min, Target: t.Target,
		}
		if k > 0 && t.More > 0 {
			point.MonthlyMore = b.known(document.Cents(t.More))
		}
		h.TradeOff = append(h.TradeOff, point)
	}
	if to := advice.As[horizontal.Advice](r.Detail).Recommended; to != nil {
		s := scalingOf(to, advice.As[horizontal.Advice](r.Detail).ReplicasAdvised)
		h.Recommended, h.MonthlySavings = &s, b.worth(r.Workload, b.savings[i])
	}
	return h
}

// evidence leaves out what is no number.
func evidence(in []advice.Evidence) []document.Evidence {
	out := []document.Evidence{}
	for _, e := range in {
		if document.IsFinite(e.Value) {
			out = append(out, evidenceOf(&e))
		}
	}
	for i := range out {
		if p := out[i].Part; p != nil && p.Kind == document.PartBound {
			p.Below, p.Above = letsGo(in, p.Resource)
		}
	}
	return out
}

func evidenceOf(e *advice.Evidence) document.Evidence {
	out := document.Evidence{Name: e.Name, Value: document.Decimals(e.Value, 4), Unit: e.Unit}
	if p := e.Part; p.Kind != "" {
		out.Part = &document.EvidencePart{Kind: string(p.Kind), Resource: p.Resource, Makes: p.Makes, Reason: p.Bound.Reason, NearPercent: p.Bound.Near, Flag: p.Bound.Flag}
	}
	return out
}

func scalingOf(s *horizontal.Scaling, mean float64) document.Scaling {
	out := document.Scaling{
		Kind: string(s.Kind), Name: s.Name, Replicas: s.Replicas, MeanReplicas: document.Decimals(mean, 2), Metrics: s.Metrics, Behavior: s.Behavior,
	}
	if s.Kind != horizontal.ScalingFixed {
		low, high := s.Min, s.Max
		out.MinReplicas, out.MaxReplicas = &low, &high
	}
	for _, c := range s.Schedules {
		out.Schedules = append(out.Schedules, document.Schedule(c))
	}
	for _, t := range s.Triggers {
		out.Triggers = append(out.Triggers, document.RequestTrigger{Counter: t.Counter, Query: t.Query, Threshold: document.Decimals(t.Threshold, 3), ActivationThreshold: document.Decimals(t.Activation, 3)})
	}
	if s.IdleAtZero {
		out.IdleReplicas = new(int32)
	}
	out.PollingInterval, out.CooldownPeriod = int64(s.Polling.Seconds()), int64(s.Cooldown.Seconds())
	for name, cpu := range s.RequestCPU {
		out.Requests = append(out.Requests, document.ContainerRequest{Container: name, CPU: document.Milli(cpu)})
	}
	slices.SortFunc(out.Requests, func(a, b document.ContainerRequest) int {
		if a.Container < b.Container {
			return -1
		}
		return 1
	})
	return out
}
