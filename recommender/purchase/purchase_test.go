package purchase_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
)

// advisePurchase runs the rule on one of its cases with other options, after the
// levers given.
func advisePurchase(t *testing.T, file string, o advice.CommitmentOptions, after ...advice.Lever) *purchase.Advice {
	t.Helper()
	a, err := txtar.ParseFile("../../testdata/rules/purchase/" + file)
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(casetest.Snapshot(t, a))
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(pricing.Config{})),
		advice.Options{Levers: append(after, advice.LeverPurchase), Commitment: o})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if advice.As[purchase.Advice](r.Detail) != nil {
			return advice.As[purchase.Advice](r.Detail)
		}
	}
	t.Fatal("the rule reported nothing")
	return nil
}

// TestPurchaseKeepsItsPromises: in every required scenario the advice costs no
// more than on demand, whatever is asked for; regrets and shares are what they say.
func TestPurchaseKeepsItsPromises(t *testing.T) {
	for _, file := range []string{"flat.txtar", "by-day.txtar", "fell.txtar", "google-sustained-use.txtar", "google-resources.txtar", "after-spot.txtar"} {
		for _, terms := range [][]int{nil, {3}, {1, 3}} {
			for _, capital := range []float64{0, 0.02, 0.3} {
				t.Run(fmt.Sprint(file, terms, capital), func(t *testing.T) {
					a := advisePurchase(t, file, advice.CommitmentOptions{Terms: terms, CapitalCost: capital})
					for _, s := range a.Scenarios {
						if s.Required && s.Savings < -0.01 || s.Regret < 0 || math.Abs(s.OnDemand-s.Cost-s.Savings) > 1e-6 {
							t.Errorf("%+v", s)
						}
					}
					var saved float64
					for _, c := range a.Commitments {
						saved += c.MonthlySavings
						if c.Coverage < 0 || c.Coverage > 1 || c.Utilization < 0 || c.Utilization > 1 || !c.Survives || c.Amount <= 0 {
							t.Errorf("%+v", c)
						}
					}
					if math.Abs(saved-a.Scenarios[0].Savings) > 0.01 {
						t.Errorf("commitments save %.2f together, the first scenario says %.2f", saved, a.Scenarios[0].Savings)
					}
				})
			}
		}
	}
}

// TestPurchaseLadder: with both terms the advice costs no more than a
// commitment alone that survives and moves with the demand, nor than three years
// alone, and survives the deepest fall.
func TestPurchaseLadder(t *testing.T) {
	a := advisePurchase(t, "flat.txtar", advice.CommitmentOptions{Terms: []int{1, 3}})
	saves := func(a *purchase.Advice) (usd float64) {
		for _, c := range a.Commitments {
			usd += c.MonthlySavings
		}
		return usd
	}
	for _, c := range a.Alternatives {
		if c.Survives && c.Family == "" && c.MonthlySavings > saves(a)+1 { // a dollar for what is sold in steps
			t.Errorf("the advice saves %.2f, %d years of %s alone %.2f", saves(a), c.Years, c.Instrument, c.MonthlySavings)
		}
	}
	for _, s := range a.Scenarios {
		if strings.HasPrefix(s.Name, "40 %") && (!s.Required || s.Savings < -0.01) {
			t.Errorf("got %+v, want it required and survived", s)
		}
	}
	if three := advisePurchase(t, "flat.txtar", advice.CommitmentOptions{Terms: []int{3}}); saves(three) > saves(a)+0.01 {
		t.Errorf("both terms save %.2f, three years alone %.2f", saves(a), saves(three))
	}
}

