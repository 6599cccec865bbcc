package bounds_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/bounds"
)

// TestLongWork: what runs jobs, or takes long work from a queue, is known by its image, its
// names, its labels and its kind; what only sounds alike is not.
func TestLongWork(t *testing.T) {
	const jobs, queue = "runs jobs of a CI system", "takes work from a queue"
	labels := func(key, value string) map[string]string { return map[string]string{key: value} }
	for _, tt := range []struct {
		kind, name, container, image string
		labels                       map[string]string
		scaled                       bool
		want                         string
	}{
		{"Deployment", "shop", "app", "shop/web:1", nil, false, ""},
		{"Deployment", "shop", "app", "shop/road-runner:1", nil, false, ""},
		{"Deployment", "ci", "app", "ghcr.io/actions/actions-runner:2.317", nil, false, jobs},
		{"Deployment", "ci", "app", "jenkins/agent:1", nil, false, jobs},
		{"Deployment", "ci", "app", "gitea/act_runner:0.2", nil, false, jobs},
		{"Deployment", "ci", "app", "mcr.microsoft.com/azure-pipelines/vsts-agent:u", nil, true, jobs},
		{"Deployment", "ci", "jenkins-agent", "mirror/x:1", nil, false, jobs},
		{"Deployment", "gitlab-runner", "app", "mirror/x:1", nil, false, jobs},
		{"Deployment", "ci", "app", "mirror/x:1", labels("app.kubernetes.io/name", "gitlab-runner"), false, jobs},
		{"Deployment", "ci", "app", "mirror/x:1", labels("actions.github.com/scale-set-name", "big"), false, jobs},
		{"Deployment", "ci", "app", "mirror/x:1", labels("jenkins", "slave"), false, jobs},
		{"Deployment", "ci", "app", "mirror/x:1", labels("jenkins", "controller"), false, ""},
		{"RunnerDeployment", "ci", "app", "mirror/x:1", nil, false, jobs},
		{"StatefulSet", "ci-worker", "ci-worker", "concourse/concourse:7", nil, false, jobs},
		{"StatefulSet", "concourse-worker", "app", "mirror/x:1", nil, false, jobs},
		{"Deployment", "ci-web", "ci-web", "concourse/concourse:7", nil, false, ""},
		{"Deployment", "concourse-web", "app", "mirror/concourse:7", nil, false, ""},
		{"StatefulSet", "concourse-postgresql", "app", "postgres:16", nil, false, ""},
		{"Deployment", "mail", "app", "shop/celery-worker:1", nil, false, queue},
		{"Deployment", "mail", "sidekiq", "shop/all:1", nil, false, queue},
		{"Deployment", "mail-queue-worker", "app", "shop/all:1", nil, false, queue},
		{"Deployment", "mail", "sidekiq", "shop/all:1", nil, true, ""}, // its owner has it scaled in already
		{"Deployment", "celery-beat", "celery", "shop/all:1", nil, false, ""},
		{"Deployment", "celery-exporter", "app", "celery-exporter:1", nil, false, ""},
		{"Deployment", "shop-web", "app", "shop/django-celery:1", nil, false, ""},
	} {
		w := analyzer.WorkloadFacts{Workload: &analyzer.Workload{
			Ref: analyzer.Ref{Namespace: "ns", Kind: tt.kind, Name: tt.name}, Labels: tt.labels,
			Containers: []analyzer.Container{{Name: tt.container, Type: analyzer.TypeContainer, Image: tt.image}, {Name: "wait", Type: analyzer.TypeInit, Image: "celery:1"}},
		}}
		if tt.scaled {
			w.HPAs = []analyzer.HPA{{Name: tt.name}}
		}
		if got := bounds.LongWork(&w); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s %s, container %s of %s, labels %v: got %q, want %q", tt.kind, tt.name, tt.container, tt.image, tt.labels, got, tt.want)
		}
	}
}
