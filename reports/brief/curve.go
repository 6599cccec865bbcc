package brief

import "github.com/plimsoll-k8s/plimsoll/reports/document"

// Curve is how long CPU was above requests of several sizes, the smallest
// first.
type Curve []document.CurvePoint

// Above says how long CPU was above a request of that size, as far as the curve's
// points tell.
func (c Curve) Above(cpu document.CPU) string {
	if len(c) == 0 || cpu <= 0 {
		return "not known"
	}
	if cpu < c[0].CPU {
		return "more than " + document.Percent(c[0].Above)
	}
	out := ""
	for _, p := range c {
		switch {
		case p.CPU == cpu:
			return document.Percent(p.Above)
		case p.CPU < cpu:
			out = "at most " + document.Percent(p.Above)
			if p.Above == 0 {
				out = document.Percent(0)
			}
		}
	}
	return out
}

// Money is what CPU of that size costs, at the price of the curve's largest.
func (c Curve) Money(cpu document.CPU) string {
	if len(c) == 0 {
		return "-"
	}
	last := &c[len(c)-1]
	if last.Monthly == nil || last.CPU <= 0 || cpu <= 0 {
		return "-"
	}
	return WholeOf(document.USD(document.Whole(float64(*last.Monthly)*float64(cpu)/float64(last.CPU)))).String() + " a month"
}

// MemoryCurve is the risk of memory sizes, the smallest first.
type MemoryCurve []document.MemoryPoint

// Passed is the probability that memory passes a size within a week, as far as the
// curve's points tell.
func (c MemoryCurve) Passed(size document.Bytes) string {
	if len(c) == 0 || size <= 0 {
		return "not known"
	}
	out := "more than " + document.Percent(c[0].Passed)
	for _, p := range c {
		switch {
		case p.Memory == size:
			return document.Percent(p.Passed)
		case p.Memory < size:
			out = "at most " + document.Percent(p.Passed)
		}
	}
	return out
}

// Money is what a request of that size costs, at the price of the curve's largest.
func (c MemoryCurve) Money(size document.Bytes) string {
	if len(c) == 0 || size <= 0 {
		return "-"
	}
	last := &c[len(c)-1]
	if last.Monthly == nil || last.Memory <= 0 {
		return "-"
	}
	return WholeOf(document.USD(document.Whole(float64(*last.Monthly)*float64(size)/float64(last.Memory)))).String() + " a month"
}

// NoMemoryCurve says why a container has no risk by memory sizes.
func NoMemoryCurve(c *document.Container) string {
	switch {
	case c.OOMKills > 0:
		return "not known by size: it was OOM-killed, so that its real need is above what was seen"
	case c.Usage.Memory == nil:
		return "not known: no memory usage was seen"
	}
	for _, w := range c.Withheld {
		if w.Resource == "memory" || w.Resource == "all" {
			return "not known by size, as no memory is advised: " + Clean(w.Reason)
		}
	}
	return "not known by size: the history is too short for a replay, or the report is of an older version"
}
