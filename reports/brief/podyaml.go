package brief

import "github.com/plimsoll-k8s/plimsoll/reports/document"

// PodYAML is what is advised for a workload's containers as lines of its pod
// template; nil where nothing is to change.
func PodYAML(w *document.Workload) []string {
	var out []string
	for i := range w.Containers {
		c := &w.Containers[i]
		if c.Recommended == nil || *c.Recommended == c.Current {
			continue
		}
		out = append(out, "  - name: "+Clean(c.Name))
		if c.OneReading() {
			out = append(out, "    # "+MomentWords)
		}
		out = append(out, "    resources:")
		out = append(out, amountsYAML("requests", c.Recommended.Requests)...)
		out = append(out, amountsYAML("limits", c.Recommended.Limits)...)
	}
	if len(out) == 0 {
		return nil
	}
	return append([]string{"  containers:"}, out...)
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
