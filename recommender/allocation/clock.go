package allocation

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
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

// outage is by how much what was seen is to be stretched to stand for the whole window.
func outage(s *analyzer.Snapshot) float64 {
	seen, all := s.SeenHours(), Hours(s.Window)
	if s.Window.Moment || seen <= 0 || seen >= all {
		return 1
	}
	return all / seen
}
