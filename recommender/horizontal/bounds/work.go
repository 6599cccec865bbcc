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
	if runsJobs(w) {
		return "it runs jobs of a CI system: a scale-in would cut off a job; scale it by its queue"
	}
	if program := takesFromQueue(w); program != "" && len(w.HPAs) == 0 {
		return fmt.Sprintf("it takes work from a queue (%s): how long that lasts no load curve tells, and a scale-in would cut it off; scale it by its queue", program)
	}
	return ""
}

// jobRunners are the images of the agents that CI systems hand jobs to, by a part of
// their name.
var jobRunners = []string{
	"actions-runner", "github-runner", "gitlab-runner", "forgejo-runner", "forgejo/runner", "act_runner", "bitbucket-pipelines-runner",
	"inbound-agent", "jnlp-slave", "jnlp-agent", "jenkins-agent", "jenkins-slave", "jenkins/agent", "jenkins/ssh-agent", "ssh-slave",
	"buildkite/agent", "azp-agent", "vsts-agent", "azure-pipelines-agent", "drone-runner", "drone/drone-runner", "woodpecker-agent", "woodpeckerci/woodpecker-agent",
	"teamcity-agent", "teamcity-build-agent", "bamboo-agent", "circleci/runner", "circleci-runner", "gocd-agent", "tfc-agent", "spacelift/launcher", "buildkitd", "moby/buildkit",
}

// runnerLabels are set by the controllers of such agents, whatever image they run; the
// value counts where one is given.
var runnerLabels = []struct{ key, value string }{
	{"actions.github.com/scale-set-name", ""}, {"actions-ephemeral", ""}, {"runner-deployment-name", ""}, {"runner-set-name", ""}, {"actions-runner", ""},
	{"jenkins", "slave"}, {"jenkins", "agent"}, {"jenkins/label", ""}, {"app.kubernetes.io/component", "jenkins-agent"}, {"buildkite.com/job-uuid", ""},
}

// runnerKinds are those controllers' own objects, which scale their agents themselves.
var runnerKinds = []string{"RunnerDeployment", "RunnerSet", "RunnerReplicaSet", "AutoscalingRunnerSet", "EphemeralRunnerSet", "EphemeralRunner"}

// runsJobs goes by the images, by what the controller is and says, and by the names that
// owners give mirrored images and workloads.
func runsJobs(w *analyzer.WorkloadFacts) bool {
	if slices.Contains(runnerKinds, w.Kind) {
		return true
	}
	for _, l := range runnerLabels {
		if v, ok := w.Labels[l.key]; ok && (l.value == "" || v == l.value) {
			return true
		}
	}
	names := named(w)
	has := func(part string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, part) })
	}
	if has("concourse") { // its image serves its pages too
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(words(name), "worker") })
	}
	return slices.ContainsFunc(jobRunners, has)
}

// words are the parts of a name.
func words(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
}

// queueWorkers are programs that take long work from a queue, and stop with it half done
// where they get no more than the grace period.
var queueWorkers = []string{"celery", "sidekiq", "resque", "delayed-job", "rq-worker", "airflow-worker", "temporal-worker", "queue-worker", "job-worker", "jobs-worker", "dramatiq", "bullmq", "faktory-worker", "good-job", "que-worker"}

// notWorkers are what the same programs run beside their workers, as a word of a name.
var notWorkers = []string{"beat", "flower", "exporter", "web", "api", "scheduler", "webserver"}

// takesFromQueue names the program of a worker, or "".
func takesFromQueue(w *analyzer.WorkloadFacts) string {
	names := named(w)
	for _, name := range names[:ownNames] {
		if slices.ContainsFunc(words(name), func(word string) bool { return slices.Contains(notWorkers, word) }) {
			return ""
		}
	}
	for _, name := range names {
		if i := slices.IndexFunc(queueWorkers, func(part string) bool { return strings.Contains(name, part) }); i >= 0 {
			return queueWorkers[i]
		}
	}
	return ""
}

// ownNames is how many of the names are the workload's own.
const ownNames = 4

// named lists what says which program a workload runs: its own name, the labels that name
// an application, and those of its containers and images.
func named(w *analyzer.WorkloadFacts) []string {
	out := []string{w.Name, w.Labels["app.kubernetes.io/name"], w.Labels["app.kubernetes.io/component"], w.Labels["app"]}
	for i := range w.Workload.Containers {
		if c := &w.Workload.Containers[i]; c.Type != analyzer.TypeInit {
			out = append(out, c.Name, c.Image)
		}
	}
	return out
}
