package document_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// TestReadsOlderReports reads a report in which reasons were warnings.
func TestReadsOlderReports(t *testing.T) {
	const old = `{"apiVersion": "plimsoll.dev/v1alpha1", "kind": "Report", "workloads": [{"name": "cart", "containers": [{"name": "app", "warnings": [
		{"code": "withheld", "message": "cpu: HPA cart scales on cpu"},
		{"code": "restarts", "message": "it restarted"},
		{"code": "withheld", "message": "too little data"}]}]}]}`
	r, err := document.Read(strings.NewReader(old))
	if err != nil {
		t.Fatal(err)
	}
	c := r.Workloads[0].Containers[0]
	want := []document.Withheld{{Resource: "cpu", Reason: "HPA cart scales on cpu"}, {Resource: "all", Reason: "too little data"}}
	if len(c.Withheld) != 2 || c.Withheld[0] != want[0] || c.Withheld[1] != want[1] {
		t.Errorf("withheld: got %v, want %v", c.Withheld, want)
	}
	if len(c.Warnings) != 1 || c.Warnings[0].Code != "restarts" {
		t.Errorf("warnings: got %v, want the restarts alone", c.Warnings)
	}
}
