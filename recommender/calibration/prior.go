package calibration

import (
	_ "embed" // the prior's table
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"sync"
)

// The prior's table was measured on public traces of virtual machines, jobs and tasks:
// for a rule and the days that it learnt from, the loss a week by margin, each data set
// weighing alike. docs/method/risk.md says which and how.
//
//go:embed prior.csv
var priorTable string

// The columns of the prior's table before those of the losses.
const priorHead = 6

// priorRow is one line: the losses of a rule that learnt from so many days.
type priorRow struct {
	class                  Class
	learn, quantile, price float64
	kind                   string // mean, over 0.02, ...
	base                   float64
	losses                 []float64
}

var priorRows = sync.OnceValue(func() []priorRow {
	lines, err := csv.NewReader(strings.NewReader(priorTable)).ReadAll()
	if err != nil {
		panic("calibration: the embedded prior is damaged: " + err.Error())
	}
	var out []priorRow
	for _, l := range lines[1:] {
		v := make([]float64, len(l))
		for i := range l {
			if i != 0 && i != priorHead-2 {
				if v[i], err = strconv.ParseFloat(l[i], 64); err != nil {
					panic("calibration: the embedded prior is damaged: " + err.Error())
				}
			}
		}
		out = append(out, priorRow{Class(l[0]), v[1], v[2], v[3], l[priorHead-2], v[priorHead-1], v[priorHead:]})
	}
	return out
})

// priorLearns are the days of learning that the table has.
var priorLearns = []float64{1, 3, 7}

// priorKinds are the shares of time that its losses of containers have.
var priorKinds = []float64{0.02, 0.05, 0.10}

// priorRule is what is known of a rule under a promise before any replay.
type priorRule struct {
	curve curve   // for the fleet's days of learning
	base  float64 // mean of ln(base / mean use after)
	young []float64
}

// priorOf reads the prior for histories of so many days in the median.
func priorOf(class Class, p Promise, r Rule, days float64) *priorRule {
	out := &priorRule{}
	var base float64
	out.curve, base = priorCurve(class, &p, r, days)
	out.base = base
	for _, d := range priorLearns {
		c, _ := priorCurve(class, &p, r, d)
		out.young = append(out.young, c.keep(p.target()))
	}
	return out
}

// margin is the prior's own for so many days.
func (r *priorRule) margin(days float64) float64 {
	i, x := between(priorLearns, days)
	return r.young[i] * math.Pow(r.young[i+1]/r.young[i], x)
}

// youth is how much more a container needs that has fewer days than an origin learns
// from. It falls to 1 without a step.
func (r *priorRule) youth(days float64) float64 {
	return max(r.margin(days)/r.margin(max(days, learnDays)), 1)
}

// between finds v among ascending values: after the i-th, x of the way to the next, by
// the logarithm. What lies outside is held at the ends.
func between(values []float64, v float64) (i int, x float64) {
	v = min(max(v, values[0]), values[len(values)-1])
	for i+2 < len(values) && v > values[i+1] {
		i++
	}
	return i, math.Log(v/values[i]) / math.Log(values[i+1]/values[i])
}

// priorCurve draws the table's curve for days of learning and the promise's share of time.
func priorCurve(class Class, p *Promise, r Rule, days float64) (out curve, base float64) {
	i, x := between(priorLearns, days)
	for end, weight := range []float64{1 - x, x} {
		c, b := priorAt(class, p, r, priorLearns[i+end])
		base += weight * b
		for j := range out.loss {
			out.loss[j] += weight * c.loss[j]
		}
	}
	out.weeks = 1
	return out, base
}

func priorAt(class Class, p *Promise, r Rule, learn float64) (out curve, base float64) {
	if p.Measure == Peaks {
		return priorPeaks(class, learn), 0
	}
	kinds, weights := []string{"mean"}, []float64{1}
	if p.Containers > 0 {
		i, x := between(priorKinds, p.Time)
		kinds, weights = []string{kindName(priorKinds[i]), kindName(priorKinds[i+1])}, []float64{1 - x, x}
	}
	for i, kind := range kinds {
		row := priorFind(class, r, learn, kind)
		base = row.base
		for j := range out.loss {
			at := float64(j) / (margins - 1) * float64(len(row.losses)-1)
			k := min(int(at), len(row.losses)-2)
			out.loss[j] += weights[i] * (row.losses[k] + (at-float64(k))*(row.losses[k+1]-row.losses[k]))
		}
	}
	return out, base
}

// peaksOf is how probable it is that the highest peak of the days before is passed in a
// week by a factor of m: at x m^-power.
type peaksOf struct{ learn, at, power float64 }

// priorPeaksOf goes through what the Borg jobs of the learning half did up to a factor of
// 1.3. Beyond it they jumped more often, as by releases, which no prior can hold at a price
// that steady containers would pay: docs/method/risk.md has what was counted.
var priorPeaksOf = []peaksOf{{1, 0.65, 6}, {3, 0.45, 9}, {7, 0.30, 12}}

// passed is the probability at a factor. Jobs that run to an end waver more.
func (p peaksOf) passed(class Class, m float64) float64 {
	power := p.power
	if class == Batch {
		power *= 0.7
	}
	return min(p.at*math.Pow(m, -power), 1)
}

func priorPeaks(class Class, learn float64) (out curve) {
	for _, p := range priorPeaksOf {
		if p.learn != learn {
			continue
		}
		for i := range out.loss {
			out.loss[i] = p.passed(class, marginGrid[i])
		}
	}
	return out
}

func kindName(share float64) string { return "over " + strconv.FormatFloat(share, 'g', -1, 64) }

func priorFind(class Class, r Rule, learn float64, kind string) *priorRow {
	rows := priorRows()
	for i := range rows {
		x := &rows[i]
		if x.class == class && x.learn == learn && x.kind == kind && x.quantile == r.Quantile && x.price == r.Price {
			return x
		}
	}
	panic("calibration: the embedded prior lacks a rule")
}
