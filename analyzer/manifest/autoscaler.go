package manifest

import (
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Autoscaler is a HorizontalPodAutoscaler or a KEDA ScaledObject.
type Autoscaler struct {
	*Document
	Target analyzer.Ref
	// TargetNode is the reference in the manifest.
	TargetNode *Node
	Min, Max   int32
	// MinNode and MaxNode are nil where the manifest leaves them out.
	MinNode, MaxNode *Node
	Metrics          []Metric
	Behavior         *Node // spec.behavior, or KEDA's
}

// Metric is one metric of an Autoscaler.
type Metric struct {
	Type      string // Resource, ContainerResource, Pods, Object, External
	Name      string // cpu, memory; else the metric's or trigger's name
	Container string
	// TargetType is Utilization, AverageValue or Value; Target is in percent,
	// millicores or bytes, and -1 where it is not of a resource.
	TargetType string
	Target     int64
	Node       *Node // the target's value
}

// Autoscaler looks on the document as an autoscaler; nil where it is none.
func (d *Document) Autoscaler() *Autoscaler {
	spec := d.Root.Field("spec")
	a := &Autoscaler{Document: d, TargetNode: spec.Field("scaleTargetRef"), Behavior: spec.Field("behavior")}
	lowest, low, most, high := "minReplicas", int32(1), "maxReplicas", int32(0)
	switch {
	case d.Group() == "autoscaling" && d.Kind == "HorizontalPodAutoscaler":
		for _, m := range spec.Field("metrics").List() {
			a.Metrics = append(a.Metrics, metricOf(m))
		}
		if n := spec.Field("targetCPUUtilizationPercentage"); n != nil { // autoscaling/v1
			a.Metrics = append(a.Metrics, percent("cpu", n))
		}
		if len(a.Metrics) == 0 { // the API server's default
			a.Metrics = []Metric{{Type: "Resource", Name: "cpu", TargetType: "Utilization", Target: defaultTarget, Node: a.TargetNode}}
		}
	case d.Group() == "keda.sh" && d.Kind == "ScaledObject":
		lowest, low, most, high = "minReplicaCount", 0, "maxReplicaCount", 100
		a.Behavior = spec.At("advanced", "horizontalPodAutoscalerConfig", "behavior")
		for _, t := range spec.Field("triggers").List() {
			a.Metrics = append(a.Metrics, triggerOf(t))
		}
	default:
		return nil
	}
	a.MinNode, a.MaxNode = spec.Field(lowest), spec.Field(most)
	a.Min, a.Max = countOr(a.MinNode, low), countOr(a.MaxNode, high)
	a.Target = targetOf(d, a.TargetNode)
	return a
}

// defaultTarget is the share of the CPU request that an autoscaler without any
// metric gets, in percent.
const defaultTarget = 80

func targetOf(d *Document, ref *Node) analyzer.Ref {
	r := analyzer.Ref{Namespace: d.Namespace, Kind: ref.Field("kind").String(), Name: ref.Field("name").String()}
	if r.Kind == "" {
		r.Kind = "Deployment" // KEDA's default
	}
	return r
}

func countOr(n *Node, otherwise int32) int32 {
	if v, ok := n.Int(); ok {
		return v
	}
	return otherwise
}

func percent(name string, n *Node) Metric {
	v, ok := n.Int()
	if !ok {
		v = -1
	}
	return Metric{Type: "Resource", Name: name, TargetType: "Utilization", Target: int64(v), Node: n}
}

// metricOf reads a metric of autoscaling/v2, and of v2beta1 where it differs.
func metricOf(n *Node) Metric {
	m := Metric{Type: n.Field("type").String(), Target: -1, Node: n}
	if m.Type == "" {
		return m
	}
	body := n.Field(strings.ToLower(m.Type[:1]) + m.Type[1:])
	m.Name, m.Container = body.Field("name").String(), body.Field("container").String()
	if m.Name == "" {
		m.Name = body.At("metric", "name").String()
	}
	target := body.Field("target")
	if v := body.Field("targetAverageUtilization"); v != nil {
		p := percent(m.Name, v)
		m.TargetType, m.Target, m.Node = p.TargetType, p.Target, v
		return m
	}
	m.TargetType = target.Field("type").String()
	switch m.TargetType {
	case "Utilization":
		if v := target.Field("averageUtilization"); v != nil {
			m.Target, m.Node = int64(countOr(v, -1)), v
		}
	case "AverageValue":
		m.resourceTarget(target.Field("averageValue"))
	case "Value":
		m.resourceTarget(target.Field("value"))
	}
	return m
}

func (m *Metric) resourceTarget(n *Node) {
	if n == nil {
		return
	}
	m.Node = n
	parse := ParseBytes
	if m.Name == "cpu" {
		parse = ParseCPU
	}
	if v, err := parse(n.Text); err == nil && (m.Type == "Resource" || m.Type == "ContainerResource") {
		m.Target = v
	}
}

// triggerOf reads a KEDA trigger; cpu and memory become Resource metrics.
func triggerOf(n *Node) Metric {
	kind := n.Field("type").String()
	if kind != "cpu" && kind != "memory" {
		return Metric{Type: "External", Name: kind, TargetType: "AverageValue", Target: -1, Node: n}
	}
	m := Metric{Type: "Resource", Name: kind, TargetType: n.Field("metricType").String(), Target: -1, Node: n}
	if c := n.At("metadata", "containerName").String(); c != "" {
		m.Type, m.Container = "ContainerResource", c
	}
	if m.TargetType == "" {
		m.TargetType = n.At("metadata", "type").String()
	}
	if m.TargetType == "" {
		m.TargetType = "Utilization"
	}
	v := n.At("metadata", "value")
	if m.TargetType == "AverageValue" {
		m.resourceTarget(v)
	} else if i, err := strconv.ParseInt(v.String(), 10, 32); err == nil {
		m.Target, m.Node = i, v
	}
	return m
}
