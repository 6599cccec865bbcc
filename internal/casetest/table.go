package casetest

import (
	"os"
	"strings"
	"testing"
)

// Table holds the rows of a page's table, which begins with head, against those
// that are wanted; with update it writes them.
func Table(t *testing.T, page, head, want string, update bool) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), head)
	got, after, ok2 := strings.Cut(rest, "\n\n")
	if !ok || !ok2 {
		t.Fatalf("%s has no table %q", page, head)
	}
	if got+"\n" == want {
		return
	}
	if !update {
		t.Fatalf("%s: the table %q is not as it should be: run the test with -update", page, head)
	}
	text := before + head + strings.TrimSuffix(want, "\n") + "\n\n" + after
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
