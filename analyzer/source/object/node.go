package object

import (
	"maps"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func nodeOf(o *corev1.Node) analyzer.Node {
	n := analyzer.Node{
		Name: o.Name, Labels: o.Labels, ProviderID: o.Spec.ProviderID,
		Capacity: amountsOf(o.Status.Capacity), Allocatable: amountsOf(o.Status.Allocatable),
		Kubelet: o.Status.NodeInfo.KubeletVersion, OSImage: o.Status.NodeInfo.OSImage, Unschedulable: o.Spec.Unschedulable, Resources: resourcesOf(o.Status.Allocatable),
		Unmodelled: unmodelled(reflect.ValueOf(o.Spec), nodeFields(), ""),
	}
	if system := o.Status.NodeInfo.OperatingSystem; system != "" && n.Labels[corev1.LabelOSStable] == "" && n.Labels["beta.kubernetes.io/os"] == "" {
		n.Labels = maps.Clone(n.Labels) // which somebody took off the node
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels[corev1.LabelOSStable] = system
	}
	for _, name := range []string{noScaleDown, doNotDisrupt, doNotConsolidate} {
		if asksToStay(o.Annotations[name]) {
			n.Keep = name
		}
	}
	if !o.CreationTimestamp.IsZero() {
		n.Created = o.CreationTimestamp.UTC()
	}
	if q, ok := o.Status.Allocatable[corev1.ResourcePods]; ok {
		n.MaxPods = positive(q.Value())
	}
	for _, t := range o.Spec.Taints {
		n.Taints = append(n.Taints, analyzer.Taint{Key: t.Key, Value: t.Value, Effect: string(t.Effect)})
	}
	for _, c := range o.Status.Conditions {
		if c.Type == corev1.NodeReady {
			n.Ready = c.Status == corev1.ConditionTrue
			n.NotReady = !n.Ready
			if s := c.LastTransitionTime.Sub(o.CreationTimestamp.Time).Seconds(); n.Ready && !o.CreationTimestamp.IsZero() && s > 0 && s < mostSeconds {
				n.ReadyAfter = int32(s)
			}
		}
	}
	return n
}

// mostSeconds bounds what is kept of a node that came back long after its creation.
const mostSeconds = 24 * 3600

// attachOf is how many volumes each CSI driver may attach to a node; drivers that do
// not say have no bound.
func attachOf(o *storagev1.CSINode) map[string]int64 {
	var out map[string]int64
	for _, d := range o.Spec.Drivers {
		if d.Allocatable != nil && d.Allocatable.Count != nil {
			put(&out, d.Name, int64(*d.Allocatable.Count))
		}
	}
	return out
}
