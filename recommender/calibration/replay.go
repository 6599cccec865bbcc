package calibration

import (
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// The form of the replay.
const (
	// learnDays is the least days that an origin learns from, horizon the most that it is
	// tested on.
	learnDays = 3
	horizon   = 7
	// mostOrigins bounds the origins of a container: the later ones are taken evenly.
	mostOrigins = 8
	// folds is the number of parts that the containers are dealt into: the margin scored
	// on one was found on the others.
	folds = 5
	// groups is the number of groups by spread.
	groups = 3
	// margins is the number of margins tried, from least to most.
	margins     = 96
	leastMargin = 0.7
	mostMargin  = 12.0
	lnMargins   = 2.8415815937267324 // ln(mostMargin/leastMargin)
)

// margin is the i-th margin of the grid.
func margin(i int) float64 { return leastMargin * math.Exp(lnMargins*float64(i)/(margins-1)) }

// marginGrid is all of them.
var marginGrid = func() (all [margins]float64) {
	for i := range all {
		all[i] = margin(i)
	}
	return all
}()

// marginAt is where m stands in the grid, in steps.
func marginAt(m float64) float64 {
	return min(max(math.Log(m/leastMargin)/lnMargins*(margins-1), 0), margins-1)
}

// origin is a day at which a size is made, and what came after it.
type origin struct {
	bases  []float64 // by rule
	hour   float64   // mean of the busiest hour of the day
	spread float64
	tail   digest.Tail
	peak   float64 // of what came after
	mean   float64
	weeks  float64 // days that came after, in weeks
	trials float64 // what they count as, of a week's promise about peaks
	drift  float64 // what time above the size counts as, for what a whole week would have drifted
	weight float64 // the share of the history that was learnt from
}

// originAt makes the origin that has learnt from the first k days, which sums may have added
// up. after is emptied and used.
func originAt(all []Rule, h History, k int, sums *running, after *digest.Histogram) origin {
	past := h[:k]
	now := past.current()
	working := now.working()
	o := origin{bases: bases(all, now, working, sums), spread: now.spread()}
	_, o.hour = working.BusiestHour()
	after.Reset()
	for _, d := range h[k:min(len(h), k+horizon)] {
		after.Merge(d.Samples)
		o.weeks += d.Share / horizon
	}
	o.tail, o.peak, o.mean = after.Tail(), after.Max(), after.Mean()
	o.trials = records(past.length(), o.weeks*horizon) / records(h.length(), horizon)
	o.drift = math.Pow(1/min(o.weeks, 1), driftPower)
	// What is sized at last has learnt from all days: the origins that had most of them
	// tell most of it.
	o.weight = past.length() / h.length()
	return o
}

// driftPower makes time above the size in short tests count for that of a week: use drifts,
// so that a day after the origin has less of it than a week after. A breach of a promised
// share of time counts as it is: a single bad day breaks it that a week would have made up
// for. Chosen on the learning half of the traces.
const driftPower = 0.2

// records is the probability that the highest of so many days before is passed in so
// many days after, where all days are alike. A test after few days, or of few, is made
// comparable with a week after all of them by the ratio of the two.
func records(before, after float64) float64 { return after / (before + after) }

// originDays are the days of a history of n that come before each of its origins, earliest
// first; none where it is too short.
func originDays(n int) []int {
	var out []int
	step := max(float64(n-learnDays)/mostOrigins, 1)
	for x := float64(n - 1); x >= learnDays; x -= step {
		out = append(out, int(math.Round(x)))
	}
	slices.Reverse(out)
	return out
}

// origins makes those of a container, earliest first.
func origins(all []Rule, h History) []origin {
	at := originDays(len(h))
	out := make([]origin, 0, len(at))
	sums, after := running{history: h}, digest.Histogram{}
	for _, k := range at {
		out = append(out, originAt(all, h, k, &sums, &after))
	}
	return out
}

// Replay tells how a history was replayed: at so many Origins within so many Days of it, a
// size that had learnt from the days before was tested on the days after, TestDays at most.
// It is zero where the history is too short.
type Replay struct{ Origins, Days, TestDays int }

// replayOf is that of a clean history.
func replayOf(h History) Replay {
	at := originDays(len(h))
	if len(at) == 0 {
		return Replay{}
	}
	return Replay{Origins: len(at), Days: int(math.Round(h.length())), TestDays: min(len(h)-at[0], horizon)}
}

// share is the part of the time after the origin, in [0, 1], in which a size does not do;
// for Peaks 1 or 0.
func (p *Promise) share(o *origin, size float64) float64 {
	switch {
	case p.Measure == Peaks && o.peak > size:
		return 1
	case p.Measure == Peaks:
		return 0
	case p.HoldHours:
		size = max(size, o.hour)
	}
	return o.tail.Above(size)
}

// loss is what such a share costs of the promise, in weeks.
func (p *Promise) loss(o *origin, share float64) float64 {
	switch {
	case p.Measure == Peaks && share > 0:
		return o.weeks / o.trials * o.drift * o.drift
	case p.Measure == Peaks:
		return 0
	case p.Containers == 0:
		return share * o.weeks * o.drift
	case share > p.Time:
		return o.weeks
	}
	return 0
}

// curve adds up the losses of containers, and their time above the size, by margin.
type curve struct {
	loss, over [margins]float64
	weeks      float64
}

func (c *curve) add(o *curve) {
	c.weeks += o.weeks
	for i := range c.loss {
		c.loss[i] += o.loss[i]
		c.over[i] += o.over[i]
	}
}

// at is the loss a week at a margin, between those of the grid in proportion, and the
// share of time above.
func (c *curve) at(m float64) (loss, over float64) {
	if c.weeks == 0 {
		return 0, 0
	}
	x := marginAt(m)
	i := min(int(x), margins-2)
	x -= float64(i)
	return (c.loss[i] + x*(c.loss[i+1]-c.loss[i])) / c.weeks, (c.over[i] + x*(c.over[i+1]-c.over[i])) / c.weeks
}

// tally is the replay of a fleet under one promise.
type tally struct {
	curves [folds][groups][]curve // by rule
	cost   [groups][]float64      // by rule: sum of ln(base / mean after) x weeks
}

func newTally(rules int) *tally {
	t := &tally{}
	for f := range t.curves {
		for g := range t.curves[f] {
			t.curves[f][g] = make([]curve, rules)
		}
	}
	for g := range t.cost {
		t.cost[g] = make([]float64, rules)
	}
	return t
}

// add counts one origin of a container that has so many of its weight. shares are those of
// rule r by margin.
func (t *tally) add(p *Promise, fold, group, r int, o *origin, count float64, shares *[margins]float64) {
	c := &t.curves[fold][group][r]
	c.weeks += o.weeks / count
	for i, share := range shares {
		if share == 0 {
			break // more margin never loses more
		}
		c.loss[i] += p.loss(o, share) / count
		c.over[i] += share * o.weeks * o.drift / count
	}
}

// replay tallies the losses of promises of one measure over a fleet, and counts the
// containers that had an origin.
func replay(all []Rule, fleet []History, bounds [groups - 1]float64, promises []Promise) ([]*tally, int) {
	tallies := make([]*tally, len(promises))
	for i := range tallies {
		tallies[i] = newTally(len(all))
	}
	containers := 0
	for _, h := range fleet {
		if len(h) <= learnDays {
			continue
		}
		os := origins(all, h)
		weight := 0.0
		for j := range os {
			weight += os[j].weight
		}
		for j := range os {
			replayOrigin(all, tallies, promises, containers%folds, groupOf(bounds, os[j].spread), &os[j], weight/os[j].weight)
		}
		containers++
	}
	return tallies, containers
}

// replayOrigin works the shares out once for all promises.
func replayOrigin(all []Rule, tallies []*tally, promises []Promise, fold, group int, o *origin, count float64) {
	var plain, held [margins]float64
	atHour := o.tail.Above(max(o.hour, least))
	for r, base := range o.bases {
		cost := o.weeks / count * math.Log(max(base, least)/max(o.mean, least))
		for i := range plain {
			plain[i] = promises[0].plain(o, base*marginGrid[i])
			held[i] = min(plain[i], atHour)
		}
		for k := range promises {
			shares := &plain
			if promises[k].HoldHours {
				shares = &held
			}
			if !all[r].suits(&promises[k]) {
				continue
			}
			tallies[k].add(&promises[k], fold, group, r, o, count, shares)
			tallies[k].cost[group][r] += cost
		}
	}
}

// plain is share without hours that are held.
func (p Promise) plain(o *origin, size float64) float64 {
	p.HoldHours = false
	return p.share(o, size)
}

// groupOf gives the group of a spread.
func groupOf(bounds [groups - 1]float64, spread float64) int {
	g := 0
	for g < groups-1 && spread > bounds[g] {
		g++
	}
	return g
}

// boundsOf cuts the fleet's spreads into groups of equal size.
func boundsOf(fleet []History) (bounds [groups - 1]float64) {
	var all []float64
	for _, h := range fleet {
		if len(h) > learnDays {
			all = append(all, h[:len(h)-1].current().spread())
		}
	}
	slices.Sort(all)
	for i := range bounds {
		if len(all) > 0 {
			bounds[i] = all[min((i+1)*len(all)/groups, len(all)-1)]
		}
	}
	return bounds
}
