package main

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// lowered counts the requests that a report lowers.
func lowered(r *document.Report) (n int) {
	for i := range r.Workloads {
		for j := range r.Workloads[i].Containers {
			c := &r.Workloads[i].Containers[j]
			if c.Recommended == nil {
				continue
			}
			now, to := c.Current.Requests, c.Recommended.Requests
			if to.CPU < now.CPU || to.Memory < now.Memory {
				n++
			}
		}
	}
	return n
}

// A source that broke off leaves a report that is marked partial, with exit code 3.
// What may rest on what was not read is not lowered, drained or bought.
func TestPartialLowersNothing(t *testing.T) {
	isolate(t)
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	for name, unread := range map[string]*analyzer.Warning{
		"whole":   nil,
		"usage":   {Code: analyzer.WarnUnread, Subject: "prometheus", Message: "a day was not read"},
		"volumes": {Code: analyzer.WarnUnread, Subject: "kubelet_volume_stats_used_bytes", Message: "503", Beside: true},
	} {
		snap, err := demoSnapshot()
		if err != nil {
			t.Fatal(err)
		}
		want := exitDone
		if unread != nil {
			snap.Warnings = append(snap.Warnings, *unread)
			want = exitSource
		}
		if err := snapshot.Write("a.snapshot", snap, 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := plimsoll("audit", "-q", "--no-cache", "--snapshot", "a.snapshot", "-o", "json=report.json")
		if code != want || (unread != nil) != strings.Contains(errs, "the report is partial") {
			t.Errorf("%s: got exit code %d: %s", name, code, errs)
		}
		report := savedReport(t, "report.json")
		down := lowered(report)
		if mayLower := unread == nil || unread.Beside; mayLower != (down > 0) {
			t.Errorf("%s: %d requests are lowered, want some: %v", name, down, mayLower)
		}
		drains, buys := report.Nodes.Plan != nil, report.Purchase != nil && len(report.Purchase.Commitments) > 0
		if acts := drains || buys || len(report.Waste) > 0; acts != (unread == nil) || report.Partial() != (unread != nil) {
			t.Errorf("%s: a plan: %v, purchases: %v, %d wasted; marked partial: %v", name, drains, buys, len(report.Waste), report.Partial())
		}
		// What is made of it later says so, or does not pass.
		for _, args := range [][]string{
			{"show", "-q", "--report=report.json"}, {"show", "-q", "-o", "markdown", "--report=report.json"}, {"show", "warnings", "-q", "--report=report.json"},
			{"explain", "nodes", "-q", "--report=report.json"}, {"diff", "report.json", "report.json"}, {"diff", "--fail-on=cost=5%", "report.json", "report.json"},
		} {
			code, out, errs := plimsoll(args...)
			if code != want || out == "" || unread != nil && !strings.Contains(errs, "the report is partial: "+unread.Subject) {
				t.Errorf("%s: %v: got exit code %d, want %d, and %q: %s", name, args, code, want, out, errs)
			}
		}
		for _, evidence := range []string{"--report=report.json", "--snapshot=a.snapshot"} {
			code, _, errs := plimsoll("gate", "-q", "pod.yaml", evidence)
			if gate := exitDone; unread == nil && code != gate || unread != nil && (code != exitUsage || !strings.Contains(errs, "is partial")) {
				t.Errorf("%s: gate %s: got exit code %d: %s", name, evidence, code, errs)
			}
		}
	}
}
