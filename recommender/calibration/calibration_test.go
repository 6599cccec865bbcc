package calibration_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// stationary makes a container whose days are alike: a level, a daily wave and noise.
func stationary(r *rand.Rand, days int, scale float64) calibration.History {
	level, noise, wave := scale*math.Exp(2+3*r.Float64()), 0.05+0.5*r.Float64(), r.Float64()
	return daily(r, days, func(_, slot int) float64 {
		return level * (1 + wave*math.Sin(float64(slot)/288*2*math.Pi)) * math.Exp(noise*r.NormFloat64())
	})
}

func daily(r *rand.Rand, days int, use func(day, slot int) float64) calibration.History {
	var out calibration.History
	for d := range days {
		day := calibration.Day{Samples: &digest.Histogram{}, Share: 1, Hours: make([]float64, 24)}
		for slot := range 288 {
			v := use(d, slot)
			day.Samples.Add(v)
			day.Hours[slot/12] += v / 12
		}
		out = append(out, day)
	}
	return out
}

func fleetOf(seed uint64, n, days int, scale float64) []calibration.History {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []calibration.History
	for range n {
		out = append(out, stationary(r, days, scale))
	}
	return out
}

var kinds = map[string]calibration.Promise{
	"mean":       {},
	"containers": {Containers: 0.10},
	"hours":      {Containers: 0.10, HoldHours: true},
	"peaks":      {Measure: calibration.Peaks},
}

func TestLessRiskIsNeverLess(t *testing.T) {
	fleet := fleetOf(1, 60, 9, 1)
	for name, kind := range kinds {
		var promises []calibration.Promise
		for _, risk := range []float64{0.5, 0.2, 0.15, 0.1, 0.07, 0.05, 0.04, 0.02, 0.013, 0.01, 0.005, 0.001} {
			p := kind
			p.Time = risk
			promises = append(promises, p)
		}
		models := calibration.Calibrate(calibration.Running, fleet, promises...)
		for i := 1; i < len(models); i++ {
			for j, h := range fleet {
				loose, strict := models[i-1].Size(h).Amount, models[i].Size(h).Amount
				if strict < loose*(1-1e-9) {
					t.Fatalf("%s: container %d at %v gets %v, and %v at %v", name, j, promises[i].Time, strict, loose, promises[i-1].Time)
				}
			}
		}
	}
	var few []calibration.Promise
	for _, share := range []float64{0.4, 0.2, 0.1, 0.05, 0.01} {
		few = append(few, calibration.Promise{Time: 0.05, Containers: share})
	}
	models := calibration.Calibrate(calibration.Running, fleet, few...)
	for i := 1; i < len(models); i++ {
		for _, h := range fleet {
			if a, b := models[i-1].Size(h).Amount, models[i].Size(h).Amount; b < a*(1-1e-9) {
				t.Fatalf("broken in %v of containers: got %v, want at least %v", few[i].Containers, b, a)
			}
		}
	}
}

func TestScalingUsageScalesTheAnswer(t *testing.T) {
	for name, p := range kinds {
		p.Time = 0.05
		one := calibration.Calibrate(calibration.Running, fleetOf(2, 30, 8, 64), p)[0]
		for _, more := range []float64{8, 512, 1 << 20} {
			a, b := fleetOf(2, 30, 8, 64), fleetOf(2, 30, 8, 64*more)
			much := calibration.Calibrate(calibration.Running, b, p)[0]
			for i := range a {
				if x, y := one.Size(a[i]).Amount, much.Size(b[i]).Amount; math.Abs(y/x/more-1) > 0.002 {
					t.Fatalf("%s: %v times the usage gets %v times the size", name, more, y/x)
				}
			}
		}
	}
}

