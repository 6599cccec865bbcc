package docs

import (
	"io/fs"
	"path"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

// Web is where the pages stand on the web.
const Web = "https://github.com/plimsoll-k8s/plimsoll/blob/main/docs/"

// Names are the names of the manual's pages: without a folder where that is enough,
// with .md where a command has the name.
func Names(isVerb func(name string) bool) []string {
	var out []string
	for _, file := range files() {
		name := strings.TrimSuffix(file, ".md")
		if base := path.Base(name); PageOf(base) == file {
			name = base
		}
		if isVerb(name) {
			name += ".md"
		}
		out = append(out, name)
	}
	return out
}

// files lists the pages, those that users read first before the others.
func files() []string {
	var out []string
	for _, pattern := range []string{"*.md", "rules/*.md", "sources/*.md", "method/*.md"} {
		names, err := fs.Glob(Pages, pattern)
		if err != nil {
			panic(err) // the patterns are constants that are valid
		}
		out = append(out, names...)
	}
	return out
}

// PageOf finds a page by its path, or by its name alone; empty where there is none.
func PageOf(name string) string {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "docs/"), ".md") + ".md"
	for _, file := range files() {
		if file == name || path.Base(file) == name {
			return file
		}
	}
	return ""
}

// PartOf cuts out the part under a heading by its anchor; parts are all anchors.
func PartOf(page, anchor string) (text string, parts []string) {
	depth, code := 0, false
	var b strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if level := len(line) - len(strings.TrimLeft(line, "#")); level > 0 && !code {
			slug := anchorOf(line[level:])
			if parts = append(parts, slug); slug == anchor && depth == 0 {
				depth = level
			} else if level <= depth {
				depth = -1
			}
		}
		if depth > 0 {
			b.WriteString(line)
		}
	}
	return b.String(), parts
}

// anchorOf is a heading's anchor, as GitHub makes it.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
}

// Folded breaks the lines of prose that are wider than the terminal; tables and
// what stands in code are left as they are.
func Folded(page string, width int) string {
	if width <= 0 {
		return page
	}
	var b strings.Builder
	code := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if code || strings.HasPrefix(line, "|") || displaywidth.String(line) <= width {
			b.WriteString(line)
			continue
		}
		used := 0
		for _, word := range strings.Fields(line) {
			n := displaywidth.String(word)
			if used > 0 && used+1+n > width {
				b.WriteByte('\n')
				used = 0
			} else if used > 0 {
				b.WriteByte(' ')
				used++
			}
			b.WriteString(word)
			used += n
		}
		b.WriteByte('\n')
	}
	return b.String()
}
