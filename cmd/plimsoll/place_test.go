package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestUnknownPlaces walks all verbs: one that takes a provider or a region refuses
// what does not exist, with code 2, before it asks or reads anything else.
func TestUnknownPlaces(t *testing.T) {
	manifest := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(manifest, []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: app, image: app:1, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rest := map[string][]string{ // what a verb needs beside the place
		"plimsoll audit": {"--demo"}, "plimsoll backtest": {"--demo"}, "plimsoll gate": {manifest},
		"plimsoll price": {"m6i.xlarge"}, "plimsoll price update": nil,
	}
	var walked []string
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Flags().Lookup("provider") == nil && c.Flags().Lookup("region") == nil {
			return
		}
		path := c.CommandPath()
		more, known := rest[path]
		if !known {
			t.Errorf("%s takes a place, and this test does not know how to call it", path)
			return
		}
		walked = append(walked, path)
		for _, place := range [][]string{
			{"--provider", "nowhere", "--region", "us-east-1"}, {"--provider", "aws", "--region", "us-east-17"}, {"--provider", "azure", "--region", "us-east-1"},
		} {
			args := slices.Concat(strings.Fields(path)[1:], more, place)
			code, out, errs := plimsoll(args...)
			if code != 2 || out != "" || !strings.Contains(errs, "--provider") && !strings.Contains(errs, "--region") {
				t.Errorf("%s: got exit %d, stdout %q, stderr %q; want 2 and the flag named", strings.Join(args, " "), code, out, errs)
			}
		}
	}
	walk(newRoot(streams{Out: io.Discard, Err: io.Discard}))
	if len(walked) != len(rest) {
		t.Errorf("walked %v, want all of %v", walked, rest)
	}
}
