package snippet

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Manifest is YAML to copy, and what it is.
type Manifest struct {
	// Title says where it belongs.
	Title string
	Lines []string
}

// Scaler is what is advised for the number of a workload's pods: the spec of what is
// there, or a whole object that is to be made. It has no lines where nothing is to change.
func Scaler(r *document.Report, w *document.Workload) Manifest {
	h := w.Horizontal
	if h == nil || h.Recommended == nil || brief.Scaling(h.Current) == brief.Scaling(*h.Recommended) {
		return Manifest{}
	}
	to := h.Recommended
	switch to.Kind {
	case "HorizontalPodAutoscaler":
		return hpaYAML(w, to)
	case "ScaledObject":
		return kedaYAML(r, w, to)
	}
	kind := cmp.Or(brief.Clean(w.Kind), "workload")
	return Manifest{"to paste into the " + kind, []string{"  spec:", fmt.Sprintf("    replicas: %d", to.Replicas)}}
}

func hpaYAML(w *document.Workload, to *document.Scaling) Manifest {
	if to.MinReplicas == nil || to.MaxReplicas == nil {
		return Manifest{}
	}
	m := Manifest{Title: "to paste into the HorizontalPodAutoscaler (autoscaling/v2)"}
	if to.Name == "" {
		m = whole("HorizontalPodAutoscaler", "autoscaling/v2", w)
	} else {
		m.Lines = []string{"  spec:"}
	}
	m.add(fmt.Sprintf("    minReplicas: %d", *to.MinReplicas), fmt.Sprintf("    maxReplicas: %d", *to.MaxReplicas))
	for _, t := range to.Triggers {
		m.add("    # the metric, from an adapter: " + spaced(oneLine(t.Query)))
	}
	m.add("    metrics:")
	for _, x := range to.Metrics {
		m.add(metricYAML(x)...)
	}
	b := behaviorYAML("    ", to.Behavior)
	if from := w.Horizontal.Current; b == nil && to.Name != "" && from.Behavior != nil {
		b = []string{"    behavior: null # the advice holds without the one that is there"}
	}
	m.add(b...)
	return m
}

// whole begins an object that is to be made, up to what it scales.
func whole(kind, version string, w *document.Workload) Manifest {
	m := Manifest{Title: "a " + kind + " to apply"}
	m.add("  apiVersion: "+version, "  kind: "+kind, "  metadata:", "    namespace: "+yamlText(w.Namespace), "    name: "+yamlText(w.Name), "  spec:", "    scaleTargetRef:")
	if v := cmp.Or(w.APIVersion, versions[w.Kind]); v != "" {
		m.add("      apiVersion: " + yamlText(v))
	} else {
		m.add("      # and the apiVersion of the " + brief.Clean(w.Kind))
	}
	m.add("      kind: "+yamlText(w.Kind), "      name: "+yamlText(w.Name))
	return m
}

// versions are those of the kinds that scale, for reports that do not say it.
var versions = map[string]string{
	"Deployment": "apps/v1", "StatefulSet": "apps/v1", "ReplicaSet": "apps/v1", "ReplicationController": "v1", "Rollout": "argoproj.io/v1alpha1",
}

func (m *Manifest) add(lines ...string) { m.Lines = append(m.Lines, lines...) }

// kedaYAML is a whole ScaledObject: one that is there may be another's to write, and its
// triggers go together.
func kedaYAML(r *document.Report, w *document.Workload, to *document.Scaling) Manifest {
	m := whole("ScaledObject", "keda.sh/v1alpha1", w)
	if to.Name != "" {
		m.Lines[4] = "    name: " + yamlText(to.Name)
	}
	number := func(name string, v *int32) {
		if v != nil {
			m.add(fmt.Sprintf("    %s: %d", name, *v))
		}
	}
	if to.PollingInterval > 0 {
		m.add(fmt.Sprintf("    pollingInterval: %d", to.PollingInterval))
	}
	if to.CooldownPeriod > 0 {
		m.add(fmt.Sprintf("    cooldownPeriod: %d", to.CooldownPeriod))
	}
	number("idleReplicaCount", to.IdleReplicas)
	number("minReplicaCount", to.MinReplicas)
	number("maxReplicaCount", to.MaxReplicas)
	if b := behaviorYAML("        ", to.Behavior); b != nil {
		m.add("    advanced:", "      horizontalPodAutoscalerConfig:")
		m.add(b...)
	}
	m.add("    triggers:")
	for _, s := range to.Schedules {
		m.trigger("cron", "", "timezone", "Etc/UTC", "start", s.Start, "end", s.End, "desiredReplicas", fmt.Sprint(s.Replicas))
	}
	for _, x := range to.Metrics {
		if x.Name == "cpu" || x.Name == "memory" {
			m.trigger(x.Name, x.TargetType, "containerName", x.Container, "value", kedaTarget(x))
		}
	}
	for _, t := range to.Triggers {
		m.trigger("prometheus", "", "serverAddress", engineAddress(r), "query", t.Query, "threshold", plainNumber(t.Threshold), "activationThreshold", plainNumber(t.ActivationThreshold))
	}
	return m
}

