package cost_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// TestPodsByRole: advice on a pod's size is worth as much by night as by day, where the
// number of pods is not the workload's own.
func TestPodsByRole(t *testing.T) {
	role := func(name, role string) analyzer.Container { return analyzer.Container{Name: name, Role: role} }
	plain := []analyzer.Container{{Name: "app"}}
	roles := []analyzer.Container{role("head", "head"), role("worker", "worker")}
	mean := map[string]float64{"app": 4.75, "head": 1, "worker": 2.25}
	for _, tt := range []struct {
		name, kind string
		containers []analyzer.Container
		pods       []analyzer.Pod
		hpas       int
		byHour     bool
		want       map[string]float64
	}{
		{"a fixed number", "Deployment", plain, nil, 0, true, map[string]float64{"": 2}},
		{"an HPA sets it", "Deployment", plain, nil, 1, false, map[string]float64{"": 4.75}},
		{"nodes that come and go", "DaemonSet", plain, nil, 0, true, map[string]float64{"": 4.75}},
		{"nodes that stay", "DaemonSet", plain, nil, 0, false, map[string]float64{"": 2}},
		{"a job", "CronJob", plain, nil, 0, false, map[string]float64{"": 4.75}},
		{"roles", "RayCluster", roles, []analyzer.Pod{{Role: "head"}, {Role: "worker"}}, 0, false, map[string]float64{"head": 1, "worker": 2.25}},
	} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: analyzer.Ref{Kind: tt.kind, Name: "w"}, Replicas: 2, Containers: tt.containers, Pods: tt.pods}}
		for range tt.hpas {
			w.HPAs = append(w.HPAs, analyzer.HPA{})
		}
		c := &cost.Costs{Workloads: map[analyzer.Ref]cost.WorkloadCost{w.Ref: {MeanPods: mean}}}
		if tt.byHour {
			c.Mean = &cost.MeanNodes{}
		}
		got := c.PodsByRole(w)
		for role, pods := range tt.want {
			if got[role] != pods || len(got) != len(tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}
