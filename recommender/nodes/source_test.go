package nodes

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
)

// TestSources: a price that the plan uses has its source in the report, one of a
// mere stand-in has not.
func TestSources(t *testing.T) {
	own, err := pricing.ParseFile("own.yaml", strings.NewReader("asOf: 2024-01-01\nprices: [{provider: aws, instanceType: m6i.4xlarge, usdPerHour: 0.5}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	one := group.Group{
		Provider: "aws", Region: "us-east-1", CapacityType: "on-demand",
		Shapes: []group.Shape{{Types: []string{"m6i.4xlarge", "c5.large"}, Planned: 1}},
	}
	c := pricing.New(pricing.Config{Overrides: []pricing.Overrides{own}})
	want := []pricing.Provenance{{Provider: "aws", AsOf: "2024-01-01", Source: "own.yaml"}}
	if got := sources(c, []group.Group{one, one}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
