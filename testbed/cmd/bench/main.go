// Command bench measures whole runs of plimsoll on synthetic clusters beside the
// floor: a plain reader of the same CPU and memory, in the same run, of the same
// Prometheus. It writes its table into docs/benchmarks.md, or holds the ratios
// against a budget.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/testbed/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the command, or one of the two that it starts of itself: what is measured
// must be a process of its own, and what makes the data would leave its own peak of
// memory with those that it starts.
func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == "make" {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return synthetic{n, end.Add(-days * 24 * time.Hour), end.Add(time.Hour)}.write(args[2])
	}
	if len(args) == 2 && args[0] == "floor" {
		return floor(args[1], end.Add(-days*24*time.Hour), end)
	}
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.sizes, "sizes", "1000,3000", "containers, comma-separated")
	f.IntVar(&o.runs, "runs", 3, "runs of each command; the table has medians")
	f.StringVar(&o.plimsoll, "plimsoll", "../bin/plimsoll", "the program to measure")
	f.StringVar(&o.docs, "docs", "", "the page whose table is written")
	f.StringVar(&o.budget, "budget", "", "the budget to hold the ratios against; -sizes are its own then")
	f.BoolVar(&o.update, "update", false, "write the budget anew")
	if err := f.Parse(args); err != nil {
		return err
	}
	return o.run(ctx)
}

type options struct {
	sizes, plimsoll, docs, budget string
	runs                          int
	update                        bool
}

func (o *options) run(ctx context.Context) error {
	bin, err := local.Build(ctx, os.Stderr)
	if err != nil {
		return err
	}
	var held budget
	if o.budget != "" {
		if held, err = readBudget(o.budget); err != nil {
			return err
		}
		o.sizes = strconv.Itoa(held.Containers)
	}
	var all []measured
	for text := range strings.SplitSeq(o.sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("sizes %q: want numbers of containers", o.sizes)
		}
		m, err := o.size(ctx, bin, n)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	text := table(all)
	fmt.Print(text)
	if o.docs != "" {
		if err := intoPage(o.docs, text); err != nil {
			return err
		}
	}
	switch {
	case o.budget == "":
		return nil
	case o.update:
		return held.write(o.budget, all[0])
	}
	return held.check(all[0])
}

// command is one measured run. Its exit code may be one of codes, beside 0.
type command struct {
	name  string
	codes []int
	args  []string
}

// commands are those of a table: the floor first. The later read what the audit of all
// levers wrote.
func (o *options) commands(self, url, dir string) []command {
	objects, report, only := filepath.Join(dir, "objects.json"), filepath.Join(dir, "all.json"), filepath.Join(dir, "rightsize.json")
	audit := []string{o.plimsoll, "audit", "-q", "--no-cache", "--objects", objects, "--prometheus", url, "--end", end.Format(time.RFC3339)}
	return []command{
		{"floor", nil, []string{self, "floor", url}},
		{"audit --only rightsize", nil, append(slices.Clone(audit), "--only", "rightsize", "-o", "json="+only)},
		{"audit", nil, append(slices.Clone(audit), "-o", "json="+report)},
		{start, nil, []string{o.plimsoll, "version"}},
		{"show", nil, []string{o.plimsoll, "show", "--report", report}},
		{"diff", nil, []string{o.plimsoll, "diff", only, report}},
		{"gate", []int{1, 2}, []string{o.plimsoll, "gate", "-q", objects, "-o", "json=" + filepath.Join(dir, "gate.json")}},
	}
}

// size measures every command on a cluster of n containers, in turn, so that what else
// the machine does meets all alike.
func (o *options) size(ctx context.Context, bin string, n int) (measured, error) {
	out := measured{containers: n, runs: o.runs}
	dir, err := os.MkdirTemp("", "plimsoll-bench-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	cmd := exec.CommandContext(ctx, self, "make", strconv.Itoa(n), dir)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return out, fmt.Errorf("make a cluster of %d containers: %w", n, err)
	}
	s, err := serve(ctx, filepath.Join(bin, "prometheus"), dir)
	if err != nil {
		return out, err
	}
	defer s.stop()
	all := o.commands(self, s.url, dir)
	seen := make([][]figures, len(all))
	for range o.runs {
		for i, c := range all {
			x, err := s.measure(ctx, c.codes, c.args...)
			if err != nil {
				return out, err
			}
			seen[i] = append(seen[i], x)
		}
	}
	for i, c := range all {
		out.rows = append(out.rows, row{c.name, median(seen[i])})
		out.least = append(out.least, row{c.name, least(seen[i])})
	}
	return out, nil
}

// budget names for each command the most that it may cost, as a ratio to the floor.
type budget struct {
	Containers int                         `json:"containers"`
	Ratios     map[string]map[string]ratio `json:"ratios"` // command, figure
}

// ratio is written with two decimals.
type ratio float64

func (r ratio) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', 2, 64), nil
}

// over is by how much of a budget's figure a run may cross it, and slack what a ratio may
// be more in any case: a process of a few hundredths of a second is not measured finer.
const (
	over  = 0.25
	slack = 0.05
)

func readBudget(file string) (b budget, _ error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("%s: %w", file, err)
	}
	if b.Containers < 1 {
		return b, fmt.Errorf("%s: containers: want a number above 0", file)
	}
	return b, nil
}

func (b budget) write(file string, m measured) error {
	b.Ratios = m.ratios()
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// check fails where a figure is above its budget, where a command has none, and where
// the budget names what is not measured.
func (b budget) check(m measured) error {
	var wrong []string
	now := m.ratios()
	for name, figures := range now {
		for figure, r := range figures {
			most, known := b.Ratios[name][figure]
			switch {
			case !known:
				wrong = append(wrong, fmt.Sprintf("%s: no budget of %s", name, figure))
			case float64(r) > float64(most)*(1+over)+slack:
				wrong = append(wrong, fmt.Sprintf("%s: %s is %.2f times the floor's, above its budget of %.2f by more than a quarter", name, figure, r, most))
			}
		}
	}
	for name, figures := range b.Ratios {
		for figure := range figures {
			if _, measured := now[name][figure]; !measured {
				wrong = append(wrong, fmt.Sprintf("%s: %s has a budget and is not measured", name, figure))
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fmt.Errorf("%s", strings.Join(wrong, "\n"))
}
