package snippet

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Pod is what is advised for a workload's containers as lines of its pod
// template; nil where nothing is to change. A CPU request that belongs to an advised
// autoscaler's target is in it.
func Pod(w *document.Workload) []string {
	var out, first, notes []string
	for i := range w.Containers {
		c := &w.Containers[i]
		to, coupled := advisedSetting(w, c)
		if to == nil || *to == c.Current {
			continue
		}
		if i := slices.IndexFunc(c.Warnings, func(x analyzer.Warning) bool { return x.Code == "injected" }); i >= 0 {
			notes = append(notes, "  # "+brief.Clean(c.Name)+": "+oneLine(c.Warnings[i].Message))
			continue
		}
		lines := []string{"  - name: " + yamlText(c.Name)}
		if c.OneReading() {
			lines = append(lines, "    # "+brief.MomentWords)
		}
		if coupled {
			lines = append(lines, "    # this CPU request and the autoscaler's target go together")
		}
		lines = append(lines, "    resources:")
		lines = append(lines, amountsYAML("requests", to.Requests)...)
		lines = append(lines, amountsYAML("limits", to.Limits)...)
		if c.Type == "container" {
			out = append(out, lines...)
		} else {
			first = append(first, lines...)
		}
	}
	if len(first) > 0 {
		first = append([]string{"  initContainers:"}, first...)
	}
	if len(out) > 0 {
		out = append([]string{"  containers:"}, out...)
	}
	if len(first)+len(out) == 0 {
		return nil
	}
	return slices.Concat(notes, first, out)
}

// advisedSetting is what a container is to have, with the CPU request that an advised
// autoscaler calls for; nil without an advice.
func advisedSetting(w *document.Workload, c *document.Container) (to *document.Setting, coupled bool) {
	to = c.Recommended
	if w.Horizontal == nil || w.Horizontal.Recommended == nil {
		return to, false
	}
	for _, x := range w.Horizontal.Recommended.Requests {
		if x.Container != c.Name || to != nil && to.Requests.CPU == x.CPU {
			continue
		}
		one := c.Current
		if to != nil {
			one = *to
		}
		if one.Requests.CPU = x.CPU; one.Limits.CPU > 0 {
			one.Limits.CPU = max(one.Limits.CPU, x.CPU)
		}
		return &one, true
	}
	return to, false
}

func amountsYAML(name string, of document.Resources) []string {
	if of.CPU == 0 && of.Memory == 0 {
		return nil
	}
	out := []string{"      " + name + ":"}
	if of.CPU > 0 {
		out = append(out, `        cpu: "`+of.CPU.String()+`"`)
	}
	if of.Memory > 0 {
		out = append(out, `        memory: "`+of.Memory.String()+`"`)
	}
	return out
}
