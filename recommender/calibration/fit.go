package calibration

import (
	"math"
	"slices"
)

// Promise is what a size is to keep.
type Promise struct {
	Measure Measure
	// Time is the share of time, in (0, 1), that a container may be above its size. For
	// Peaks it is the probability of passing the size within a week.
	Time float64
	// Containers is the share of containers that may be above their size for more than
	// Time; 0 means that Time is the mean over the fleet.
	Containers float64
	// HoldHours makes the size hold the mean of the busiest hour of the day.
	HoldHours bool
}

// target is the loss a week that the promise allows.
func (p *Promise) target() float64 {
	if p.Containers > 0 {
		return p.Containers
	}
	return p.Time
}

// The weight of what is known before the replay, in container-weeks.
const (
	priorWeeks = 10 // of the prior beside a fleet
	groupWeeks = 20 // of the fleet beside a group
	ownWeeks   = 4  // of the group beside a container, for its stated risk
)

// Model keeps a promise for the containers of a fleet.
type Model struct {
	Promise Promise
	// Weeks is the container-weeks that the replay was tested on, Containers the number
	// of containers that had any.
	Weeks      float64
	Containers int

	bounds [groups - 1]float64
	// rungs are the fits from the loosest promise of the ladder on to this one or, with
	// between, to the next stricter: the size is then so far from the last but one to the
	// last. No rung's size is below the one before, so that less risk is never less size.
	rungs   []fitted
	between float64
}

// fitted is the rule and the margins of one rung.
type fitted struct {
	rule   Rule
	groups [groups]Group
	prior  *priorRule
}

// Rule is the one that the model uses.
func (m *Model) Rule() Rule { return m.rungs[len(m.rungs)-1].rule }

// Groups are the fleet's thirds by spread, steadiest first.
func (m *Model) Groups() [groups]Group { return m.rungs[len(m.rungs)-1].groups }

// Group is the containers of one third of the fleet, by spread.
type Group struct {
	Margin float64
	// Risk is out of sample: on containers that the margin was not found on.
	Risk Estimate
	// Over is the share of time above the size, likewise; for OverTime alone.
	Over  Estimate
	Weeks float64
	curve curve
}

// Estimate is a risk that was measured, with its 90 % interval; Known is false where
// the replay had nothing to measure it on.
type Estimate struct {
	Value, Low, High float64
	Known            bool
}

// Calibrate replays a fleet of one class once and finds the model of each promise. The histories
// may be of any length; those too short for an origin count for nothing.
func Calibrate(class Class, fleet []History, promises ...Promise) []Model {
	cleaned := make([]History, len(fleet))
	for i, h := range fleet {
		cleaned[i] = h.clean()
	}
	bounds := boundsOf(cleaned)
	out := make([]Model, len(promises))
	for _, m := range []Measure{OverTime, Peaks} {
		var mine []int
		for i := range promises {
			if promises[i].Measure == m {
				mine = append(mine, i)
			}
		}
		if len(mine) > 0 {
			calibrate(class, m, cleaned, bounds, promises, mine, out)
		}
	}
	return out
}

// ladder is the shares of time at which fits are made, loosest first; for Peaks the one
// rule needs none.
var ladder = []float64{0.20, 0.10, 0.05, 0.02, 0.01}

// rungs lists the promises to fit for p, loosest first, and how far p is from the last
// but one to the last (1: at the last).
func (p Promise) rungs() (all []Promise, between float64) {
	if p.Measure == Peaks {
		return []Promise{p}, 1
	}
	want := min(p.Time, ladder[0])
	for i, t := range ladder {
		q := p
		q.Time = t
		switch {
		case t > want && i+1 < len(ladder):
			all = append(all, q)
		case t > want: // below the ladder
			q.Time = want
			return append(all, q), 1
		case t == want:
			return append(all, q), 1
		default:
			loose := ladder[i-1]
			return append(all, q), math.Log(loose/want) / math.Log(loose/t)
		}
	}
	return all, 1
}

// reference is the promise under which a rung's rule is chosen: with the same rule for
// all shares of containers, fewer of them are more margin.
func (p Promise) reference() Promise {
	if p.Measure == OverTime {
		p.Time = max(p.Time, ladder[len(ladder)-1])
		if p.Containers > 0 {
			p.Containers = 0.10
		}
	}
	return p
}

func calibrate(class Class, m Measure, fleet []History, bounds [groups - 1]float64, promises []Promise, mine []int, out []Model) {
	f := fitting{class: class, rules: rulesFor(m, promises, mine), days: max(medianDays(fleet), learnDays), fits: map[Promise]fitted{}}
	for _, k := range mine {
		all, _ := promises[k].rungs()
		for _, p := range all {
			f.want(p)
			f.want(p.reference())
		}
	}
	var containers int
	f.tallies, containers = replay(f.rules, fleet, bounds, f.promises)
	for _, k := range mine {
		all, between := promises[k].rungs()
		model := Model{Promise: promises[k], Containers: containers, bounds: bounds, between: between}
		for _, p := range all {
			model.rungs = append(model.rungs, f.fit(p))
		}
		for _, g := range model.Groups() {
			model.Weeks += g.Weeks
		}
		out[k] = model
	}
}

// fitting is the work of one measure.
type fitting struct {
	class    Class
	rules    []Rule
	days     float64
	promises []Promise
	tallies  []*tally
	fits     map[Promise]fitted
}

func (f *fitting) want(p Promise) {
	if !slices.Contains(f.promises, p) {
		f.promises = append(f.promises, p)
	}
}

