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
	page, rest, _ := strings.Cut(string(text), "\n## ") // what follows has tables of its own
	for line := range strings.Lines(page) {
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
	for _, n := range name.FindAllStringSubmatch(strings.ReplaceAll(rest, "`testdata/", ""), -1) {
		if isTest := strings.HasPrefix(n[1], "Test") || strings.HasSuffix(n[1], ".txtar"); isTest && !tests[n[1]] {
			t.Errorf("there is no test or case %s", n[1])
		}
	}
	if rules < 20 {
		t.Errorf("%d rules were found on the page", rules)
	}
}

// caseFolder holds the cases of rules and of bills.
var caseFolder = regexp.MustCompile(`testdata/(rules|bills)/`)

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
		case strings.HasSuffix(path, ".txtar") && caseFolder.MatchString(filepath.ToSlash(path)):
			out[d.Name()] = true
			out[filepath.Base(filepath.Dir(path))+"/"+d.Name()] = true // as cases of one name in two clouds are told apart
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
