package casetest

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// history reads how many nodes of each kind there were in the hours of the window: a line
// a kind, its labels, what it has, and its numbers.
func history(t *testing.T, w analyzer.Window, text string) *analyzer.NodeHistory {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		return nil
	}
	out := &analyzer.NodeHistory{}
	for hour := w.Start.Unix() / 3600; hour < w.End.Unix()/3600; hour++ {
		out.Hours = append(out.Hours, hour)
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		k := analyzer.NodeKind{Labels: map[string]string{}}
		fields := strings.Fields(line)
		for len(fields) > 0 && strings.Contains(fields[0], "=") {
			key, value, _ := strings.Cut(fields[0], "=")
			switch amount, err := resource.ParseQuantity(value); {
			case key == "cpu" && err == nil:
				k.Allocatable.CPU = amount.MilliValue()
			case key == "memory" && err == nil:
				k.Allocatable.Memory = amount.Value()
			case key == "pods" && err == nil:
				k.MaxPods = amount.Value()
			default:
				k.Labels[key] = value
			}
			fields = fields[1:]
		}
		k.Capacity = k.Allocatable
		for _, v := range expand(t, fields) {
			k.Count = append(k.Count, float32(v))
		}
		if len(k.Count) != len(out.Hours) {
			t.Fatalf("%s: %d hours, the window has %d", line, len(k.Count), len(out.Hours))
		}
		out.Kinds = append(out.Kinds, k)
	}
	return out
}