// fit finds the margins of one rung, under the rule that its reference chooses.
func (f *fitting) fit(p Promise) fitted {
	if x, ok := f.fits[p]; ok {
		return x
	}
	ref := p.reference()
	r := f.choose(f.tallies[slices.Index(f.promises, ref)], ref)
	t := f.tallies[slices.Index(f.promises, p)]
	x := fitted{rule: f.rules[r], prior: priorOf(f.class, p, f.rules[r], f.days)}
	for g, m := range t.margins(r, p, x.prior, -1) {
		x.groups[g] = t.group(r, g, p, x.prior, m)
	}
	x.lend()
	f.fits[p] = x
	return x
}

// lend gives a group that no origin fell into the risk of those that have one, by weeks.
func (x *fitted) lend() {
	var all curve
	var risk, over, weeks float64
	for _, g := range x.groups {
		if g.Weeks > 0 {
			all.add(&g.curve)
			weeks += g.Weeks
			risk, over = risk+g.Weeks*g.Risk.Value, over+g.Weeks*g.Over.Value
		}
	}
	for i := range x.groups {
		if g := &x.groups[i]; g.Weeks == 0 && weeks > 0 {
			g.curve, g.Risk, g.Over = all, estimate(risk/weeks, weeks), estimate(over/weeks, weeks)
		}
	}
}

// choose finds the rule that keeps the promise at the least size.
func (f *fitting) choose(t *tally, p Promise) int {
	best, least := 0, math.Inf(1)
	for r := range f.rules {
		if !f.rules[r].suits(&p) {
			continue
		}
		prior := priorOf(f.class, p, f.rules[r], f.days)
		cost := priorWeeks * (prior.base + math.Log(prior.margin(f.days)))
		weeks := float64(priorWeeks)
		for g, m := range t.margins(r, p, prior, -1) {
			own := t.weeks(r, g)
			cost += t.cost[g][r] + own*math.Log(m)
			weeks += own
		}
		if cost/weeks < least {
			best, least = r, cost/weeks
		}
	}
	return best
}

// medianDays is the length of the fleet's histories; learnDays without any.
func medianDays(fleet []History) float64 {
	var all []float64
	for _, h := range fleet {
		if n := h.length(); n > 0 {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return learnDays
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// weeks is the container-weeks of a group.
func (t *tally) weeks(r, g int) float64 {
	sum := 0.0
	for f := range t.curves {
		sum += t.curves[f][g][r].weeks
	}
	return sum
}

// margins finds those of the groups under rule r, without the containers of one fold
// (none: -1).
func (t *tally) margins(r int, p Promise, prior *priorRule, without int) [groups]float64 {
	var own [groups]curve
	var fleet curve
	for f := range t.curves {
		if f == without {
			continue
		}
		for g := range own {
			own[g].add(&t.curves[f][g][r])
		}
	}
	for g := range own {
		fleet.add(&own[g])
	}
	fleet.blend(&prior.curve, priorWeeks)
	var weeks [groups]float64
	for g := range own {
		weeks[g] = own[g].weeks
		own[g].blend(&fleet, groupWeeks)
	}
	return p.allot(&own, &weeks)
}

// blend draws the curve towards another, which counts as so many weeks.
func (c *curve) blend(to *curve, weeks float64) {
	for i := range c.loss {
		c.loss[i] += weeks * to.loss[i] / to.weeks
	}
	c.weeks += weeks
}

// keep gives the least margin whose loss a week is at most target.
func (c *curve) keep(target float64) float64 {
	for i := range c.loss {
		if at := c.loss[i] / c.weeks; at <= target {
			if i == 0 {
				return margin(0)
			}
			before := c.loss[i-1] / c.weeks
			x := float64(i) - (target-at)/(before-at)
			return leastMargin * math.Exp(lnMargins*x/(margins-1))
		}
	}
	return mostMargin
}

// group scores one group: the loss of each fold at the margin found without it.
func (t *tally) group(r, g int, p Promise, prior *priorRule, m float64) Group {
	out := Group{Margin: m}
	var loss, over float64
	for f := range t.curves {
		c := &t.curves[f][g][r]
		out.curve.add(c)
		if c.weeks > 0 {
			l, o := c.at(t.margins(r, p, prior, f)[g])
			loss, over = loss+c.weeks*l, over+c.weeks*o
		}
	}
	if out.Weeks = out.curve.weeks; out.Weeks > 0 {
		if p.Measure == Peaks { // a fleet has too few of what is rare: what is known beforehand speaks too
			at, _ := prior.curve.at(m)
			loss *= out.Weeks / (out.Weeks + priorWeeks)
			loss += out.Weeks * at * priorWeeks / (out.Weeks + priorWeeks)
			out.curve.blend(&prior.curve, priorWeeks)
		}
		out.Risk = estimate(loss/out.Weeks, out.Weeks)
		if p.Measure == OverTime {
			out.Over = estimate(over/out.Weeks, out.Weeks)
		}
	}
	return out
}

// estimate gives a share that was seen in so many trials its 90 % interval (Wilson).
func estimate(share, trials float64) Estimate {
	const z = 1.645
	share = min(max(share, 0), 1)
	centre := (share + z*z/(2*trials)) / (1 + z*z/trials)
	half := z / (1 + z*z/trials) * math.Sqrt(share*(1-share)/trials+z*z/(4*trials*trials))
	return Estimate{Value: share, Low: max(centre-half, 0), High: min(centre+half, 1), Known: true}
}

// Interval is a share that was seen in so many trials, with its 90 % interval (Wilson).
func Interval(share, trials float64) Estimate { return estimate(share, trials) }
