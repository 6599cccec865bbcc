package html

import (
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// curveOf is how long CPU was above requests of several sizes, the smallest
// first.
type curveOf []document.CurvePoint

// above says how long CPU was above a request of that size, as far as the curve's
// points tell.
func (c curveOf) above(cpu document.CPU) string {
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

// money is what CPU of that size costs, at the price of the curve's largest.
func (c curveOf) money(cpu document.CPU) string {
	if len(c) == 0 {
		return "-"
	}
	last := &c[len(c)-1]
	if last.Monthly == nil || last.CPU <= 0 || cpu <= 0 {
		return "-"
	}
	return brief.WholeOf(document.USD(document.Whole(float64(*last.Monthly)*float64(cpu)/float64(last.CPU)))).String() + " a month"
}

// sizes are the request and the advice on the curve. The advice's risk is the
// document's, replayed; the request's is of the same window.
func (c curveOf) sizes(of *document.Container) []size {
	if len(c) == 0 {
		return nil
	}
	var out []size
	if now := of.Current.Requests.CPU; now > 0 {
		out = append(out, size{"request", milli(now), brief.Cores(now), "CPU above it " + c.above(now) + " of the time, " + c.money(now)})
	}
	if of.Recommended != nil && of.Recommended.Requests.CPU > 0 {
		to := of.Recommended.Requests.CPU
		risk := c.above(to)
		if p := of.Risk.CPUOverRequest; p != nil {
			risk = document.Percent(*p)
		}
		out = append(out, size{"advice", milli(to), brief.Cores(to), "CPU above it " + risk + " of the time, " + c.money(to)})
	}
	return out
}
