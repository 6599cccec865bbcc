package brief

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Bound names what set a request in place of usage and margin; empty where nothing did.
func Bound(c *document.Container, resource string) string {
	for _, e := range slices.Backward(c.Evidence) {
		if why, ok := strings.CutPrefix(e.Name, resource+" bound: "); ok {
			return Clean(why)
		}
	}
	return ""
}

// Basis finds what a request is made of: millicores or bytes, and percent.
func Basis(c *document.Container, resource string) (base, margin document.Evidence, ok bool) {
	for _, e := range c.Evidence {
		switch {
		case strings.HasPrefix(e.Name, resource+" base, "), e.Name == resource+" peak", e.Name == resource+" reading":
			base, ok = e, true
		case e.Name == resource+" margin", e.Name == resource+" headroom":
			margin = e
		}
	}
	return base, margin, ok && margin.Name != ""
}

// HeldBy says what holds a request in place of usage and margin, what these alone would
// make it, and from which usage on they set it again; empty where nothing holds it.
func HeldBy(c *document.Container, resource string) string {
	why := Bound(c, resource)
	if why == "" || c.Recommended == nil {
		return ""
	}
	amount, name, what := float64(c.Recommended.Requests.CPU)/document.MicroPerMilli, "CPU", "CPU base"
	if resource == "memory" {
		amount, name, what = float64(c.Recommended.Requests.Memory), "memory", "memory peak"
	}
	say := func(v float64) string { return amountText(resource, v) }
	now, alone := Cores(c.Recommended.Requests.CPU), func(v float64) string {
		milli := math.Ceil(v - 1e-6)
		if milli > 1000 { // from a core on it is rounded to ten
			milli = math.Ceil(milli/10) * 10
		}
		return Cores(document.CPU(milli * document.MicroPerMilli))
	}
	if resource == "memory" {
		now, alone = Memory(c.Recommended.Requests.Memory), func(v float64) string {
			return Memory(document.Bytes(math.Ceil(v/(1<<20)-1e-6) * (1 << 20)))
		}
	}
	text := fmt.Sprintf("%s is set to %s by a bound (%s)", name, now, why)
	base, margin, ok := Basis(c, resource)
	with := 1 + margin.Value/100
	var same float64
	switch n, _ := fmt.Sscanf(why, "a change of up to %g %%", &same); {
	case !ok || base.Value <= 0:
	case n == 1:
		low, high := amount*(1-same/100)/with, amount*(1+same/100)/with
		text += fmt.Sprintf("; it changes once the %s is below %s or above %s (now %s)", what, say(low), say(high), say(base.Value))
	case base.Value*with < amount:
		text += fmt.Sprintf("; usage and margin alone make it %s, and set it again once the %s is above %s (now %s)", alone(base.Value*with), what, say(amount/with), say(base.Value))
	case base.Value*with > amount:
		text += fmt.Sprintf("; usage and margin alone make it %s, and set it again once the %s is below %s (now %s)", alone(base.Value*with), what, say(amount/with), say(base.Value))
	}
	if flag := lifting(why); flag != "" {
		text += "; " + flag + " lifts it"
	}
	return text
}

// lifting is the flag that lifts a bound; empty where none does.
func lifting(why string) string {
	switch {
	case strings.HasPrefix(why, "the limit is to equal"):
		return "--memory-limit keep"
	case strings.HasPrefix(why, "the limit") && strings.Contains(why, "equals the request"):
		return "--qos change"
	}
	return ""
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
