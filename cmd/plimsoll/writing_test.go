package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// left lists what a folder holds.
func left(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// An interrupt while several files are written leaves none of them, and no temporary
// file; without one all are there. One that cannot be written keeps no other from it.
func TestWritingIsAllOrNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		interrupt, missing bool
		want, out          string
	}{
		"whole":       {want: "a b", out: "c"},
		"interrupted": {interrupt: true},
		"one fails":   {missing: true, want: "b", out: "c"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out bytes.Buffer
			var all writing
			first := filepath.Join(dir, "a")
			if tt.missing {
				first = filepath.Join(dir, "no", "a")
			}
			s := streams{Out: &out}
			all.addSink(s, &files{}, "json", first, says("a"))
			all.addSink(s, &files{}, "html", filepath.Join(dir, "b"), func(w io.Writer) error {
				if tt.interrupt {
					cancel()
				}
				return says("b")(w)
			})
			all.addSink(s, &files{}, "table", "", says("c"))
			err := all.put(ctx)
			if tt.interrupt != errors.Is(err, context.Canceled) || tt.missing != errors.Is(err, os.ErrNotExist) {
				t.Errorf("got %v", err)
			}
			if got := left(t, dir); got != tt.want || out.String() != tt.out {
				t.Errorf("left %q and printed %q, want %q and %q", got, out.String(), tt.want, tt.out)
			}
		})
	}
}

// interrupting calls an interrupt once it is written to.
type interrupting struct {
	bytes.Buffer
	interrupt func()
}

func (w *interrupting) Write(p []byte) (int, error) {
	w.interrupt()
	return w.Buffer.Write(p)
}

// An interrupt that comes once the report is written is too late: it is told as it is.
func TestLateInterrupt(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	snap, err := demoSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	snap.Warnings = append(snap.Warnings, analyzer.Warning{Code: analyzer.WarnUnread, Subject: "prometheus", Message: "a day was not read"})
	if err := snapshot.Write("a.snapshot", snap, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[int][]string{
		exitDone:   {"audit", "-q", "--no-cache", "--objects", "objects.yaml", "-o", "json=r.json", "-o", "table"},
		exitSource: {"audit", "-q", "--no-cache", "--snapshot", "a.snapshot", "-o", "json=r.json", "-o", "table"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var errs bytes.Buffer
		out := &interrupting{interrupt: cancel}
		if got := run(ctx, append([]string{"plimsoll"}, args...), streams{In: strings.NewReader(""), Out: out, Err: &errs}); got != want || strings.Contains(errs.String(), "interrupted") {
			t.Errorf("%v: got %d, %s; want %d", args, got, errs.String(), want)
		}
	}
	if _, err := os.Stat("r.json"); err != nil {
		t.Error(err)
	}
}
