// Command backfill writes the history that a plan asks for as TSDB blocks
// into a Prometheus data folder that Prometheus does not use yet, and beside
// it the truth: what a tool ought to find in it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

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
	w := newBlocks(out, h)
	truth, err := w.fill()
	if err != nil {
		return err
	}
	stats, err := w.close()
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
