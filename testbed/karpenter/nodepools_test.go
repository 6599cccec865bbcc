package karpenter

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// TestNodePoolsAreKarpenters reads the NodePools of a golden report into
// Karpenter's own type, which must know every field, and validates them as
// Karpenter does.
func TestNodePoolsAreKarpenters(t *testing.T) {
	pools := goldenPlan(t).NodePools
	if got, want := len(pools), 2; got != want {
		t.Fatalf("got %d NodePools, want %d", got, want)
	}
	for _, raw := range pools {
		var pool karpv1.NodePool
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&pool); err != nil {
			t.Fatalf("not a NodePool: %v\n%s", err, raw)
		}
		if pool.APIVersion != "karpenter.sh/v1" || pool.Kind != "NodePool" {
			t.Errorf("got %s %s, want a NodePool of karpenter.sh/v1", pool.APIVersion, pool.Kind)
		}
		if err := pool.RuntimeValidate(context.Background()); err != nil {
			t.Errorf("NodePool %s: %v", pool.Name, err)
		}
		if len(pool.Spec.Limits) != 2 || len(pool.Spec.Disruption.Budgets) != 1 || pool.Spec.Disruption.ConsolidateAfter.Duration == nil {
			t.Errorf("NodePool %s: got limits %v, disruption %+v, want both read", pool.Name, pool.Spec.Limits, pool.Spec.Disruption)
		}
	}
}
