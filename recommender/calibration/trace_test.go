package calibration_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// tracesEnv names the folder of public traces that the method is scored on; they are
// not part of the repository, so that the score is skipped without it.
const tracesEnv = "PLIMSOLL_TRACES"

// traced is one container of a trace.
type traced struct {
	dates       []int64
	cpu, memory calibration.History
}

// readTraces reads the series of a data set: series_id, time in seconds, cores, bytes.
func readTraces(t testing.TB, dir string) []traced {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got no series, error %v", dir, err)
	}
	var out []traced
	for _, f := range files {
		s := readTrace(t, f)
		if n := len(s.cpu) - 1; n > 0 && s.cpu[0].Share < 0.25*s.cpu[1].Share {
			s.cpu, s.memory = s.cpu[1:], s.memory[1:]
		}
		if len(s.cpu) >= 4 {
			out = append(out, s)
		}
	}
	return out
}

func readTrace(t testing.TB, file string) traced {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	var out traced
	var sums, counts [24]float64
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		f := strings.Split(lines.Text(), ",")
		at, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			continue // the head
		}
		if n := len(out.dates); n == 0 || out.dates[n-1] != at/86400 {
			out.dates = append(out.dates, at/86400)
			out.cpu = append(out.cpu, calibration.Day{Samples: &digest.Histogram{}, Hours: make([]float64, 24)})
			out.memory = append(out.memory, calibration.Day{Samples: &digest.Histogram{}})
			sums, counts = [24]float64{}, [24]float64{}
		}
		n := len(out.dates) - 1
		if v, err := strconv.ParseFloat(f[2], 64); err == nil {
			d, h := &out.cpu[n], at%86400/3600
			d.Samples.Add(v * 1000)
			d.Share = min(d.Share+1.0/288, 1)
			sums[h], counts[h] = sums[h]+v*1000, counts[h]+1
			for i := range d.Hours {
				d.Hours[i] = -1
				if counts[i] > 0 {
					d.Hours[i] = sums[i] / counts[i]
				}
			}
		}
		if v, err := strconv.ParseFloat(f[3], 64); err == nil {
			out.memory[n].Samples.Add(v)
			out.memory[n].Share = min(out.memory[n].Share+1.0/288, 1)
		}
	}
	return out
}

// score is what came of a promise.
type score struct {
	n, over, broken, killed, weeks, cost, statedLoss, statedOver float64
	terciles                                                     [3][3]float64 // n, over, broken
}

func (s *score) add(m *calibration.Model, past, future calibration.History) {
	size := m.Size(past)
	var after digest.Histogram
	weeks := 0.0
	for _, d := range future {
		after.Merge(d.Samples)
		weeks += 1.0 / 7
	}
	if m.Promise.Measure == calibration.Peaks && weeks < 0.9 {
		n := past.Length()
		weeks = weeks * 7 / (n + weeks*7) * (n + 7) / 7
	}
	if after.Count() == 0 || size.Amount == 0 || after.Mean() < 1 {
		return
	}
	loss, over := m.Risk(past, size, size.Amount)
	s.statedLoss += loss.Value * weeks
	s.statedOver += over.Value
	s.n++
	s.weeks += weeks
	above := after.ShareAbove(size.Amount)
	s.over += above
	s.terciles[size.Group][0]++
	s.terciles[size.Group][1] += above
	if above > m.Promise.Time {
		s.broken++
		s.terciles[size.Group][2]++
	}
	if after.Max() > size.Amount {
		s.killed++
	}
	s.cost += math.Log(size.Amount / after.Mean())
}

func (s *score) line(m calibration.Measure) string {
	if m == calibration.Peaks {
		return fmt.Sprintf("n %4.0f killed a week %.4f (stated %.4f) cost %.3f", s.n, s.killed/s.weeks, s.statedLoss/s.weeks, math.Exp(s.cost/s.n))
	}
	out := fmt.Sprintf("n %4.0f over %.4f (stated %.4f) broken %.3f (stated %.3f) cost %.3f terciles", s.n, s.over/s.n, s.statedOver/s.n, s.broken/s.n, s.statedLoss/s.weeks, math.Exp(s.cost/s.n))
	for _, t := range s.terciles {
		out += fmt.Sprintf(" %.3f/%.2f", t[1]/t[0], t[2]/t[0])
	}
	return out
}

// pair is what one size was made of and what came after.
type pair struct{ past, future calibration.History }

// frontier gives the cheapest of all quantiles with a fixed margin, with and without decay,
// chosen in hindsight so that they come out at a loss: the geometric mean of size / mean use.
func frontier(pairs []pair, most float64, loss func(above float64) float64) float64 {
	best := math.Inf(1)
	qs := []float64{0.5, 0.6, 0.66, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.97, 0.98, 0.99, 1}
	for _, decay := range []float64{0.5, 0.84, 1} {
		tails, means, bases := make([]digest.Tail, len(pairs)), make([]float64, len(pairs)), make([][]float64, len(pairs))
		for i, p := range pairs {
			var w digest.Weighted
			for _, d := range p.past {
				w.Scale(decay)
				w.Add(d.Samples)
			}
			bases[i] = make([]float64, len(qs))
			w.Quantiles(qs, bases[i])
			var after digest.Histogram
			for _, d := range p.future {
				after.Merge(d.Samples)
			}
			tails[i], means[i] = after.Tail(), after.Mean()
		}
		for q := range qs {
			for m := 0.5; m < 12; m *= 1.02 {
				lost, cost, n := 0.0, 0.0, 0.0
				for i := range pairs {
					if means[i] < 1 {
						continue
					}
					size := max(bases[i][q]*m, 1)
					lost += loss(tails[i].Above(size))
					cost += math.Log(size / means[i])
					n++
				}
				if lost/n <= most {
					best = min(best, math.Exp(cost/n))
					break
				}
			}
		}
	}
	return best
}

