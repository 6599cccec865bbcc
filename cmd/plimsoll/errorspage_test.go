package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const errorsHead = `# When something goes wrong

Whatever goes wrong ends in one line on stderr that says what was tried, on what, and what to do. stdout stays empty.
Passwords, tokens and the query part of URLs are never shown.

| exit code | means |
|---|---|
| 0 | done; nothing found against policy |
| 1 | the gate or ` + "`--fail-on`" + ` found something |
| 2 | the command line, the configuration, or a file that was given is wrong: mend it |
| 3 | a source could not be reached, gave no sensible answer, or is not whole (under ` + "`--strict`" + `: is incomplete); where it broke off midway the report is written and marked partial |
| 130 | interrupted; nothing was written |

Doubts that do not end the work are warnings in the report; see [audit.md](audit.md).

The lines below are written by a test that runs every one of them (` + "`go test ./cmd/plimsoll -run TestFailures -update`" + `).
`

// errorsPage is docs/errors.md as the results have it.
func errorsPage(results [][]result) string {
	var b strings.Builder
	b.WriteString(errorsHead)
	for g, group := range failureGroups {
		fmt.Fprintf(&b, "\n## %s\n\n", group.title)
		if group.text != "" {
			fmt.Fprintf(&b, "%s\n\n", group.text)
		}
		b.WriteString("| what | code | line |\n|---|---|---|\n")
		for i, row := range group.rows {
			r := results[g][i]
			line := strings.ReplaceAll(strings.TrimPrefix(r.line, "error: "), "|", `\|`)
			fmt.Fprintf(&b, "| %s | %d | %s |\n", row.what, r.code, quoted(line))
		}
	}
	return b.String()
}

// quoted is a Markdown code span of text that may hold back quotes.
func quoted(s string) string {
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}

// checkPage compares a page of the manual with what it should say; -update
// writes it.
func checkPage(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(want, "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		var g, w string
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Fatalf("%s, line %d, is not what the program does now (review and run with -update)\ngot:  %s\nwant: %s", file, i+1, g, w)
		}
	}
}
