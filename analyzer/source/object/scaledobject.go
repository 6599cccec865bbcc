package object

import (
	"cmp"
	"math"
	"strconv"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// KEDA's defaults.
const (
	kedaMax      = 100
	kedaPolling  = 30
	kedaCooldown = 300
)

// scaledObjectOf reads a ScaledObject. Of a trigger's metadata only what is
// named here is kept: others may hold credentials.
func scaledObjectOf(o *unstructured.Unstructured) analyzer.ScaledObject {
	number := func(fallback int32, path ...string) int32 {
		if n, ok := integer(field(o.Object, path...)); ok {
			return n
		}
		return fallback
	}
	so := analyzer.ScaledObject{
		Namespace: namespaceOf(o), Name: o.GetName(), HPA: kedaHPA(o),
		Min: number(0, "spec", "minReplicaCount"), Max: number(kedaMax, "spec", "maxReplicaCount"),
		IdleAtZero: number(-1, "spec", "idleReplicaCount") == 0,
		Polling:    number(kedaPolling, "spec", "pollingInterval"), Cooldown: number(kedaCooldown, "spec", "cooldownPeriod"),
		InitialCooldown: number(0, "spec", "initialCooldownPeriod"),
	}
	for _, name := range []string{"autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas"} {
		if value, set := o.GetAnnotations()[name]; set && value != "false" {
			so.Unread = "the annotation " + name
		}
	}
	if text(field(o.Object, "spec", "advanced", "scalingModifiers", "formula")) != "" {
		so.Unread = "spec.advanced.scalingModifiers"
	}
	triggers, _ := field(o.Object, "spec", "triggers").([]any)
	for _, t := range triggers {
		so.Triggers = append(so.Triggers, triggerOf(t))
	}
	return so
}

// promisedHPA is the HPA that KEDA keeps for a ScaledObject, as far as the one tells of
// the other.
func promisedHPA(o *unstructured.Unstructured) analyzer.HPA {
	so := scaledObjectOf(o)
	h := analyzer.HPA{
		Namespace: so.Namespace, Name: so.HPA, Min: max(so.Min, 1), Max: so.Max, ManagedBy: managedByKEDA,
		Target: analyzer.Ref{
			Namespace: so.Namespace, Kind: cmp.Or(text(field(o.Object, "spec", "scaleTargetRef", "kind")), "Deployment"),
			Name: text(field(o.Object, "spec", "scaleTargetRef", "name")),
		},
	}
	for _, t := range so.Triggers {
		if t.Metric != nil {
			h.Metrics = append(h.Metrics, *t.Metric)
		} else {
			h.Metrics = append(h.Metrics, analyzer.HPAMetric{Type: "External", Name: t.Type, TargetType: "AverageValue", Target: max(t.Threshold, 1)})
		}
	}
	var behavior autoscalingv2.HorizontalPodAutoscalerBehavior
	if raw, ok := field(o.Object, "spec", "advanced", "horizontalPodAutoscalerConfig", "behavior").(map[string]any); ok &&
		runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &behavior) == nil {
		h.Behavior = behaviorOf(&behavior)
	}
	return h
}

func triggerOf(t any) analyzer.ScaleTrigger {
	out := analyzer.ScaleTrigger{Type: text(field(t, "type"))}
	at := func(name string) string { return text(field(t, "metadata", name)) }
	kind := cmp.Or(text(field(t, "metricType")), at("type"))
	switch out.Type {
	case "cpu", "memory":
		out.Metric = resourceTrigger(out.Type, kind, at("value"), at("containerName"))
	case "cron":
		out.Start, out.End = at("start"), at("end")
		out.Zones = zoneOffsets(at("timezone"))
		if n, err := strconv.ParseInt(at("desiredReplicas"), 10, 32); err == nil && n > 0 {
			out.Replicas = int32(n)
		}
	case "prometheus":
		out.Query, out.PerPod = at("query"), kind != "Value"
		out.Threshold, out.Activation = thousandths(at("threshold")), thousandths(at("activationThreshold"))
	}
	return out
}

func resourceTrigger(name, kind, value, container string) *analyzer.HPAMetric {
	m := &analyzer.HPAMetric{Type: "Resource", Name: name, Container: container, TargetType: cmp.Or(kind, "Utilization")}
	if container != "" {
		m.Type = "ContainerResource"
	}
	if q, err := resource.ParseQuantity(value); err == nil {
		if m.Target = q.MilliValue(); m.TargetType == "Utilization" {
			m.Target = q.Value()
		}
	}
	return m
}

func thousandths(s string) int64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v < 1e12) {
		return 0
	}
	return int64(math.Round(1000 * v))
}

// The years of which a zone's offsets are kept.
const (
	firstZoneYear = 2020
	lastZoneYear  = 2040
)

// zoneOffsets lists the offsets of a time zone; nil where it is not known here.
func zoneOffsets(name string) []analyzer.ZoneOffset {
	zone, err := time.LoadLocation(name)
	if name == "" || name == "Local" || err != nil {
		return nil
	}
	var out []analyzer.ZoneOffset
	end := time.Date(lastZoneYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(firstZoneYear, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(end); {
		_, offset := t.In(zone).Zone()
		if n := len(out); n == 0 || out[n-1].Offset != int32(offset) {
			out = append(out, analyzer.ZoneOffset{From: t.Unix(), Offset: int32(offset)})
		}
		_, next := t.In(zone).ZoneBounds()
		if next.IsZero() || !next.After(t) {
			break
		}
		t = next
	}
	return out
}
