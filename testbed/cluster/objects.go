package cluster

import (
	"fmt"
	"maps"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// Annotations of pods. WorkloadAnnotation names the workload as Kind/name,
// for the history's sake; PendingAnnotation marks pods that fit on no node.
const (
	domain             = "testbed.plimsoll.dev/"
	WorkloadAnnotation = domain + "workload"
	PendingAnnotation  = domain + "pending"
)

// AppLabel of pods holds the workload's name.
const AppLabel = "app.kubernetes.io/name"

// Objects are the workloads with their autoscalers and disruption budgets: the
// confined ones, or the others with the namespaces' load balancers.
func (s *Spec) Objects(confined bool) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range s.Namespaces {
		ns := &s.Namespaces[i]
		for j := range ns.Workloads {
			w := &ns.Workloads[j]
			if w.confined() != confined {
				continue
			}
			all = append(all, w.controller(ns.Name))
			if w.HPA != nil {
				all = append(all, plain(w.autoscaler(ns.Name)))
			}
			if w.PDB != "" {
				all = append(all, plain(w.budget(ns.Name)))
			}
			all = append(all, w.services(ns.Name)...)
		}
		if !confined {
			all = append(all, ns.balancers()...)
		}
	}
	return all
}

// confined says that the pods can't run on every node. They come first: others
// would be spread over the few nodes that these have.
func (w *Workload) confined() bool {
	return w.Kind == "DaemonSet" || w.Pool != "" || w.Arch != "" || w.GPU
}

