package setting_test

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
	queue "github.com/plimsoll-k8s/plimsoll/recommender/replay"
)

// trace is one recorded load, scaled so that its 99th percentile needs about
// tracePods pods.
type trace struct {
	name string
	setting.Demand
}

const (
	growth       = 3 // as the search has it
	tracePods    = 20
	traceRequest = 1000
)

// readTrace reads NAME,unix_ts,value[,...] as a curve with even steps; gaps
// repeat the value before them.
func readTrace(t *testing.T, file string) trace {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var at []int64
	var values []float64
	for _, r := range rows[1:] {
		ts, err1 := strconv.ParseFloat(r[1], 64)
		v, err2 := strconv.ParseFloat(r[2], 64)
		if err1 == nil && err2 == nil && v >= 0 {
			at, values = append(at, int64(ts)), append(values, v)
		}
	}
	out := trace{name: strings.TrimSuffix(filepath.Base(file), ".csv.gz")}
	gaps := make([]int64, 0, len(at))
	for i := 1; i < len(at); i++ {
		gaps = append(gaps, at[i]-at[i-1])
	}
	slices.Sort(gaps)
	step := max(gaps[len(gaps)/2], 1)
	for i, v := range values {
		for len(out.Millicores) > 0 && int64(len(out.Millicores)) < (at[i]-at[0])/step {
			out.Millicores = append(out.Millicores, out.Millicores[len(out.Millicores)-1])
		}
		out.Millicores = append(out.Millicores, v)
	}
	sorted := slices.Sorted(slices.Values(out.Millicores))
	p99 := sorted[len(sorted)*99/100]
	for i := range out.Millicores {
		out.Millicores[i] *= tracePods * traceRequest / p99
	}
	out.Step, out.Request = time.Duration(step)*time.Second, traceRequest
	out.Prompt = int64(traceRequest * queue.SlowFrom(traceRequest/1000, advice.DefaultSlowdown, queue.Variability{}))
	return out
}

