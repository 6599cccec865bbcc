package rightsize

import (
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// leavePennies leaves those of a workload's containers as they are of which nothing would
// rise, where they together save less than the user wants of a change. What is raised, or
// missing, is advised whatever it saves: it does not make pennies of another container more.
func leavePennies(p *advice.Pass, w *analyzer.WorkloadFacts, all []advice.Advice) {
	saves := 0.0
	for i := range all {
		if !raises(&all[i]) {
			saves += all[i].MonthlySavings
		}
	}
	if p.Costs == nil {
		return
	}
	bill := p.Costs.MonthlyOf(w.Ref)
	for i := range all {
		if raises(&all[i]) && p.Options.Pennies(all[i].MonthlySavings, bill) {
			sayWhy(&all[i])
		}
	}
	if !p.Options.Pennies(saves, bill) {
		return
	}
	for i := range all {
		if s := advice.As[Sizing](all[i].Detail); s != nil && len(all[i].Changes) > 0 && !raises(&all[i]) {
			leave(&all[i], s, &w.Containers[i])
		}
	}
}

// sayWhy names what keeps advice that saves less than the user wants: what rises is less today
// than was promised, or is not set.
func sayWhy(r *advice.Advice) {
	var low, missing []string
	for _, c := range r.Changes {
		switch {
		case c.From == 0 && c.To > 0:
			missing = append(missing, c.Field)
		case c.To > c.From:
			low = append(low, c.Field)
		}
	}
	var why []string
	if len(low) > 0 {
		why = append(why, "less today than what is promised needs: "+strings.Join(low, ", "))
	}
	if len(missing) > 0 {
		why = append(why, "not set: "+strings.Join(missing, ", "))
	}
	r.ForSafety(strings.Join(why, "; "))
}

// raises reports whether advice changes a request or limit to more.
func raises(r *advice.Advice) bool {
	for _, c := range r.Changes {
		if c.To > c.From {
			return true
		}
	}
	return false
}

// leave takes back what would change. What it would have risked goes with it.
func leave(r *advice.Advice, s *Sizing, c *analyzer.ContainerFacts) {
	s.Requests, s.Limits, s.Risk = c.Requests, c.Limits, Risk{}
	r.Changes, r.MonthlySavings = nil, 0
	var kept []advice.Evidence
	for _, e := range r.Evidence {
		if e.Part.Kind != advice.PartRisk {
			kept = append(kept, e)
		}
	}
	r.Evidence, s.Evidence = kept, kept
	r.Title = "what lower requests would save is less than asked for (--min-savings)"
}
