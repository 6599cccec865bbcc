package object

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// annotationPrefix marks the only annotations that are kept.
const annotationPrefix = "plimsoll.dev/"

// controller is an object that may own pods, at any height of a chain.
type controller struct {
	ref         analyzer.Ref
	apiVersion  string
	labels      map[string]string
	annotations map[string]string
	owner       owner
	replicas    *int32 // nil where the object does not say
	containers  []analyzer.Container
	// templates are those of kinds that have one for each role.
	templates []roleContainers
	generator string           // its generateName
	level     analyzer.Amounts // as podLevel gives it
	waits     string           // as waitsOf gives it
	surge     string           // as analyzer.Workload has it
	provided  string           // as providedBy gives it
	// claims and claimTemplates are as analyzer.Workload has them.
	claims, claimTemplates []string
	templateClaims         []analyzer.VolumeClaim // those of which the spec was read
	release                analyzer.Release       // a ReplicaSet's
	// templateFrom names the workload whose pod template this one uses.
	templateFrom *analyzer.Ref
	// like is the pod that its template makes, where no node was known; else nil.
	like *pod
	// metadataOnly says that the spec was not read.
	metadataOnly bool
}

// owner is a controllerRef.
type owner struct{ apiVersion, kind, name string }

func newController(gvk schema.GroupVersionKind, o *metav1.ObjectMeta) *controller {
	c := &controller{
		ref:        analyzer.Ref{Namespace: namespaceOf(o), Kind: gvk.Kind, Name: o.Name},
		apiVersion: gvk.GroupVersion().String(),
		labels:     o.Labels,
		owner:      ownerOf(o),
		generator:  o.GenerateName,
		// A controller of which only metadata was given: overwritten by the others.
		metadataOnly: true,
	}
	c.annotations = ownAnnotations(o.Annotations)
	c.provided = providedBy(o)
	if gvk.Kind == "ReplicaSet" {
		c.release = releaseOf(o)
	}
	return c
}

// The managers of fields, and the owners, that are a cluster's provider.
var (
	providerManagers = []string{"eks", "addon-manager", "kube-addon-manager", "addonmanager", "aksService", "aks-service", "gke-addon-manager", "gcp-controller-manager", "kops", "k0s"}
	providerOwners   = []string{"k3s.cattle.io/", "addons.k8s.io/", "addons.kops.k8s.io/", "managed.openshift.io/", "config.openshift.io/"}
)

// providedBy says by which of its metadata the cluster's provider installed an object.
func providedBy(o *metav1.ObjectMeta) string {
	for i := range o.ManagedFields {
		if m := o.ManagedFields[i].Manager; slices.Contains(providerManagers, m) {
			return "its fields are managed by " + m
		}
	}
	if gvk := o.Annotations["objectset.rio.cattle.io/owner-gvk"]; strings.Contains(gvk, "k3s.cattle.io") || strings.Contains(gvk, "helm.cattle.io") && namespaceOf(o) == "kube-system" {
		return "it is owned by " + gvk
	}
	for _, r := range o.OwnerReferences {
		if slices.ContainsFunc(providerOwners, func(p string) bool { return strings.HasPrefix(r.APIVersion, p) }) {
			return "it is owned by " + r.Kind + " " + r.Name
		}
	}
	return ""
}

func (c *controller) scaled(replicas *int32) *controller {
	if replicas == nil {
		replicas = new(int32(1)) // as the API server would default it
	}
	n := *replicas
	c.replicas = &n
	return c
}

func (c *controller) template(t *corev1.PodTemplateSpec) *controller {
	c.metadataOnly = false
	c.containers, c.claims, c.level, c.waits = containersOf(&t.Spec), claimNames(&t.Spec), podLevel(&t.Spec), waitsOf(&t.Spec)
	return c
}

// ownAnnotations keeps those that are meant for this program.
func ownAnnotations(all map[string]string) map[string]string {
	var own map[string]string
	for k, v := range all {
		if strings.HasPrefix(k, annotationPrefix) {
			put(&own, k, v)
		}
	}
	return own
}

// ownerOf gives the controller of an object. A mirror pod belongs to its node,
// which is no workload.
func ownerOf(o metav1.Object) owner {
	ref := metav1.GetControllerOfNoCopy(o)
	if ref == nil || ref.Kind == "Node" && ref.APIVersion == "v1" {
		return owner{}
	}
	return owner{ref.APIVersion, ref.Kind, ref.Name}
}

// isStatic tells a pod of a node's own manifests.
func isStatic(o metav1.Object) bool {
	ref := metav1.GetControllerOfNoCopy(o)
	return ref != nil && ref.Kind == "Node" || o.GetAnnotations()[corev1.MirrorPodAnnotationKey] != ""
}

func (v *Inventory) addController(c *controller) {
	if old := v.controllers[c.ref]; old != nil && c.metadataOnly && !old.metadataOnly {
		return // metadata adds nothing to an object that was read in full
	}
	put(&v.controllers, c.ref, c)
}
