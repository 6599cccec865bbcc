//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/internal/advised"
)

// TestE2EGateTakesTheAuditsAdvice runs the gate over every object as the audit of
// the cluster would have it: it has no word against a number of the audit's own.
func TestE2EGateTakesTheAuditsAdvice(t *testing.T) {
	dir := t.TempDir()
	report, list := filepath.Join(dir, "report.json"), filepath.Join(dir, "advice.json")
	audit := live.audit(t, live.Kubeconfig, "--end", live.end())
	if err := os.WriteFile(report, []byte(audit.out), 0o644); err != nil {
		t.Fatal(err)
	}
	var of advised.Report
	if err := json.Unmarshal([]byte(audit.out), &of); err != nil {
		t.Fatal(err)
	}
	objects := advised.Objects(of)
	if len(objects) < 10 {
		t.Fatalf("got %d objects: too few to tell", len(objects))
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(list, text, 0o644); err != nil {
		t.Fatal(err)
	}
	r := live.run(t, live.Kubeconfig, "gate", list, "--report", report, "-q", "-o", "json")
	var judged struct {
		Summary  struct{ Judged int }
		Findings []finding
	}
	if err := json.Unmarshal([]byte(r.out), &judged); err != nil {
		t.Fatalf("exit %d: %v\n%s", r.code, err, r.err)
	}
	if judged.Summary.Judged != len(objects) {
		t.Errorf("judged %d of %d objects", judged.Summary.Judged, len(objects))
	}
	for _, f := range judged.Findings {
		if !slices.Contains(advised.Unspoken, f.Rule) {
			t.Errorf("%s %s/%s: %s (%s)", f.Rule, f.Object, f.Container, f.Message, f.Reason)
		}
	}
}
