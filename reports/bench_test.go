package reports_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports"
)

func BenchmarkFormats(b *testing.B) {
	in := random(1, 10_000).input()
	r := reports.Build(in)
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			reports.Build(in)
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