// trigger adds one with its metadata, names and values in turn; what is empty is left out.
func (m *Manifest) trigger(kind, metricType string, metadata ...string) {
	m.add("    - type: " + kind)
	if metricType != "" {
		m.add("      metricType: " + metricType)
	}
	m.add("      metadata:")
	for i := 0; i+1 < len(metadata); i += 2 {
		if metadata[i+1] != "" {
			m.add("        " + metadata[i] + ": " + strconv.Quote(metadata[i+1]))
		}
	}
}

// kedaTarget is a target as KEDA reads it: percent, or a quantity.
func kedaTarget(m analyzer.HPAMetric) string {
	if m.TargetType == "Utilization" {
		return fmt.Sprint(m.Target)
	}
	return fmt.Sprintf("%dm", m.Target)
}

// engineAddress is where KEDA finds the engine that was read: a Service's own address.
// One that was reached by another way has to be filled in.
func engineAddress(r *document.Report) string {
	for _, x := range r.Metadata.Sources {
		namespace, service, ok := strings.Cut(x.Name, "/")
		name, port, hasPort := strings.Cut(service, ":")
		if x.Kind == "prometheus" && ok && hasPort && !strings.ContainsAny(service, "/") && !strings.Contains(namespace, ":") {
			return "http://" + brief.Clean(name) + "." + brief.Clean(namespace) + ".svc:" + brief.Clean(port)
		}
	}
	return "http://ADDRESS-OF-YOUR-PROMETHEUS"
}

func metricYAML(m analyzer.HPAMetric) []string {
	out := []string{"    - type: " + m.Type}
	switch m.Type {
	case "Resource":
		out = append(out, "      resource:", "        name: "+yamlText(m.Name))
	case "ContainerResource":
		out = append(out, "      containerResource:", "        name: "+yamlText(m.Name), "        container: "+yamlText(m.Container))
	default: // Pods
		out = append(out, "      "+strings.ToLower(m.Type)+":", "        metric:", "          name: "+yamlText(m.Name))
	}
	out = append(out, "        target:", "          type: "+m.TargetType)
	if m.TargetType == "Utilization" {
		return append(out, fmt.Sprintf("          averageUtilization: %d", m.Target))
	}
	return append(out, fmt.Sprintf(`          averageValue: "%dm"`, m.Target))
}

// behaviorYAML is a behavior with its own field's name; nil without one.
func behaviorYAML(indent string, b *analyzer.HPABehavior) []string {
	if b == nil {
		return nil
	}
	both := append(rulesYAML(indent, "scaleUp", b.Up), rulesYAML(indent, "scaleDown", b.Down)...)
	if len(both) == 0 {
		return nil
	}
	return append([]string{indent + "behavior:"}, both...)
}

func rulesYAML(indent, direction string, r *analyzer.HPAScaling) []string {
	if r == nil {
		return nil
	}
	out := []string{indent + "  " + direction + ":"}
	if r.StabilizationSeconds != nil {
		out = append(out, fmt.Sprintf("%s    stabilizationWindowSeconds: %d", indent, *r.StabilizationSeconds))
	}
	if r.ToleranceMilli != nil {
		out = append(out, indent+`    tolerance: "`+plainNumber(float64(*r.ToleranceMilli)/1000)+`"`)
	}
	if r.Select != "" {
		out = append(out, indent+"    selectPolicy: "+r.Select)
	}
	if len(r.Policies) > 0 {
		out = append(out, indent+"    policies:")
	}
	for _, p := range r.Policies {
		out = append(out, fmt.Sprintf("%s    - {type: %s, value: %d, periodSeconds: %d}", indent, p.Type, p.Value, p.PeriodSeconds))
	}
	if len(out) == 1 {
		return nil
	}
	return out
}
