package calibration

import "math"

// Size is what a model makes of one history.
type Size struct {
	// Amount is Base x Margin, or the Hour where the promise holds hours and it is more.
	Amount, Base, Margin float64
	// Rule is what made the base.
	Rule Rule
	// Hour is the mean of the busiest hour of the day, which is hour HourAt.
	Hour   float64
	HourAt int
	Group  int
	// Replay is what the container's own risk rests on.
	Replay Replay
}

// Size gives the size of one container. It is 0 where nothing was seen.
func (m *Model) Size(h History) Size {
	h = h.clean()
	if len(h) == 0 {
		return Size{}
	}
	now := h.current()
	s := Size{Group: groupOf(m.bounds, now.spread())}
	all := make([]Rule, len(m.rungs))
	for i := range m.rungs {
		all[i] = m.rungs[i].rule
	}
	amount, before := 0.0, 0.0
	working := now.working()
	for i, base := range bases(all, now, working, nil) {
		x := &m.rungs[i]
		before, s.Base, s.Rule = amount, base, x.rule
		amount = max(before, base*x.groups[s.Group].Margin*x.prior.youth(now.length()))
	}
	if m.between < 1 {
		amount = before * math.Pow(amount/before, m.between)
	}
	s.Amount, s.Margin = amount, amount/s.Base
	s.HourAt, s.Hour = working.BusiestHour()
	if m.Promise.HoldHours {
		s.Amount = max(s.Amount, s.Hour)
	}
	s.Replay = replayOf(h)
	return s
}

// Risk is what a container risks that is given an amount, the model's or another: what
// its group's replay had at that margin, drawn towards its own. Loss is in the terms of
// the promise, over the share of time above the amount (OverTime alone).
func (m *Model) Risk(h History, s Size, amount float64) (loss, over Estimate) {
	all := m.Risks(h, s, amount)
	return all[0].Loss, all[0].Over
}

// Risk is what is risked with one amount.
type Risk struct{ Loss, Over Estimate }

// Risks are those of several amounts, by one replay.
func (m *Model) Risks(h History, s Size, amounts ...float64) []Risk {
	out := make([]Risk, len(amounts))
	group := &m.rungs[len(m.rungs)-1].groups[s.Group]
	if !group.Risk.Known || s.Base == 0 || s.Replay.Origins == 0 {
		return out // others' weeks tell nothing of one that was not there to be tested
	}
	fitLoss, fitOver := group.curve.at(group.Margin)
	past := origins([]Rule{m.Rule()}, h.clean())
	for i, amount := range amounts {
		at := amount / s.Base
		newLoss, newOver := group.curve.at(at)
		ownLoss, ownOver, weeks := m.own(past, at)
		f := ownWeeks / (ownWeeks + weeks)
		out[i].Loss = group.Risk.scaled(fitLoss, newLoss).mix(f, ownLoss)
		if m.Promise.Measure == OverTime {
			out[i].Over = group.Over.scaled(fitOver, newOver).mix(f, ownOver)
		}
	}
	return out
}

// scaled carries an estimate from where the curve is at from to where it is at to.
func (e Estimate) scaled(from, to float64) Estimate {
	if from <= 0 {
		return e
	}
	f := to / from
	return Estimate{Value: min(e.Value*f, 1), Low: min(e.Low*f, 1), High: min(e.High*f, 1), Known: e.Known}
}

// mix gives the estimate the weight f beside what was seen.
func (e Estimate) mix(f, seen float64) Estimate {
	of := func(v float64) float64 { return min(f*v+(1-f)*seen, 1) }
	return Estimate{Value: of(e.Value), Low: of(e.Low), High: of(e.High), Known: e.Known}
}

// own replays the container alone at a margin: loss and time above a week.
func (m *Model) own(all []origin, at float64) (loss, over, weeks float64) {
	weight := 0.0
	for i := range all {
		o := &all[i]
		share := m.Promise.share(o, o.bases[0]*at)
		loss += o.weight * m.Promise.loss(o, share)
		over += o.weight * share * o.weeks * o.drift
		weeks += o.weight * o.weeks
		weight += o.weight
	}
	if weeks == 0 {
		return 0, 0, 0
	}
	return loss / weeks, over / weeks, weeks / weight
}