// controller is the workload's top object.
func (w *Workload) controller(namespace string) *unstructured.Unstructured {
	meta := metav1.ObjectMeta{Name: w.Name, Namespace: namespace, Labels: w.labels()}
	selector := &metav1.LabelSelector{MatchLabels: w.selector()}
	template := w.template()
	replicas := int32(w.Replicas)
	types := func(api string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: api, Kind: w.Kind} }
	switch w.Kind {
	case "Deployment":
		return plain(&appsv1.Deployment{TypeMeta: types("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: selector, Template: template}})
	case "StatefulSet":
		return plain(&appsv1.StatefulSet{TypeMeta: types("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.StatefulSetSpec{Replicas: &replicas, Selector: selector, Template: template,
				ServiceName: w.governing(), PodManagementPolicy: appsv1.ParallelPodManagement, VolumeClaimTemplates: w.claimTemplates()}})
	case "DaemonSet":
		return plain(&appsv1.DaemonSet{TypeMeta: types("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}})
	case "ReplicaSet":
		return plain(&appsv1.ReplicaSet{TypeMeta: types("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.ReplicaSetSpec{Replicas: &replicas, Selector: selector, Template: template}})
	case "Job":
		return plain(&batchv1.Job{TypeMeta: types("batch/v1"), ObjectMeta: meta, Spec: w.job()})
	case "CronJob":
		return plain(&batchv1.CronJob{TypeMeta: types("batch/v1"), ObjectMeta: meta,
			Spec: batchv1.CronJobSpec{Schedule: w.Schedule, ConcurrencyPolicy: batchv1.ForbidConcurrent,
				JobTemplate: batchv1.JobTemplateSpec{Spec: w.job()}}})
	case "Rollout":
		o := plain(&appsv1.Deployment{ObjectMeta: meta,
			Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: selector, Template: template}})
		unstructured.SetNestedField(o.Object, map[string]any{"canary": map[string]any{"maxSurge": "25%"}}, "spec", "strategy")
		o.SetAPIVersion(rolloutGroup + "/v1alpha1")
		o.SetKind("Rollout")
		return o
	default: // Pod
		meta.Labels, meta.Annotations = template.Labels, template.Annotations
		return plain(&corev1.Pod{TypeMeta: types("v1"), ObjectMeta: meta, Spec: template.Spec})
	}
}

func (w *Workload) job() batchv1.JobSpec {
	parallel := int32(max(w.Replicas, 1))
	backoff := int32(2)
	template := w.template()
	template.Spec.RestartPolicy = corev1.RestartPolicyNever
	return batchv1.JobSpec{Parallelism: &parallel, Completions: &parallel, BackoffLimit: &backoff, Template: template}
}

// Owners are the objects whose dependents the testbed makes itself, as no
// controller here does it: Rollouts (their replica sets) and CronJobs (their last Job).
func (s *Spec) Owners() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range s.Namespaces {
		for j := range s.Namespaces[i].Workloads {
			if w := &s.Namespaces[i].Workloads[j]; w.Kind == "Rollout" || w.Kind == "CronJob" {
				all = append(all, w.controller(s.Namespaces[i].Name))
			}
		}
	}
	return all
}

// Owned are the dependents of one of the Owners, which has that UID.
func (s *Spec) Owned(owner *unstructured.Unstructured, uid types.UID, now time.Time) []*unstructured.Unstructured {
	_, w, _ := s.Find(owner.GetNamespace(), owner.GetKind(), owner.GetName())
	yes := true
	meta := metav1.ObjectMeta{Namespace: owner.GetNamespace(), Labels: w.labels(), OwnerReferences: []metav1.OwnerReference{{
		APIVersion: owner.GetAPIVersion(), Kind: owner.GetKind(), Name: owner.GetName(), UID: uid, Controller: &yes, BlockOwnerDeletion: &yes}}}
	if w.Kind == "CronJob" {
		meta.Name = fmt.Sprintf("%s-%d", w.Name, now.Truncate(time.Hour).Unix()/60)
		return []*unstructured.Unstructured{plain(&batchv1.Job{
			TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: meta, Spec: w.job()})}
	}
	template := w.template()
	hash := "7d9c5b6f84"
	template.Labels["rollouts-pod-template-hash"] = hash
	meta.Name = w.Name + "-" + hash
	replicas := int32(w.Replicas)
	return []*unstructured.Unstructured{plain(&appsv1.ReplicaSet{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ReplicaSet"}, ObjectMeta: meta,
		Spec: appsv1.ReplicaSetSpec{Replicas: &replicas, Template: template, Selector: &metav1.LabelSelector{
			MatchLabels: map[string]string{AppLabel: w.Name, "rollouts-pod-template-hash": hash}}}})}
}

// RolloutStatus is what Argo Rollouts' controller would report of a Rollout.
func RolloutStatus(o *unstructured.Unstructured) *unstructured.Unstructured {
	replicas, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
	s := &unstructured.Unstructured{Object: map[string]any{"apiVersion": o.GetAPIVersion(), "kind": o.GetKind(),
		"status": map[string]any{"HPAReplicas": replicas, "replicas": replicas, "readyReplicas": replicas,
			"selector": AppLabel + "=" + o.GetName(), "phase": "Healthy"}}}
	s.SetNamespace(o.GetNamespace())
	s.SetName(o.GetName())
	return s
}

func (w *Workload) labels() map[string]string {
	l := map[string]string{AppLabel: w.Name}
	maps.Copy(l, w.Labels)
	return l
}

// selector matches the workload's pods.
func (w *Workload) selector() map[string]string {
	return map[string]string{AppLabel: w.labels()[AppLabel]}
}

func (w *Workload) governing() string {
	if w.Governing != "" {
		return w.Governing
	}
	return w.Name
}

// template is the workload's pods.
func (w *Workload) template() corev1.PodTemplateSpec {
	annotations := map[string]string{WorkloadAnnotation: w.Kind + "/" + w.Name}
	if w.Pending {
		annotations[PendingAnnotation] = "true"
	}
	t := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: w.labels(), Annotations: annotations}}
	for _, c := range w.Init {
		t.Spec.InitContainers = append(t.Spec.InitContainers, c.object())
	}
	always := corev1.ContainerRestartPolicyAlways
	for _, c := range w.Sidecars {
		o := c.object()
		o.RestartPolicy = &always
		t.Spec.InitContainers = append(t.Spec.InitContainers, o)
	}
	for i, c := range w.Containers {
		t.Spec.Containers = append(t.Spec.Containers, c.object())
		live := c.Live
		if live == "" {
			live = c.Use
		}
		cpu, memory, _ := strings.Cut(live, "/")
		annotations["cpu."+domain+c.Name], annotations["memory."+domain+c.Name] = cpu, memory
		if i == 0 && (c.Shape == "oom" || c.Leak != "") {
			annotations[domain+"oom-killed"] = "once"
		}
	}
	w.mount(&t.Spec)
	w.place(&t.Spec)
	return t
}

// place says where the pods may run.
func (w *Workload) place(p *corev1.PodSpec) {
	p.HostNetwork, p.PriorityClassName = w.Host, w.Priority
	require := map[string]string{}
	if w.Pool != "" {
		require["karpenter.sh/nodepool"] = w.Pool
	}
	if w.Pool == reservedPool {
		p.Tolerations = append(p.Tolerations, corev1.Toleration{Key: "dedicated", Value: w.Pool, Effect: corev1.TaintEffectNoSchedule})
	}
	if w.Arch != "" {
		require["kubernetes.io/arch"] = w.Arch
		p.Tolerations = append(p.Tolerations, corev1.Toleration{Key: "kubernetes.io/arch", Value: w.Arch, Effect: corev1.TaintEffectNoSchedule})
	}
	if w.GPU {
		p.Tolerations = append(p.Tolerations, corev1.Toleration{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists})
	}
	if w.Kind == "DaemonSet" {
		p.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	}
	if len(require) > 0 {
		p.NodeSelector = require
	}
	if w.Spread {
		p.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "topology.kubernetes.io/zone",
			WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: &metav1.LabelSelector{MatchLabels: w.selector()}}}
	}
	if w.GPU {
		p.Containers[0].Resources.Limits = resourceList(w.Containers[0].Limit)
		p.Containers[0].Resources.Limits["nvidia.com/gpu"] = oneGPU
	}
}

func (c *Container) object() corev1.Container {
	o := corev1.Container{Name: c.Name, Image: c.Image(),
		Resources: corev1.ResourceRequirements{Requests: resourceList(c.Request), Limits: resourceList(c.Limit)}}
	if c.Port > 0 {
		o.Ports = []corev1.ContainerPort{{Name: "web", ContainerPort: c.Port, Protocol: corev1.ProtocolTCP}}
	}
	return o
}

// Image of a container; nothing ever pulls it.
func (c *Container) Image() string { return "registry.example.com/" + c.Name + ":3.2.1" }

// plain turns a typed object into what server-side apply wants: no status, no
// creation time. Nodes keep their status.
func plain(o runtime.Object) *unstructured.Unstructured {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		panic(fmt.Sprintf("a Kubernetes type cannot be converted: %v", err)) // a fault in this program
	}
	u := &unstructured.Unstructured{Object: m}
	if u.GetKind() != "Node" {
		unstructured.RemoveNestedField(m, "status")
	}
	if templates, ok, _ := unstructured.NestedSlice(m, "spec", "volumeClaimTemplates"); ok {
		for _, t := range templates {
			delete(t.(map[string]any), "status")
		}
		unstructured.SetNestedSlice(m, templates, "spec", "volumeClaimTemplates")
	}
	unstructured.RemoveNestedField(m, "metadata", "creationTimestamp")
	unstructured.RemoveNestedField(m, "spec", "template", "metadata", "creationTimestamp")
	unstructured.RemoveNestedField(m, "spec", "jobTemplate", "metadata", "creationTimestamp")
	unstructured.RemoveNestedField(m, "spec", "jobTemplate", "spec", "template", "metadata", "creationTimestamp")
	return u
}
