package safe

import (
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// usualSurge is what Kubernetes takes where an object does not say.
const usualSurge = "25%"

// Surges is how many pods a rolling update of each workload starts at once, as its object
// has it; kinds that end pods first start none.
func Surges(s *analyzer.Snapshot, pods []packing.Pod) map[string]int {
	count, out := map[string]int{}, map[string]int{}
	for i := range pods {
		count[pods[i].Group]++
	}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		rolls := w.Kind == "Deployment" || w.Kind == "Rollout" || w.Kind == "DeploymentConfig"
		if n := surge(w.Surge, count[w.Ref.String()]); rolls && n > 0 {
			out[w.Ref.String()] = n
		}
	}
	return out
}

// surge reads a number or a percentage of pods, rounded up as the controller does. There
// are never more new pods than pods.
func surge(text string, pods int) int {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil || n < 0 {
		text, n = usualSurge, 25
	}
	if strings.HasSuffix(text, "%") {
		n = (min(n, 100)*pods + 99) / 100
	}
	return min(n, pods)
}
