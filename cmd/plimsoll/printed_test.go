package main

import (
	"context"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/printed"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// TestHPAsKeepTheirPromiseAsPrinted takes every HPA on CPU that the demo is
// advised off the screen, wants the manifest that explain prints to be the same
// one, and replays it: no field that is not printed makes it safe.
func TestHPAsKeepTheirPromiseAsPrinted(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "-q", "-o", "json=report.json"); code != 0 {
		t.Fatal(errs)
	}
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	p := advice.NewPass(context.Background(), analyzer.Analyze(snap), &cost.Costs{}, advice.Options{Minor: snap.Minor()})
	if err := rightsize.Rule.Run(p); err != nil {
		t.Fatal(err)
	}
	report := savedReport(t, "report.json")
	checked, wouldBreak := 0, 0
	for i := range report.Workloads {
		w := &report.Workloads[i]
		if h := w.Horizontal; h == nil || h.Recommended == nil || h.Recommended.Kind != "HorizontalPodAutoscaler" || len(h.Recommended.Triggers) > 0 {
			continue
		}
		ref := analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}
		code, page, errs := plimsoll("explain", ref.String())
		if code != 0 {
			t.Fatal(errs)
		}
		s, advised := printed.Advised(t, page)
		if !advised {
			continue // today's stays
		}
		checked++
		if _, otherwise := printed.Breaks(t, p, ref, s); otherwise {
			wouldBreak++
		}
	}
	if checked < 5 || wouldBreak < checked/2 {
		t.Errorf("%d HPAs were replayed, of which %d would break with another target: too few to tell", checked, wouldBreak)
	}
}
