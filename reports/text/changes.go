package text

import (
	"fmt"
	"math"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// changers says what would change the answer, and to what: the other profiles, usage
// twice as high, and an OOM kill, as the rule has worked them out.
func changers(c *document.Container, h *document.ContainerHistory) []string {
	out := brief.Withheld(c)
	if h == nil {
		h = &document.ContainerHistory{}
		if c.Recommended != nil && !c.OneReading() {
			out = append(out, "other profiles, and other usage: not kept in this report")
		}
	}
	for _, x := range h.Profiles {
		out = append(out, fmt.Sprintf("--profile %s makes it CPU %s, memory %s", x.Profile, brief.Cores(x.CPU), brief.Memory(x.Memory)))
	}
	for _, resource := range []string{"cpu", "memory"} {
		for _, text := range []string{brief.HeldBy(c, resource), doubled(c, h.Twice, resource)} {
			if text != "" {
				out = append(out, text)
			}
		}
	}
	if h.AfterOOMKill > 0 {
		out = append(out, fmt.Sprintf("an OOM kill at the limit of %s raises memory to %s", brief.Memory(c.Current.Limits.Memory), brief.Memory(h.AfterOOMKill)))
	}
	if len(out) == 0 {
		return []string{"more days of history"}
	}
	return out
}

// doubled is what usage twice as high makes of a request; empty where another rule sets it.
func doubled(c *document.Container, to *document.TwiceSetting, resource string) string {
	base, _, ok := brief.Basis(c, resource)
	switch twice := 2 * base.Value; {
	case !ok || to == nil:
	case resource == "cpu" && to.CPU > 0:
		return fmt.Sprintf("twice the CPU base (%gm) makes it %s", math.Round(twice*100)/100, brief.Cores(to.CPU))
	case resource == "memory" && to.Memory > 0:
		return fmt.Sprintf("twice the memory peak (%s) makes it %s", brief.Memory(document.Bytes(math.Ceil(twice))), brief.Memory(to.Memory))
	}
	return ""
}
