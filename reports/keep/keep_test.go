package keep

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

func reportOf(name string) *document.Report {
	return &document.Report{APIVersion: document.APIVersion, Kind: document.Kind, Metadata: document.Metadata{Cluster: name}}
}

// TestKeepTwoWriters: reports that are kept at once, also at the same moment,
// all read back whole, and the folder never holds more than the newest of each.
func TestKeepTwoWriters(t *testing.T) {
	k := Folder{filepath.Join(t.TempDir(), "reports")}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 10 {
				of := fmt.Sprintf("cluster %d", n%2)
				if !k.Save(reportOf(of), of, at.Add(time.Duration(10*n+i)*time.Second)) {
					t.Errorf("%s was not kept", of)
				}
				if x, err := k.Newest(""); err == nil {
					if r, err := x.Read(); err != nil && !os.IsNotExist(err) {
						t.Error(err)
					} else if err == nil && r.Metadata.Cluster != x.Of {
						t.Errorf("the report of %s is of %s", x.Of, r.Metadata.Cluster)
					}
				}
			}
		})
	}
	all.Wait()
	if got := len(k.List()); got != 2*mostKept {
		t.Errorf("%d reports are kept, want %d of each of two", got, mostKept)
	}
	entries, _ := os.ReadDir(k.dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".new-") {
			t.Errorf("%s was left", e.Name())
		}
		if info, err := e.Info(); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
}

// TestKeepPair finds the newest that is old enough, and of the same.
func TestKeepPair(t *testing.T) {
	k := Folder{t.TempDir()}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for hours, of := range map[int]string{0: "a", 24: "a", 30: "b", 50: "a", 100: "a"} {
		k.Save(reportOf(of), of, at.Add(-time.Duration(hours)*time.Hour))
	}
	old, last, err := k.Pair("", 25*time.Hour)
	if err != nil || !last.At.Equal(at) || !old.At.Equal(at.Add(-50*time.Hour)) {
		t.Errorf("got %v and %v, %v", old.At, last.At, err)
	}
	if _, _, err := k.Pair("a", 200*time.Hour); err == nil || !strings.Contains(err.Error(), "no report of a is kept") {
		t.Errorf("got %v", err)
	}
}

// TestKeepApart: the demo, however often it is looked at, drives out no
// cluster's report, and a folder of very many clusters has bounds.
func TestKeepApart(t *testing.T) {
	k := Folder{t.TempDir()}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	k.Save(reportOf("a"), "cluster a", at)
	for i := range 2 * mostKept {
		k.Save(reportOf("demo"), "the demo", at.Add(time.Duration(i+1)*time.Second))
	}
	if x, err := k.Newest("cluster a"); err != nil || !x.At.Equal(at) {
		t.Errorf("got %v, %v: want the cluster's report", x, err)
	}
	if got := len(k.List()); got != 1+mostKept {
		t.Errorf("%d reports are kept, want %d", got, 1+mostKept)
	}
	for i := range mostKeptInAll + 5 {
		k.Save(reportOf("b"), fmt.Sprintf("cluster b%d", i), at.Add(time.Duration(i)*time.Minute))
	}
	if got := len(k.List()); got != mostKeptInAll {
		t.Errorf("%d reports are kept in all, want %d", got, mostKeptInAll)
	}
}

// TestKeepNewestOf: what is asked for by any of its names, whole names alone.
func TestKeepNewestOf(t *testing.T) {
	k := Folder{t.TempDir()}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for i, of := range []string{"cluster prod", "cluster prod, -n shop", "cluster prod-eu", "cluster x, context eu, -n lab", "the demo", "files a.yaml, b.om"} {
		k.Save(reportOf(of), of, at.Add(time.Duration(i)*time.Hour))
	}
	for of, want := range map[string]string{
		"": "files a.yaml, b.om", "prod": "cluster prod", "cluster prod": "cluster prod", "prod, -n shop": "cluster prod, -n shop", "prod-eu": "cluster prod-eu",
		"eu": "cluster x, context eu, -n lab", "x": "cluster x, context eu, -n lab", "demo": "the demo", "the demo": "the demo", "files": "files a.yaml, b.om", "a.yaml": "files a.yaml, b.om",
		"pro": "", "de": "", "lab": "",
	} {
		x, err := k.Newest(of)
		if (err != nil) != (want == "") || x.Of != want {
			t.Errorf("newest(%q): got %q, %v; want %q", of, x.Of, err, want)
		}
	}
}