func TestOrderOfContainersDoesNotMatter(t *testing.T) {
	fleet := fleetOf(3, 40, 8, 1)
	turned := slices.Clone(fleet)
	slices.Reverse(turned)
	for name, p := range kinds {
		p.Time = 0.05
		a, b := calibration.Calibrate(calibration.Running, fleet, p)[0], calibration.Calibrate(calibration.Running, turned, p)[0]
		for i, h := range fleet {
			if x, y := a.Size(h).Amount, b.Size(h).Amount; math.Abs(x/y-1) > 1e-9 {
				t.Errorf("%s, container %d: got %v and, the fleet turned round, %v", name, i, x, y)
			}
		}
	}
}

// TestMoreHistoryNeverWidens: where days are alike, what is known can only grow. For
// peaks a week is compared with more: before it the prior decides, which may well be less
// than what a fleet turns out to need.
func TestMoreHistoryNeverWidens(t *testing.T) {
	whole := fleetOf(4, 120, 21, 1)
	for name, p := range kinds {
		p.Time = 0.05
		last := math.Inf(1)
		for _, days := range []int{2, 3, 5, 7, 14, 21} {
			var fleet []calibration.History
			for _, h := range whole {
				fleet = append(fleet, h[:days])
			}
			if p.Measure == calibration.Peaks && days < 7 {
				continue
			}
			m, sum := calibration.Calibrate(calibration.Running, fleet, p)[0], 0.0
			for _, h := range fleet {
				sum += math.Log(m.Size(h).Amount)
			}
			size := math.Exp(sum / float64(len(fleet)))
			if size > 1.03*last {
				t.Errorf("%s: %d days ask for %.1f, fewer for %.1f", name, days, size, last)
			}
			last = size
		}
	}
}

func TestNoCliffs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	fleet := fleetOf(5, 30, 7, 1)
	for name, p := range kinds {
		p.Time = 0.05
		m := calibration.Calibrate(calibration.Running, fleet, p)[0]
		for days := 1; days < 8; days++ {
			h := stationary(r, days, 1)
			before := m.Size(h).Amount
			h[days-1].Share -= 1.0 / 288
			if after := m.Size(h).Amount; math.Abs(after/before-1) > 0.01 {
				t.Errorf("%s: a slot less of %d days moves the size from %v to %v", name, days, before, after)
			}
		}
	}
}

// TestThePromiseIsKept: on a fleet whose days are alike the next week keeps what was
// promised, and what is stated is what comes.
func TestThePromiseIsKept(t *testing.T) {
	whole := fleetOf(6, 150, 14, 1)
	for _, p := range []calibration.Promise{{Time: 0.02}, {Time: 0.05}, {Time: 0.10}, {Time: 0.05, Containers: 0.10}} {
		var past []calibration.History
		for _, h := range whole {
			past = append(past, h[:7])
		}
		m := calibration.Calibrate(calibration.Running, past, p)[0]
		var over, broken, stated float64
		for i, h := range past {
			s := m.Size(h)
			var after digest.Histogram
			for _, d := range whole[i][7:] {
				after.Merge(d.Samples)
			}
			share := after.ShareAbove(s.Amount)
			over += share / float64(len(past))
			if share > p.Time {
				broken += 1 / float64(len(past))
			}
			_, e := m.Risk(h, s, s.Amount)
			if !e.Known || e.Low > e.Value || e.Value > e.High {
				t.Fatalf("%+v: got the risk %+v", p, e)
			}
			stated += e.Value / float64(len(past))
		}
		if p.Containers == 0 && over > 1.1*p.Time || p.Containers > 0 && broken > 1.5*p.Containers {
			t.Errorf("%+v: over %.4f of the time, broken in %.3f of containers", p, over, broken)
		}
		if math.Abs(stated-over) > 0.4*over+0.002 {
			t.Errorf("%+v: stated %.4f of the time, came out %.4f", p, stated, over)
		}
	}
}

