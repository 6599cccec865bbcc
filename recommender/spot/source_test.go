package spot

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// TestSources: the spot prices of types that run on demand have their source;
// those of nodes on spot stand among today's.
func TestSources(t *testing.T) {
	c := &cost.Costs{Catalog: pricing.New(pricing.Config{}), Nodes: []cost.NodeCost{
		{Offering: pricing.Offering{Provider: "aws", Region: "us-east-1", InstanceType: "m6i.large", CapacityType: pricing.OnDemand}},
		{Offering: pricing.Offering{Provider: "gcp", Region: "us-central1", InstanceType: "n2-standard-2", CapacityType: pricing.Spot}},
	}}
	got := sources(c)
	if len(got) != 1 || got[0].Of != pricing.OfSpot || got[0].Provider != "aws" || got[0].AsOf == "" {
		t.Errorf("got %+v, want one source of spot prices of aws", got)
	}
	if got := sources(&cost.Costs{}); got != nil {
		t.Errorf("without a catalog: got %+v", got)
	}
}
