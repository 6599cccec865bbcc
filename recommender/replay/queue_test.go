package replay_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

func TestSlowFrom(t *testing.T) {
	poisson := replay.Variability{}
	for _, tt := range []struct {
		name            string
		cores, slowdown float64
		variability     replay.Variability
		want            float64
	}{
		{"M/M/1: u/(1-u) = 2", 1, 3, replay.Variability{Service: 1}, 2.0 / 3},
		{"M/M/2: u²/(1-u²) = 2", 2, 3, replay.Variability{Service: 1}, math.Sqrt(2.0 / 3)},
		{"less than a core is one slow server", 0.25, 3, poisson, 2.0 / 3},
		{"no variability given is M/M/c", 1, 3, poisson, 2.0 / 3},
		{"twice as variable: 2u/(1-u) = 2", 1, 3, replay.Variability{Service: 2}, 0.5},
		{"load at 2u or at nothing: 1/(1-2u) = 3", 1, 3, replay.Variability{Load: 1}, 1.0 / 3},
		{"load that varies more counts as that", 1, 3, replay.Variability{Load: 7}, 1.0 / 3},
		{"no variation below none", 1, 3, replay.Variability{Load: -1}, 2.0 / 3},
		{"between one core and two", 1.5, 3, poisson, (2.0/3 + math.Sqrt(2.0/3)) / 2},
		{"any queueing is too much", 4, 1, poisson, 0},
		{"no slowdown at all", 4, math.NaN(), poisson, 0},
		{"as slow as one likes", 1, math.Inf(1), poisson, 1},
		{"more cores than any machine has", 1e12, 3, poisson, replay.SlowFrom(1024, 3, poisson)},
	} {
		if got := replay.SlowFrom(tt.cores, tt.slowdown, tt.variability); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: SlowFrom(%g, %g, %+v) = %g, want %g", tt.name, tt.cores, tt.slowdown, tt.variability, got, tt.want)
		}
	}
}

// TestSlowFromIsMonotone wants more cores and more patience to allow more, more variability less.
func TestSlowFromIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 500 {
		cores, slowdown, v := 64*r.Float64(), 1+9*r.Float64(), replay.Variability{Service: 0.1 + 4*r.Float64(), Load: r.Float64()}
		u := replay.SlowFrom(cores, slowdown, v)
		for what, more := range map[string]float64{
			"cores":         replay.SlowFrom(cores*1.3, slowdown, v),
			"slowdown":      replay.SlowFrom(cores, slowdown*1.3, v),
			"service":       replay.SlowFrom(cores, slowdown, replay.Variability{Service: v.Service / 1.3, Load: v.Load}),
			"steadier load": replay.SlowFrom(cores, slowdown, replay.Variability{Service: v.Service, Load: v.Load / 1.3}),
		} {
			if more < u-1e-12 {
				t.Errorf("SlowFrom(%g, %g, %+v) = %g, with %s in its favour %g", cores, slowdown, v, u, what, more)
			}
		}
		if u <= 0 || u >= 1 {
			t.Errorf("SlowFrom(%g, %g, %+v) = %g, want in (0, 1)", cores, slowdown, v, u)
		}
	}
}

// TestSlowFromIsWhatAQueueDoes simulates first come, first served at c servers and wants its mean
// response at that utilization to be slowdown times the service time: Poisson; services of which each
// is long or short; load that is high for a while and then low.
func TestSlowFromIsWhatAQueueDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 5))
	const half = 0.5 // the coefficient of variation between kinds of requests
	for _, tt := range []struct {
		name string
		c    int
		v    replay.Variability
	}{
		{"1 server", 1, replay.Variability{}}, {"2 servers", 2, replay.Variability{}}, {"4 servers", 4, replay.Variability{}}, {"8 servers", 8, replay.Variability{}},
		{"requests of two kinds", 1, replay.Variability{Service: 1 + half*half}},
		{"load of two levels", 1, replay.Variability{Load: 0.3}},
		{"load of two levels, 4 servers", 4, replay.Variability{Load: 0.2}},
		{"both", 1, replay.Variability{Service: 1 + half*half, Load: 0.2}},
	} {
		u := replay.SlowFrom(float64(tt.c), 3, tt.v)
		free, now, total := make([]float64, tt.c), 0.0, 0.0
		const jobs, level = 2_000_000, 4000.0 // a level lasts so many service times
		for range jobs {
			rate := 1 + tt.v.Load
			if int(now/level)%2 == 1 {
				rate = 1 - tt.v.Load
			}
			now += r.ExpFloat64() / (u * float64(tt.c) * rate)
			first := 0
			for i := range free {
				if free[i] < free[first] {
					first = i
				}
			}
			service := r.ExpFloat64()
			if tt.v.Service > 0 {
				service *= 1 + half*float64(1-2*r.IntN(2))
			}
			free[first] = max(free[first], now) + service
			total += free[first] - now
		}
		if mean := total / jobs; math.Abs(mean-3) > 0.2 {
			t.Errorf("%s at %.3f: mean response %.3f service times, want 3", tt.name, u, mean)
		}
	}
}
