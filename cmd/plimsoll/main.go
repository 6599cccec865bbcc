// Command plimsoll tells how low a Kubernetes cluster can be loaded and still
// be safe. See README.md, or run plimsoll --help.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // an audit is short: memory twice the little that it needs is cheaper than looking for free one
	}
	log.SetOutput(io.Discard) // what libraries say beside their errors is not for the user
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, osStreams())
	stop()
	os.Exit(code)
}
