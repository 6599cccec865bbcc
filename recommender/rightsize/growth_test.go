package rightsize

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestGrowthOf: peaks of days, 0 for one without usage; releases at noon of days.
func TestGrowthOf(t *testing.T) {
	for name, x := range map[string]struct {
		peaks        []float64
		releases     []int
		before, last float64
	}{
		"two that grew":                      {[]float64{100, 110, 0, 130, 120, 125, 150, 160, 155}, []int{2, 5}, 120.0 / 100, 155.0 / 120},
		"a leak that each release sets back": {[]float64{100, 150, 200, 110, 160, 210, 120, 170, 220}, []int{2, 5}, 0, 0},
		"one of the two did not grow":        {[]float64{100, 100, 100, 130, 130, 130, 130, 130, 130}, []int{2, 5}, 0, 0},
		"it shrank at last":                  {[]float64{100, 100, 100, 130, 130, 130, 90, 90, 90}, []int{2, 5}, 0, 0},
		"one release alone":                  {[]float64{100, 100, 100, 130, 130, 130}, []int{2}, 0, 0},
		"two on one day are one":             {[]float64{100, 100, 100, 130, 130, 130}, []int{2, 2}, 0, 0},
		"those before the window":            {[]float64{100, 100, 100, 130, 130, 130}, []int{-9, -4, 2}, 0, 0},
		"no day between":                     {[]float64{100, 100, 0, 0, 130, 130}, []int{2, 3}, 0, 0},
		"days without usage":                 {[]float64{0, 0, 0, 0}, []int{1, 2}, 0, 0},
		"a growth of pennies":                {[]float64{100, 100, 102, 104, 104, 106, 108, 108}, []int{2, 5}, 0, 0},
		"the last two of three":              {[]float64{500, 9, 100, 100, 9, 120, 120, 9, 150, 150}, []int{1, 4, 7}, 1.2, 1.25},
	} {
		var days []analyzer.Day
		for i, v := range x.peaks {
			d := analyzer.Day{Date: int32(20000 + i)}
			if v > 0 {
				d.Memory.Add(v * mib)
			}
			days = append(days, d)
		}
		var releases []analyzer.Release
		for _, at := range x.releases {
			releases = append(releases, analyzer.Release{At: time.Unix(int64(20000+at)*86400+43200, 0)})
		}
		if got := growthOf(releases, days); math.Abs(got.before-x.before) > 1e-9 || math.Abs(got.last-x.last) > 1e-9 {
			t.Errorf("%s: got %v, want %v and %v", name, got, x.before, x.last)
		}
	}
}
