package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/keep"
)

// TestDiffSince compares the last kept report with one of eight days before, of
// the same cluster, and judges what got worse.
func TestDiffSince(t *testing.T) {
	isolate(t)
	k, now := keep.Open(), time.Now()
	of := func(kills int64) *document.Report {
		r := &document.Report{APIVersion: document.APIVersion, Kind: document.Kind, Metadata: document.Metadata{Cluster: "prod"}}
		r.Metadata.GeneratedFrom = document.Window{Start: now.AddDate(0, 0, -7), End: now}
		r.Workloads = []document.Workload{{Namespace: "shop", Kind: "Deployment", Name: "cart", Replicas: 2, Containers: []document.Container{{Name: "app", Type: "container", Coverage: 1, OOMKills: kills}}}}
		return r
	}
	k.Save(of(0), "cluster prod", now.AddDate(0, 0, -8))
	k.Save(of(7), "cluster lab", now.AddDate(0, 0, -9))
	k.Save(of(5), "cluster prod", now)
	code, out, errs := plimsoll("diff", "--since", "7d", "--fail-on", "worse")
	if code != exitFound || !strings.Contains(out, "shop/") || !strings.Contains(out, "0 -> 5") && !strings.Contains(out, "0 → 5") {
		t.Errorf("got %d, %s%s: want the kills of prod, and exit code 1", code, out, errs)
	}
	if want := "reports of cluster prod, made 8 days ago and just now"; !strings.Contains(errs, want) {
		t.Errorf("got %s, want %s", errs, want)
	}
	if code, _, errs := plimsoll("diff", "--since", "9d"); code != exitUsage || !strings.Contains(errs, "the oldest was made 8 days ago") {
		t.Errorf("got %d, %s", code, errs)
	}
}

// TestKeptReadOnly: a cache folder that cannot be written keeps nothing, and says so
// on the screen alone.
func TestKeptReadOnly(t *testing.T) {
	isolate(t)
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join("file", "below"))
	t.Setenv("HOME", "")
	code, out, errs := plimsoll("audit", "--demo", "--only", "rightsize", "-q")
	if code != 0 || errs != "" || !strings.Contains(out, "this report is kept nowhere") {
		t.Errorf("got %d, %q and\n%s", code, errs, out)
	}
}
