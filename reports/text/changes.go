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

// oomRoom is what is added to the memory at an OOM kill, in percent, as the rule has it.
const oomRoom = 25

// changers says what would change the answer, and to what: the other profiles, usage
// twice as high, and an OOM kill.
func changers(c *document.Container, h *document.ContainerHistory) []string {
	out := brief.Withheld(c)
	if c.Recommended == nil {
		return orMoreDays(out)
	}
	if h != nil {
		for _, x := range h.Profiles {
			out = append(out, fmt.Sprintf("--profile %s makes it CPU %s, memory %s", x.Profile, brief.Cores(x.CPU), brief.Memory(x.Memory)))
		}
	}
	for _, resource := range []string{"cpu", "memory"} {
		for _, text := range []string{brief.HeldBy(c, resource), doubled(c, resource)} {
			if text != "" {
				out = append(out, text)
			}
		}
	}
	if limit := c.Current.Limits.Memory; c.OOMKills == 0 && limit > 0 {
		out = append(out, fmt.Sprintf("an OOM kill at the limit of %s raises memory to %s", brief.Memory(limit), rounded("memory", float64(limit)*(1+oomRoom/100.0))))
	}
	return orMoreDays(out)
}

func orMoreDays(changers []string) []string {
	if len(changers) == 0 {
		return []string{"more days of history"}
	}
	return changers
}

// doubled is what the formula makes of a base that is twice as high; empty where another
// rule sets the request.
func doubled(c *document.Container, resource string) string {
	base, margin, ok := brief.Basis(c, resource)
	if !ok || base.Value <= 0 || brief.Bound(c, resource) != "" {
		return ""
	}
	twice := 2 * base.Value
	what, at := "CPU base", fmt.Sprintf("%gm", math.Round(twice*100)/100)
	if resource == "memory" {
		what, at = "memory peak", brief.Memory(document.Bytes(math.Ceil(twice)))
	}
	return fmt.Sprintf("twice the %s (%s) makes it %s", what, at, rounded(resource, twice*(1+margin.Value/100)))
}

// rounded is a request as it is rounded up: memory to MiB, CPU to the millicore and from
// a core on to ten.
func rounded(resource string, v float64) string {
	if resource == "memory" {
		return brief.Memory(document.Bytes(math.Ceil(v/(1<<20)-1e-6) * (1 << 20)))
	}
	milli := math.Ceil(v - 1e-6)
	if milli > 1000 {
		milli = math.Ceil(milli/10) * 10
	}
	return brief.Cores(document.CPU(milli * document.MicroPerMilli))
}
