package recommender_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
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
		onDemand, spot, skew, share, ok := recommender.SpotShare(floor, least, most, mean)
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
		onDemand, spot, skew, share, ok := recommender.SpotShare(floor, tt.least, tt.most, mean)
		if ok != (tt.spot > 0) || onDemand != tt.onDemand || spot != tt.spot || skew != tt.skew {
			t.Errorf("%d of %d to %d: got %d:%d with skew %d, %v, want %d:%d with %d", tt.kept, tt.least, tt.most, onDemand, spot, skew, ok, tt.onDemand, tt.spot, tt.skew)
		}
		if n := float64(tt.most); ok && tt.least == tt.most && math.Abs(n*(1-share)-tt.stays) > 1e-9 {
			t.Errorf("%d of %d: reckoned with %.2f on demand, want %.0f", tt.kept, tt.most, n*(1-share), tt.stays)
		}
	}
}

// adviseSpot runs the rules on a case of the rule purchase or spot.
func adviseSpot(t *testing.T, file string, levers []advice.Lever, held ...pricing.HeldCommitment) (recs []advice.Advice, costs *cost.Costs) {
	t.Helper()
	a, err := txtar.ParseFile("../testdata/rules/" + file)
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(caseSnapshot(t, section(a, "objects.yaml"), section(a, "series")))
	costs = cost.Of(facts, pricing.New(pricing.Config{}))
	recs, err = recommender.Run(context.Background(), facts, costs, advice.Options{Levers: levers, Commitment: advice.CommitmentOptions{Held: held}})
	if err != nil {
		t.Fatal(err)
	}
	return recs, costs
}

func spotSaved(recs []advice.Advice) (saved, leaves float64, advised int) {
	for _, r := range recs {
		if advice.As[recommender.SpotReadiness](r.Detail) != nil {
			saved, leaves = saved+r.MonthlySavings, leaves+advice.As[recommender.SpotReadiness](r.Detail).MonthlyOnDemand
			if advice.As[recommender.SpotReadiness](r.Detail).Advised {
				advised++
			}
		}
	}
	return saved, leaves, advised
}

var onlyPurchase = []advice.Lever{advice.LeverPurchase}

// TestSpotHeld: what commitments pay for is not moved, and saves nothing.
func TestSpotHeld(t *testing.T) {
	recs, costs := adviseSpot(t, "spot/ready.txtar", onlyPurchase)
	free, leaves, _ := spotSaved(recs)
	if free <= 0 {
		t.Fatalf("got savings %.2f without commitments, want some", free)
	}
	room := leaves / pricing.HoursPerMonth
	hourly := costs.Nodes[0].Hourly
	for _, tt := range []struct {
		name string
		held pricing.HeldCommitment
		want float64
	}{
		{"all is covered", pricing.HeldCommitment{Covers: 2 * hourly, Pays: hourly}, 0},
		{"the family is covered", pricing.HeldCommitment{Family: "m6i", Covers: hourly, Pays: hourly / 2}, 0},
		{"half of what would move is covered", pricing.HeldCommitment{Covers: hourly - room/2}, 0},
		{"only what stays is covered", pricing.HeldCommitment{Covers: hourly - room - 1e-6}, free},
		{"another family is covered", pricing.HeldCommitment{Family: "c5", Covers: 9}, free},
	} {
		recs, _ := adviseSpot(t, "spot/ready.txtar", onlyPurchase, tt.held)
		got, _, advised := spotSaved(recs)
		if math.Abs(got-tt.want) > 0.01 || (advised > 0) != (tt.want > 0) {
			t.Errorf("%s: saves %.2f with %d moved, want %.2f", tt.name, got, advised, tt.want)
		}
	}
}

// TestSpotSavesWithinThePlan: what moving takes off the bill is no more than the
// plan's nodes on demand cost, and what it saves no more than that.
func TestSpotSavesWithinThePlan(t *testing.T) {
	for _, file := range []string{"spot/ready.txtar", "spot/budget.txtar", "purchase/after-spot.txtar"} {
		recs, _ := adviseSpot(t, file, nil)
		onDemand := 0.0
		for _, r := range recs {
			if advice.As[nodes.Plan](r.Detail) != nil {
				for _, p := range advice.As[nodes.Plan](r.Detail).Pools {
					if p.CapacityType == "on-demand" {
						onDemand += float64(p.Count) * p.Hourly * pricing.HoursPerMonth
					}
				}
			}
		}
		saved, leaves, _ := spotSaved(recs)
		if leaves > onDemand+0.01 || saved > leaves+0.01 || saved < 0 {
			t.Errorf("%s: saves %.2f of %.2f that leave the %.2f on demand", file, saved, leaves, onDemand)
		}
	}
}

// TestSpotNotForWhatGoes: what another finding says to remove does not move.
func TestSpotNotForWhatGoes(t *testing.T) {
	recs, _ := adviseSpot(t, "waste/idle-workload.txtar", nil)
	idle := map[string]bool{}
	for _, r := range recs {
		if advice.As[recommender.WasteFinding](r.Detail) != nil && advice.As[recommender.WasteFinding](r.Detail).Kind == recommender.WasteIdleWorkload {
			idle[r.Workload.String()] = true
		}
	}
	if len(idle) == 0 {
		t.Fatal("nothing is idle")
	}
	for _, r := range recs {
		if advice.As[recommender.SpotReadiness](r.Detail) != nil && idle[r.Workload.String()] && (advice.As[recommender.SpotReadiness](r.Detail).Ready || advice.As[recommender.SpotReadiness](r.Detail).Advised || r.MonthlySavings != 0) {
			t.Errorf("%s is idle: got %q", r.Workload, r.Title)
		}
	}
}
