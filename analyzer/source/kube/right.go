package kube

import (
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// Right is one thing that is read and the right it takes.
type Right struct {
	Group, Resource string
	Verbs           []string
	Namespaced      bool
	// Names restricts the right to objects of these names.
	Names []string
	// Lost says what is not known without it.
	Lost string
}

// Rights lists everything that this package reads of the API server, custom
// resources that turn up as owners of pods aside: of those, the well-known
// ones are listed.
func Rights() []Right {
	var out []Right
	for _, k := range append(kinds(), podMetrics(), nodeMetrics()) {
		out = append(out, k.Right)
	}
	out = append(out,
		Right{Resource: "services/proxy", Verbs: []string{"get"}, Namespaced: true, Names: proxyNames(), Lost: "Prometheus is not reached through the API server"},
	)
	return append(out, knownOwners()...)
}

// kind is a kind that is listed whole.
type kind struct {
	Right
	version string
	list    func() runtime.Object // an empty list; nil for unstructured
	// metadata, where not empty, asks for the metadata alone of objects of this kind of
	// apps/v1.
	metadata string
	// optional APIs are not there in every cluster, and nothing is amiss then.
	optional bool
	// tells says that no advice rests on the kind: it is only told.
	tells bool
	// fields, where not empty, selects by fields of the objects.
	fields string
}

// path is where a kind is listed; namespace "" lists all.
func (k kind) path(namespace string) string {
	return apiPath(k.Group, k.version, namespace, k.Resource)
}

func apiPath(group, version, namespace, resource string) string {
	root := "/apis/" + group
	if group == "" {
		root = "/api"
	}
	if namespace != "" {
		resource = "namespaces/" + namespace + "/" + resource
	}
	return root + "/" + version + "/" + resource
}

// name is the resource as RBAC and kubectl write it.
func (r Right) name() string {
	if r.Group == "" {
		return r.Resource
	}
	return r.Resource + "." + r.Group
}

func list[T any, L interface {
	*T
	runtime.Object
}]() runtime.Object {
	return L(new(T))
}

// kinds are all that a whole inventory takes, in the order in which they are
// asked for: the largest first.
func kinds() []kind {
	read := func(group, version, resource, lost string, list func() runtime.Object) kind {
		return kind{Right: Right{Group: group, Resource: resource, Verbs: []string{"list"}, Namespaced: true, Lost: lost}, version: version, list: list}
	}
	replicaSets := read("apps", "v1", "replicasets", "pods of the past are joined to their Deployments by name only", list[metav1.PartialObjectMetadataList])
	replicaSets.metadata = "ReplicaSet"
	revisions := read("apps", "v1", "controllerrevisions", "releases of StatefulSets and DaemonSets are not known", list[metav1.PartialObjectMetadataList])
	revisions.metadata, revisions.tells = "ControllerRevision", true
	replicaSets.Verbs = []string{"get", "list"} // those that nothing controls are read in full
	nodes := read("", "v1", "nodes", "no node is known, so nothing can be priced by its node and no node saved", list[corev1.NodeList])
	nodes.Namespaced = false
	namespaces := read("", "v1", "namespaces", "namespaces are known by their workloads only, without labels", list[corev1.NamespaceList])
	namespaces.Namespaced = false
	namespaces.Verbs = []string{"get", "list"} // get where namespaces were selected
	volumes := read("", "v1", "persistentvolumes", "volumes that nobody claims are not found", list[corev1.PersistentVolumeList])
	volumes.Namespaced = false
	csiNodes := read("storage.k8s.io", "v1", "csinodes", "how many volumes a node may attach is taken from its provider's rule", list[storagev1.CSINodeList])
	csiNodes.Namespaced = false
	classes := read("storage.k8s.io", "v1", "storageclasses", "volumes are priced by the name of their class", list[storagev1.StorageClassList])
	classes.Namespaced = false
	const untold = "which workloads only wait is told by their flags, ports, labels and names"
	leases := read("coordination.k8s.io", "v1", "leases", untold, list[coordinationv1.LeaseList])
	leases.fields = "metadata.namespace!=" + corev1.NamespaceNodeLease // one for every node
	wide := func(k kind) kind {
		k.Namespaced = false
		return k
	}
	vpas := read("autoscaling.k8s.io", "v1", "verticalpodautoscalers", "workloads under a VerticalPodAutoscaler are not told apart", nil)
	vpas.optional = true
	scaled := read("keda.sh", "v1alpha1", "scaledobjects", "what KEDA scales by is not known, so that its autoscalers are not judged", nil)
	scaled.optional = true
	return []kind{
		read("", "v1", "pods", "nothing is known of what runs where", list[corev1.PodList]),
		replicaSets,
		nodes,
		namespaces,
		read("apps", "v1", "deployments", "Deployments are known by their pods only", list[appsv1.DeploymentList]),
		read("apps", "v1", "statefulsets", "StatefulSets are known by their pods only", list[appsv1.StatefulSetList]),
		read("apps", "v1", "daemonsets", "DaemonSets are known by their pods only", list[appsv1.DaemonSetList]),
		revisions,
		read("batch", "v1", "jobs", "pods of CronJobs are not joined to them", list[batchv1.JobList]),
		read("batch", "v1", "cronjobs", "CronJobs are known by their pods only", list[batchv1.CronJobList]),
		read("", "v1", "replicationcontrollers", "ReplicationControllers are known by their pods only", list[corev1.ReplicationControllerList]),
		read("autoscaling", "v2", "horizontalpodautoscalers", "workloads under a HorizontalPodAutoscaler are not told apart, so advice may work against it", list[autoscalingv2.HorizontalPodAutoscalerList]),
		read("policy", "v1", "poddisruptionbudgets", "what holds pods on their nodes is not known", list[policyv1.PodDisruptionBudgetList]),
		read("", "v1", "limitranges", "advice may break a namespace's bounds", list[corev1.LimitRangeList]),
		read("", "v1", "resourcequotas", "advice may break a namespace's quota", list[corev1.ResourceQuotaList]),
		volumes,
		csiNodes,
		classes,
		read("", "v1", "persistentvolumeclaims", "volumes that nobody mounts are not found", list[corev1.PersistentVolumeClaimList]),
		read("", "v1", "services", "load balancers without pods are not found, nor Prometheus by itself", list[corev1.ServiceList]),
		leases,
		wide(read("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", untold, list[admissionv1.ValidatingWebhookConfigurationList])),
		wide(read("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", untold, list[admissionv1.MutatingWebhookConfigurationList])),
		wide(read("apiregistration.k8s.io", "v1", "apiservices", untold, nil)),
		vpas,
		scaled,
	}
}

func podMetrics() kind {
	return kind{
		Right: Right{Group: "metrics.k8s.io", Resource: "pods", Verbs: []string{"list"}, Namespaced: true, Lost: "what containers use now is not known"},
		list:  list[metricsv1beta1.PodMetricsList], version: "v1beta1",
	}
}

func nodeMetrics() kind {
	return kind{
		Right: Right{Group: "metrics.k8s.io", Resource: "nodes", Verbs: []string{"list"}, Lost: "what nodes use now is not known"},
		list:  list[metricsv1beta1.NodeMetricsList], version: "v1beta1",
	}
}

// knownOwners are custom resources that own pods in many clusters. Any other
// is read just the same where the right is given.
func knownOwners() []Right {
	const lost = "these workloads are known by their pods only"
	owner := func(group string, resources ...string) []Right {
		var out []Right
		for _, r := range resources {
			out = append(out, Right{Group: group, Resource: r, Verbs: []string{"list"}, Namespaced: true, Lost: lost})
		}
		return out
	}
	return slices.Concat(
		owner("argoproj.io", "rollouts", "workflows", "cronworkflows"),
		owner("apps.kruise.io", "clonesets", "daemonsets", "statefulsets"),
		owner("core.strimzi.io", "strimzipodsets"),
		owner("kafka.strimzi.io", "kafkas", "kafkaconnects"),
		owner("jobset.x-k8s.io", "jobsets"),
		owner("leaderworkerset.x-k8s.io", "leaderworkersets"),
		owner("ray.io", "rayclusters", "rayjobs", "rayservices"),
		owner("sparkoperator.k8s.io", "sparkapplications", "scheduledsparkapplications"),
		owner("serving.knative.dev", "configurations", "revisions", "services"),
		owner("monitoring.coreos.com", "alertmanagers", "prometheuses", "thanosrulers"),
		owner("postgresql.cnpg.io", "clusters"),
	)
}

// missing words a refused right. Where it is not the whole cluster's, the roles
// for single namespaces will do.
func (r Right) missing(verb, where string) string {
	remedy := "grant it with deploy/rbac.yaml"
	switch {
	case where != clusterWide:
		remedy = "grant it with deploy/rbac-namespaced.yaml"
	case r.Namespaced:
		remedy += ", or name the namespaces to read with -n"
	}
	return fmt.Sprintf("not allowed to %s %s (apiGroup %q, %s): %s; %s", verb, r.Resource, r.Group, where, r.Lost, remedy)
}
