package object

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// newTyped makes an empty object of a kind that has a Go type here, or nil.
// The version is not looked at: of these kinds, older ones differ in what is
// not read.
func newTyped(kind schema.GroupKind) runtime.Object { //nolint:gocyclo // a flat list
	switch kind {
	case schema.GroupKind{Kind: "Pod"}:
		return &corev1.Pod{}
	case schema.GroupKind{Kind: "Node"}:
		return &corev1.Node{}
	case schema.GroupKind{Group: "storage.k8s.io", Kind: "CSINode"}:
		return &storagev1.CSINode{}
	case schema.GroupKind{Group: "storage.k8s.io", Kind: "StorageClass"}:
		return &storagev1.StorageClass{}
	case schema.GroupKind{Kind: "Namespace"}:
		return &corev1.Namespace{}
	case schema.GroupKind{Kind: "LimitRange"}:
		return &corev1.LimitRange{}
	case schema.GroupKind{Kind: "ResourceQuota"}:
		return &corev1.ResourceQuota{}
	case schema.GroupKind{Kind: "PersistentVolume"}:
		return &corev1.PersistentVolume{}
	case schema.GroupKind{Kind: "PersistentVolumeClaim"}:
		return &corev1.PersistentVolumeClaim{}
	case schema.GroupKind{Kind: "Service"}:
		return &corev1.Service{}
	case schema.GroupKind{Group: "coordination.k8s.io", Kind: "Lease"}:
		return &coordinationv1.Lease{}
	case schema.GroupKind{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}:
		return &admissionv1.ValidatingWebhookConfiguration{}
	case schema.GroupKind{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"}:
		return &admissionv1.MutatingWebhookConfiguration{}
	case schema.GroupKind{Kind: "ReplicationController"}:
		return &corev1.ReplicationController{}
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}:
		return &appsv1.Deployment{}
	case schema.GroupKind{Group: "apps", Kind: "StatefulSet"}:
		return &appsv1.StatefulSet{}
	case schema.GroupKind{Group: "apps", Kind: "DaemonSet"}:
		return &appsv1.DaemonSet{}
	case schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}:
		return &appsv1.ReplicaSet{}
	case schema.GroupKind{Group: "apps", Kind: revisionKind}:
		return &appsv1.ControllerRevision{}
	case schema.GroupKind{Group: "batch", Kind: "Job"}:
		return &batchv1.Job{}
	case schema.GroupKind{Group: "batch", Kind: "CronJob"}:
		return &batchv1.CronJob{}
	case schema.GroupKind{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}:
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case schema.GroupKind{Group: "policy", Kind: "PodDisruptionBudget"}:
		return &policyv1.PodDisruptionBudget{}
	}
	return nil
}

// metaOf gives the metadata that is read of an unstructured object.
func metaOf(o *unstructured.Unstructured) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: o.GetNamespace(), Name: o.GetName(), GenerateName: o.GetGenerateName(), Labels: o.GetLabels(),
		Annotations: o.GetAnnotations(), OwnerReferences: o.GetOwnerReferences(),
	}
}
