package reports_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/build"
)

func BenchmarkFormats(b *testing.B) {
	in := random(1, 10_000).input()
	r := build.Report(in)
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			build.Report(in)
		}
	})
	for _, f := range reports.Formats() {
		b.Run(f.Name, func(b *testing.B) {
			for b.Loop() {
				output(b, f.Name, r, reports.Options{All: true})
			}
		})
	}
}

// BenchmarkHTML5000 writes the page of 5,000 workloads with two weeks of hours.
func BenchmarkHTML5000(b *testing.B) {
	r := withHistory(random(7, 5000).report(), 14*24)
	b.ReportAllocs()
	for b.Loop() {
		b.ReportMetric(float64(len(output(b, "html", r, reports.Options{})))/1e6, "MB/page")
	}
}
