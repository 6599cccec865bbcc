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
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Inventory gathers objects. An object that is added twice counts once, as it
// was last. The zero value is ready. It is not safe for concurrent use.
type Inventory struct {
	nodes       map[string]analyzer.Node
	attach      map[string]map[string]int64 // by node, driver
	namespaces  map[string]analyzer.Namespace
	controllers map[analyzer.Ref]*controller
	pods        map[podKey]*pod
	hpas        map[podKey]analyzer.HPA
	vpas        map[podKey]analyzer.VPA
	managers    map[podKey]*analyzer.HPAController // by the pod of kube-controller-manager
	pdbs        map[podKey]budget
	limits      map[podKey]analyzer.LimitRange
	quotas      map[podKey]analyzer.ResourceQuota
	kedaHPAs    map[podKey]bool // HPAs that a ScaledObject names as its own
	scaled      map[podKey]analyzer.ScaledObject
	promised    map[podKey]analyzer.HPA // what KEDA keeps for a ScaledObject
	scalable    map[schema.GroupKind]bool
	volumes     map[string]analyzer.Volume
	classes     map[string]analyzer.StorageClass
	claims      map[podKey]analyzer.VolumeClaim
	balancers   map[podKey]balancer
	services    map[podKey]labels.Selector
	called      map[podKey]string // services that the API server calls, and why
	holders     map[string]podKey // leases by the name of the pod that holds one
	labelSets   map[string]labelSet
	skipped     []analyzer.Warning                           // objects that could not be read, the first of them
	left        int                                          // objects that could not be read, all
	firstLeft   string                                       // of the file that is being read
	noObject    error                                        // of its first document that is no object
	bad         int                                          // documents and items of lists that are no objects; not in read
	read        int                                          // objects, those included
	waiting     int                                          // objects that wait for their list's kind, ever
	file        string                                       // that is being read
	where       func() place                                 // the object that is being read stands at
	families    map[analyzer.Ref]analyzer.Ref                // of runs; see joinFamilies
	revisions   map[analyzer.Ref]map[string]analyzer.Release // by the owner, and by name
}

// podKey is a namespace and a name.
type podKey struct{ namespace, name string }

// Add takes one object and reports whether it is of a kind that the inventory
// has a use for. Kinds that it does not know are kept as possible owners of
// pods. The object is not held on to.
func (v *Inventory) Add(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.Pod:
		v.addPod(o)
	case *corev1.Node:
		put(&v.nodes, o.Name, nodeOf(o))
	case *storagev1.CSINode:
		put(&v.attach, o.Name, attachOf(o))
	case *autoscalingv2.HorizontalPodAutoscaler:
		put(&v.hpas, keyOf(o), hpaOf(o))
	case *policyv1.PodDisruptionBudget:
		put(&v.pdbs, keyOf(o), budgetOf(o))
	case *appsv1.ControllerRevision:
		v.addRevision(&o.ObjectMeta, o.Revision)
	case *metav1.PartialObjectMetadata:
		if o.Kind == revisionKind {
			v.addRevision(&o.ObjectMeta, 0)
			return true
		}
		v.addController(newController(o.GroupVersionKind(), &o.ObjectMeta))
	case *unstructured.Unstructured:
		return v.addUnstructured(o)
	default:
		if v.addBounds(obj) || v.addStorage(obj) || v.addReason(obj) {
			return true
		}
		c := builtinController(obj)
		if c == nil {
			return false
		}
		if made, ok := obj.(metav1.Object); ok {
			v.addTemplate(c, made, podTemplate(obj))
		}
		v.addController(c)
	}
	return true
}

// addBounds takes namespaces and what bounds the pods in them.
func (v *Inventory) addBounds(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.Namespace:
		put(&v.namespaces, o.Name, analyzer.Namespace{Name: o.Name, Labels: o.Labels, Annotations: ownAnnotations(o.Annotations)})
	case *corev1.LimitRange:
		put(&v.limits, keyOf(o), limitRangeOf(o))
	case *corev1.ResourceQuota:
		put(&v.quotas, keyOf(o), quotaOf(o))
	default:
		return false
	}
	return true
}

