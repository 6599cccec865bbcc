package rightsize

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// leavePennies leaves those of a workload's containers as they are that together save less than
// the user wants of a change. What is raised, or set, since the container's own past shows that
// today's is too little is advised whatever it saves: it does not make pennies of another container more.
func leavePennies(p *advice.Pass, w *analyzer.WorkloadFacts, all []advice.Advice) {
	saves, needed := 0.0, make([]string, len(all))
	for i := range all {
		if needed[i] = short(&all[i]); needed[i] == "" {
			saves += all[i].MonthlySavings
		}
	}
	if p.Costs == nil {
		return
	}
	bill := p.Costs.MonthlyOf(w.Ref)
	for i := range all {
		if needed[i] != "" && p.Options.Pennies(all[i].MonthlySavings, bill) {
			all[i].ForSafety(needed[i])
		}
	}
	if !p.Options.Pennies(saves, bill) {
		return
	}
	for i := range all {
		if s := advice.As[Sizing](all[i].Detail); s != nil && len(all[i].Changes) > 0 && needed[i] == "" {
			leave(&all[i], s, &w.Containers[i])
		}
	}
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
	r.Title = "what other requests would save is less than asked for (--min-savings), and nothing shows that today's are too little"
}
