package digest

import "math"

// Counter turns successive readings of one cumulative counter into rates. The
// zero value is ready for the first reading.
type Counter struct {
	ms    int64
	value float64
	seen  bool
}

// Rate takes the reading value at the time ms (milliseconds) and gives the
// mean rate per second since the reading before. A counter that has fallen was
// reset, and what it shows has grown since then, as Prometheus' rate has it.
// There is no rate for the first reading, for a value that no counter has (it is
// passed over, so that what follows is no reset: NaN marks the end of a series), for a reading that is not later than
// the last, nor across a gap of more than maxGap milliseconds, since nobody
// knows what happened in it.
func (c *Counter) Rate(ms int64, value float64, maxGap int64) (perSecond float64, ok bool) {
	last := *c
	if !Counts(value) || last.seen && ms <= last.ms {
		return 0, false
	}
	*c = Counter{ms: ms, value: value, seen: true}
	if !last.seen || ms-last.ms > maxGap {
		return 0, false
	}
	grown := value - last.value
	if grown < 0 {
		grown = value
	}
	return grown / (float64(ms-last.ms) / 1000), true
}

// Counts reports whether a value can be a counter's: neither negative nor NaN, and
// below 2^63, which no seconds, bytes or events come to. An unsigned integer that ran
// below zero reads as 2^64.
func Counts(value float64) bool { return value >= 0 && value < math.MaxInt64 }
