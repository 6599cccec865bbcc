//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/internal/printed"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// TestE2EAutoscalersKeepTheirPromiseAsPrinted takes every autoscaler that the testbed is advised off
// the screen and the manifest, and replays it from nothing else over the snapshot of the
// same audit.
func TestE2EAutoscalersKeepTheirPromiseAsPrinted(t *testing.T) {
	dir := t.TempDir()
	report, saved := filepath.Join(dir, "report.json"), filepath.Join(dir, "bed.snapshot")
	audit := live.audit(t, live.Kubeconfig, "--end", live.end(), "--scale-to-zero", "--save-snapshot", saved)
	if err := os.WriteFile(report, []byte(audit.out), 0o644); err != nil {
		t.Fatal(err)
	}
	var of struct {
		Workloads []struct {
			Namespace, Kind, Name string
			Horizontal            *struct {
				Recommended *struct{ Kind string }
			}
		}
	}
	if err := json.Unmarshal([]byte(audit.out), &of); err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Read(saved)
	if err != nil {
		t.Fatal(err)
	}
	p := advice.NewPass(t.Context(), analyzer.Analyze(snap), &cost.Costs{}, advice.Options{Minor: snap.Minor()})
	if err := rightsize.Rule.Run(p); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, w := range of.Workloads {
		if w.Horizontal == nil || w.Horizontal.Recommended == nil || w.Horizontal.Recommended.Kind == "fixed" {
			continue
		}
		ref := analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}
		page := live.run(t, live.Kubeconfig, "explain", ref.String(), "--report", report)
		if page.code != 0 {
			t.Fatalf("explain %s: %d %s", ref, page.code, page.err)
		}
		if s, advised := printed.Advised(t, page.out); advised {
			checked++
			printed.Breaks(t, p, ref, s)
		}
	}
	if checked == 0 {
		t.Error("the testbed is advised no autoscaler: too few to tell")
	}
}
