package calibration_test

import (
	"bufio"
	"compress/gzip"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/recommender/calibration"
)

// tracesEnv names the folder of public traces that the method is scored on; they are
// not part of the repository, so that what needs them is skipped without it.
const tracesEnv = "PLIMSOLL_TRACES"

// traceSet is a data set, and the days of its containers' lives at which sizes are made:
// those of learn chose the constants and the prior, those of held score them.
type traceSet struct {
	name        string
	class       calibration.Class
	learn, held []int
	// memory says that the set's is a container's memory.
	memory bool
}

var traceSets = []traceSet{
	{"azure_v1", calibration.Running, []int{5, 8, 12, 17, 20}, []int{15, 18, 21}, false},
	{"bitbrains_rnd", calibration.Running, []int{5, 8, 12, 17, 20}, []int{15, 18, 21}, false},
	{"google2011_jobs", calibration.Running, []int{4, 6}, []int{4, 5, 7}, true},
	{"google2019_tasks", calibration.Batch, []int{4, 6, 8}, []int{4, 5, 7}, true},
}

// heldOut deals a container into the half that nothing was learnt from, by a hash of its
// name. Tasks of a job are alike and stay together.
func heldOut(set traceSet, series string) bool {
	if set.class == calibration.Batch {
		series = series[:strings.LastIndexByte(series, '_')]
	}
	h := fnv.New32a()
	h.Write([]byte(series))
	return h.Sum32()&1 == 1
}

// traced is one container of a trace.
type traced struct {
	name        string
	dates       []int64
	cpu, memory calibration.History
}

// readTraces reads one half of a data set, by file: series_id, time in seconds, cores, bytes.
func readTraces(t testing.TB, set traceSet, held bool) []traced {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(os.Getenv(tracesEnv), "series", set.name, "*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got no series, error %v", set.name, err)
	}
	var out []traced
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".csv.gz")
		if heldOut(set, name) != held {
			continue
		}
		s := readTrace(t, f)
		s.name = name
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
			out.cpu = append(out.cpu, calibration.Day{Samples: &digest.Histogram{}, Hours: slices.Repeat([]float64{-1}, 24)})
			out.memory = append(out.memory, calibration.Day{Samples: &digest.Histogram{}})
			sums, counts = [24]float64{}, [24]float64{}
		}
		n := len(out.dates) - 1
		if v, err := strconv.ParseFloat(f[2], 64); err == nil {
			h := at % 86400 / 3600
			sums[h], counts[h] = sums[h]+v*1000, counts[h]+1
			out.cpu[n].Hours[h] = sums[h] / counts[h]
			addSample(&out.cpu[n], v*1000)
		}
		if v, err := strconv.ParseFloat(f[3], 64); err == nil {
			addSample(&out.memory[n], v)
		}
	}
	return out
}

// addSample adds a sample of five minutes.
func addSample(d *calibration.Day, v float64) {
	d.Samples.Add(v)
	d.Share = min(d.Share+1.0/288, 1)
}

// TestMakePrior writes the prior's table anew, from the learning half alone.
func TestMakePrior(t *testing.T) {
	if os.Getenv(tracesEnv) == "" || os.Getenv("PLIMSOLL_PRIOR") == "" {
		t.Skip(tracesEnv + " and PLIMSOLL_PRIOR name no folder of traces and no file to write")
	}
	var cpu [][]calibration.History
	for _, set := range traceSets {
		var c []calibration.History
		for _, s := range readTraces(t, set, false) {
			c = append(c, s.cpu)
		}
		cpu = append(cpu, c)
	}
	// The tasks are too few for a set of their own.
	table := calibration.MakePrior(calibration.Running, cpu[:3])
	_, batch, _ := strings.Cut(calibration.MakePrior(calibration.Batch, [][]calibration.History{append(cpu[2], cpu[3]...)}), "\n")
	if err := os.WriteFile(os.Getenv("PLIMSOLL_PRIOR"), []byte(table+batch), 0o644); err != nil {
		t.Fatal(err)
	}
}
