package build

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fresh"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestPlanRisk says in one line what following a plan disturbs.
func TestPlanRisk(t *testing.T) {
	drain, shift := packing.Move{Node: "a"}, packing.Move{Node: "b", Keep: true}
	kept := []nodes.KeptNode{{Name: "k"}, {Name: "v", ByPod: true}}
	for want, plan := range map[string]nodes.Plan{
		"none: nothing runs yet": {Fresh: &fresh.Cluster{}},
		"not known":              {},
		"0 nodes new, 0 drained, 1 kept, 0 evictions, 0 pods restart":                                              {Stays: []string{"a"}, Kept: kept},
		"0 nodes new, 0 drained, 1 kept, 0 evictions, 0 pods restart, 1 pod with an ephemeral volume that is lost": {Pools: []nodes.Pool{{Count: 1}}, Kept: kept, LoseVolume: 1},
		"1 node new, 1 drained, 0 kept, 1 eviction, 1 pod restarts":                                                {NewNodes: 1, Moves: []packing.Move{drain, shift}, Evictions: 1, Restarts: 1},
		"3 nodes new, 2 drained, 1 kept, 9 evictions, 8 pods restart, of which 2 with emptyDir data that is lost, how much is not known": {
			NewNodes: 3, Moves: []packing.Move{drain, shift, drain}, Kept: kept, Evictions: 9, Restarts: 8, LoseData: 2,
		},
	} {
		if got := planRisk(&plan); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestPlanWithoutHistoryIsAGuess: a plan that no usage of other hours stands behind says so
// in its risk, and in the recommendation's; one with history says nothing of it.
func TestPlanWithoutHistoryIsAGuess(t *testing.T) {
	for _, moment := range []bool{true, false} {
		r := &document.Report{
			Nodes:           document.Nodes{Plan: &document.NodePlan{Risk: "2 drained"}},
			Recommendations: []document.Recommendation{{Lever: "nodes", Risk: "2 drained"}, {Lever: "rightsize", Risk: "not known"}},
		}
		r.Metadata.GeneratedFrom.Moment = moment
		markGuess(r)
		want := "2 drained"
		if moment {
			want += "; it rests on today's requests alone"
		}
		if r.Nodes.Plan.Risk != want || r.Recommendations[0].Risk != want || r.Recommendations[1].Risk != "not known" {
			t.Errorf("moment %v: got plan %q, recommendations %+v, want %q", moment, r.Nodes.Plan.Risk, r.Recommendations, want)
		}
	}
}
