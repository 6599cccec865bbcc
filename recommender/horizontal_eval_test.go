package recommender_test

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

	"github.com/plimsoll-k8s/plimsoll/recommender"
)

// trace is one recorded load, scaled so that its 99th percentile needs about
// tracePods pods.
type trace struct {
	name string
	recommender.Demand
}

const (
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
func (tr trace) halves() (first, second recommender.Demand) {
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
func rivals(first recommender.Demand, single int32) map[string]recommender.Candidate {
	p50, p95, p99 := quantileOf(first.Millicores, 0.5), quantileOf(first.Millicores, 0.95), quantileOf(first.Millicores, 0.99)
	_ = p50
	top := slices.Max(first.Millicores)
	craneTarget := int32(75)
	return map[string]recommender.Candidate{
		"default": {Min: 2, Max: max(20, 10*pods(p50, 80)), Target: 80},
		"crane":   {Min: max(1, pods(p95, 50)), Max: max(pods(p95, 50), pods(3*p95, float64(craneTarget))), Target: craneTarget},
		"p99":     {Fixed: true, Min: max(2, pods(p99, 100)), Max: max(2, pods(p99, 100))},
		"single":  {Min: 2, Max: max(3, pods(1.5*top, float64(single))), Target: single},
	}
}

func TestAgainstRivals(t *testing.T) {
	all := traces(t)
	names := []string{"default", "crane", "p99", "single"}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	bounds := recommender.Bounds{Floor: 2, Unserved: 0.01, Start: time.Minute}
	single := bestSingle(t, all, bounds)
	fmt.Fprintf(w, "load\tdays\tours\tlost\tsetting\tclairvoyant\t")
	for _, n := range names {
		fmt.Fprintf(w, "%s\tlost\tours, same promise\tlost\t", n)
	}
	fmt.Fprintln(w)
	ratios := map[string][]float64{}
	broken, done := 0, 0
	for _, tr := range all {
		first, second := tr.halves()
		ours, o := adviseAndScore(t, first, second, bounds)
		if ours == nil {
			fmt.Fprintf(w, "%s\t%.0f\tabstains\t\n", tr.name, tr.Step.Hours()*float64(len(tr.Millicores))/24)
			continue
		}
		done++
		if o.Unserved > bounds.Unserved {
			broken++
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f%%\t%s\t%.0f\t", tr.name, tr.Step.Hours()*float64(len(tr.Millicores))/24, o.ReplicaHours, 100*o.Unserved, words(ours), clairvoyant(t, second, bounds))
		for _, n := range names {
			c := rivals(first, single)[n]
			was := recommender.ScoreOf(t, first, c, bounds.Start)
			s := recommender.ScoreOf(t, second, c, bounds.Start)
			same := bounds
			same.Unserved = was.Unserved
			mine, m := adviseAndScore(t, first, second, same)
			if mine == nil {
				fmt.Fprintf(w, "%.0f\t%.2f%%\t-\t\t", s.ReplicaHours, 100*s.Unserved)
				continue
			}
			ratios[n] = append(ratios[n], m.ReplicaHours/s.ReplicaHours)
			fmt.Fprintf(w, "%.0f\t%.2f%%\t%.0f\t%.2f%%\t", s.ReplicaHours, 100*s.Unserved, m.ReplicaHours, 100*m.Unserved)
		}
		fmt.Fprintln(w)
	}
	for _, n := range names {
		fmt.Fprintf(w, "median of ours over %s\t%.3f\t\n", n, quantileOf(ratios[n], 0.5))
	}
	fmt.Fprintf(w, "promise broken in\t%d of %d; best single target %d\t\n", broken, done, single)
}

func words(c *recommender.Candidate) string {
	if c.Fixed {
		return fmt.Sprintf("%d", c.Min)
	}
	return fmt.Sprintf("%d%% %d-%d %v", c.Target, c.Min, c.Max, c.DownWindow)
}

func adviseAndScore(t *testing.T, first, second recommender.Demand, b recommender.Bounds) (*recommender.Candidate, recommender.Score) {
	t.Helper()
	scaled, fixed, _, err := recommender.Search(first, b)
	if err != nil {
		t.Fatal(err)
	}
	best := scaled
	if best == nil || fixed != nil && fixed.Train.ReplicaHours < best.Train.ReplicaHours {
		best = fixed
	}
	if best == nil {
		return nil, recommender.Score{}
	}
	return best, recommender.ScoreOf(t, second, *best, b.Start)
}

// clairvoyant is the fewest replica-hours that any setting of the grid needs
// on the half that is scored.
func clairvoyant(t *testing.T, second recommender.Demand, b recommender.Bounds) float64 {
	best := math.Inf(1)
	for _, c := range recommender.Grid(second, b) {
		if s := recommender.ScoreOf(t, second, c, b.Start); s.Unserved <= b.Unserved {
			best = min(best, s.ReplicaHours)
		}
	}
	return best
}

// bestSingle is the target that keeps the promise in most first halves, and
// among those the highest.
func bestSingle(t *testing.T, all []trace, b recommender.Bounds) int32 {
	best, kept := int32(0), -1
	for target := int32(30); target <= 95; target += 5 {
		n := 0
		for _, tr := range all {
			first, _ := tr.halves()
			c := recommender.Candidate{Min: 2, Max: max(3, pods(1.5*slices.Max(first.Millicores), float64(target))), Target: target}
			if recommender.ScoreOf(t, first, c, b.Start).Unserved <= b.Unserved {
				n++
			}
		}
		if n >= kept {
			best, kept = target, n
		}
	}
	return best
}
