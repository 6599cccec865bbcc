package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestCloudRules walks the page of how clouds bill: every rule has a public source,
// the day on which it was read, and tests, and each of these exists.
func TestCloudRules(t *testing.T) {
	root := filepath.Join("..", "..")
	tests := testNames(t, root)
	text, err := os.ReadFile(filepath.Join(root, "docs", "method", "clouds.md"))
	if err != nil {
		t.Fatal(err)
	}
	read, name, link := func(day string) bool { _, err := time.Parse(time.DateOnly, day); return err == nil }, regexp.MustCompile("`([^`]+)`"), regexp.MustCompile(`\(https://[^)\s]+\)`)
	linked, rules := false, 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || strings.Contains(line, "| source | read |") {
			continue
		}
		if rules++; len(cells) != 4 {
			t.Errorf("%d cells, want the rule, its source, when that was read, and its test: %s", len(cells), line)
			continue
		}
		source := strings.TrimSpace(cells[1])
		if same := source == "the same page" || source == "the same file"; !link.MatchString(source) && (!same || !linked) {
			t.Errorf("no public source: %s", line)
		}
		linked = true
		if !read(strings.TrimSpace(cells[2])) {
			t.Errorf("no day on which the source was read: %s", line)
		}
		names := name.FindAllStringSubmatch(cells[3], -1)
		if len(names) == 0 {
			t.Errorf("no test: %s", line)
		}
		for _, n := range names {
			if !tests[n[1]] {
				t.Errorf("there is no test %s: %s", n[1], line)
			}
		}
	}
	if rules < 20 {
		t.Errorf("%d rules were found on the page", rules)
	}
}

// testNames are the tests of the tree and the cases of its rules.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".txtar") && strings.Contains(filepath.ToSlash(path), "testdata/rules/"):
			out[d.Name()] = true
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
				out[m[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
