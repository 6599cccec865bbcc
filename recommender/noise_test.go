package recommender_test

import (
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// noise is what another engine, another phase of the scrapes or a lost sample does to what
// is read of the same cluster.
type noise struct {
	name string
	all  float64 // the share by which a whole day of a container is off, at most
	lost float64 // the share of the samples that are not there
}

// disturb gives the snapshot as it would be with the noise.
func disturb(t *testing.T, s *analyzer.Snapshot, n noise, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	for i := range s.Usage {
		for j := range s.Usage[i].Days {
			d := &s.Usage[i].Days[j]
			f := 1 + n.all*(2*r.Float64()-1)
			for _, h := range []*digest.Histogram{&d.CPU, &d.Memory, &d.PodCPU, &d.PodMemory, &d.PodNeed, &d.Start} {
				*h = moved(h, n, f, r)
			}
			for k := range d.Hours {
				h := &d.Hours[k]
				h.CPU, h.Memory, h.CPUPeak, h.MemoryPeak = h.CPU*float32(f), h.Memory*float32(f), h.CPUPeak*float32(f), h.MemoryPeak*float32(f)
			}
			for _, of := range [][]analyzer.PodNeed{d.MostCPU, d.MostMemory} {
				for k := range of {
					of[k].CPU, of[k].Memory = of[k].CPU*float32(f), of[k].Memory*float32(f)
				}
			}
			d.Load = movedLoad(t, d.Load, f, r)
		}
	}
}

// moved draws each sample anew within its bucket, times f; the largest stays exact.
func moved(h *digest.Histogram, n noise, f float64, r *rand.Rand) (out digest.Histogram) {
	if h.IsZero() {
		return out
	}
	lastV, left := h.Max(), h.Count()
	for v, count := range h.All() {
		width := 0.0
		if v > 0 {
			width = math.Exp2(math.Floor(math.Log2(v))) / 64
		}
		chunk := max(count/16, 1)
		for count > 0 {
			k := min(chunk, count)
			count, left = count-k, left-k
			x := v + width*(r.Float64()-0.5)*0.98
			if left == 0 {
				x = lastV
			}
			if k == 1 && r.Float64() < n.lost {
				continue
			}
			out.AddN(x*f, k)
		}
	}
	return out
}

// movedLoad moves a load by f; its buckets are of 1/64, so that a change below is a chance.
func movedLoad(t *testing.T, l analyzer.Load, f float64, r *rand.Rand) (out analyzer.Load) {
	t.Helper()
	text, err := l.MarshalText()
	if err != nil || len(text) == 0 {
		return l
	}
	raw, err := base64.RawStdEncoding.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	at := 1
	for slots := 0; slots < digest.SlotsPerDay; {
		_, k := binary.Varint(raw[at:])
		length, m := binary.Uvarint(raw[at+k:])
		at, slots = at+k+m, slots+int(length)
	}
	moved := slices.Clone(raw[:at])
	var was, is int64
	for at < len(raw) {
		change, k := binary.Varint(raw[at:])
		at, was = at+k, was+change
		by := math.Floor(math.Log2(f)*64 + r.Float64())
		to := was
		if was > 0 {
			to = max(was+int64(by), 1)
		}
		moved = binary.AppendVarint(moved, to-is)
		is = to
	}
	if err := out.UnmarshalText([]byte(base64.RawStdEncoding.EncodeToString(moved))); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoiseFlipsLittle: what another engine reads of the same days, to within noise, changes
// few findings and little money. docs/method/spot.md has the figures.
func TestNoiseFlipsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("works the demo out three times")
	}
	was, money := told(t, demo(t))
	for seed, n := range []noise{{name: "days by 0.1 %", all: 0.001}, {name: "one sample of 1000 lost", lost: 0.001}} {
		s := demo(t)
		disturb(t, s, n, uint64(seed))
		is, now := told(t, s)
		flips := 0
		for k := range was {
			if _, ok := is[k]; !ok {
				flips++
			}
		}
		for k := range is {
			if _, ok := was[k]; !ok {
				flips++
			}
		}
		saved, then := sum(money), sum(now)
		t.Logf("%s: %d of %d findings flip, %.0f USD a month saved, %.0f before; spot %.0f, %.0f before", n.name, flips, len(was), then, saved, now["spot"], money["spot"])
		if flips > mostFlips {
			t.Errorf("%s: %d of %d findings come or go, want %d at most", n.name, flips, len(was), mostFlips)
		}
		if off := math.Abs(then-saved) / saved; off > mostMoved {
			t.Errorf("%s: savings move by %.1f %%, want %.0f %% at most", n.name, 100*off, 100*mostMoved)
		}
	}
}

// noiseSeeds is how often TestNoiseOverSeeds draws; 0 leaves it out.
var noiseSeeds = flag.Int("noise.seeds", 0, "draw the demo's noise so many times and log what flips")

// TestNoiseOverSeeds logs which findings flip; docs/method/spot.md has its figures.
func TestNoiseOverSeeds(t *testing.T) {
	if *noiseSeeds == 0 {
		t.Skip("takes 10 s a draw: -noise.seeds 10")
	}
	was, money := told(t, demo(t))
	for _, n := range []noise{{name: "days by 1 %", all: 0.01}, {name: "days by 0.1 %", all: 0.001}} {
		for seed := range *noiseSeeds {
			s := demo(t)
			disturb(t, s, n, uint64(seed+100))
			is, now := told(t, s)
			var flips []string
			for k := range was {
				if !is[k] {
					flips = append(flips, "-"+k)
				}
			}
			for k := range is {
				if !was[k] {
					flips = append(flips, "+"+k)
				}
			}
			slices.Sort(flips)
			off := sum(now)/sum(money) - 1
			t.Logf("%s, seed %d: %d flips, savings %+.1f %%, by rule %v: %s", n.name, seed, len(flips), 100*off, now, flips)
			if math.Abs(off) > 0.1 {
				t.Errorf("%s, seed %d: savings move by %.1f %%", n.name, seed, 100*off)
			}
		}
	}
}

// What noise may do to the demo: findings that come or go, and the share of the savings.
const (
	mostFlips = 4
	mostMoved = 0.05
)

func demo(t *testing.T) *analyzer.Snapshot {
	t.Helper()
	s, err := snapshot.Read("../cmd/plimsoll/demo.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// told is what is advised, by rule and target, and what that saves of the bill by rule.
func told(t *testing.T, s *analyzer.Snapshot) (all map[string]bool, money map[string]float64) {
	t.Helper()
	out, err := recommender.Advise(t.Context(), s, pricing.New(pricing.Config{}), advice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, money = map[string]bool{}, map[string]float64{}
	for i := range out.Advice {
		a := &out.Advice[i]
		if len(a.Changes) == 0 && a.MonthlySavings == 0 {
			continue
		}
		all[fmt.Sprint(a.Rule, " ", a.Workload, "/", a.Container, a.Subject)] = true
		if a.Rule == "nodes" || a.Lever == advice.LeverPurchase {
			money[a.Rule] += a.MonthlySavings
		}
	}
	return all, money
}

func sum(by map[string]float64) (usd float64) {
	for _, rule := range slices.Sorted(maps.Keys(by)) {
		usd += by[rule]
	}
	return usd
}