// TestPurchaseHeld: what exists counts first and only once.
func TestPurchaseHeld(t *testing.T) {
	free := advisePurchase(t, "flat.txtar", advice.CommitmentOptions{})
	held := []pricing.HeldCommitment{{Family: "m6i", Covers: 0.5}, {Covers: 0.25}, {Family: "c5", Covers: 9}}
	a := advisePurchase(t, "flat.txtar", advice.CommitmentOptions{Held: held})
	if got, want := a.Demand.Mean, free.Demand.Mean-0.75; math.Abs(got-want) > 1e-9 || math.Abs(a.Demand.Held-0.75) > 1e-9 {
		t.Errorf("got demand %.4f with %.4f held, want %.4f with 0.75", got, a.Demand.Held, want)
	}
	all := advisePurchase(t, "flat.txtar", advice.CommitmentOptions{Held: []pricing.HeldCommitment{{Covers: 100}}})
	if len(all.Commitments) != 0 {
		t.Errorf("all demand is covered: got %+v, want nothing", all.Commitments)
	}
}

// TestPurchaseHeldResources: vCPUs that are held leave the memory, which can't be
// committed to without any; both held leave nothing by night.
func TestPurchaseHeldResources(t *testing.T) {
	const file = "google-resources.txtar"
	vcpus := pricing.HeldCommitment{Name: "cores", Family: "n2", Resource: pricing.ResourceVCPU, Units: 8}
	memory := pricing.HeldCommitment{Name: "memory", Family: "n2", Resource: pricing.ResourceMemory, Units: 64}
	advise := func(held ...pricing.HeldCommitment) *purchase.Advice {
		return advisePurchase(t, file, advice.CommitmentOptions{Held: held}, advice.LeverRightsize, advice.LeverNodes)
	}
	free, one, both := advise(), advise(vcpus), advise(vcpus, memory)
	covers := map[string]float64{}
	for _, c := range free.Commitments {
		covers[c.Resource] = c.Covers
		if math.Abs(c.VCPUs-math.Round(c.VCPUs)) > 1e-9 {
			t.Errorf("got %g vCPUs, want a whole number", c.VCPUs)
		}
	}
	if got, want := one.Demand.Held, covers[pricing.ResourceVCPU]; math.Abs(got-want) > 1e-6 || want == 0 {
		t.Errorf("8 vCPUs cover %.6f USD an hour, want the %.6f that were advised on without them", got, want)
	}
	if got, want := both.Demand.Held, covers[pricing.ResourceVCPU]+covers[pricing.ResourceMemory]; math.Abs(got-want) > 1e-6 {
		t.Errorf("both cover %.6f USD an hour, want %.6f", got, want)
	}
	for _, a := range []*purchase.Advice{one, both} {
		for _, c := range a.Commitments {
			if c.Resource != "" {
				t.Errorf("got %+v, want no vCPUs, which are covered, and so no memory", c)
			}
		}
	}
}

// TestPurchaseIsDeterministic: the same snapshot gives the same advice, and the
// names of what is advised come from the catalog.
func TestPurchaseIsDeterministic(t *testing.T) {
	one, two := advisePurchase(t, "by-day.txtar", advice.CommitmentOptions{}), advisePurchase(t, "by-day.txtar", advice.CommitmentOptions{})
	if !reflect.DeepEqual(one, two) {
		t.Errorf("got %+v, then %+v", one, two)
	}
	if !strings.Contains(one.Commitments[0].Instrument, "Savings Plan") {
		t.Errorf("got instrument %q", one.Commitments[0].Instrument)
	}
}

// TestPartOfFamily: where the tables tell some machines' GPUs of a family apart, what they
// do not tell is a part of the family.
func TestPartOfFamily(t *testing.T) {
	of := func(family, resource string) demand.Family {
		return demand.Family{CommitmentScope: pricing.CommitmentScope{Family: family, Resource: resource}}
	}
	d := &demand.Curve{Families: []demand.Family{of("a2", pricing.ResourceGPU), of("a2", pricing.ResourceUntold), of("a3", pricing.ResourceUntold)}}
	for family, want := range map[string]string{"a2": "a part of a2", "a3": "a3"} {
		if got := purchase.PartOf(d, family); got != want {
			t.Errorf("%s: got %q, want %q", family, got, want)
		}
	}
}
