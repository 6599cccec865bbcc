package recommender_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// TestAddPlanned: a price that the plan alone uses has its source in the report,
// one that no plan uses has not; today's stay.
func TestAddPlanned(t *testing.T) {
	own, err := pricing.ParseFile("own.yaml", strings.NewReader("asOf: 2024-01-01\nprices: [{provider: aws, instanceType: m6i.4xlarge, usdPerHour: 0.5}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan := []recommender.Recommendation{{Nodes: &recommender.NodePlan{Groups: []recommender.NodeGroup{{
		Provider: "aws", Region: "us-east-1", CapacityType: "on-demand",
		Shapes: []recommender.NodeShape{{Types: []string{"m6i.4xlarge", "c5.large"}, Planned: 1}},
	}}}}}
	today := recommender.PriceSource{Provider: "aws", AsOf: "2026-07-20", Source: "kp-aws"}
	c := recommender.Costs{Catalog: pricing.New(pricing.Config{Overrides: []pricing.Overrides{own}}), Prices: []recommender.PriceSource{today}}
	c.AddPlanned(plan)
	want := []recommender.PriceSource{today, {Provider: "aws", AsOf: "2024-01-01", Source: "own.yaml"}}
	if !reflect.DeepEqual(c.Prices, want) {
		t.Errorf("got %+v, want %+v", c.Prices, want)
	}
	c.AddPlanned(plan)
	if len(c.Prices) != 2 {
		t.Errorf("twice: got %+v, want no source twice", c.Prices)
	}
}
