package build

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/ledger"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func (b *builder) summary(r *document.Report) document.Summary {
	s := document.Summary{
		MonthlyCost: b.known(b.cents.bill), MonthlySavings: b.known(b.saved),
		IdleMonthly: b.known(b.cents.idle), OverheadMonthly: b.known(b.cents.overhead),
		Waterfall: []document.Step{},
	}
	if b.cents.unattributed != 0 {
		s.UnattributedMonthly = b.known(b.cents.unattributed)
	}
	if b.whole.Total != b.whole.Nodes {
		s.MonthlyBill = &b.whole
	}
	s.PriceGaps = b.priceGaps()
	if b.priced {
		s.PriceBasis, s.MonthlyWithCommitments = b.basis(), b.withCommitments()
		s.Waterfall = b.waterfall()
		if b.steps.Plan != nil {
			s.MonthlySavings = b.known(b.cents.bill - s.Waterfall[len(s.Waterfall)-1].MonthlyAfter)
		}
		if b.quiet() {
			s.QuietHour, s.MonthlySavings = true, nil
		}
	}
	var room, byRightsize document.Resources
	for i := range b.workloads {
		all, sized := b.addWorkload(&s, &b.workloads[i])
		room, byRightsize = room.Plus(all, 1), byRightsize.Plus(sized, 1)
	}
	freed := b.savedBy[advice.LeverRightsize] + b.savedBy[advice.LeverHorizontal]
	s.FreedRoom = document.FreedRoom{Resources: room, Monthly: b.known(freed)}
	s.Rightsize = document.FreedRoom{Resources: byRightsize, Monthly: b.known(b.savedBy[advice.LeverRightsize])}
	for _, w := range r.Workloads {
		for i := range w.Containers {
			addContainer(&s.Containers, &w.Containers[i])
		}
	}
	return s
}

// quiet says that what the plan saves is not known, for want of the window's bill.
func (b *builder) quiet() bool { return b.priced && b.steps.Plan != nil && b.steps.Plan.Quiet }

// waterfall rounds the steps of the ledger: each begins where the one before
// ended, to the cent.
func (b *builder) waterfall() []document.Step {
	out := []document.Step{}
	left := b.cents.bill
	if b.quiet() {
		left = b.planCost
	}
	for _, s := range b.steps.Steps {
		step := document.Step{Lever: string(s.Lever), MonthlyBefore: left, FreedRoom: document.Cents(s.Freed)}
		if s.Lever != advice.LeverNodes {
			left -= document.Cents(s.Saved)
		}
		if s.Lever == advice.LeverNodes && !b.quiet() {
			left = b.planCost - document.Cents(b.steps.ByPod)
		}
		step.MonthlyAfter = left
		if s.Held != nil {
			step.WithCommitments = &document.StepMoney{MonthlyBefore: withHeld(step.MonthlyBefore, &b.steps.Held.Today), MonthlyAfter: withHeld(left, s.Held)}
			if len(out) > 0 {
				step.WithCommitments.MonthlyBefore = out[len(out)-1].WithCommitments.MonthlyAfter
			}
		}
		out = append(out, step)
	}
	return out
}

// addWorkload adds the workload's requests, usage and recommended requests. It
// gives what all advice frees of its requests, and what right-sizing alone does.
func (b *builder) addWorkload(s *document.Summary, w *analyzer.WorkloadFacts) (all, sized document.Resources) {
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Type != analyzer.TypeInit {
			pods := w.PodsWith(&c.Container)
			s.Usage.CPU += document.Microcores(c.CPU.Samples.Mean()) * document.CPU(pods)
			s.Usage.Memory += document.Kibibytes(c.Memory.Samples.Mean()) * document.Bytes(pods)
		}
	}
	known := ofKnownRequests(w)
	for _, role := range w.Roles() {
		room := ledger.RoomOf(b.Cluster, w, role)
		s.Requests = s.Requests.Plus(resources(room.Now), room.Pods)
		s.Recommended = s.Recommended.Plus(resources(room.Advised), room.AdvisedPods)
		if known != w {
			room = ledger.RoomOf(b.Cluster, known, role)
		}
		now := document.Resources{}.Plus(resources(room.Now), room.Pods)
		all = all.Plus(now.Minus(document.Resources{}.Plus(resources(room.Advised), room.AdvisedPods)), 1)
		sized = sized.Plus(now.Minus(document.Resources{}.Plus(resources(room.Sized), room.Pods)), 1)
	}
	return all, sized
}

// ofKnownRequests is the workload without the containers whose requests no source told:
// advice on these frees nothing, and adds nothing that is known.
func ofKnownRequests(w *analyzer.WorkloadFacts) *analyzer.WorkloadFacts {
	unknown := func(c analyzer.Container) bool { return c.Unknown }
	if !slices.ContainsFunc(w.Workload.Containers, unknown) {
		return w
	}
	out, workload := *w, *w.Workload
	workload.Containers = slices.DeleteFunc(slices.Clone(workload.Containers), unknown)
	out.Workload = &workload
	return &out
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
