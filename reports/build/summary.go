package build

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (b *builder) summary(r *document.Report) document.Summary {
	s := document.Summary{
		MonthlyCost: b.known(b.ledger.bill), MonthlySavings: b.known(b.saved),
		IdleMonthly: b.known(b.ledger.idle), OverheadMonthly: b.known(b.ledger.overhead),
		Waterfall: []document.Step{},
	}
	if b.ledger.unattributed != 0 {
		s.UnattributedMonthly = b.known(b.ledger.unattributed)
	}
	if b.whole.Total != b.whole.Nodes {
		s.MonthlyBill = &b.whole
	}
	if b.priced {
		s.Waterfall = b.withCommitments(b.waterfall())
		if b.plan != nil {
			s.MonthlySavings = b.known(b.ledger.bill - s.Waterfall[len(s.Waterfall)-1].MonthlyAfter)
		}
	}
	var sized document.Resources
	for i := range b.workloads {
		sized = sized.Plus(b.addWorkload(&s, &b.workloads[i]), 1)
	}
	freed := b.savedBy[advice.LeverRightsize] + b.savedBy[advice.LeverHorizontal]
	s.FreedRoom = document.FreedRoom{Resources: s.Requests.Minus(s.Recommended), Monthly: b.known(freed)}
	s.Rightsize = document.FreedRoom{Resources: s.Requests.Minus(sized), Monthly: b.known(b.savedBy[advice.LeverRightsize])}
	for _, w := range r.Workloads {
		for i := range w.Containers {
			addContainer(&s.Containers, &w.Containers[i])
		}
	}
	return s
}

// waterfall lists what each lever leaves of the bill, in their order.
// Right-sizing is always listed; the others where they reported anything. What
// right-sizing and rescaling free leaves the bill by a plan of the nodes, not
// by itself.
func (b *builder) waterfall() []document.Step {
	var out []document.Step
	left := b.ledger.bill
	for _, lever := range []advice.Lever{
		advice.LeverRightsize, advice.LeverHorizontal, advice.LeverNodes, advice.LeverPurchase,
	} {
		saved, ran := b.savedBy[lever]
		if !ran && lever != advice.LeverRightsize {
			continue
		}
		step := document.Step{Lever: string(lever), MonthlyBefore: left}
		switch lever {
		case advice.LeverRightsize, advice.LeverHorizontal:
			step.FreedRoom, saved = saved, 0
		case advice.LeverNodes:
			if b.plan == nil {
				continue
			}
			saved = left - b.planCost
		case advice.LeverPurchase:
			saved = b.bought(saved)
		}
		left -= saved
		step.MonthlyAfter = left
		out = append(out, step)
	}
	return out
}

// addWorkload adds the workload's requests, usage and recommended requests. It
// gives what right-sizing alone would leave of its requests.
func (b *builder) addWorkload(s *document.Summary, w *analyzer.WorkloadFacts) (sized document.Resources) {
	now := make([]analyzer.Container, len(w.Containers))
	next := make([]analyzer.Container, len(w.Containers))
	replicas := int64(w.Replicas)
	for i := range w.Containers {
		c := &w.Containers[i]
		now[i], next[i] = c.Container, c.Container
		if at, ok := b.sizing[containerKey{w.Ref, c.Name}]; ok {
			if s := advice.As[rightsize.Sizing](b.recs[at].Detail); s != nil {
				next[i].Requests = s.Requests
			}
		}
		if c.Type != analyzer.TypeInit {
			s.Usage.CPU += document.Microcores(c.CPU.Samples.Mean()) * document.CPU(replicas)
			s.Usage.Memory += document.Kibibytes(c.Memory.Samples.Mean()) * document.Bytes(replicas)
		}
	}
	s.Requests = s.Requests.Plus(resources(analyzer.PodRequests(now, analyzer.Amounts{})), replicas)
	sized = sized.Plus(resources(analyzer.PodRequests(next, analyzer.Amounts{})), replicas)
	replicas = b.advised(w.Ref, next, replicas)
	s.Recommended = s.Recommended.Plus(resources(analyzer.PodRequests(next, analyzer.Amounts{})), replicas)
	return sized
}

func addContainer(n *document.Counts, c *document.Container) {
	n.Total++
	switch {
	case c.Recommended == nil:
		n.Withheld++
	case *c.Recommended == c.Current:
		n.Fine++
	default:
		n.Change++
	}
}
