package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra/doc"
)

// TestManPages: docs/man has the manual pages that the verbs' help makes;
// -update writes them.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	cmd := newRoot(streams{})
	cmd.Version = ""
	cmd.DisableAutoGenTag = true
	day := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	if err := doc.GenManTree(cmd, &doc.GenManHeader{Section: "1", Date: &day, Source: "plimsoll", Manual: "plimsoll"}, dir); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(root, "docs", "man")
	if *update {
		if err := os.RemoveAll(want); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(want, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	made, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range made {
		got, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(want, e.Name()))
		if err != nil || string(page) != string(got) {
			t.Errorf("docs/man/%s is not what the help says: rewrite it with -update", e.Name())
		}
	}
	there, _ := os.ReadDir(want)
	if len(there) != len(made) {
		t.Errorf("docs/man has %d pages, the program has %d", len(there), len(made))
	}
}
