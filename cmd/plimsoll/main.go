// Command plimsoll tells how low a Kubernetes cluster can be loaded and still
// be safe. See README.md, or run plimsoll --help.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/disk"
)

// grace is how long work may take to end after an interrupt.
const grace = 500 * time.Millisecond

func main() {
	if os.Getenv("GOGC") == "" {
		pace()
	}
	log.SetOutput(io.Discard) // what libraries say beside their errors is not for the user
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the program at once
		// What waits for a pipe or a terminal does not see that ctx has ended.
		time.Sleep(grace)
		disk.Abandon()
		err := errInterrupted
		if filesStand.Load() {
			err = errPrinting
		}
		fmt.Fprintf(os.Stderr, "error: %s\n", err)
		os.Exit(exitInterrupted)
	})
	os.Exit(run(ctx, os.Args, osStreams()))
}
