package html

import (
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// sizesOf are the request and the advice on the curve. The advice's risk is the
// document's, replayed; the request's is of the same window.
func sizesOf(c brief.Curve, of *document.Container) []size {
	if len(c) == 0 {
		return nil
	}
	var out []size
	if now := of.Current.Requests.CPU; now > 0 {
		out = append(out, size{"request", milli(now), brief.Cores(now), "CPU above it " + c.Above(now) + " of the time, " + c.Money(now)})
	}
	if of.Recommended != nil && of.Recommended.Requests.CPU > 0 {
		to := of.Recommended.Requests.CPU
		risk := c.Above(to)
		if p := of.Risk.CPUOverRequest; p != nil {
			risk = document.Percent(*p)
		}
		out = append(out, size{"advice", milli(to), brief.Cores(to), "CPU above it " + risk + " of the time, " + c.Money(to)})
	}
	return out
}
