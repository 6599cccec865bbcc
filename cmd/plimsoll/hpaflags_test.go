package main

import (
	"math"
	"strings"
	"testing"
)

// TestControllerFlagsAreReplayed: 1050m over pods of 500m at a target of half ask for 4.2 of
// them. Within a tolerance of a tenth four stay; with none there are five.
func TestControllerFlagsAreReplayed(t *testing.T) {
	isolate(t)
	kedaSnapshot(t, "s.snapshot", `{type: cpu, metricType: Utilization, metadata: {value: "50"}}`, 1050)
	for _, tt := range []struct {
		flags string
		pods  float64
		shown string // of the evidence
	}{
		{"", 4, ""},
		{"--hpa-tolerance 0", 5, "the HPA controller's tolerance"},
		{"--hpa-tolerance 0.02", 5, "the HPA controller's tolerance"},
		{"--hpa-tolerance 0.08", 4, "the HPA controller's tolerance"},
		{"--hpa-sync-period 1m", 4, "the HPA controller's sync period"},
		{"--hpa-downscale-stabilization 0s", 4, "the HPA controller's downscale stabilization"},
		{"--hpa-cpu-initialization-period 0s", 4, "the HPA controller's CPU initialization period"},
		{"--hpa-initial-readiness-delay 0s", 4, "the HPA controller's initial readiness delay"},
	} {
		args := append([]string{"audit", "--snapshot", "s.snapshot", "--only", "horizontal", "-q", "-o", "json=r.json"}, strings.Fields(tt.flags)...)
		if code, _, errs := plimsoll(args...); code != 0 {
			t.Fatalf("%s: got %d %s", tt.flags, code, errs)
		}
		pods, shown := 0.0, tt.shown == ""
		for _, e := range savedReport(t, "r.json").Workloads[0].Horizontal.Evidence {
			if e.Name == "replica-hours a month, now" {
				pods = e.Value / 730
			}
			shown = shown || e.Name == tt.shown
		}
		if math.Abs(pods-tt.pods) > 0.01 || !shown {
			t.Errorf("%s: got %.2f pods, want %g, and the flag shown: %v", tt.flags, pods, tt.pods, shown)
		}
	}
	for flags, says := range map[string]string{
		"--hpa-tolerance -0.1":                "a share of the target from 0 to 1",
		"--hpa-tolerance NaN":                 "a share of the target from 0 to 1",
		"--hpa-sync-period 0s":                "want 1s to 24h",
		"--hpa-downscale-stabilization -1s":   "want 0s to 24h",
		"--hpa-cpu-initialization-period 25h": "want 0s to 24h",
	} {
		args := append([]string{"audit", "--snapshot", "s.snapshot", "-q"}, strings.Fields(flags)...)
		if code, _, errs := plimsoll(args...); code != exitUsage || !strings.Contains(errs, says) {
			t.Errorf("%s: got %d %q, want %d %q", flags, code, errs, exitUsage, says)
		}
	}
}
