package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/text"
)

var (
	pasted    = regexp.MustCompile(`(?:^|[\s"'` + "`" + `>(])plimsoll ((?:audit|backtest|diff|explain|gate|help|price|show)\b(?:[^\n]*))`)
	shellWord = regexp.MustCompile(`^(?:'[^']*'|[^\s'])+`)
)

// pastedCommands are the commands that a text prints, as a shell reads them: up to what
// follows in prose. Lines that end in a backslash go on in the next.
func pastedCommands(said string) (out [][]string) {
	said = strings.ReplaceAll(said, "\\\n", "")
	for _, m := range pasted.FindAllStringSubmatch(said, -1) {
		var args []string
		rest := m[1]
		for {
			rest = strings.TrimLeft(rest, " ")
			word := shellWord.FindString(rest)
			ended := strings.TrimRight(word, ";,.:)`\"<") != word
			arg := strings.ReplaceAll(strings.TrimRight(word, ";,.:)`\"<"), "'", "")
			if arg == "" || !takes(args, arg) {
				break
			}
			args = append(args, arg)
			two := strings.HasPrefix(rest[len(word):], "  ") // a column's gap
			rest = rest[len(word):]
			if ended || two {
				break
			}
		}
		out = append(out, args)
	}
	return out
}

// takes reports whether a word goes on a command: its one argument, flags and their values.
func takes(args []string, word string) bool {
	if len(args) == 0 {
		return true
	}
	last := args[len(args)-1]
	switch {
	case strings.HasPrefix(last, "-") && !strings.Contains(last, "=") && slices.Contains([]string{"-o", "-n", "--report", "--of", "--workload", "--provider", "--region", "--columns"}, last):
		return true
	case strings.HasPrefix(word, "-"):
		return len(word) > 1
	case len(args) > 1:
		return false
	}
	switch args[0] {
	case "show":
		return slices.Contains(sectionNames(), word)
	case "explain", "help", "price":
		return true
	}
	return false
}

// TestPrintedCommandsWork pastes every command that the program prints of a report: on its
// screens, in its sections, explanations and comparisons, in markdown and HTML.
func TestPrintedCommandsWork(t *testing.T) {
	isolate(t)
	texts := map[string]string{}
	say := func(args ...string) {
		code, out, errs := plimsoll(args...)
		if code != 0 {
			t.Fatalf("%v: %s", args, errs)
		}
		texts[strings.Join(args, " ")] = out + "\n" + errs
	}
	say("audit", "--demo", "-o", "table", "-o", "json=report.json")
	for _, name := range append(sectionNames(), "all") {
		say("show", name)
		say("show", name, "--report", "report.json")
		say("show", name, "-v", "-q")
	}
	for _, f := range reports.Names() {
		say("show", "-o", f)
	}
	say("diff", "report.json", "report.json")
	say("diff", "report.json", "report.json", "-o", "markdown")
	r := savedReport(t, "report.json")
	for _, s := range []string{"nodes", "purchase", "waste", "price/" + r.Nodes.Current.Pools[0].InstanceType, "node/" + r.Nodes.Plan.Kept[0].Name} {
		say("explain", s)
	}
	say("show", "--report", "report.json")
	for i := 0; i < len(r.Workloads); i += 6 {
		say("explain", r.Workloads[i].Namespace+"/"+r.Workloads[i].Kind+"/"+r.Workloads[i].Name)
	}
	tried := map[string]bool{}
	for from, said := range texts {
		for _, args := range pastedCommands(said) {
			paste(t, tried, from, args)
		}
	}
	for _, want := range []string{"show risks", "show warnings", "show nodes", "show rightsize --report report.json", "explain fares/deploy/fare-engine", "help rules/nodes", "help first-report#save", "show -o html=report.html"} {
		if !tried[want] {
			t.Errorf("%q was not tried, of %d", want, len(tried))
		}
	}
}

