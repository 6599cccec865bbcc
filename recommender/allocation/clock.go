package allocation

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// Hours is the length of the window that is paid for. A moment stands for the
// hour that ends in it.
func Hours(w analyzer.Window) float64 {
	start, end := Span(w)
	return end.Sub(start).Hours()
}

// Span is the window that is paid for.
func Span(w analyzer.Window) (start, end time.Time) {
	if w.Moment || !w.Start.Before(w.End) {
		return w.End.Add(-time.Hour), w.End
	}
	return w.Start, w.End
}

// seenHours is the time of the window in which anything was seen of any
// container. The rest is an outage of the monitoring and tells nothing.
func seenHours(s *analyzer.Snapshot) float64 {
	days := map[int32]digest.Slots{}
	for i := range s.Usage {
		for j := range s.Usage[i].Days {
			d := &s.Usage[i].Days[j]
			slots := days[d.Date]
			slots.Merge(d.Seen)
			days[d.Date] = slots
		}
	}
	n := 0
	for _, slots := range days {
		n += slots.Count()
	}
	return float64(n) * digest.SlotSeconds / 3600
}

// outage is by how much what was seen is to be stretched to stand for the whole window.
func outage(s *analyzer.Snapshot) float64 {
	seen, all := seenHours(s), Hours(s.Window)
	if s.Window.Moment || seen <= 0 || seen >= all {
		return 1
	}
	return all / seen
}