// TestReplayIsAsItWas: what is told of the replay is what it did. A history of as many days
// as are learnt from at the least has one origin; more days than origins take them evenly.
func TestReplayIsAsItWas(t *testing.T) {
	for days, want := range map[int]calibration.Replay{
		4: {Origins: 1, Days: 4, TestDays: 1}, 7: {Origins: 4, Days: 7, TestDays: 4}, 14: {Origins: 8, Days: 14, TestDays: 7},
		30: {Origins: 8, Days: 30, TestDays: 7},
	} {
		m := calibration.Calibrate(calibration.Running, fleetOf(7, 20, days, 1), calibration.Promise{Time: 0.05})[0]
		h := stationary(rand.New(rand.NewPCG(1, 1)), days, 1)
		if got := m.Size(h).Replay; got != want {
			t.Errorf("%d days: got %+v, want %+v", days, got, want)
		}
		if at := calibration.OriginDays(days); len(at) != want.Origins || at[0] < 3 || at[len(at)-1] != days-1 {
			t.Errorf("%d days: origins after %v days", days, at)
		}
		// A window that begins and ends within a day has one date more, and no day more.
		cut := append(calibration.History{}, h...)
		cut = append(cut, h[0])
		cut[0].Share, cut[days].Share = 0.5, 0.5
		if got := m.Size(cut).Replay; got.Days != days {
			t.Errorf("%d days on %d dates: got %+v", days, days+1, got)
		}
	}
}

func TestTooFewDaysStateNoRisk(t *testing.T) {
	for _, days := range []int{0, 1, 3} {
		fleet := fleetOf(7, 20, days, 1)
		m := calibration.Calibrate(calibration.Running, fleet, calibration.Promise{Time: 0.05})[0]
		h := stationary(rand.New(rand.NewPCG(1, 1)), max(days, 1), 1)
		s := m.Size(h)
		if s.Amount <= 0 || s.Replay != (calibration.Replay{}) {
			t.Errorf("%d days: got the size %+v", days, s)
		}
		if loss, over := m.Risk(h, s, s.Amount); loss.Known || over.Known {
			t.Errorf("%d days: got a risk %+v, want none", days, over)
		}
	}
	var none calibration.History
	m := calibration.Calibrate(calibration.Batch, nil, calibration.Promise{Time: 0.05})[0]
	if got := m.Size(none); got.Amount != 0 {
		t.Errorf("no history: got %+v", got)
	}
}

func TestADailyHourIsHeld(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	fleet := fleetOf(8, 40, 10, 1)
	nightly := daily(r, 10, func(_, slot int) float64 {
		if slot < 12 {
			return 3800
		}
		return 20
	})
	models := calibration.Calibrate(calibration.Running, append(fleet, nightly), calibration.Promise{Time: 0.05, Containers: 0.10, HoldHours: true})
	got := models[0].Size(nightly)
	if got.Amount < 3700 || got.HourAt != 0 || math.Abs(got.Hour-3800) > 40 {
		t.Errorf("got %+v, want the hour of midnight held", got)
	}
}

func TestAnOutageShrinksNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	m := calibration.Calibrate(calibration.Running, fleetOf(9, 40, 10, 1), calibration.Promise{Time: 0.05})[0]
	use := func(out int) calibration.History {
		return daily(r, 10, func(d, _ int) float64 {
			if d >= 10-out {
				return 3
			}
			return 200 * math.Exp(0.1*r.NormFloat64())
		})
	}
	whole, broken := m.Size(use(0)).Amount, m.Size(use(3)).Amount
	if broken < 0.9*whole {
		t.Errorf("three days of outage: got %v, want about %v", broken, whole)
	}
}