// paste runs a command once. What would read a cluster has to know its flags.
func paste(t *testing.T, tried map[string]bool, from string, args []string) {
	t.Helper()
	name := strings.Join(args, " ")
	if tried[name] {
		return
	}
	tried[name] = true
	if from == "show -o html" && len(args) == 2 && (args[1] == "prints" || strings.HasPrefix(args[1], "NAMESPACE/")) {
		return // the page's own words
	}
	if args[0] == "audit" || args[0] == "backtest" || args[0] == "gate" || args[0] == "diff" {
		cmd, rest, err := newRoot(streams{}).Find(args)
		if err != nil {
			t.Errorf("%s prints %q: %v", from, name, err)
			return
		}
		for _, a := range rest {
			flag, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
			if strings.HasPrefix(a, "--") && cmd.Flags().Lookup(flag) == nil && cmd.InheritedFlags().Lookup(flag) == nil {
				t.Errorf("%s prints %q: it has no flag --%s", from, name, flag)
			}
		}
		return
	}
	if code, _, errs := plimsoll(args...); code != 0 {
		t.Errorf("%s prints %q, which ends with %d: %s", from, name, code, errs)
	}
}

// TestLongCommandsArePasted: a name of any length stands on the screen in a command that a
// shell takes whole, of lines no longer than the terminal, and that explains it.
func TestLongCommandsArePasted(t *testing.T) {
	isolate(t)
	if code, _, errs := plimsoll("audit", "--demo", "-q", "-o", "json=report.json"); code != 0 {
		t.Fatal(errs)
	}
	for _, name := range []string{strings.Repeat("long-name-", 6), strings.Repeat("long-name-", 25), strings.Repeat("ünï cödé", 12), strings.Repeat("it's-", 20), "x"} {
		for _, width := range []int{40, 80} {
			r := savedReport(t, "report.json")
			i := slices.IndexFunc(r.Workloads, func(w document.Workload) bool { return w.Name == "fare-engine" })
			r.Workloads, r.History, i = r.Workloads[i:i+1], nil, 0
			r.Workloads[i].Namespace, r.Workloads[i].Name = strings.Repeat("n", 63), name
			file, err := os.Create("long.json")
			if err == nil {
				err = document.WriteJSON(file, r, false)
			}
			if err == nil {
				err = file.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			var screen strings.Builder
			if err := text.WriteTable(&screen, r, reports.Options{Width: width, Saved: true, From: "--report long.json"}); err != nil {
				t.Fatal(err)
			}
			_, next, _ := strings.Cut(screen.String(), "\nNEXT")
			for line := range strings.Lines(next) {
				if n := displaywidth.String(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%d: a line of %d cells: %s", width, n, line)
				}
			}
			explained := false
			for _, args := range shellCommands(next) {
				if args[0] != "explain" {
					continue
				}
				code, out, errs := plimsoll(args...)
				if explained = true; code != 0 || !strings.HasPrefix(strings.Join(strings.Fields(out), ""), strings.Repeat("n", 63)) {
					t.Errorf("%d: %q ends with %d: %s", width, args, code, errs)
				}
			}
			if !explained {
				t.Errorf("%d: no explanation of %s is named in %s", width, name, next)
			}
		}
	}
}

// shellCommands reads lines as a POSIX shell does, as far as they have single quotes and
// backslashes: each plimsoll and its words, up to a line's end or a column's gap.
func shellCommands(lines string) (out [][]string) {
	lines = strings.ReplaceAll(lines, "\\\n", "")
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "plimsoll ") {
			continue
		}
		var args []string
		word, quoted, begun := "", false, false
		for i := 0; i < len(line); i++ {
			switch ch := line[i]; {
			case ch == '\'':
				quoted, begun = !quoted, true
			case ch == '\\' && !quoted:
				i++
				word, begun = word+line[i:i+1], true
			case ch == ' ' && !quoted:
				if begun {
					args = append(args, word)
				}
				word, begun = "", false
			default:
				word, begun = word+line[i:i+1], true
			}
		}
		out = append(out, append(args, word)[1:])
	}
	return out
}
