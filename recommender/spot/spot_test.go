package spot_test

import (
	"context"
	"math"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

// adviseSpot runs the rules on a case of the rule purchase or spot.
func adviseSpot(t *testing.T, file string, levers []advice.Lever, held ...pricing.HeldCommitment) (recs []advice.Advice, costs *cost.Costs) {
	t.Helper()
	a, err := txtar.ParseFile("../../testdata/rules/" + file)
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(casetest.Snapshot(t, a))
	costs = cost.Of(facts, pricing.New(pricing.Config{}))
	recs, err = recommender.Run(context.Background(), facts, costs, advice.Options{Levers: levers, Commitment: advice.CommitmentOptions{Held: held}})
	if err != nil {
		t.Fatal(err)
	}
	return recs, costs
}

func spotSaved(recs []advice.Advice) (saved, leaves float64, advised int) {
	for _, r := range recs {
		if advice.As[spot.Readiness](r.Detail) != nil {
			saved, leaves = saved+r.MonthlySavings, leaves+advice.As[spot.Readiness](r.Detail).MonthlyOnDemand
			if advice.As[spot.Readiness](r.Detail).Advised {
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
		if advice.As[waste.Finding](r.Detail) != nil && advice.As[waste.Finding](r.Detail).Kind.Code == "idle-workload" {
			idle[r.Workload.String()] = true
		}
	}
	if len(idle) == 0 {
		t.Fatal("nothing is idle")
	}
	for _, r := range recs {
		if advice.As[spot.Readiness](r.Detail) != nil && idle[r.Workload.String()] && (advice.As[spot.Readiness](r.Detail).Ready || advice.As[spot.Readiness](r.Detail).Advised || r.MonthlySavings != 0) {
			t.Errorf("%s is idle: got %q", r.Workload, r.Title)
		}
	}
}

// TestSpotSavesWhileItRuns: nodes that stand whether or not pods run are paid for all the
// time; a job's, and those that follow their pods, for the hours that the pods run.
func TestSpotSavesWhileItRuns(t *testing.T) {
	day := analyzer.Day{Date: 20000, Hours: make([]analyzer.Hour, 24)}
	for h := range 6 {
		day.Hours[h].Pods = 2
	}
	p := &advice.Pass{Cluster: &advice.Cluster{}, Facts: &analyzer.Analysis{Snapshot: &analyzer.Snapshot{
		Window: analyzer.Window{Start: time.Unix(20000*86400, 0), End: time.Unix(20001*86400, 0)},
	}}}
	for _, tt := range []struct {
		kind    string
		follows bool
		want    float64
	}{{"Deployment", false, 1}, {"Deployment", true, 0.25}, {"Job", false, 0.25}, {"CronJob", true, 0.25}} {
		w := &analyzer.WorkloadFacts{
			Workload:   &analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: tt.kind, Name: "x"}},
			Containers: []analyzer.ContainerFacts{{Container: analyzer.Container{Name: "app", Type: analyzer.TypeContainer}, Days: []analyzer.Day{day}}},
		}
		if got := spot.Lasting(p, w, 2, tt.follows); got != tt.want {
			t.Errorf("%s, nodes follow %v: paid for %v of the hours, want %v", tt.kind, tt.follows, got, tt.want)
		}
	}
}
