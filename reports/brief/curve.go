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
