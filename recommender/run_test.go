package recommender_test

import (
	"context"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

func TestUnknownLeversRunNothing(t *testing.T) {
	web := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	s := &analyzer.Snapshot{Workloads: []analyzer.Workload{{Ref: web, Replicas: 2, Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer}}}}}
	if all, err := recommender.Run(context.Background(), analyzer.Analyze(s), nil, advice.Options{}); err != nil || len(all) == 0 {
		t.Fatalf("got %d recommendations of all levers, error %v; want some", len(all), err)
	}
	recs, err := recommender.Run(context.Background(), analyzer.Analyze(s), nil, advice.Options{Levers: []advice.Lever{"none"}})
	if err != nil || len(recs) != 0 {
		t.Errorf("got %d recommendations, error %v; want none", len(recs), err)
	}
}
