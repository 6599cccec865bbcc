package main

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
// all read back whole, and the folder never holds more than the newest.
func TestKeepTwoWriters(t *testing.T) {
	k := keep{filepath.Join(t.TempDir(), "reports")}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 10 {
				of := fmt.Sprintf("cluster %d", n)
				if !k.save(reportOf(of), of, at.Add(time.Duration(i)*time.Second)) {
					t.Errorf("%s was not kept", of)
				}
				if x, err := k.newest(""); err == nil {
					if r, err := x.read(); err != nil && !os.IsNotExist(err) {
						t.Error(err)
					} else if err == nil && r.Metadata.Cluster != x.Of {
						t.Errorf("the report of %s is of %s", x.Of, r.Metadata.Cluster)
					}
				}
			}
		})
	}
	all.Wait()
	if got := len(k.list()); got != mostKept {
		t.Errorf("%d reports are kept, want %d", got, mostKept)
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
	k := keep{t.TempDir()}
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for hours, of := range map[int]string{0: "a", 24: "a", 30: "b", 50: "a", 100: "a"} {
		k.save(reportOf(of), of, at.Add(-time.Duration(hours)*time.Hour))
	}
	old, last, err := k.pair("", 25*time.Hour)
	if err != nil || !last.At.Equal(at) || !old.At.Equal(at.Add(-50*time.Hour)) {
		t.Errorf("got %v and %v, %v", old.At, last.At, err)
	}
	if _, _, err := k.pair("a", 200*time.Hour); err == nil || !strings.Contains(err.Error(), "no report of a is kept") {
		t.Errorf("got %v", err)
	}
}
