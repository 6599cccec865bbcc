package recommender_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/reserve"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// TestFreshClusterSurvivesAZone takes each zone of a plan for a fresh cluster away, by its
// placement alone: pods without a disk find room in the others, and those with one are named.
func TestFreshClusterSurvivesAZone(t *testing.T) {
	a, err := txtar.ParseFile("../testdata/rules/nodes/fresh.txtar")
	if err != nil {
		t.Fatal(err)
	}
	facts := analyzer.Analyze(casetest.Snapshot(t, a))
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(placeOf(a))), advice.Options{
		Levers: []advice.Lever{advice.LeverNodes}, Nodes: advice.NodeOptions{Survive: packing.SurviveZone},
	})
	if err != nil || len(recs) != 1 {
		t.Fatalf("got %d recommendations, %v", len(recs), err)
	}
	plan := advice.As[nodes.Plan](recs[0].Detail)
	size := map[string]int64{"db": 2000, "web": 1000, "nightly": 500} // millicores, as the objects have it
	cpu := func(pod string) int64 {
		name, _, _ := strings.Cut(strings.TrimPrefix(pod, "shop/"), "-")
		return size[name]
	}
	zones := map[string]bool{}
	for i := range plan.Starts {
		zones[plan.Starts[i].Zone] = true
	}
	if len(zones) != 3 || zones[""] {
		t.Fatalf("zones %v: a reader of the placement can't check them", zones)
	}
	for zone := range zones {
		var lost, rooms []int64
		for _, at := range plan.Placement {
			start := plan.Start(at.Node)
			rest := start.CPU - 200 // the DaemonSet's
			for _, pod := range at.Pods {
				rest -= cpu(pod)
				if start.Zone == zone && !slices.Contains(plan.Survived.Exempt, pod) {
					lost = append(lost, cpu(pod))
				}
			}
			if start.Zone != zone {
				rooms = append(rooms, rest)
			}
		}
		slices.Sort(lost)
		for _, need := range slices.Backward(lost) {
			slices.Sort(rooms)
			at := slices.IndexFunc(rooms, func(r int64) bool { return r >= need })
			if at < 0 {
				t.Fatalf("zone %s is lost: a pod of %d millicores has no room in %v", zone, need, rooms)
			}
			rooms[at] -= need
		}
	}
	if want := []string{"shop/db-0", "shop/db-1", "shop/db-2"}; !slices.Equal(plan.Survived.Exempt, want) {
		t.Errorf("exempt %v, want %v: their disks are in one zone", plan.Survived.Exempt, want)
	}
	if len(plan.Reserve.Pods) == 0 || slices.ContainsFunc(plan.Reserve.Pods, func(p reserve.Pods) bool { return strings.HasPrefix(p.Zone, "zone-") }) {
		t.Errorf("no placeholder may ask for a zone that has no name: %+v", plan.Reserve.Pods)
	}
}