func TestScoreOnTraces(t *testing.T) {
	root := os.Getenv(tracesEnv)
	if root == "" {
		t.Skip(tracesEnv + " names no folder of traces")
	}
	history := 14
	if h := os.Getenv("HIST"); h != "" {
		history, _ = strconv.Atoi(h)
	}
	promises := []calibration.Promise{
		{Time: 0.02}, {Time: 0.05}, {Time: 0.10},
		{Time: 0.05, Containers: 0.10, HoldHours: true}, {Time: 0.02, Containers: 0.05, HoldHours: true},
		{Measure: calibration.Peaks, Time: 0.10}, {Measure: calibration.Peaks, Time: 0.05}, {Measure: calibration.Peaks, Time: 0.02}, {Measure: calibration.Peaks, Time: 0.01},
	}
	for _, set := range []string{"azure_v1", "bitbrains_rnd", "google2011_jobs", "google2019_tasks"} {
		all := readTraces(t, filepath.Join(root, "series", set))
		ends := []int{history, history + 7, history + 14}
		if strings.HasPrefix(set, "google") {
			ends = []int{4, 5, 7}
		}
		scores := make([]score, len(promises))
		rules := make([]string, len(promises))
		var pairs []pair
		for _, end := range ends {
			var cpu, memory []calibration.History
			var index []int
			for i, s := range all {
				if len(s.cpu) > end {
					from := max(0, end-history)
					cpu, memory, index = append(cpu, s.cpu[from:end]), append(memory, s.memory[from:end]), append(index, i)
				}
			}
			class := calibration.Running
			if set == "google2019_tasks" {
				class = calibration.Batch
			}
			for j, i := range index {
				pairs = append(pairs, pair{cpu[j], all[i].cpu[end:min(len(all[i].cpu), end+7)]})
			}
			models := calibration.Calibrate(class, cpu, promises[:5]...)
			models = append(models, calibration.Calibrate(class, memory, promises[5:]...)...)
			for k := range models {
				r, g := models[k].Rule(), models[k].Groups()
				rules[k] += fmt.Sprintf(" [h%g q%g p%g m %.2f %.2f %.2f]", r.HalfLife, r.Quantile, r.Price, g[0].Margin, g[1].Margin, g[2].Margin)
				for j, i := range index {
					past, whole := cpu[j], all[i].cpu
					if k >= 5 {
						past, whole = memory[j], all[i].memory
					}
					scores[k].add(&models[k], past, whole[end:min(len(whole), end+7)])
				}
			}
		}
		for k := range scores {
			if scores[k].n > 0 {
				if s := &scores[k]; promises[k].Measure == calibration.OverTime {
					peers := 0.0
					if promises[k].Containers > 0 {
						peers = frontier(pairs, s.broken/s.n, func(v float64) float64 {
							if v > promises[k].Time {
								return 1
							}
							return 0
						})
					} else {
						peers = frontier(pairs, s.over/s.n, func(v float64) float64 { return v })
					}
					rules[k] += fmt.Sprintf(" peers in hindsight %.3f, ratio %.3f", peers, math.Exp(s.cost/s.n)/peers)
				}
				t.Logf("%-16s %v %v/%v %s\n      %s", set, promises[k].Measure, promises[k].Time, promises[k].Containers, scores[k].line(promises[k].Measure), rules[k])
			}
		}
	}

}

// TestMakePrior writes the prior's table anew, from every second container of the sets:
// the others are left to score it on.
func TestMakePrior(t *testing.T) {
	root := os.Getenv(tracesEnv)
	if root == "" || os.Getenv("PLIMSOLL_PRIOR") == "" {
		t.Skip(tracesEnv + " and PLIMSOLL_PRIOR name no folder of traces and no file to write")
	}
	var cpu [][]calibration.History
	sets := []string{"azure_v1", "bitbrains_rnd", "google2011_jobs", "google2019_tasks"}
	for _, set := range sets {
		var c []calibration.History
		for i, s := range readTraces(t, filepath.Join(root, "series", set)) {
			if i%2 == 0 {
				c = append(c, s.cpu)
			}
		}
		cpu = append(cpu, c)
	}
	// google2019 are runs.
	table := calibration.MakePrior(calibration.Running, cpu[:3])
	_, batch, _ := strings.Cut(calibration.MakePrior(calibration.Batch, cpu[2:]), "\n")
	if err := os.WriteFile(os.Getenv("PLIMSOLL_PRIOR"), []byte(table+batch), 0o644); err != nil {
		t.Fatal(err)
	}
}
