//go:build e2e

package scheduler_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// groupLabel has the workload's name, by which pods spread and keep apart.
const groupLabel = "app"

// oldPrefix begins the names of nodes from which pods move.
const oldPrefix = "old-"

func nodeName(i int) string { return fmt.Sprintf("plan-%04d", i) }

func podName(p *packing.Pod) string { return strings.TrimPrefix(p.Name, podSpace+"/") }

// createNode makes a node, cordoned if wanted.
func (b bed) createNode(t *testing.T, name string, o *packing.Offering, cordoned bool) {
	t.Helper()
	labels := map[string]string{
		packing.LabelHostname: name, packing.LabelOS: "linux", packing.LabelArch: o.Arch, packing.LabelZone: o.Zone,
		packing.LabelInstanceType: o.Type, packing.LabelCapacityType: o.CapacityType,
	}
	maps.Copy(labels, o.Labels)
	var taints []corev1.Taint
	for _, t := range o.Taints {
		taints = append(taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	room := amounts(o.CPU, o.Memory)
	room[corev1.ResourcePods] = *resource.NewQuantity(o.Pods, resource.DecimalSI)
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.NodeSpec{Taints: taints, Unschedulable: cordoned},
		Status:     corev1.NodeStatus{Capacity: room, Allocatable: room},
	}
	if _, err := b.client.CoreV1().Nodes().Create(b.ctx, node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func amounts(cpu, memory int64) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(cpu, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(memory, resource.BinarySI),
	}
}

func (b bed) createDaemonSet(t *testing.T, p *packing.Pod) {
	t.Helper()
	labels := map[string]string{"daemon": p.Name}
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: daemonSpace}, Spec: appsv1.DaemonSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec(p)},
	}}
	set.Spec.Template.Spec.PriorityClassName = "system-node-critical"
	if _, err := b.client.AppsV1().DaemonSets(daemonSpace).Create(b.ctx, set, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// createPod makes a pod with all its constraints and no others; one with a node
// runs there and never sees the scheduler.
func (b bed) createPod(t *testing.T, p *packing.Pod, profile, node string) {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: podName(p), Namespace: podSpace, Labels: map[string]string{groupLabel: p.Group}},
		Spec:       podSpec(p),
	}
	pod.Spec.SchedulerName, pod.Spec.NodeName = profile, node
	if node != "" {
		pod.Name = oldPrefix + pod.Name
	}
	if _, err := b.client.CoreV1().Pods(podSpace).Create(b.ctx, pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// evict removes a pod from its old node.
func (b bed) evict(t *testing.T, p *packing.Pod) {
	t.Helper()
	now := int64(0)
	if err := b.client.CoreV1().Pods(podSpace).Delete(b.ctx, oldPrefix+podName(p), metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		t.Fatal(err)
	}
}

func podSpec(p *packing.Pod) corev1.PodSpec {
	spec := corev1.PodSpec{
		NodeSelector: maps.Clone(p.NodeSelector),
		Containers:   []corev1.Container{{Name: "app", Image: "app:1", Resources: corev1.ResourceRequirements{Requests: amounts(p.CPU, p.Memory)}}},
		Affinity:     affinityOf(p),
	}
	if p.Zone != "" { // a volume in a zone binds a pod in the same way
		if spec.NodeSelector == nil {
			spec.NodeSelector = map[string]string{}
		}
		spec.NodeSelector[packing.LabelZone] = p.Zone
	}
	for _, t := range p.Tolerations {
		spec.Tolerations = append(spec.Tolerations, corev1.Toleration{
			Key: t.Key, Operator: corev1.TolerationOperator(t.Operator), Value: t.Value, Effect: corev1.TaintEffect(t.Effect),
		})
	}
	for _, s := range p.Spread {
		one := corev1.TopologySpreadConstraint{
			TopologyKey: s.TopologyKey, MaxSkew: int32(s.MaxSkew), WhenUnsatisfiable: corev1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{groupLabel: p.Group}},
		}
		if s.HonorTaints {
			honor := corev1.NodeInclusionPolicyHonor
			one.NodeTaintsPolicy = &honor
		}
		if domains := int32(s.MinDomains); domains > 0 {
			one.MinDomains = &domains
		}
		spec.TopologySpreadConstraints = append(spec.TopologySpreadConstraints, one)
	}
	return spec
}

func affinityOf(p *packing.Pod) *corev1.Affinity {
	a := &corev1.Affinity{}
	for _, apart := range p.AntiAffinity {
		if a.PodAntiAffinity == nil {
			a.PodAntiAffinity = &corev1.PodAntiAffinity{}
		}
		a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution = append(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
			corev1.PodAffinityTerm{TopologyKey: apart.TopologyKey, LabelSelector: &metav1.LabelSelector{
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: groupLabel, Operator: metav1.LabelSelectorOpIn, Values: apart.Groups}},
			}})
	}
	for _, term := range p.Affinity {
		var t corev1.NodeSelectorTerm
		for _, r := range term {
			t.MatchExpressions = append(t.MatchExpressions, corev1.NodeSelectorRequirement{Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: r.Values})
		}
		if a.NodeAffinity == nil {
			a.NodeAffinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{}}
		}
		required := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		required.NodeSelectorTerms = append(required.NodeSelectorTerms, t)
	}
	return a
}
