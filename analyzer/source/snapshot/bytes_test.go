package snapshot_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
)

// What docs/sources/snapshot.md states of a container of three pods and 14 days, in bytes.
const (
	statedBytes = 18e3 // in the file
	statedMore  = 0.04 // share of it that schema 2 added
)

// TestBytesOfAContainer: what a container takes in a file, and what of it schema 2 added.
func TestBytesOfAContainer(t *testing.T) {
	const containers = 10
	r := rand.New(rand.NewPCG(1, 1))
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	w := analyzer.Window{Start: start, End: start.AddDate(0, 0, 14), Step: 5 * time.Minute}
	rec := analyzer.NewRecorder(w)
	for i := range containers {
		ref := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web-" + string(rune('a'+i))}
		for pod := range 3 {
			s := rec.Pod(ref, "app").Named(ref.Name + "-5d4f8c7b9-x2k4" + string(rune('a'+pod)))
			for at := start.Add(5 * time.Minute); !at.After(w.End); at = at.Add(5 * time.Minute) {
				s.CPU(at.UnixMilli(), 200*math.Exp(0.4*r.NormFloat64()))
				s.Memory(at.UnixMilli(), float64(300<<20)*(1+0.1*r.Float64()))
			}
			s.Close()
		}
	}
	bytesOf := func(usage []analyzer.ContainerUsage) float64 {
		var out bytes.Buffer
		if err := snapshot.Encode(&out, &analyzer.Snapshot{Window: w, Usage: usage}); err != nil {
			t.Fatal(err)
		}
		return float64(out.Len())
	}
	usage := rec.Usage()
	none := bytesOf(nil)
	whole := (bytesOf(usage) - none) / containers
	for i := range usage {
		for j := range usage[i].Days {
			d := &usage[i].Days[j]
			d.PodNeed, d.Start, d.MostCPU, d.MostMemory = digest.Histogram{}, digest.Histogram{}, nil, nil
		}
	}
	more := 1 - (bytesOf(usage)-none)/containers/whole
	t.Logf("%.0f bytes a container, %.1f %% of them of schema 2", whole, 100*more)
	if whole > statedBytes || more > statedMore {
		t.Errorf("got %.0f bytes a container and %.3f of it by schema 2, want at most %g and %g", whole, more, float64(statedBytes), statedMore)
	}
}
