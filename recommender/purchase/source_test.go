package purchase

import (
	"reflect"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/demand"
)

// TestCite: advice on commitments names the tables it weighed; withheld advice
// rests on nothing but the file of the commitments that exist.
func TestCite(t *testing.T) {
	held := []pricing.HeldCommitment{{Covers: 1, Pays: 1, Source: "held.csv"}}
	c := &cost.Costs{Catalog: pricing.New(pricing.Config{}), Nodes: []cost.NodeCost{{Offering: pricing.Offering{Provider: "aws", Region: "us-east-1"}}}}
	told := advice.Advice{Detail: &Advice{
		Provider: "aws", Region: "us-east-1", Held: held,
		Demand: demand.Hourly{Families: []demand.Family{{CommitmentScope: pricing.CommitmentScope{Family: "m6i"}}}},
	}}
	withheld := advice.Advice{Detail: &Advice{Held: held}, Withheld: []advice.Withheld{{Resource: "all", Reason: "too little data"}}}
	file := pricing.Provenance{Provider: "aws", Source: "held.csv", Of: pricing.OfCommitments}
	if err := cite(c, &withheld); err != nil || !reflect.DeepEqual(withheld.Sources, []pricing.Provenance{file}) {
		t.Errorf("withheld: got %+v, error %v; want %+v", withheld.Sources, err, file)
	}
	if err := cite(c, &told); err != nil || len(told.Sources) != 2 || told.Sources[0] != file || told.Sources[1].Of != pricing.OfCommitments || told.Sources[1].AsOf == "" {
		t.Errorf("told: got %+v, error %v; want the file and the table", told.Sources, err)
	}
}
