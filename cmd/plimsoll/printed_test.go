package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/internal/printed"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// asPrinted counts autoscalers that were replayed as they are printed, by kind, and those
// that would break with a worse setting.
type asPrinted struct {
	hpas, objects, wouldBreak int
}

// replay takes every autoscaler that a report advises off the screen, wants the manifest
// that explain prints to be the same one, and replays it: no field that is not printed
// makes it safe.
func (a *asPrinted) replay(t *testing.T, file string, snap *analyzer.Snapshot) {
	t.Helper()
	p := advice.NewPass(context.Background(), analyzer.Analyze(snap), &cost.Costs{}, advice.Options{Minor: snap.Minor()})
	if err := rightsize.Rule.Run(p); err != nil {
		t.Fatal(err)
	}
	report := savedReport(t, file)
	for i := range report.Workloads {
		w := &report.Workloads[i]
		if h := w.Horizontal; h == nil || h.Recommended == nil || h.Recommended.Kind == "fixed" {
			continue
		}
		ref := analyzer.Ref{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}
		code, page, errs := plimsoll("explain", ref.String(), "--report", file)
		if code != 0 {
			t.Fatal(errs)
		}
		s, advised := printed.Advised(t, page)
		if !advised {
			continue // today's stays
		}
		if s.Kind == horizontal.ScalingScaledObject {
			a.objects++
		} else {
			a.hpas++
		}
		if _, otherwise := printed.Breaks(t, p, ref, s); otherwise {
			a.wouldBreak++
		}
	}
}

// TestAutoscalersKeepTheirPromiseAsPrinted replays what the demo is advised.
func TestAutoscalersKeepTheirPromiseAsPrinted(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "-q", "--scale-to-zero", "-o", "json=report.json"); code != 0 {
		t.Fatal(errs)
	}
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	var a asPrinted
	if a.replay(t, "report.json", snap); a.hpas < 6 || a.wouldBreak < a.hpas/2 {
		t.Errorf("%+v: too few to tell", a)
	}
}

// TestCasesKeepTheirPromiseAsPrinted replays what the rule's cases are advised, with
// ScaledObjects that rest by the clock and by requests.
func TestCasesKeepTheirPromiseAsPrinted(t *testing.T) {
	files, err := filepath.Glob("../../testdata/rules/horizontal/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("got %d cases, %v", len(files), err)
	}
	cases := map[string]*txtar.Archive{}
	for _, file := range files {
		if cases[strings.TrimSuffix(filepath.Base(file), ".txtar")], err = txtar.ParseFile(file); err != nil {
			t.Fatal(err)
		}
	}
	isolate(t)
	var a asPrinted
	for name, archive := range cases {
		snap := casetest.Snapshot(t, archive)
		if snap.Window.Moment {
			continue
		}
		if err := snapshot.Write(name+".snapshot", snap, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := plimsoll("audit", "--snapshot", name+".snapshot", "-q", "--no-cache", "--scale-to-zero", "-o", "json="+name+".json"); code != 0 {
			t.Fatalf("%s: %s", name, errs)
		}
		a.replay(t, name+".json", snap)
	}
	if a.hpas < 10 || a.objects < 4 || a.wouldBreak < (a.hpas+a.objects)/2 {
		t.Errorf("%+v: too few to tell", a)
	}
}
