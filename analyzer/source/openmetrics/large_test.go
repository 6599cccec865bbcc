package openmetrics_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/openmetrics"
)

var (
	dumpFile       = flag.String("dump", "", "dump file for TestWriteDump and TestCollectDump")
	dumpContainers = flag.Int("dump.containers", 1000, "containers of the dump")
	dumpDays       = flag.Int("dump.days", 14, "days of the dump")
	dumpStep       = flag.Int("dump.step", 300, "seconds between samples")
	dumpTimeMajor  = flag.Bool("dump.timemajor", false, "write the dump interleaved")
	dumpDuplicate  = flag.Bool("dump.duplicate", false, "write every usage series for two jobs")
)

// TestWriteDump writes the dump for the figures in docs/benchmarks.md:
//
//	go test -run TestWriteDump -dump dump.om.gz ./analyzer/source/openmetrics
func TestWriteDump(t *testing.T) {
	if *dumpFile == "" {
		t.Skip("needs -dump FILE")
	}
	f, err := os.Create(*dumpFile)
	if err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser = f
	if strings.HasSuffix(*dumpFile, ".gz") {
		if w, err = gzip.NewWriterLevel(f, gzip.BestSpeed); err != nil {
			t.Fatal(err)
		}
	}
	d := dumpSpec{containers: *dumpContainers, days: *dumpDays, stepSeconds: *dumpStep, generations: 4,
		timeMajor: *dumpTimeMajor, duplicate: *dumpDuplicate, startUnix: 1_760_054_400}
	if err := d.write(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w != f {
		f.Close()
	}
}

// TestCollectDump reads that dump; run it under `/usr/bin/time -v`.
func TestCollectDump(t *testing.T) {
	if *dumpFile == "" {
		t.Skip("needs -dump FILE")
	}
	r, err := openmetrics.Collect(context.Background(), openmetrics.Options{
		Files: []string{*dumpFile},
		Open:  func(name string) (io.ReadCloser, error) { return os.Open(name) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var n uint64
	for _, u := range r.Usage {
		for i := range u.Days {
			n += u.Days[i].CPU.Count() + u.Days[i].Memory.Count()
		}
	}
	t.Logf("%d samples, %d containers of workloads, %d digest samples, warnings %v", r.Samples, len(r.Usage), n, r.Warnings)
}

func BenchmarkCollect(b *testing.B) {
	for _, c := range []struct {
		name string
		spec dumpSpec
	}{
		{"series-major", dumpSpec{containers: 30, days: 1, stepSeconds: 300, generations: 1, startUnix: 1_760_054_400}},
		{"time-major", dumpSpec{containers: 30, days: 1, stepSeconds: 300, generations: 1, startUnix: 1_760_054_400, timeMajor: true}},
		{"duplicates", dumpSpec{containers: 30, days: 1, stepSeconds: 300, generations: 1, startUnix: 1_760_054_400, duplicate: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var buf bytes.Buffer
			if err := c.spec.write(&buf); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(buf.Len()))
			samples := int64(0)
			for b.Loop() {
				r, err := openmetrics.Collect(context.Background(), openmetrics.Options{Files: []string{"x"}, Open: opener(map[string]string{"x": buf.String()})})
				if err != nil {
					b.Fatal(err)
				}
				samples = r.Samples
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
		})
	}
}

func opener(files map[string]string) func(string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) {
		text, ok := files[name]
		if !ok {
			return nil, os.ErrNotExist
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
}