// TestARelease: what a level taught that was left for good is forgotten, both ways; a
// holiday of a week and weekends are no releases.
func TestARelease(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	models := calibration.Calibrate(calibration.Running, fleetOf(11, 40, 14, 1), calibration.Promise{Time: 0.05}, calibration.Promise{Time: 0.05, Containers: 0.1, HoldHours: true})
	size := func(m *calibration.Model, levels ...float64) float64 {
		return m.Size(daily(r, len(levels), func(d, _ int) float64 { return levels[d] * math.Exp(0.1*r.NormFloat64()) })).Amount
	}
	days := func(levels ...float64) (out []float64) { // pairs of a level and how many days
		for i := 0; i < len(levels); i += 2 {
			out = append(out, slices.Repeat(levels[i:i+1], int(levels[i+1]))...)
		}
		return out
	}
	for i := range models {
		m := &models[i]
		high, low := size(m, days(400, 14)...), size(m, days(200, 14)...)
		for _, tt := range []struct {
			name      string
			levels    []float64
			least, at float64
		}{
			{"twice as much for two days", days(200, 12, 400, 2), 0.95 * high, 1.3 * high},
			{"half for eleven days", days(400, 5, 200, 11), 0.95 * low, 1.15 * low},
			{"a week's holiday at half", days(400, 8, 200, 7), 0.9 * high, 1.1 * high},
			{"a weekend at half", days(400, 5, 200, 2, 400, 5, 200, 2), 0.9 * high, 1.1 * high},
			{"an outage", days(400, 11, 4, 3), 0.9 * high, 1.1 * high},
			{"nine days of holiday", days(400, 5, 150, 9), 0.9 * high, 1.1 * high},
			{"nine days at a weekend's level", days(400, 5, 60, 2, 400, 5, 59, 9), 0.9 * high, 1.1 * high},
			{"an outage of more days than there are others", days(400, 6, 1, 8), 0.9 * high, 1.1 * high},
			{"an outage after a weekend", days(400, 5, 100, 2, 1, 7), 0.9 * high, 1.1 * high},
		} {
			if got := size(m, tt.levels...); got < tt.least || got > tt.at {
				t.Errorf("%+v, %s: got %.0f, want %.0f to %.0f", m.Promise, tt.name, got, tt.least, tt.at)
			}
		}
	}
}

// TestAHolidayShrinksNothing: whatever rule the fleet's replay chooses. Where use wanders
// that is one that forgets within days.
func TestAHolidayShrinksNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	var fleet []calibration.History
	for range 40 {
		level := 5.0
		fleet = append(fleet, daily(r, 14, func(_, slot int) float64 {
			if slot == 0 {
				level += 0.3 * r.NormFloat64()
			}
			return math.Exp(level + 0.1*r.NormFloat64())
		}))
	}
	for _, p := range []calibration.Promise{{Time: 0.05}, {Time: 0.05, Containers: 0.1, HoldHours: true}, {Time: 0.02, Containers: 0.05, HoldHours: true}} {
		m := calibration.Calibrate(calibration.Running, fleet, p)[0]
		for low := range 10 {
			for _, level := range []float64{1, 60, 250} {
				h := daily(r, 14, func(d, slot int) float64 {
					v := 400 * math.Exp(0.1*r.NormFloat64())
					switch {
					case d >= 14-low:
						return level / 400 * v
					case slot < 12:
						return 3 * v // a task each night
					}
					return v
				})
				monday := 470.0 // of 400 on an ordinary day, its 95th percentile
				if p.HoldHours {
					monday = 1150
				}
				if got := m.Size(h).Amount; got < monday {
					t.Errorf("%+v: after %d days at %v a size of %.0f, below %v", p, low, level, got, monday)
				}
			}
		}
	}
}

func BenchmarkCalibrate(b *testing.B) {
	for _, n := range []int{1000} {
		fleet := fleetOf(10, n, 14, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				models := calibration.Calibrate(calibration.Running, fleet,
					calibration.Promise{Time: 0.05}, calibration.Promise{Time: 0.05, Containers: 0.1, HoldHours: true}, calibration.Promise{Time: 0.02, Containers: 0.05, HoldHours: true})
				for _, h := range fleet {
					s := models[1].Size(h)
					models[1].Risk(h, s, s.Amount)
				}
			}
		})
	}
}
