package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the program prints to the manual's pages")

// root is the repository's folder, told before any test leaves its own.
var root string

// TestMain lets the test's binary be the program, under both of its names.
func TestMain(m *testing.M) {
	if dir, err := os.Getwd(); err == nil {
		root = filepath.Join(dir, "..", "..")
	}
	if !strings.HasSuffix(filepath.Base(os.Args[0]), "plimsoll") { // the tests' cache is not the user's
		os.Setenv("XDG_CACHE_HOME", filepath.Join(os.TempDir(), "plimsoll-tests"))
	}
	program := func() { os.Exit(run(context.Background(), os.Args, osStreams())) }
	testscript.Main(m, map[string]func(){"plimsoll": program, "kubectl-plimsoll": program})
}
