package policy_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
)

func FuzzPolicy(f *testing.F) {
	f.Add(policy.Example)
	f.Add([]byte(head + "custom: [{name: a, expression: 'object.spec.replicas > 1', message: x}]\n"))
	docs, _ := manifest.Parse("f", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := gate.ParsePolicy(data)
		if err != nil {
			return
		}
		if _, err := gate.Judge(gate.Input{Documents: docs, Policy: p, Today: "2026-11-24"}); err != nil {
			t.Errorf("a policy that was read cannot be run: %v", err)
		}
	})
}
