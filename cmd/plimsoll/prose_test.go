package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostWords bounds the words a sentence of the manual, in the mean and in nine
// of ten.
const (
	mostWordsMean = 16.0
	mostWordsP90  = 28
)

// TestProse holds the README and the manual to short sentences, and logs each
// page's: go test ./cmd/plimsoll -run TestProse -v
func TestProse(t *testing.T) {
	root := filepath.Join("..", "..")
	pages := []string{filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	var all []int
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		words := sentenceLengths(string(text))
		if len(words) == 0 {
			continue
		}
		mean, p90 := spread(words)
		t.Logf("%-45s %4d sentences, mean %4.1f, p90 %d, longest %d", strings.TrimPrefix(page, root+"/"), len(words), mean, p90, slices.Max(words))
		all = append(all, words...)
	}
	mean, p90 := spread(all)
	t.Logf("all: %d sentences, mean %.1f words, p90 %d", len(all), mean, p90)
	if mean > mostWordsMean || p90 > mostWordsP90 {
		t.Errorf("sentences of the manual have %.1f words in the mean and %d at the 90th percentile, want at most %g and %d", mean, p90, mostWordsMean, mostWordsP90)
	}
}

// spread gives the mean and the 90th percentile.
func spread(words []int) (mean float64, p90 int) {
	sorted := slices.Sorted(slices.Values(words))
	sum := 0
	for _, n := range sorted {
		sum += n
	}
	return float64(sum) / float64(len(sorted)), sorted[len(sorted)*9/10]
}

var (
	notProse = regexp.MustCompile("(?s)<!--.*?-->|```.*?```")
	code     = regexp.MustCompile("`[^`]*`")
	link     = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	ends     = regexp.MustCompile(`[.!?][*_)]*\s+`)
	item     = regexp.MustCompile(`^\s*([-*]|\d+\.)\s`)
	word     = regexp.MustCompile(`[\pL\d][\pL\d$%/.'’_-]*`)
)

// sentenceLengths counts the words of each sentence of a page. Code blocks,
// tables and headings are no sentences; code within one is a word.
func sentenceLengths(page string) []int {
	var out []int
	var paragraph []string
	flush := func() {
		text := link.ReplaceAllString(code.ReplaceAllString(strings.Join(paragraph, " "), "code"), "$1")
		for _, s := range ends.Split(text+" ", -1) {
			if n := len(word.FindAllString(s, -1)); n > 1 {
				out = append(out, n)
			}
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(notProse.ReplaceAllString(page, "\n\n"), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#") {
			flush()
			continue
		}
		if item.MatchString(line) {
			flush()
		}
		paragraph = append(paragraph, strings.TrimSpace(line))
	}
	flush()
	return out
}

func TestSentenceLengths(t *testing.T) {
	page := "# A title of some words\n\nOne two three. `code with words` is two.\nThree\nmore words (here.) Last [one of](url) four\n\n| a | table |\n\n    code\n\n- item one. Item\n- item two\n\n```\nnot this. Nor that.\n```\n"
	if got, want := sentenceLengths(page), []int{3, 3, 4, 4, 2, 2}; !slices.Equal(got, want) {
		t.Errorf("sentenceLengths = %v, want %v", got, want)
	}
}
