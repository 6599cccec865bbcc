package rightsize_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// BenchmarkTenThousand learns from 10,000 containers of 14 days and sizes each, with its
// risk. docs/benchmarks.md has the figure.
func BenchmarkTenThousand(b *testing.B) {
	const containers, kinds = 10_000, 100
	r := rand.New(rand.NewPCG(1, 1))
	facts := make([]rightsize.Facts, kinds)
	for i := range facts {
		level, noise := 20*math.Exp(4*r.Float64()), 0.1+0.6*r.Float64()
		facts[i] = factsOf(analyzer.Container{Name: "app", Requests: analyzer.Amounts{CPU: 1000, Memory: 1024 * mib}}, usage(14, 1,
			func(int, int, int) float64 { return level * math.Exp(noise*r.NormFloat64()) },
			func(int, int, int) float64 { return 200 * mib * (1 + 0.2*r.Float64()) }))
	}
	members := make([]*rightsize.Member, containers)
	for i := range members {
		members[i] = &rightsize.Member{Facts: facts[i%kinds].ContainerFacts}
	}
	for b.Loop() {
		p := balanced()
		p.Fleet = rightsize.Learn(members, p.Promise)
		for i := range members {
			rightsize.Size(facts[i%kinds], p)
		}
	}
}
