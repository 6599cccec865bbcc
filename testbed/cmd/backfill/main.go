// Command backfill writes the history that a plan asks for as TSDB blocks
// into a Prometheus data folder that Prometheus does not use yet, and beside
// it the truth: what a tool ought to find in it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/testbed/block"
	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

func main() {
	plan := flag.String("plan", "", "the plan's JSON file")
	out := flag.String("out", "", "Prometheus' data folder")
	truth := flag.String("truth", "", "the file for the truth")
	flag.Parse()
	if err := run(*plan, *out, *truth); err != nil {
		fmt.Fprintln(os.Stderr, "backfill:", err)
		os.Exit(1)
	}
}

func run(planFile, out, truthFile string) error {
	begin := time.Now()
	b, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	var plan history.Plan
	if err := json.Unmarshal(b, &plan); err != nil {
		return fmt.Errorf("read %s: %w", planFile, err)
	}
	spec, err := cluster.Load()
	if err != nil {
		return err
	}
	h := history.Make(plan, spec)
	w := block.New(out, plan.Start, plan.End, h.Down)
	truth, err := fill(h, w)
	if err != nil {
		return err
	}
	stats, err := w.Close()
	if err != nil {
		return err
	}
	b, err = json.MarshalIndent(truth, "", " ")
	if err != nil {
		return err
	}
	fmt.Printf("history of %d pods: %d series, %d million samples in %.1f s\n",
		len(h.Lives), stats.NumSeries, stats.NumSamples/1e6, time.Since(begin).Seconds())
	return os.WriteFile(truthFile, b, 0o644)
}

// fill encodes all series, some lives at a time, and collects the truth.
func fill(h *history.History, b *block.Blocks) (history.Truth, error) {
	lives := make(chan *history.Life)
	results := make(chan error)
	summaries := h.Summaries()
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for l := range lives {
				results <- h.Series(l, b.Add)
			}
		})
	}
	truthDone := make(chan error, 1)
	go func() {
		var err error
		for _, l := range h.Lives {
			if err == nil {
				err = summaries.Add(l)
			}
		}
		truthDone <- err
	}()
	go func() {
		for _, l := range h.Lives {
			lives <- l
		}
		close(lives)
		workers.Wait()
		close(results)
	}()
	var first error
	for err := range results {
		if first == nil {
			first = err
		}
	}
	if err := <-truthDone; first == nil {
		first = err
	}
	if first == nil {
		first = h.Shared(b.Add)
	}
	if first != nil {
		return history.Truth{}, fmt.Errorf("encode series: %w", first)
	}
	return summaries.Truth(), nil
}
