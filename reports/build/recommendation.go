package build

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/finding"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// recommendations lists the advice that changes something and the mistakes
// found, dearest first.
func (b *builder) recommendations() []document.Recommendation {
	order := []int{}
	for i, r := range b.recs {
		if len(r.Changes) > 0 || advice.As[finding.Finding](r.Detail) != nil || advice.As[rightsize.Sizing](r.Detail) == nil && b.savings[i] != 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.savings[j], b.savings[i]) })
	out := make([]document.Recommendation, 0, len(order))
	for _, i := range order {
		r := &b.recs[i]
		out = append(out, document.Recommendation{
			Rule: r.Rule, Lever: string(r.Lever), Target: targetOf(r), Container: r.Container, Title: r.Title,
			MonthlySavings: b.worthOf(i), Risk: riskOf(r), Confidence: document.Share(r.Confidence), Changes: changes(r.Changes), Fix: fixOf(r),
		})
	}
	return out
}

func changes(in []advice.Change) []document.Change {
	out := make([]document.Change, 0, len(in))
	for _, c := range in {
		out = append(out, document.Change{Field: c.Field, From: amount(c.Field, c.From), To: amount(c.Field, c.To)})
	}
	return out
}

// amount prints an amount in the unit of its field; nil is not set.
func amount(field string, v int64) *string {
	if v == 0 {
		return nil
	}
	s := fmt.Sprint(v)
	switch {
	case strings.HasSuffix(field, ".cpu"):
		s = document.Milli(v).String()
	case strings.HasSuffix(field, ".memory"):
		s = document.Bytes(v).String()
	}
	return &s
}

func riskWords(s *rightsize.Sizing) string {
	var words []string
	r := rightsize.Risk{}
	if s != nil {
		r = s.Risk
	}
	if p := knownShare(r.OOMProbability); p != nil {
		words = append(words, "OOM kill within a week: "+document.Percent(*p))
	}
	if s := knownShare(r.CPUOverRequest); s != nil {
		words = append(words, "CPU above request: "+document.Percent(*s)+" of the time")
	}
	if len(words) == 0 {
		return "not known"
	}
	return strings.Join(words, "; ")
}

// targetOf names what a recommendation is about.
func targetOf(r *advice.Advice) string {
	if r.Subject != "" {
		return r.Subject
	}
	return r.Workload.String()
}

// riskOf says in words what may go wrong.
func riskOf(r *advice.Advice) string {
	switch {
	case advice.As[nodes.Plan](r.Detail) != nil:
		return planRisk(advice.As[nodes.Plan](r.Detail))
	case advice.As[spot.Readiness](r.Detail) != nil:
		return "a machine is taken back within a month: " + document.Percent(document.Share(advice.As[spot.Readiness](r.Detail).Price.Interrupted))
	case advice.As[purchase.Advice](r.Detail) != nil && len(advice.As[purchase.Advice](r.Detail).Scenarios) > 0:
		worst := slices.MinFunc(advice.As[purchase.Advice](r.Detail).Scenarios, func(a, b purchase.ScenarioOutcome) int { return cmp.Compare(a.Savings, b.Savings) })
		if worst.Savings < 0 {
			return fmt.Sprintf("%s: %s a month dearer than on demand", worst.Name, document.Cents(-worst.Savings))
		}
		return "in no scenario dearer than on demand"
	}
	words := riskWords(advice.As[rightsize.Sizing](r.Detail))
	if i := slices.IndexFunc(r.Warnings, func(w analyzer.Warning) bool { return w.Code == analyzer.WarnNoHistory }); i >= 0 {
		words += "; it " + r.Warnings[i].Message
	}
	return words
}

// markGuess says of a plan without history what it rests on, for those who read the
// document and not a page of it.
func markGuess(r *document.Report) {
	if r.Nodes.Plan == nil || !r.NoHistory() {
		return
	}
	const rests = "; it rests on today's requests alone"
	r.Nodes.Plan.Risk += rests
	for i := range r.Recommendations {
		if x := &r.Recommendations[i]; x.Lever == string(advice.LeverNodes) {
			x.Risk += rests
		}
	}
}
