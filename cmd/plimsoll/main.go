// Command plimsoll tells how low a Kubernetes cluster can be loaded and still
// be safe. See README.md, or run plimsoll --help.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetOutput(io.Discard) // what libraries say beside their errors is not for the user
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, osStreams())
	stop()
	os.Exit(code)
}
