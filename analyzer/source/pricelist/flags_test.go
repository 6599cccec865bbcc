package pricelist_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoFlags: the readers do not know by which flags they are asked; the verb words that.
func TestNoFlags(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 8 {
		t.Fatalf("got %v, %v", files, err)
	}
	flag := regexp.MustCompile(`"[^"]*--[a-z][^"]*"`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := flag.Find(text); found != nil && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s names a flag: %s", name, found)
		}
	}
}
