package spot_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
)

// domains is the scheduler's view of a topology spread constraint: pods by
// domain, those on demand first.
type domains struct {
	pods     []int32
	onDemand int32
	skew     int32
}

// takes is the check of the scheduler: no domain may get further above the
// emptiest than the skew.
func (d *domains) takes(i int) bool { return d.pods[i]+1-slices.Min(d.pods) <= d.skew }

func (d *domains) held() (sum int32) {
	for _, n := range d.pods[:d.onDemand] {
		sum += n
	}
	return sum
}

// fewest places n pods one by one in every order that the constraint allows, and
// gives the fewest that are on demand at the end, by number of pods.
func fewest(onDemand, spot, skew, n int32) []int32 {
	out := make([]int32, n+1)
	states := map[string]*domains{"": {make([]int32, onDemand+spot), onDemand, skew}}
	for pods := int32(1); pods <= n; pods++ {
		next := map[string]*domains{}
		out[pods] = math.MaxInt32
		for _, key := range sortedKeys(states) {
			d := states[key]
			for i := range d.pods {
				if !d.takes(i) {
					continue
				}
				to := &domains{slices.Clone(d.pods), onDemand, skew}
				to.pods[i]++
				slices.Sort(to.pods[:onDemand]) // domains of a kind are alike
				slices.Sort(to.pods[onDemand:])
				next[fmt.Sprint(to.pods)] = to
				out[pods] = min(out[pods], to.held())
			}
		}
		states = next
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestSpotSplitHoldsItsFloor: in whatever order the scheduler places the pods,
// no fewer than the floor are on demand at any number of pods, and no more are
// on spot than the money is reckoned with.
func TestSpotSplitHoldsItsFloor(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	held, ratios, none := 0, 0, 0
	for range 400 {
		least := 1 + rng.Int32N(12)
		most := least
		if rng.IntN(2) == 0 {
			most += rng.Int32N(9)
		}
		kept := rng.Int32N(least + 2) // a budget by number, beside the share
		floor := func(n int32) int32 { return min(max(kept, int32(math.Ceil(0.3*float64(n)))), n) }
		mean := float64(least) + rng.Float64()*float64(most-least)
		onDemand, spot, skew, share, ok := spot.SpotShare(floor, least, most, mean)
		if !ok {
			none++
			continue
		}
		held++
		if onDemand+spot > 2 {
			ratios++
		}
		worst := fewest(onDemand, spot, skew, most)
		for n := least; n <= most; n++ {
			if worst[n] < floor(n) {
				t.Errorf("%d to %d pods, %d:%d with skew %d: at %d pods %d are on demand, the floor is %d", least, most, onDemand, spot, skew, n, worst[n], floor(n))
			}
		}
		for _, n := range []int32{int32(math.Floor(mean)), int32(math.Ceil(mean))} {
			if gives := 1 - float64(worst[n])/float64(n); share > gives+1e-9 {
				t.Errorf("%d to %d pods: reckoned with %.3f on spot, the split gives %.3f of %d", least, most, share, gives, n)
			}
		}
	}
	if held < 100 || ratios < 20 || none < 20 {
		t.Errorf("%d held, %d of them by a ratio, %d by nothing: the test sees too little", held, ratios, none)
	}
}

// TestSpotSplits: the skew where it does, a ratio where it does not, nothing
// where no pod could go.
func TestSpotSplits(t *testing.T) {
	for _, tt := range []struct {
		kept, least, most    int32
		onDemand, spot, skew int32
		stays                float64
	}{
		{0, 10, 10, 1, 1, 4, 3},
		{5, 6, 6, 5, 1, 1, 5},
		{6, 8, 8, 3, 1, 1, 6},
		{2, 3, 3, 2, 1, 1, 2},
		{8, 10, 10, 4, 1, 1, 8},
		{0, 2, 9, 1, 1, 1, 3},
		{0, 1, 9, 0, 0, 0, 0},    // one pod alone would be on spot
		{4, 4, 9, 0, 0, 0, 0},    // all of the fewest are to stay
		{29, 30, 30, 0, 0, 0, 0}, // more domains than there should be nodes for it
	} {
		floor := func(n int32) int32 { return min(max(tt.kept, int32(math.Ceil(0.3*float64(n)))), n) }
		mean := float64(tt.least+tt.most) / 2
		onDemand, spot, skew, share, ok := spot.SpotShare(floor, tt.least, tt.most, mean)
		if ok != (tt.spot > 0) || onDemand != tt.onDemand || spot != tt.spot || skew != tt.skew {
			t.Errorf("%d of %d to %d: got %d:%d with skew %d, %v, want %d:%d with %d", tt.kept, tt.least, tt.most, onDemand, spot, skew, ok, tt.onDemand, tt.spot, tt.skew)
		}
		if n := float64(tt.most); ok && tt.least == tt.most && math.Abs(n*(1-share)-tt.stays) > 1e-9 {
			t.Errorf("%d of %d: reckoned with %.2f on demand, want %.0f", tt.kept, tt.most, n*(1-share), tt.stays)
		}
	}
}
