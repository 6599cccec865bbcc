package document_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestCompare has one workload of each kind of difference, and one of none.
func TestCompare(t *testing.T) {
	of := func(name string, cost document.USD, kills int64, cpu, advised document.CPU) document.Workload {
		return document.Workload{Name: name, MonthlyCost: &cost, Containers: []document.Container{{
			Name: "app", OOMKills: kills, Current: document.Setting{Requests: document.Resources{CPU: cpu}},
			Recommended: &document.Setting{Requests: document.Resources{CPU: advised}},
		}}}
	}
	before := &document.Report{Workloads: []document.Workload{of("gone", 1, 0, 1, 1), of("same", 1, 0, 1, 1), of("applied", 9, 0, 9, 5), of("better", 1, 3, 1, 1), of("worse", 1, 0, 1, 1)}}
	after := &document.Report{Workloads: []document.Workload{of("new", 1, 0, 1, 1), of("same", 1, 0, 1, 1), of("applied", 5, 0, 5, 5), of("better", 2, 1, 1, 1), of("worse", 2, 0, 1, 1)}}
	got := document.Compare(before, after)
	if len(got) != 5 {
		t.Fatalf("got %+v, want five differences", got)
	}
	for _, d := range got {
		if d.What != d.Name {
			t.Errorf("%s: got %s", d.Name, d.What)
		}
	}
}
