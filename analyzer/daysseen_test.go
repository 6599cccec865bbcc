package analyzer_test

import (
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// TestDaysSeen: days without samples are counted and named, and a first or last day of
// which the window has little is not missed.
func TestDaysSeen(t *testing.T) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name        string
		from, until time.Duration // of the window
		without     []int         // days of May
		want        string
	}{
		{"all", 0, 8 * 24 * time.Hour, nil, ""},
		{"none", 0, 2 * 24 * time.Hour, []int{1, 2}, ""},
		{"the first", 0, 8 * 24 * time.Hour, []int{1, 2, 3}, "there are samples of 5 of 8 days, from 2026-05-04 on"},
		{"one between", 0, 8 * 24 * time.Hour, []int{4}, "there are samples of 7 of 8 days, from 2026-05-01 on, none on 2026-05-04"},
		{"some between", 0, 8 * 24 * time.Hour, []int{1, 4, 5, 7}, "there are samples of 4 of 8 days, from 2026-05-02 on, none from 2026-05-04 to 2026-05-05, none on 2026-05-07"},
		{"many", 0, 11 * 24 * time.Hour, []int{2, 4, 6, 8, 10}, "there are samples of 6 of 11 days, from 2026-05-01 on, none on 2026-05-02, none on 2026-05-04, none on 2026-05-06, and 2 gaps more"},
		{"the last", 0, 8 * 24 * time.Hour, []int{8}, "there are samples of 7 of 8 days, from 2026-05-01 on"},
		{"an hour of the first and of the last", 23 * time.Hour, 7*24*time.Hour + time.Hour, []int{1, 8}, ""},
		{"noon to noon", 12 * time.Hour, 8*24*time.Hour + 12*time.Hour, []int{1, 3}, "there are samples of 7 of 8 days, from 2026-05-02 on, none on 2026-05-03"},
		{"most of the first", time.Hour, 8 * 24 * time.Hour, []int{1}, "there are samples of 7 of 8 days, from 2026-05-02 on"},
	} {
		w := analyzer.Window{Start: start.Add(tt.from), End: start.Add(tt.until)}
		var u analyzer.ContainerUsage
		for day := 1; day <= int(tt.until.Hours()+23)/24; day++ {
			d := analyzer.Day{Date: analyzer.DayOf(start.AddDate(0, 0, day-1).UnixMilli())}
			gone := false
			for _, g := range tt.without {
				gone = gone || g == day
			}
			if !gone {
				d.Memory.Add(1 << 20)
			}
			u.Days = append(u.Days, d)
		}
		if got := analyzer.DaysSeenOf(w, []analyzer.ContainerUsage{u}).Text(); got != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}
