package replay_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

func TestSlowFrom(t *testing.T) {
	for _, tt := range []struct {
		name                         string
		cores, slowdown, variability float64
		want                         float64
	}{
		{"M/M/1: u/(1-u) = 2", 1, 3, 1, 2.0 / 3},
		{"M/M/2: u²/(1-u²) = 2", 2, 3, 1, math.Sqrt(2.0 / 3)},
		{"less than a core is one slow server", 0.25, 3, 1, 2.0 / 3},
		{"no variability given is M/M/c", 1, 3, 0, 2.0 / 3},
		{"twice as variable: 2u/(1-u) = 2", 1, 3, 2, 0.5},
		{"between one core and two", 1.5, 3, 1, (2.0/3 + math.Sqrt(2.0/3)) / 2},
		{"any queueing is too much", 4, 1, 1, 0},
		{"no slowdown at all", 4, math.NaN(), 1, 0},
		{"as slow as one likes", 1, math.Inf(1), 1, 1},
		{"more cores than any machine has", 1e12, 3, 1, replay.SlowFrom(1024, 3, 1)},
	} {
		if got := replay.SlowFrom(tt.cores, tt.slowdown, tt.variability); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: SlowFrom(%g, %g, %g) = %g, want %g", tt.name, tt.cores, tt.slowdown, tt.variability, got, tt.want)
		}
	}
}

// TestSlowFromIsMonotone wants more cores and more patience to allow more, more variability less.
func TestSlowFromIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 500 {
		cores, slowdown, variability := 64*r.Float64(), 1+9*r.Float64(), 0.1+4*r.Float64()
		u := replay.SlowFrom(cores, slowdown, variability)
		for what, more := range map[string]float64{
			"cores":       replay.SlowFrom(cores*1.3, slowdown, variability),
			"slowdown":    replay.SlowFrom(cores, slowdown*1.3, variability),
			"variability": replay.SlowFrom(cores, slowdown, variability/1.3),
		} {
			if more < u-1e-12 {
				t.Errorf("SlowFrom(%g, %g, %g) = %g, with %s in its favour %g", cores, slowdown, variability, u, what, more)
			}
		}
		if u <= 0 || u >= 1 {
			t.Errorf("SlowFrom(%g, %g, %g) = %g, want in (0, 1)", cores, slowdown, variability, u)
		}
	}
}

// TestSlowFromIsWhatAQueueDoes simulates first come, first served at c servers and wants its mean
// response at that utilization to be slowdown times the service time.
func TestSlowFromIsWhatAQueueDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 5))
	for _, c := range []int{1, 2, 4, 8} {
		u := replay.SlowFrom(float64(c), 3, 1)
		free, now, total := make([]float64, c), 0.0, 0.0
		const jobs = 2_000_000
		for range jobs {
			now += r.ExpFloat64() / (u * float64(c))
			first := 0
			for i := range free {
				if free[i] < free[first] {
					first = i
				}
			}
			free[first] = max(free[first], now) + r.ExpFloat64()
			total += free[first] - now
		}
		if mean := total / jobs; math.Abs(mean-3) > 0.2 {
			t.Errorf("%d servers at %.3f: mean response %.3f service times, want 3", c, u, mean)
		}
	}
}