// addStorage takes volumes, their claims and their classes.
func (v *Inventory) addStorage(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		put(&v.volumes, o.Name, volumeOf(o))
	case *storagev1.StorageClass:
		put(&v.classes, o.Name, storageClassOf(o))
	case *corev1.PersistentVolumeClaim:
		put(&v.claims, keyOf(o), claimOf(o))
	default:
		return false
	}
	return true
}

// addReason takes what tells why a workload runs though it has little to do.
func (v *Inventory) addReason(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.Service:
		v.addService(o)
	case *coordinationv1.Lease:
		v.addLease(o)
	case *admissionv1.ValidatingWebhookConfiguration:
		v.addValidating(o)
	case *admissionv1.MutatingWebhookConfiguration:
		v.addMutating(o)
	default:
		return false
	}
	return true
}

// builtinController gives the controllers that Kubernetes itself has, or nil.
func builtinController(obj runtime.Object) *controller {
	switch o := obj.(type) {
	case *appsv1.Deployment:
		c := newController(appsv1.SchemeGroupVersion.WithKind("Deployment"), &o.ObjectMeta).
			scaled(o.Spec.Replicas).template(&o.Spec.Template)
		c.surge = surgeOf(&o.Spec.Strategy)
		return c
	case *appsv1.StatefulSet:
		c := newController(appsv1.SchemeGroupVersion.WithKind("StatefulSet"), &o.ObjectMeta).
			scaled(o.Spec.Replicas).template(&o.Spec.Template)
		for i := range o.Spec.VolumeClaimTemplates {
			t := o.Spec.VolumeClaimTemplates[i].DeepCopy()
			t.Namespace = o.Namespace
			c.claimTemplates, c.templateClaims = append(c.claimTemplates, t.Name), append(c.templateClaims, claimOf(t))
		}
		return c
	case *appsv1.ReplicaSet:
		return newController(appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), &o.ObjectMeta).
			scaled(o.Spec.Replicas).template(&o.Spec.Template)
	case *appsv1.DaemonSet:
		c := newController(appsv1.SchemeGroupVersion.WithKind("DaemonSet"), &o.ObjectMeta).template(&o.Spec.Template)
		if n := o.Status.DesiredNumberScheduled; n > 0 { // a manifest has no status
			c.replicas = &n
		}
		return c
	case *corev1.ReplicationController:
		c := newController(corev1.SchemeGroupVersion.WithKind("ReplicationController"), &o.ObjectMeta).scaled(o.Spec.Replicas)
		if o.Spec.Template != nil {
			c.template(o.Spec.Template)
		}
		return c
	case *batchv1.Job:
		c := newController(batchv1.SchemeGroupVersion.WithKind("Job"), &o.ObjectMeta).template(&o.Spec.Template)
		c.replicas = new(parallelism(&o.Spec))
		if jobFinished(o) {
			c.replicas = new(int32(0))
		}
		return c
	case *batchv1.CronJob:
		c := newController(batchv1.SchemeGroupVersion.WithKind("CronJob"), &o.ObjectMeta).template(&o.Spec.JobTemplate.Spec.Template)
		c.replicas = new(parallelism(&o.Spec.JobTemplate.Spec))
		if o.Spec.Suspend != nil && *o.Spec.Suspend {
			c.replicas = new(int32(0))
		}
		return c
	}
	return nil
}

// parallelism is how many pods a job runs at once: no more than it has to
// complete.
func parallelism(s *batchv1.JobSpec) int32 {
	n := int32(1)
	if s.Parallelism != nil {
		n = *s.Parallelism
	}
	if s.Completions != nil {
		n = min(n, *s.Completions)
	}
	return n
}

func jobFinished(j *batchv1.Job) bool {
	if j.Spec.Suspend != nil && *j.Spec.Suspend {
		return true
	}
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

// SetScalable notes that a kind has a scale subresource, as discovery or its
// definition says. The built-in kinds and Argo Rollouts are known.
func (v *Inventory) SetScalable(kind schema.GroupKind) { put(&v.scalable, kind, true) }

func put[K comparable, V any](m *map[K]V, k K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = value
}

func keyOf(o metav1.Object) podKey { return podKey{namespaceOf(o), o.GetName()} }

// namespaceOf gives the namespace that kubectl would put the object into:
// manifests often leave it out.
func namespaceOf(o metav1.Object) string {
	if ns := o.GetNamespace(); ns != "" {
		return ns
	}
	return metav1.NamespaceDefault
}
