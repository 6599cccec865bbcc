package openmetrics

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/textparse"

	"github.com/prometheus/prometheus/model/labels"
)

// FuzzSample holds the short way of reading a sample against the long one, numbers against
// strconv, and both against the parser of Prometheus.
func FuzzSample(f *testing.F) {
	for _, s := range []string{" 1 1760054400", " 0.000000001 1760054400.123", " 123456789.123456789 1760054400", " 9007199254740993 1", " 9007199254740992 1.0005",
		" 1e3 5", " 4.384768e+07 1760054400", " 1.5e-07 1760054400", " 9007199254740991e+22 1", " 1e+400 1", " 1e+ 1", " 12345678901234567890e-10 1", " 123456.789e-31 1", " -1 5", " +Inf 5", " NaN 5", " 1  5", " 1 5 ", " 1\t5", " 1 5 # {} 1", " . 5", " 1. .5", " 1 1760054400123", " 99999999999999999999 1", "  1 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		long, err := parseSample([]byte(s))
		short, ok := plainSample([]byte(s))
		if ok && (err != nil || short != long) {
			t.Fatalf("%q: the short way gives %v, the long one %v, %v", s, short, long, err)
		}
		words := strings.Fields(s)
		if err != nil || len(words) != 2 {
			return
		}
		want, err := strconv.ParseFloat(words[0], 64)
		if err != nil || math.Float64bits(want) != math.Float64bits(long.value) && !math.IsNaN(want) {
			t.Fatalf("%q: got the value %v, want %v, %v", s, long.value, want, err)
		}
		p := textparse.NewOpenMetricsParser([]byte("a{b=\"c\"}"+s+"\n# EOF\n"), labels.NewSymbolTable())
		entry, err := p.Next()
		if err != nil || entry != textparse.EntrySeries {
			return // it reads less
		}
		_, ms, value := p.Series()
		if ms == nil || long.unit != seconds {
			return // dumps in milliseconds are not OpenMetrics
		}
		if off := *ms - long.ms; off < -1 || off > 1 || math.Float64bits(value) != math.Float64bits(long.value) && !math.IsNaN(value) {
			t.Fatalf("%q: got %v at %d, Prometheus %v at %d", s, long.value, long.ms, value, *ms)
		}
	})
}

// TestPlainSample holds the short way against the long one on numbers as programs write
// them, which a fuzzer seldom finds, and that it is taken.
func TestPlainSample(t *testing.T) {
	short, all := 0, 0
	for i := range uint64(200_000) {
		x := i * 0x9e3779b97f4a7c15
		v := math.Abs(math.Float64frombits(x&^(0x7ff<<52) | (1023-40+x>>32%90)<<52))
		for _, form := range []byte{'g', 'f'} {
			s := strconv.AppendFloat([]byte{' '}, v, form, -1, 64)
			s = strconv.AppendFloat(append(s, ' '), float64(x>>24)/1000, 'f', 3, 64)
			got, ok := plainSample(s)
			want, err := parseSample(s)
			if ok && (err != nil || got != want) {
				t.Fatalf("%q: the short way gives %v, the long one %v, %v", s, got, want, err)
			}
			if all++; ok {
				short++
			}
		}
	}
	if short < all/20 {
		t.Errorf("the short way is taken of %d of %d", short, all)
	}
}
