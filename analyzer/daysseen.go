package analyzer

import (
	"fmt"
	"strings"
	"time"
)

// DaysSeen is which of a window's days have any samples.
type DaysSeen struct {
	// Seen and All count days, without a first or last day that the window has less
	// than half of: one of 14 days has 14, whenever it begins.
	Seen, All int
	first     int32
	gaps      [][2]int32 // between days that were seen
}

// DaysSeenOf counts the days of a window that usage has samples of.
func DaysSeenOf(w Window, usage []ContainerUsage) DaysSeen {
	seen := map[int32]bool{}
	for i := range usage {
		for j := range usage[i].Days {
			if d := &usage[i].Days[j]; d.CPU.Count() > 0 || d.Memory.Count() > 0 {
				seen[d.Date] = true
			}
		}
	}
	var out DaysSeen
	gap := int32(0) // days since the last that was seen
	for date := DayOf(w.Start.UnixMilli()); date <= DayOf(w.End.UnixMilli()-1); date++ {
		if !w.counts(date) {
			continue
		}
		out.All++
		if !seen[date] {
			gap++
			continue
		}
		if out.Seen == 0 {
			out.first = date
		} else if gap > 0 {
			out.gaps = append(out.gaps, [2]int32{date - gap, date - 1})
		}
		out.Seen, gap = out.Seen+1, 0
	}
	return out
}

// Broken reports whether days between others have no samples.
func (d DaysSeen) Broken() bool { return len(d.gaps) > 0 }

// counts reports whether the window has the larger part of a day: of the last, half
// will do, so that of two halves one counts.
func (w Window) counts(date int32) bool {
	from := time.Unix(int64(date)*86400, 0)
	to := from.Add(24 * time.Hour)
	if w.End.Before(to) {
		return w.End.Sub(from) >= 12*time.Hour && !w.Start.After(from)
	}
	return !w.Start.After(from) || to.Sub(w.Start) > 12*time.Hour
}

// Text says which days there are, such as "there are samples of 8 of 14 days, from
// 2026-05-20 on, none from 2026-05-22 to 2026-05-23"; empty where none is missing, or
// all are.
func (d DaysSeen) Text() string {
	if d.Seen == 0 || d.Seen == d.All {
		return ""
	}
	day := func(date int32) string { return time.Unix(int64(date)*86400, 0).UTC().Format(time.DateOnly) }
	parts := []string{fmt.Sprintf("there are samples of %d of %d days, from %s on", d.Seen, d.All, day(d.first))}
	for i, g := range d.gaps {
		switch {
		case i == 3:
			return strings.Join(append(parts, fmt.Sprintf("and %d gaps more", len(d.gaps)-i)), ", ")
		case g[0] == g[1]:
			parts = append(parts, "none on "+day(g[0]))
		default:
			parts = append(parts, "none from "+day(g[0])+" to "+day(g[1]))
		}
	}
	return strings.Join(parts, ", ")
}
