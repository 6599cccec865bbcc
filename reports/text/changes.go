package text

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// weighedMemory are the memory requests that were not taken, with how far each lies above
// the highest peak and on how many days a pod's peak was above it, and the one that was.
func weighedMemory(c *document.Container, h *document.ContainerHistory) string {
	if h == nil || c.Recommended == nil || c.Recommended.Requests.Memory <= 0 || c.Usage.Memory == nil || c.Usage.Memory.Max <= 0 {
		return ""
	}
	peak := c.Usage.Memory.Max
	var out []string
	add := func(name string, size document.Bytes) {
		if size <= 0 {
			return
		}
		away := 100 * (float64(size)/float64(peak) - 1)
		text := fmt.Sprintf("%s %s: %.0f %% above the peak", brief.Clean(name), brief.Memory(size), away)
		if size < peak {
			over := 0
			for i := range h.Days {
				if h.Days[i].MemoryMax > size {
					over++
				}
			}
			text = fmt.Sprintf("%s %s: passed on %d of %d days", brief.Clean(name), brief.Memory(size), over, len(h.Days))
		}
		out = append(out, text)
	}
	if c.Current.Requests.Memory != c.Recommended.Requests.Memory {
		add("as it is", c.Current.Requests.Memory)
	}
	for _, x := range h.Peers {
		add(x.Rule, x.Memory)
	}
	add("taken", c.Recommended.Requests.Memory)
	return "memory " + strings.Join(out, "; ")
}

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
