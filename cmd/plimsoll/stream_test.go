package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-k8s/plimsoll/reports"
)

// shopArgs audit the shop, which the test has opened in its folder.
var shopArgs = []string{"plimsoll", "audit", "--objects", "objects.yaml", "--openmetrics", "usage.om.gz"}

// TestFormats renders every format there is: onto stdout, and nothing else.
func TestFormats(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	for _, f := range reports.Formats() {
		code, out, errs := plimsoll(append(shopArgs[1:], "-q", "-o", f.Name)...)
		if code != 0 || out == "" || errs != "" {
			t.Errorf("-o %s: got exit code %d, %d bytes on stdout, %q on stderr", f.Name, code, len(out), errs)
		}
	}
}

// TestColor shows when a table is coloured: on a terminal, unless the user or
// the environment will not have it; and never in a file.
func TestColor(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		args    []string
		width   int
		noColor bool
		want    bool
	}{
		{"terminal", nil, 100, false, true},
		{"pipe", nil, 0, false, false},
		{"--no-color", []string{"--no-color"}, 100, false, false},
		{"NO_COLOR", nil, 100, true, false},
		{"file", []string{"-o", "table=report.txt"}, 100, false, false},
	} {
		var out, errs bytes.Buffer
		args := slices.Concat(shopArgs, c.args)
		if code := run(context.Background(), args, streams{In: strings.NewReader(""), Out: &out, Err: &errs, Width: c.width, NoColor: c.noColor}); code != 0 {
			t.Fatalf("%s: %s", c.name, errs.String())
		}
		if got := strings.Contains(out.String(), "\x1b["); got != c.want {
			t.Errorf("%s: got colours %v, want %v", c.name, got, c.want)
		}
	}
	if text, err := os.ReadFile("report.txt"); err != nil || bytes.Contains(text, []byte("\x1b[")) || len(text) == 0 {
		t.Errorf("the file is not a plain table: %q, %v", text, err)
	}
	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			t.Setenv("TERM", "xterm")
			if osStreams().NoColor {
				t.Error("got no colours, want them")
			}
			t.Setenv(name, value)
			if !osStreams().NoColor {
				t.Errorf("%s=%s: got colours", name, value)
			}
		})
	}
}

// TestProgress runs against an engine that does not answer: after a second
// a line says what is waited for, without its password; -q keeps it back.
func TestProgress(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	address, _ := server(t, hangs, "")
	engine := strings.Replace(address, "://", "://me:"+secret+"@", 1) + "?token=" + secret
	line := "reading usage from " + address + " ...\n"
	var wg sync.WaitGroup
	for _, c := range []struct {
		name     string
		args     []string
		terminal bool
		want     string // before the error
	}{
		{"file", nil, false, line},
		{"terminal", nil, true, "\r\x1b[K" + strings.TrimSuffix(line, "\n")},
		{"quiet", []string{"-q"}, true, ""},
	} {
		wg.Go(func() {
			// Given up once the line must have come.
			ctx, cancel := context.WithTimeout(context.Background(), patience+500*time.Millisecond)
			defer cancel()
			var out, errs bytes.Buffer
			args := append([]string{"plimsoll", "audit", "--objects", "objects.yaml", "--prometheus", engine}, c.args...)
			code := run(ctx, args, streams{In: strings.NewReader(""), Out: &out, Err: &errs, ErrTerminal: c.terminal})
			if code != exitInterrupted || out.String() != "" {
				t.Errorf("%s: got exit code %d and %q on stdout", c.name, code, out.String())
			}
			talk, failure, _ := strings.Cut(errs.String(), "error: ")
			if !strings.HasPrefix(talk, c.want) || c.want == "" && talk != "" {
				t.Errorf("%s\ngot:  %q\nwant: %q", c.name, talk, c.want)
			}
			if strings.Contains(errs.String(), secret) || strings.Count(failure, "\n") != 1 {
				t.Errorf("%s: a secret is shown, or there is more than one line: %q", c.name, errs.String())
			}
		})
	}
	wg.Wait()
}

// TestHelp walks all verbs: each says what it does, with examples, and its
// flags are written plainly.
func TestHelp(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, verb := range cmd.Commands() {
			walk(verb)
		}
		path := strings.Fields(cmd.CommandPath())
		code, out, errs := plimsoll(append(path[1:], "--help")...)
		if code != 0 || errs != "" {
			t.Errorf("%s: got exit code %d, %q", cmd.CommandPath(), code, errs)
		}
		if strings.Contains(out, "[=true") {
			t.Errorf("%s --help writes a flag as [=true|false]:\n%s", cmd.CommandPath(), out)
		}
		if cmd.Name() != "version" && !strings.Contains(out, "Examples:\n") {
			t.Errorf("%s --help has no examples", cmd.CommandPath())
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: its short text is %q", cmd.CommandPath(), cmd.Short)
		}
	}
	walk(newRoot(streams{In: strings.NewReader("")}))
}

// TestInterruptedRules wants an interrupt while rules are worked out to be said as
// one, and not as a wrong call.
func TestInterruptedRules(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"plimsoll", "audit", "--demo", "--no-cache"}, streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	if code != exitInterrupted || out.Len() > 0 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("got exit code %d, stdout %q, stderr %q", code, out.String(), errs.String())
	}
}
