package bounds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// longGrace is the termination grace period, in seconds, above which pods are
// taken to hold long work that a scale-in would cut off.
const longGrace = 300

// LongWork gives the reason for which a scale-in would cut work off, or "".
func LongWork(w *analyzer.WorkloadFacts) string {
	for _, pod := range w.Pods {
		if pod.Spec.GraceSeconds > longGrace {
			return fmt.Sprintf("its pods take up to %d s to stop: a scale-in would cut off long work", pod.Spec.GraceSeconds)
		}
	}
	if Binds(w, analyzer.ConstraintKeep) {
		return "its pods ask not to be disrupted: a scale-in would cut off their work"
	}
	for i := range w.Workload.Containers {
		if runsJobs(w.Workload.Containers[i].Image) {
			return "it runs jobs of a CI system: a scale-in would cut off a job; scale it by its queue"
		}
	}
	return ""
}

// jobRunners are the images of the agents that CI systems hand jobs to.
var jobRunners = []string{"actions-runner", "github-runner", "gitlab-runner", "inbound-agent", "jnlp-slave", "jnlp-agent", "buildkite/agent", "azp-agent", "drone-runner", "woodpecker-agent", "concourse", "teamcity-agent", "bamboo-agent", "circleci/runner"}

func runsJobs(image string) bool {
	return slices.ContainsFunc(jobRunners, func(name string) bool { return strings.Contains(image, name) })
}
