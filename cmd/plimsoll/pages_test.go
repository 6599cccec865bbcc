package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/kube"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// console matches a fenced block of a session, and what stands before it where
// that is a comment with a command line.
var console = regexp.MustCompile("(?m)(?:^<!-- (.*) -->\n)?^```console\n((?s:.*?))^```$")

// TestManual runs the sessions in the manual: each line "$ plimsoll ..." in a
// block marked "console", in a folder with the shop's files and those of
// testdata/pricing. What it prints must be what stands below it.
func TestManual(t *testing.T) {
	for _, page := range []string{"allocation.md", "audit.md", "first-report.md", "how-we-know.md", "metrics-server.md", "price.md"} {
		t.Run(page, func(t *testing.T) {
			isolate(t)
			if err := errors.Join(openShop("."), os.CopyFS(".", os.DirFS(filepath.Join(root, "testdata", "pricing")))); err != nil {
				t.Fatal(err)
			}
			saveMoment(t)
			file := filepath.Join(root, "docs", page)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sessions := 0
			got := console.ReplaceAllStringFunc(string(text), func(block string) string {
				sessions++
				return "```console\n" + replay(t, strings.TrimPrefix(block, "```console\n")) + "```"
			})
			if sessions == 0 {
				t.Errorf("%s has no session", page)
			}
			checkPage(t, file, got)
		})
	}
}

// saveMoment saves the shop as metrics-server alone shows it, as moment.snapshot.
func saveMoment(t *testing.T) {
	t.Helper()
	if code, _, errs := plimsoll("audit", "--objects", "objects.yaml", "--no-cache", "--save-snapshot", "moment.snapshot"); code != 0 {
		t.Fatal(errs)
	}
	snap, err := snapshot.Read("moment.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	snap.Warnings, snap.Sources = nil, snap.Sources[:1]
	var readings kube.Metrics
	for _, p := range shopPods {
		readings = append(readings, kube.ContainerMetrics{
			Namespace: p.namespace, Pod: p.pod, Container: p.container, Time: time.Unix(shopEnd, 0), Window: 15 * time.Second,
			CPU: 1000 * p.cpuDay, Memory: float64(p.memory),
		})
	}
	readings.FillUsage(snap)
	if err := snapshot.Write("moment.snapshot", snap, 0o600); err != nil {
		t.Fatal(err)
	}
}

// replay gives a session as it goes now: its commands, and what they print.
func replay(t *testing.T, session string) string {
	t.Helper()
	var b strings.Builder
	code := 0
	for line := range strings.Lines(session) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
		if !ok {
			continue
		}
		b.WriteString("$ " + command + "\n")
		words := strings.Fields(command)
		switch {
		case command == "echo $?":
			fmt.Fprintln(&b, code)
		case words[0] == "plimsoll":
			var out, errs bytes.Buffer
			code = run(context.Background(), words, streams{In: strings.NewReader(""), Out: &out, Err: &errs, Width: 80, NoColor: true})
			b.Write(out.Bytes())
			b.WriteString(withoutProgress(errs.String()))
		default:
			t.Errorf("a session cannot run %q: put it in a block marked sh", command)
		}
	}
	return b.String()
}

// readmeWidth is the width of tables in the README, in columns.
const readmeWidth = 100

// TestReadme compares the README with the program. A block marked "console"
// below a comment such as
//
//	<!-- plimsoll audit --demo -->
//
// holds, after lines that begin with "$ ", exactly what that command prints on
// a terminal of 100 columns, without colours. A line of "..." stands for all
// that is printed between the lines above and below it.
func TestReadme(t *testing.T) {
	file := filepath.Join(root, "README.md")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there is no README yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	checkPage(t, file, console.ReplaceAllStringFunc(string(text), func(block string) string {
		m := console.FindStringSubmatch(block)
		words := strings.Fields(m[1])
		if len(words) == 0 || words[0] != "plimsoll" {
			return block
		}
		var out, errs bytes.Buffer
		if code := run(context.Background(), words, streams{In: strings.NewReader(""), Out: &out, Err: &errs, Width: readmeWidth, NoColor: true}); code != 0 {
			t.Errorf("%s: exit code %d: %s", m[1], code, errs.String())
		}
		lines := strings.SplitAfter(strings.TrimSuffix(m[2], "\n"), "\n")
		typed := 0
		for typed < len(lines) && strings.HasPrefix(lines[typed], "$ ") {
			typed++
		}
		return "<!-- " + m[1] + " -->\n```console\n" + strings.Join(lines[:typed], "") + excerpt(out.String(), lines[typed:]) + "```"
	}))
}

// excerpt leaves out of a text what stands where the lines have "...".
func excerpt(text string, lines []string) string {
	gap := slices.Index(lines, "...\n")
	all := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	below := len(lines) - gap - 1
	if gap < 0 || gap+below >= len(all) {
		return text
	}
	return strings.Join(all[:gap], "") + "...\n" + strings.Join(all[len(all)-below:], "") + "\n"
}

// TestPagesInASCII: a page of the manual is drawn as the terminal can.
func TestPagesInASCII(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		var out bytes.Buffer
		if err := printPage(streams{Out: &out, ASCII: ascii}, "first-report"); err != nil {
			t.Fatal(err)
		}
		if got := strings.ContainsAny(out.String(), "█░"); got == ascii {
			t.Errorf("ASCII %v: blocks are drawn: %v", ascii, got)
		}
	}
}
