package object

import (
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
	// claims and claimTemplates are as analyzer.Workload has them.
	claims, claimTemplates []string
	// templateFrom names the workload whose pod template this one uses.
	templateFrom *analyzer.Ref
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
	return c
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
