package build

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestRunsOn: a job between two runs rests on the price of the nodes where its pods ended,
// so that it is not told to cost nothing where these have none. A Deployment without pods
// costs nothing, wherever they were.
func TestRunsOn(t *testing.T) {
	for _, tt := range []struct {
		kind   string
		phases []string
		want   bool
	}{
		{"CronJob", []string{"Succeeded"}, true}, {"CronJob", []string{"Running"}, true}, {"Deployment", []string{"Running"}, true},
		{"Deployment", []string{"Failed"}, false}, {"CronJob", nil, false},
	} {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: analyzer.Ref{Kind: tt.kind, Name: "x"}}}
		for _, phase := range tt.phases {
			w.Pods = append(w.Pods, analyzer.Pod{Node: "w1", Phase: phase})
		}
		if got := runsOn(w, "w1"); got != tt.want {
			t.Errorf("%s with pods %v: got %v, want %v", tt.kind, tt.phases, got, tt.want)
		}
	}
	w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: analyzer.Ref{Kind: "CronJob"}, Pods: []analyzer.Pod{{Node: "w1", Phase: "Succeeded"}, {Node: "m1", Phase: "Running"}}}}
	if runsOn(w, "w1") || !runsOn(w, "m1") {
		t.Error("of a job that runs, the nodes of the pods that run count")
	}
}
