package calibration_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// score is what came of a promise.
type score struct {
	n, over, broken, killed, weeks, cost, statedLoss, statedOver float64
	terciles                                                     [3][3]float64 // n, over, broken
}

func (s *score) add(m *calibration.Model, past, future calibration.History) {
	size := m.Size(past)
	after, weeks := join(future), float64(len(future))/7
	if m.Promise.Measure == calibration.Peaks && weeks < 0.9 {
		n := past.Length()
		weeks = weeks * 7 / (n + weeks*7) * (n + 7) / 7
	}
	if after.Count() == 0 || size.Amount == 0 || after.Mean() < 1 {
		return
	}
	loss, over := m.Risk(past, size, size.Amount)
	s.statedLoss += loss.Value * weeks
	s.statedOver += over.Value
	s.n++
	s.weeks += weeks
	above := after.ShareAbove(size.Amount)
	s.over += above
	t := &s.terciles[size.Group]
	t[0], t[1] = t[0]+1, t[1]+above
	if above > m.Promise.Time {
		s.broken++
		t[2]++
	}
	if after.Max() > size.Amount {
		s.killed++
	}
	s.cost += math.Log(size.Amount / after.Mean())
}

func join(days calibration.History) *digest.Histogram {
	var out digest.Histogram
	for _, d := range days {
		out.Merge(d.Samples)
	}
	return &out
}

// promised, cameOut and stated are in the promise's own terms.
func promised(p calibration.Promise) float64 {
	if p.Containers > 0 {
		return p.Containers
	}
	return p.Time
}

func (s *score) cameOut(p calibration.Promise) float64 {
	switch {
	case p.Measure == calibration.Peaks:
		return s.killed / s.weeks
	case p.Containers > 0:
		return s.broken / s.n
	}
	return s.over / s.n
}

func (s *score) stated(p calibration.Promise) float64 {
	if p.Measure == calibration.OverTime && p.Containers == 0 {
		return s.statedOver / s.n
	}
	return s.statedLoss / s.weeks
}

// verdict holds a share that came out to what was said of it: within a third, or the 90 %
// interval of so many trials.
func verdict(said, out, trials float64) string {
	e := calibration.Interval(min(out, 1), trials)
	switch {
	case math.Abs(out-said) <= said/3:
		return "kept"
	case e.Low <= said && said <= e.High:
		return "within the interval"
	case out < said:
		return "over-kept"
	}
	return "missed"
}

// pair is what one size was made of and what came after.
type pair struct{ past, future calibration.History }

// frontier gives the cheapest of all quantiles with a fixed margin, with and without decay,
// chosen in hindsight so that they come out at a loss: the geometric mean of size / mean use.
func frontier(pairs []pair, most float64, loss func(above float64) float64) float64 {
	best := math.Inf(1)
	qs := []float64{0.5, 0.6, 0.66, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.97, 0.98, 0.99, 1}
	for _, decay := range []float64{0.25, 0.5, 0.84, 1} {
		tails, means, bases := make([]digest.Tail, len(pairs)), make([]float64, len(pairs)), make([][]float64, len(pairs))
		for i, p := range pairs {
			var w digest.Weighted
			for _, d := range p.past {
				w.Scale(decay)
				w.Add(d.Samples)
			}
			bases[i] = make([]float64, len(qs))
			w.Quantiles(qs, bases[i])
			after := join(p.future)
			tails[i], means[i] = after.Tail(), after.Mean()
		}
		for q := range qs {
			for m := 0.5; m < 12; m *= 1.02 {
				lost, cost, n := 0.0, 0.0, 0.0
				for i := range pairs {
					if means[i] < 1 {
						continue
					}
					size := max(bases[i][q]*m, 1)
					lost += loss(tails[i].Above(size))
					cost += math.Log(size / means[i])
					n++
				}
				if lost/n <= most {
					best = min(best, math.Exp(cost/n))
					break
				}
			}
		}
	}
	return best
}

// peers is the frontier at what came out of a promise.
func peers(pairs []pair, p calibration.Promise, s *score) float64 {
	if p.Measure == calibration.Peaks {
		return 0
	}
	return frontier(pairs, s.cameOut(p), func(v float64) float64 {
		switch {
		case p.Containers == 0:
			return v
		case v > p.Time:
			return 1
		}
		return 0
	})
}

// scored is a set's score of one promise.
type scored struct {
	set     string
	promise calibration.Promise
	score
	peers float64
	rules string
}

