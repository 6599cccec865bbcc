package safe

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Surges is how many pods a rolling update of each workload starts at once: a quarter,
// rounded up, as Deployments have it by default; other kinds end pods first.
func Surges(s *analyzer.Snapshot, pods []packing.Pod) map[string]int {
	rolls := map[string]bool{}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		rolls[w.Ref.String()] = w.Kind == "Deployment" || w.Kind == "Rollout" || w.Kind == "DeploymentConfig"
	}
	count, out := map[string]int{}, map[string]int{}
	for i := range pods {
		count[pods[i].Group]++
	}
	for group, n := range count {
		if rolls[group] {
			out[group] = (n + 3) / 4
		}
	}
	return out
}
