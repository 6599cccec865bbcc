package object_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestRunsKnownByPods: runs whose owners were not read, as by kubectl get pods, are one
// workload a template all the same: by the labels of their pods, a CronJob's name, or the
// form of the runs' names.
func TestRunsKnownByPods(t *testing.T) {
	var b strings.Builder
	pod := func(name, apiVersion, kind, owner, labels string) {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: ci, labels: {%s}, ownerReferences: [{apiVersion: %s, kind: %s, name: %s, controller: true, uid: u}]}\n"+
			"spec: {containers: [{name: main, image: a, resources: {requests: {cpu: 100m}}}]}\nstatus: {phase: Succeeded}\n", name, labels, apiVersion, kind, owner)
	}
	for i, x := range []string{"bcdfg", "hjklm", "npqrs"} {
		pod("lint-"+x+"-pod", "tekton.dev/v1", "TaskRun", "lint-"+x, "tekton.dev/task: lint, tekton.dev/taskRun: lint-"+x)
		pod("ship-"+x+"-test-pod", "tekton.dev/v1", "TaskRun", "ship-"+x+"-test", "tekton.dev/task: test, tekton.dev/pipeline: ship")
		pod("train-"+x+"-step", "argoproj.io/v1alpha1", "Workflow", "train-"+x, "workflows.argoproj.io/workflow: train-"+x)
		pod(fmt.Sprintf("nightly-2900000%d-%s", i, x), "batch/v1", "Job", fmt.Sprintf("nightly-2900000%d", i), "")
		pod(fmt.Sprintf("hourly-2900000%d-%s", i, x), "batch/v1", "Job", fmt.Sprintf("hourly-2900000%d", i), "")
	}
	pod("once-x2b4c", "batch/v1", "Job", "once", "")
	b.WriteString("---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly, namespace: ci}\n" +
		"spec: {schedule: '0 1 * * *', jobTemplate: {spec: {template: {spec: {containers: [{name: main, image: a}]}}}}}\n")
	v, err := object.ReadFiles([]string{"-"}, strings.NewReader(b.String()), openFile)
	if err != nil {
		t.Fatal(err)
	}
	snap := &analyzer.Snapshot{}
	v.Fill(snap, object.Selection{})
	got := map[string]int{}
	for i := range snap.Workloads {
		got[snap.Workloads[i].Kind+"/"+snap.Workloads[i].Name] = len(snap.Workloads[i].Pods)
	}
	want := []string{"CronJob/nightly", "Job/hourly-*", "Job/once", "Pipeline/ship", "Task/lint", "Workflow/train-*"}
	var names []string
	for n := range got {
		names = append(names, n)
	}
	slices.Sort(names)
	if !slices.Equal(names, want) {
		t.Errorf("got workloads %v, want %v", got, want)
	}
}
