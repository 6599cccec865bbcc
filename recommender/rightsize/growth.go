package rightsize

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// grew is the factor from which memory counts as having grown with a release.
const grew = 1.05

// growth is by what factor a container's memory rose with each of its last two releases.
type growth struct{ before, last float64 }

// growthOf compares the days between releases by the median of their peaks. It is zero where
// fewer than two releases have a whole day on either side, or memory did not grow with both
// of the last two: not on every day after as against every day before.
func growthOf(releases []analyzer.Release, days []analyzer.Day) growth {
	all := stretches(releases, days)
	n := len(all)
	if n < 3 {
		return growth{}
	}
	g := growth{before: grownBy(all[n-3], all[n-2]), last: grownBy(all[n-2], all[n-1])}
	if g.before < grew || g.last < grew {
		return growth{}
	}
	return g
}

// grownBy is by what factor sorted peaks grew; 1 where they overlap.
func grownBy(before, after []float64) float64 {
	if after[0] <= before[len(before)-1] || before[0] <= 0 {
		return 1
	}
	return after[(len(after)-1)/2] / before[(len(before)-1)/2]
}

// stretches are the days' peaks, sorted, before the first release, between each two, and after
// the last. Days on which a release was made are of neither side; a stretch without a day is
// none.
func stretches(releases []analyzer.Release, days []analyzer.Day) (all [][]float64) {
	var peaks []float64
	end := func() {
		if slices.Sort(peaks); len(peaks) > 0 {
			all = append(all, peaks)
		}
		peaks = nil
	}
	next := 0
	for i := range days {
		d, made := &days[i], false
		for ; next < len(releases) && analyzer.DayOf(releases[next].At.UnixMilli()) <= d.Date; next++ {
			made = analyzer.DayOf(releases[next].At.UnixMilli()) == d.Date
			end()
		}
		if !made && d.Memory.Count() > 0 {
			peaks = append(peaks, d.Memory.Max())
		}
	}
	end()
	return all
}

// releaseGrowth is what memory of a peak needs, in bytes, if the next release adds the less of
// what each of the last two added, and warns of it; 0 where it did not grow so.
func (s *Sizing) releaseGrowth(f *Facts, peak float64) int64 {
	g := growthOf(f.Releases, f.Days)
	if g == (growth{}) {
		return 0
	}
	held := RoundMemory(peak * min(g.before, g.last))
	s.warn("release-growth", fmt.Sprintf("memory grew by %.0f %% and %.0f %% with the last two releases: another such needs %s", 100*(g.before-1), 100*(g.last-1), mebibytes(float64(held))))
	return held
}
