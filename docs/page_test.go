package docs_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/docs"
)

func TestPageOf(t *testing.T) {
	for name, want := range map[string]string{
		"gate": "gate.md", "gate.md": "gate.md", "docs/gate.md": "gate.md", "rules/waste": "rules/waste.md", "waste": "rules/waste.md", "none": "", "": "",
	} {
		if got := docs.PageOf(name); got != want {
			t.Errorf("PageOf(%q): got %q, want %q", name, got, want)
		}
	}
	names := docs.Names(func(name string) bool { return name == "gate" })
	for _, want := range []string{"gate.md", "waste", "report"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %q in %q", want, names)
		}
	}
	for _, n := range names {
		if docs.PageOf(n) == "" {
			t.Errorf("%q is listed and is no page", n)
		}
	}
}

func TestPartOf(t *testing.T) {
	page := "# A page\nfirst\n## One, two\n```\n# no heading\n```\n### Below\nb\n## Three\nt\n"
	for anchor, want := range map[string]string{
		"one-two": "## One, two\n```\n# no heading\n```\n### Below\nb\n", "below": "### Below\nb\n", "three": "## Three\nt\n", "a-page": page, "no-heading": "",
	} {
		got, parts := docs.PartOf(page, anchor)
		if got != want {
			t.Errorf("%s: got %q, want %q", anchor, got, want)
		}
		if all := []string{"a-page", "one-two", "below", "three"}; !slices.Equal(parts, all) {
			t.Errorf("%s: got the parts %q, want %q", anchor, parts, all)
		}
	}
}

func TestFolded(t *testing.T) {
	page := "one two three\n| a table that is wide |\n```\ncode that is wide\n```\n"
	if got := docs.Folded(page, 0); got != page {
		t.Errorf("without a width: got %q", got)
	}
	if got, want := docs.Folded(page, 8), "one two\nthree\n| a table that is wide |\n```\ncode that is wide\n```\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