// scorePromises are those that are scored.
var scorePromises = []calibration.Promise{
	{Time: 0.02}, {Time: 0.05}, {Time: 0.10},
	{Time: 0.05, Containers: 0.10, HoldHours: true}, {Time: 0.02, Containers: 0.05, HoldHours: true},
	{Measure: calibration.Peaks, Time: 0.10}, {Measure: calibration.Peaks, Time: 0.05}, {Measure: calibration.Peaks, Time: 0.02}, {Measure: calibration.Peaks, Time: 0.01},
}

// scoreSet scores the promises on containers of a set, pooled over origins.
func scoreSet(set traceSet, all []traced, ends []int, history int, promises []calibration.Promise) []scored {
	out := make([]scored, len(promises))
	var pairs []pair
	for _, end := range ends {
		var cpu, memory, cpuAfter, memoryAfter []calibration.History
		for _, s := range all {
			if n := len(s.cpu); n > end {
				from, to := max(0, end-history), min(n, end+7)
				cpu, memory = append(cpu, s.cpu[from:end]), append(memory, s.memory[from:end])
				cpuAfter, memoryAfter = append(cpuAfter, s.cpu[end:to]), append(memoryAfter, s.memory[end:to])
				pairs = append(pairs, pair{s.cpu[from:end], s.cpu[end:to]})
			}
		}
		for _, measure := range []calibration.Measure{calibration.OverTime, calibration.Peaks} {
			past, after := cpu, cpuAfter
			if measure == calibration.Peaks {
				past, after = memory, memoryAfter
			}
			var mine []calibration.Promise
			var index []int
			for k, p := range promises {
				if p.Measure == measure {
					mine, index = append(mine, p), append(index, k)
				}
			}
			models := calibration.Calibrate(set.class, past, mine...)
			for j, k := range index {
				x := &out[k]
				x.set, x.promise = set.name, promises[k]
				r, g := models[j].Rule(), models[j].Groups()
				x.rules += fmt.Sprintf(" [h%g q%g p%g m %.2f %.2f %.2f]", r.HalfLife, r.Quantile, r.Price, g[0].Margin, g[1].Margin, g[2].Margin)
				for i := range past {
					x.add(&models[j], past[i], after[i])
				}
			}
		}
	}
	for k := range out {
		if out[k].n > 0 {
			out[k].peers = peers(pairs, promises[k], &out[k].score)
		}
	}
	return out
}

// row is a line of the table in docs/method/risk.md.
func (s *scored) row() string {
	p, out := s.promise, s.cameOut(s.promise)
	said, trials := promised(p), s.n
	percent := func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }
	if p.Measure == calibration.Peaks {
		trials = s.weeks
		return fmt.Sprintf("| killed in %.0f %% of weeks | %s | %.0f | %s, %s | %s, %s | %.2f |", 100*p.Time, s.set, s.n,
			percent(out), verdict(said, out, trials), percent(s.stated(p)), verdict(s.stated(p), out, trials), math.Exp(s.cost/s.n))
	}
	name := fmt.Sprintf("%.0f %% of the time, mean", 100*p.Time)
	if p.Containers > 0 {
		name = fmt.Sprintf("above %.0f %% in %.0f %% of containers", 100*p.Time, 100*p.Containers)
	}
	var thirds []string
	for _, t := range s.terciles {
		k := 1
		if p.Containers > 0 {
			k = 2
		}
		thirds = append(thirds, fmt.Sprintf("%.1f", 100*t[k]/t[0]))
	}
	cost := math.Exp(s.cost / s.n)
	return fmt.Sprintf("| %s | %s | %.0f | %s, %s | %s, %s | %s | %.2f | %.2f |", name, s.set, s.n,
		percent(out), verdict(said, out, trials), percent(s.stated(p)), verdict(s.stated(p), out, trials), strings.Join(thirds, " "), cost, cost/s.peers)
}

// TestScoreOnTraces scores the half of the containers, at the three origins, that nothing
// was learnt from; HALF=learn the others. HIST is the days that sizes are made of.
func TestScoreOnTraces(t *testing.T) {
	if os.Getenv(tracesEnv) == "" {
		t.Skip(tracesEnv + " names no folder of traces")
	}
	history := 14
	if h := os.Getenv("HIST"); h != "" {
		history, _ = strconv.Atoi(h)
	}
	held := os.Getenv("HALF") != "learn"
	for _, set := range traceSets {
		ends := set.held
		if !held {
			ends = set.learn
		}
		for _, s := range scoreSet(set, readTraces(t, set, held), ends, history, scorePromises) {
			if s.n > 0 && (s.promise.Measure == calibration.OverTime || set.memory) {
				t.Logf("\n%s\n      %s", s.row(), s.rules)
			}
		}
	}
}
