package brief

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// WeighedMemory are the memory requests that were not taken, with how far each lies above
// the highest peak and on how many days a pod's peak was above it, and the one that was.
func WeighedMemory(c *document.Container, h *document.ContainerHistory) string {
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
		text := fmt.Sprintf("%s %s: %.0f %% above the peak", Clean(name), Memory(size), away)
		if size < peak {
			over := 0
			for i := range h.Days {
				if h.Days[i].MemoryMax > size {
					over++
				}
			}
			text = fmt.Sprintf("%s %s: passed on %d of %d days", Clean(name), Memory(size), over, len(h.Days))
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
