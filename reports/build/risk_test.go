package build

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/fresh"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
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
