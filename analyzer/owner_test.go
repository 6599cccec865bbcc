package analyzer_test

import (
	"fmt"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func ref(kind, name string) analyzer.Ref {
	return analyzer.Ref{Namespace: "n", Kind: kind, Name: name}
}

func owners() *analyzer.Owners {
	o := &analyzer.Owners{}
	for _, w := range []analyzer.Workload{
		{Ref: ref("Deployment", "web"), Pods: []analyzer.Pod{{Name: "web-6d5f8b7c9-abcde"}}},
		{Ref: ref("Deployment", "a-b")},
		{Ref: ref("Rollout", "canary")},
		{Ref: ref("StatefulSet", "db")},
		{Ref: ref("DaemonSet", "log")},
		{Ref: ref("ReplicaSet", "own-5f8b7")},
		{Ref: ref("CronJob", "night")},
		{Ref: ref("Job", "once")},
	} {
		o.AddWorkload(&w)
	}
	o.AddPod("n", "web-old-1", "ReplicaSet", "web-old")
	o.AddOwner(ref("ReplicaSet", "web-old"), "Deployment", "web")
	o.AddPod("n", "web-unknown-1", "ReplicaSet", "web-7c9d")
	o.AddPod("n", "canary-1", "ReplicaSet", "canary-7c9d")
	o.AddPod("n", "own-1", "ReplicaSet", "own-5f8b7")
	o.AddPod("n", "gone-1", "ReplicaSet", "gone-7c9d")
	o.AddPod("n", "night-1", "Job", "night-28901234")
	o.AddPod("n", "bare", "<none>", "<none>")
	o.AddPod("n", "bare2", "", "")
	o.AddPod("n", "kube-proxy-node1", "Node", "node1")
	o.AddPod("n", "deep", "A0", "x")
	for i := range 10 {
		o.AddOwner(ref(fmt.Sprintf("A%d", i), "x"), fmt.Sprintf("A%d", i+1), "x")
	}
	o.AddPod("n", "round", "Ring", "one")
	o.AddOwner(ref("Ring", "one"), "Ring", "two")
	o.AddOwner(ref("Ring", "two"), "Ring", "one")
	o.AddOwner(ref("ReplicaSet", "gone-7c9d"), "<none>", "<none>")
	return o
}

func TestResolve(t *testing.T) {
	tests := []struct {
		pod   string
		want  analyzer.Ref
		match analyzer.Match
	}{
		{"web-6d5f8b7c9-abcde", ref("Deployment", "web"), analyzer.MatchLive},
		{"web-old-1", ref("Deployment", "web"), analyzer.MatchOwner},
		{"web-unknown-1", ref("Deployment", "web"), analyzer.MatchOwner},
		{"canary-1", ref("Rollout", "canary"), analyzer.MatchOwner},
		{"own-1", ref("ReplicaSet", "own-5f8b7"), analyzer.MatchOwner},
		{"gone-1", ref("ReplicaSet", "gone-7c9d"), analyzer.MatchOwner},
		{"night-1", ref("CronJob", "night"), analyzer.MatchOwner},
		{"bare", ref("Pod", "bare"), analyzer.MatchOwner},
		{"bare2", ref("Pod", "bare2"), analyzer.MatchOwner},
		{"kube-proxy-node1", ref("Pod", "kube-proxy-node1"), analyzer.MatchOwner},
		{"deep", ref("A10", "x"), analyzer.MatchOwner},
		{"web-6d5f8b7c9-x2b4c", ref("Deployment", "web"), analyzer.MatchName},
		{"a-b-6d5f8b7c9-x2b4c", ref("Deployment", "a-b"), analyzer.MatchName},
		{"canary-6d5f8b7c9-x2b4c", ref("Rollout", "canary"), analyzer.MatchName},
		{"db-11", ref("StatefulSet", "db"), analyzer.MatchName},
		{"log-x2b4c", ref("DaemonSet", "log"), analyzer.MatchName},
		{"own-5f8b7-x2b4c", ref("ReplicaSet", "own-5f8b7"), analyzer.MatchName},
		{"night-28901234-x2b4c", ref("CronJob", "night"), analyzer.MatchName},
		{"once-x2b4c", ref("Job", "once"), analyzer.MatchName},
		{"web-6d5f8b7c9-aeiou", ref("Pod", "web-6d5f8b7c9-aeiou"), analyzer.MatchNone},
		{"web-x2b4c", ref("Pod", "web-x2b4c"), analyzer.MatchNone},
		{"db-", ref("Pod", "db-"), analyzer.MatchNone},
		{"-1", ref("Pod", "-1"), analyzer.MatchNone},
		{"", ref("Pod", ""), analyzer.MatchNone},
	}
	o := owners()
	for _, tt := range tests {
		got, match := o.Resolve("n", tt.pod)
		if got != tt.want || match != tt.match {
			t.Errorf("%s: got %v by %d, want %v by %d", tt.pod, got, match, tt.want, tt.match)
		}
	}
	if got, match := o.Resolve("other", "web-6d5f8b7c9-x2b4c"); match != analyzer.MatchNone {
		t.Errorf("another namespace: got %v by %d, want none", got, match)
	}
	if got, _ := o.Resolve("n", "round"); got.Kind != "Ring" {
		t.Errorf("a circle: got %v, want one of the ring", got)
	}
	if got, match := new(analyzer.Owners).Resolve("n", "p-1"); got != ref("Pod", "p-1") || match != analyzer.MatchNone {
		t.Errorf("no owners: got %v by %d", got, match)
	}
}

// TestExecutorsAreTheirDrivers: pods that a pod owns belong to what owns that one,
// also when all of them are gone.
func TestExecutorsAreTheirDrivers(t *testing.T) {
	var o analyzer.Owners
	o.AddPod("jobs", "pi-driver", "SparkApplication", "pi")
	o.AddPod("jobs", "pi-9a8b7c-exec-1", "Pod", "pi-driver")
	o.AddPod("jobs", "lone-9a8b7c-exec-1", "Pod", "lone-driver")
	o.AddPod("jobs", "odd", "Pod", "odd")
	for pod, want := range map[string]string{
		"pi-9a8b7c-exec-1": "jobs/SparkApplication/pi", "pi-driver": "jobs/SparkApplication/pi",
		"lone-9a8b7c-exec-1": "jobs/Pod/lone-driver", "odd": "jobs/Pod/odd",
	} {
		if got, _ := o.Resolve("jobs", pod); got.String() != want {
			t.Errorf("%s: got %s, want %s", pod, got, want)
		}
	}
}

// TestRunsWhoseHashHasNoDigit: a run whose generated part looks like a word is one of the
// runs that have a digit there, and a word that no run has otherwise stays a word.
func TestRunsWhoseHashHasNoDigit(t *testing.T) {
	var o analyzer.Owners
	for _, run := range []string{"push-4k7sm-build", "push-rxlgb-build", "check-https-day", "check-pgsql-day"} {
		o.AddPod("n", run+"-pod", "TaskRun", run)
	}
	for pod, want := range map[string]string{
		"push-4k7sm-build-pod": "push-*-build", "push-rxlgb-build-pod": "push-*-build",
		"check-https-day-pod": "check-https-day", "check-pgsql-day-pod": "check-pgsql-day",
	} {
		if got, _ := o.Resolve("n", pod); got != ref("TaskRun", want) {
			t.Errorf("%s: got %v, want %s", pod, got, want)
		}
	}
	o.AddOwner(ref("TaskRun", "push-9x2bd-build"), "Pipeline", "push")
	if got, _ := o.Resolve("n", "push-rxlgb-build-pod"); got != ref("Pipeline", "push") {
		t.Errorf("with a run of a template: got %v, want its template", got)
	}
}