func traces(t *testing.T) []trace {
	dir := os.Getenv("PLIMSOLL_TRACES")
	if dir == "" {
		t.Skip("PLIMSOLL_TRACES names no folder of traces")
	}
	var files []string
	for _, pattern := range []string{"loads/*.csv.gz", "series/crane_dsp/*.csv.gz", "series/google2011_jobs/*.csv.gz", "series/datacenter_aggregate/*.csv.gz"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var out []trace
	for _, f := range files {
		tr := readTrace(t, f)
		if hours := tr.Step.Hours() * float64(len(tr.Millicores)); hours >= 6*24 && tr.Millicores[0] >= 0 {
			out = append(out, tr)
		}
	}
	return out
}

// halves cuts a trace into what one learns from and what is scored.
func (tr trace) halves() (first, second setting.Demand) {
	n := len(tr.Millicores) / 2
	first, second = tr.Demand, tr.Demand
	first.Millicores, second.Millicores = tr.Millicores[:n], tr.Millicores[n:]
	return first, second
}

func quantileOf(values []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

func pods(millicores float64, percent float64) int32 {
	return int32(max(1, math.Ceil(millicores*100/(traceRequest*percent))))
}

// rivals are the settings to beat, learnt from the first half.
func rivals(first setting.Demand, single int32) map[string]setting.Candidate {
	p50, p95, p99 := quantileOf(first.Millicores, 0.5), quantileOf(first.Millicores, 0.95), quantileOf(first.Millicores, 0.99)
	top := slices.Max(first.Millicores)
	// Crane: min = p95 / (0.5 request), target = p99 of a pod's usage + 15 % in
	// percent of the request, held in 30 to 75, max = 3 p95 / (request target).
	// The pods of the first half are taken as those that its own minimum runs.
	crane := setting.Candidate{Min: max(1, pods(p95, 50))}
	crane.Target = int32(min(max(math.Ceil(115*p99/float64(int64(crane.Min)*first.Request)), 30), 75))
	crane.Max = max(crane.Min, pods(3*p95, float64(crane.Target)))
	return map[string]setting.Candidate{
		"default": {Min: 2, Max: max(20, 10*pods(p50, 80)), Target: 80},
		"crane":   crane,
		"p99":     {Fixed: true, Min: max(2, pods(p99, 100)), Max: max(2, pods(p99, 100))},
		"single":  {Min: 2, Max: max(3, pods(growth*top, float64(single))), Target: single},
	}
}

func rivalNames() []string { return []string{"default", "crane", "p99", "single"} }

// promises are the settings of the one knob that the user has.
func promises() []float64 {
	return []float64{0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3}
}

// tally is what TestAgainstRivals sums up.
type tally struct {
	broken, done int
	same, equal  map[string][]float64 // ours over each rival's replica-hours
	best, seer   []float64            // ours and the clairvoyant's over the cheapest rival that keeps the promise
}

// TestAgainstRivals prints the table of docs/rules/setting.md. It asserts
// nothing about who wins, only that the promise is kept in nearly all loads.
func TestAgainstRivals(t *testing.T) {
	all := traces(t)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	b := setting.Bounds{Floor: 2, Unserved: advice.DefaultRiskUnserved, Start: time.Minute, OwnTolerance: os.Getenv("PLIMSOLL_TOLERANCE") != ""}
	single := bestSingle(t, all, b)
	fmt.Fprintf(w, "| load | days | ours | unserved | setting | clairvoyant | default | unserved | crane | unserved | p99 | unserved | single %d %% | unserved | ours / best rival | clairvoyant / best rival |\n", single)
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	sum := tally{same: map[string][]float64{}, equal: map[string][]float64{}}
	for _, tr := range all {
		fmt.Fprintln(w, sum.add(t, tr, b, single))
	}
	fmt.Fprintln(w, "\n| ours / rival, median of replica-hours | promise as the rival kept it on the first half | equal unserved on the second half |\n|---|---|---|")
	for _, n := range rivalNames() {
		fmt.Fprintf(w, "| %s | %.3f | %.3f |\n", n, quantileOf(sum.same[n], 0.5), quantileOf(sum.equal[n], 0.5))
	}
	fmt.Fprintln(w, "\n| over the cheapest rival that keeps the promise on the second half | loads | lower quartile | median | upper quartile | p90 |\n|---|---|---|---|---|---|")
	for i, v := range [][]float64{sum.best, sum.seer} {
		fmt.Fprintf(w, "| %s | %d | %.3f | %.3f | %.3f | %.3f |\n", [...]string{"ours", "clairvoyant"}[i], len(v), quantileOf(v, 0.25), quantileOf(v, 0.5), quantileOf(v, 0.75), quantileOf(v, 0.9))
	}
	fmt.Fprintf(w, "\nThe promise was broken in %d of %d loads.\n", sum.broken, sum.done)
	if sum.broken*20 > sum.done+20 {
		t.Errorf("the promise was broken in %d of %d loads, want 5 %% or so", sum.broken, sum.done)
	}
}

// add scores one load and gives its line of the table.
func (s *tally) add(t *testing.T, tr trace, b setting.Bounds, single int32) string {
	first, second := tr.halves()
	plan := setting.PlanFor(t, first, b)
	days := tr.Step.Hours() * float64(len(tr.Millicores)) / 24
	ours := plan.Choose(t, b.Unserved)
	if ours == nil {
		return fmt.Sprintf("| %s | %.0f | abstains |", tr.name, days)
	}
	o := setting.Scored(t, second, *ours, b.Start)
	s.done++
	if o.Slow > b.Unserved {
		s.broken++
	}
	family := familyOf(t, plan, second, b)
	seer := clairvoyants(t, second, b)
	rival, perfect := math.Inf(1), cheapest(seer, b.Unserved)
	line := fmt.Sprintf("| %s | %.0f | %.0f | %.2f %% | %s | %.0f |", tr.name, days, o.ReplicaHours, 100*o.Slow, words(ours), perfect)
	for _, n := range rivalNames() {
		c := rivals(first, single)[n]
		was, is := setting.Scored(t, first, c, b.Start), setting.Scored(t, second, c, b.Start)
		line += fmt.Sprintf(" %.0f | %.2f %% |", is.ReplicaHours, 100*is.Slow)
		if mine := plan.Choose(t, was.Slow); mine != nil {
			s.same[n] = append(s.same[n], setting.Scored(t, second, *mine, b.Start).ReplicaHours/is.ReplicaHours)
		}
		s.equal[n] = append(s.equal[n], cheapest(family, is.Slow)/is.ReplicaHours)
		if is.Slow <= b.Unserved {
			rival = min(rival, is.ReplicaHours)
		}
	}
	if !math.IsInf(rival, 1) { // where no rival keeps the promise there is nothing to be held against
		s.best, s.seer = append(s.best, o.ReplicaHours/rival), append(s.seer, perfect/rival)
	}
	return line + fmt.Sprintf(" %.2f | %.2f |", o.ReplicaHours/rival, perfect/rival)
}

// familyOf scores what the search advises for every promise.
func familyOf(t *testing.T, plan *setting.Plan, second setting.Demand, b setting.Bounds) []setting.Score {
	var out []setting.Score
	for _, p := range promises() {
		if c := plan.Choose(t, p); c != nil {
			out = append(out, setting.Scored(t, second, *c, b.Start))
		}
	}
	return out
}

// cheapest is the fewest replica-hours of those that leave no more unserved;
// infinite without any.
func cheapest(scores []setting.Score, unserved float64) float64 {
	best := math.Inf(1)
	for _, s := range scores {
		if s.Slow <= unserved {
			best = min(best, s.ReplicaHours)
		}
	}
	return best
}

// clairvoyants scores the whole grid on the half that is scored.
func clairvoyants(t *testing.T, second setting.Demand, b setting.Bounds) []setting.Score {
	var out []setting.Score
	for _, c := range setting.Grid(second, b) {
		out = append(out, setting.Scored(t, second, c, b.Start))
	}
	return out
}

func words(c *setting.Candidate) string {
	if c.Fixed {
		return fmt.Sprintf("%d fixed", c.Min)
	}
	out := fmt.Sprintf("%d %%, %d-%d", c.Target, c.Min, c.Max)
	if c.DownWindow > 0 {
		out += fmt.Sprintf(", down %.0f min", c.DownWindow.Minutes())
	}
	if c.Tolerance != (setting.Tolerance{}) {
		out += fmt.Sprintf(", tolerance %g/%g %%", float64(c.Tolerance.Up)/10, float64(c.Tolerance.Down)/10)
	}
	return out
}

// bestSingle is the target that keeps the promise in most first halves, and
// among those the highest.
func bestSingle(t *testing.T, all []trace, b setting.Bounds) int32 {
	best, kept := int32(0), -1
	for target := int32(30); target <= 95; target += 5 {
		n := 0
		for _, tr := range all {
			first, _ := tr.halves()
			c := setting.Candidate{Min: 2, Max: max(3, pods(growth*slices.Max(first.Millicores), float64(target))), Target: target}
			if setting.Scored(t, first, c, b.Start).Slow <= b.Unserved {
				n++
			}
		}
		if n >= kept {
			best, kept = target, n
		}
	}
	return best
}
