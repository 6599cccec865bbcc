package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// metricTypes are those of autoscaling/v2, and the fields of which each wants
// one in its target.
var metricTypes = []struct {
	name    string
	targets []string
}{
	{"Resource", []string{"averageUtilization", "averageValue"}},
	{"ContainerResource", []string{"averageUtilization", "averageValue"}},
	{"Pods", []string{"averageValue"}},
	{"Object", []string{"value", "averageValue"}},
	{"External", []string{"value", "averageValue"}},
}

// Slips lists what the API server refuses of the target and the metrics of a
// HorizontalPodAutoscaler. KEDA's objects and the metrics of old APIs are written
// otherwise.
func (a *Autoscaler) Slips() []Slip {
	if a.Kind != "HorizontalPodAutoscaler" {
		return nil
	}
	spec := a.Root.Field("spec")
	var out []Slip
	for _, want := range []string{"kind", "name"} {
		if a.TargetNode.Field(want).IsNull() {
			out = append(out, Slip{Field: "spec.scaleTargetRef", Position: spec.Key("scaleTargetRef"), Message: "scaleTargetRef has no " + want})
			break
		}
	}
	if a.APIVersion != "autoscaling/v2" && a.APIVersion != "autoscaling/v2beta2" {
		return out
	}
	for i, m := range spec.Field("metrics").List() {
		if at, message := slipOfMetric(m); message != "" {
			out = append(out, Slip{Field: fmt.Sprintf("spec.metrics[%d]", i), Position: at, Message: message})
		}
	}
	return out
}

// slipOfMetric says what is wrong with a metric; "" where nothing is, or where
// something is filled in later.
func slipOfMetric(m *Node) (Position, string) {
	kind := m.Field("type")
	i := slices.IndexFunc(metricTypes, func(t struct {
		name    string
		targets []string
	}) bool {
		return t.name == kind.String()
	})
	switch {
	case kind.IsNull():
		return m.Position, "the metric has no type"
	case isOpen(kind.Text):
		return Position{}, ""
	case i < 0:
		return kind.Position, fmt.Sprintf("there is no type of metric %q", shorten(kind.Text))
	}
	name := strings.ToLower(kind.Text[:1]) + kind.Text[1:]
	body := m.Field(name)
	if body == nil {
		return kind.Position, fmt.Sprintf("the metric of type %s has no field %s", kind.Text, name)
	}
	if body.Field("name").IsNull() && body.At("metric", "name").IsNull() {
		return body.Position, "the metric has no name"
	}
	return slipOfTarget(body, metricTypes[i].targets)
}

// slipOfTarget looks at the target of a metric, which has one of some fields.
func slipOfTarget(body *Node, wants []string) (Position, string) {
	target := body.Field("target")
	kind := target.Field("type")
	if kind.IsNull() {
		return body.Key("target"), "the metric's target has no type"
	}
	if known := []string{"Utilization", "Value", "AverageValue"}; !isOpen(kind.Text) && !slices.Contains(known, kind.Text) {
		return kind.Position, fmt.Sprintf("there is no type of target %q; it is one of %s", shorten(kind.Text), strings.Join(known, ", "))
	}
	found := 0
	for _, want := range wants {
		n := target.Field(want)
		if n.IsNull() {
			continue
		}
		found++
		if v, err := ParseCPU(n.Text); err == nil && v < 0 || want != "averageUtilization" && err == nil && v == 0 {
			return n.Position, fmt.Sprintf("the metric's %s %s is not above 0", want, n.Text)
		}
	}
	if found == 0 {
		return kind.Position, "the metric's target has no " + strings.Join(wants, " and no ")
	}
	return Position{}, ""
}
