package brief

import (
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Bound is what sets a request in place of usage and margin; nil where nothing does.
func Bound(c *document.Container, resource string) *document.EvidencePart {
	for _, e := range slices.Backward(c.Evidence) {
		if e.Is(document.PartBound, resource) {
			return e.Part
		}
	}
	return nil
}

// Basis finds what a request is made of: millicores or bytes, and percent, with what both
// make.
func Basis(c *document.Container, resource string) (base, margin document.Evidence, ok bool) {
	for _, e := range c.Evidence {
		switch {
		case e.Is(document.PartBase, resource):
			base = e
		case e.Is(document.PartMargin, resource):
			margin = e
		}
	}
	return base, margin, base.Part != nil && margin.Part != nil
}

// HeldBy says what holds a request in place of usage and margin, what these alone would
// make it, and from which usage on they set it again; empty where nothing holds it.
func HeldBy(c *document.Container, resource string) string {
	bound := Bound(c, resource)
	if bound == nil || c.Recommended == nil {
		return ""
	}
	base, margin, ok := Basis(c, resource)
	say := func(v float64) string { return amountText(resource, v) }
	name, what, now, alone := "CPU", "CPU base", Cores(c.Recommended.Requests.CPU), ""
	if ok {
		alone = Cores(document.Milli(margin.Part.Makes))
	}
	if resource == "memory" {
		name, what = "memory", "memory peak"
		if now = Memory(c.Recommended.Requests.Memory); ok {
			alone = Memory(document.Bytes(margin.Part.Makes))
		}
	}
	text := fmt.Sprintf("%s is set to %s by a bound (%s)", name, now, Clean(bound.Reason))
	switch {
	case !ok:
	case bound.Below > 0 && bound.Above > 0:
		text += fmt.Sprintf("; it changes once the %s is below %s or above %s (now %s)", what, say(bound.Below), say(bound.Above), say(base.Value))
	case bound.Above > 0:
		text += fmt.Sprintf("; usage and margin alone make it %s, and set it again once the %s is above %s (now %s)", alone, what, say(bound.Above), say(base.Value))
	case bound.Below > 0:
		text += fmt.Sprintf("; usage and margin alone make it %s, and set it again once the %s is below %s (now %s)", alone, what, say(bound.Below), say(base.Value))
	}
	if bound.Flag != "" {
		text += "; " + bound.Flag + " lifts it"
	}
	return text
}

// Withheld says what a resource waits for that stays as it is, and what is known of its
// use; nil where nothing is withheld.
func Withheld(c *document.Container) (out []string) {
	for _, x := range c.Withheld {
		text := "nothing is advised"
		switch x.Resource {
		case "cpu":
			if text = "CPU stays"; c.Current.Requests.CPU > 0 {
				text += " at " + Cores(c.Current.Requests.CPU)
			}
			if u := c.Usage.CPU; u != nil {
				text += fmt.Sprintf(" (p95 %s)", UsedCores(u.P95))
			}
		case "memory":
			if text = "memory stays"; c.Current.Requests.Memory > 0 {
				text += " at " + Memory(c.Current.Requests.Memory)
			}
			if u := c.Usage.Memory; u != nil {
				text += fmt.Sprintf(" (peak %s)", Memory(u.Max))
			}
		}
		out = append(out, text+" while this holds: "+Clean(x.Reason))
	}
	return out
}

// amountText is an amount between two requests: millicores to a tenth, or bytes.
func amountText(resource string, v float64) string {
	if resource == "memory" {
		return Memory(document.Bytes(math.Ceil(v)))
	}
	return fmt.Sprintf("%gm", math.Round(v*10)/10)
}
