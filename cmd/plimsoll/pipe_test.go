package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An interrupt ends what waits for a pipe, to read or to write, at once.
func TestInterruptedPipes(t *testing.T) {
	isolate(t)
	if err := openShop("."); err != nil {
		t.Fatal(err)
	}
	put(t, "pod.yaml", gateFiles()["pod.yaml"])
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for i, args := range [][]string{
		{"audit", "-q", "--no-cache", "--objects", "pipe"}, {"audit", "-q", "--no-cache", "--objects", "-"}, {"audit", "-q", "--no-cache", "--snapshot", "pipe"},
		{"audit", "-q", "--no-cache", "--objects", "objects.yaml", "-o", "json=pipe"}, {"audit", "-q", "--no-cache", "--objects", "objects.yaml", "--save-snapshot", "pipe"},
		{"show", "-q", "--report", "pipe"}, {"explain", "-q", "cart", "--report", "pipe"}, {"diff", "pipe", "pipe"}, {"price", "--validate", "pipe"},
		{"gate", "-q", "pipe"}, {"gate", "-q", "-"}, {"gate", "-q", "pod.yaml", "--policy", "pipe"}, {"gate", "-q", "pod.yaml", "--report", "pipe"}, {"gate", "-q", "pod.yaml", "--baseline", "pipe"},
		{"gate", "-q", "pod.yaml", "--snapshot", "pipe"}, {"gate", "-q", "pod.yaml", "--helm-values", "pipe"}, {"gate", "-q", "pod.yaml", "-o", "json=pipe"},
		{"gate", "-q", "pod.yaml", "--write-baseline", "pipe"},
		{"backtest", "-q", "--objects", "pipe"}, {"audit", "-q", "--no-cache", "--objects", "objects.yaml", "--pricing", "pipe"},
		{"audit", "-q", "--no-cache", "--objects", "objects.yaml", "--commitments", "pipe"}, {"audit", "-q", "--no-cache", "--config", "pipe"},
		{"audit", "-q", "--no-cache", "--objects", "objects.yaml", "--openmetrics", "pipe"},
	} {
		pipe := fmt.Sprintf("pipe-%d", i) // of its own: what was left to wait may open it
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skip(err)
		}
		for j := range args {
			args[j] = strings.Replace(args[j], "pipe", pipe, 1)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var stdout, stderr bytes.Buffer
		code := make(chan int, 1)
		go func() {
			code <- run(ctx, append([]string{"plimsoll"}, args...), streams{In: in, Out: &stdout, Err: &stderr})
		}()
		select {
		case got := <-code:
			t.Errorf("%v did not wait: %d, %s", args, got, stderr.String())
		case <-time.After(time.Second):
		}
		cancel()
		select {
		case got := <-code:
			if got != exitInterrupted || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("%v: got %d, %q, %q", args, got, stdout.String(), stderr.String())
			}
		case <-time.After(time.Second):
			t.Errorf("%v is not interrupted within a second", args)
		}
	}
}

// No format of the gate holds what steers a terminal or turns text around, and
// large numbers of pods are written out.
func TestHostileManifests(t *testing.T) {
	isolate(t)
	put(t, "pod.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: \"a\\u009b31m\\u202eb\\u2066\", namespace: \"=n\"}\nspec: {replicas: 2147483647, template: {spec: {containers: [{name: \"c\\u202e\", image: \"x\\u009b\"}]}}}\n")
	for _, format := range []string{"table", "json", "sarif", "junit", "github", "gitlab", "markdown"} {
		_, out, errs := plimsoll("gate", "pod.yaml", "-o", format, "--provider", "aws", "--region", "us-east-1")
		if out == "" || strings.ContainsAny(out+errs, "\u009b\u202e\u2066\x1b") {
			t.Errorf("-o %s: %q, %q", format, out, errs)
		}
		if strings.Contains(out, "e+09") {
			t.Errorf("-o %s writes a number of pods with an exponent:\n%s", format, out)
		}
	}
}
