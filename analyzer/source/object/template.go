package object

import (
	"encoding/json"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// hookAnnotation marks what Helm runs beside a release: before it, after it, or by hand.
const hookAnnotation = "helm.sh/hook"

// passing reports whether an object is a manifest's that Helm runs for a test, a deletion
// or a rollback alone: no pod of it runs beside the others.
func passing(o metav1.Object) bool {
	hook := o.GetAnnotations()[hookAnnotation]
	if hook == "" || o.GetUID() != "" {
		return false
	}
	return !slices.ContainsFunc(strings.Split(hook, ","), func(name string) bool {
		name = strings.TrimSpace(name)
		return strings.HasSuffix(name, "install") || strings.HasSuffix(name, "upgrade")
	})
}

// podTemplate is a built-in controller's; nil of other objects.
func podTemplate(obj runtime.Object) *corev1.PodTemplateSpec {
	switch o := obj.(type) {
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *corev1.ReplicationController:
		return o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	}
	return nil
}

// addTemplate keeps the pod that a controller would make, as long as no node is known: a
// cluster that has some is planned by the pods that it has.
func (v *Inventory) addTemplate(c *controller, o metav1.Object, t *corev1.PodTemplateSpec) {
	if len(v.nodes) > 0 || t == nil || c.owner.kind != "" || passing(o) || len(t.Spec.Containers) == 0 {
		return
	}
	made := &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	made.Name, made.Namespace, made.UID = c.ref.Name, c.ref.Namespace, ""
	made.OwnerReferences = []metav1.OwnerReference{{APIVersion: c.apiVersion, Kind: c.ref.Kind, Name: c.ref.Name, Controller: new(true)}}
	c.like = v.podOf(made)
	for _, name := range c.claimTemplates {
		c.like.pod.Spec.Claims = append(c.like.pod.Spec.Claims, name+"-"+c.ref.Name)
	}
	slices.Sort(c.like.pod.Spec.Claims)
}

// addCustomTemplate is addTemplate of a kind without a Go type.
func (v *Inventory) addCustomTemplate(c *controller, o *unstructured.Unstructured) {
	for _, path := range templatePaths() {
		template := field(o.Object, path...)
		s := templateSpec(template)
		if s == nil || len(s.Containers) == 0 {
			continue
		}
		t := &corev1.PodTemplateSpec{Spec: *s}
		for _, list := range []struct {
			name string
			to   *map[string]string
		}{{"labels", &t.Labels}, {"annotations", &t.Annotations}} {
			given, _ := field(template, "metadata", list.name).(map[string]any)
			for k, value := range given {
				put(list.to, k, text(value))
			}
		}
		v.addTemplate(c, o, t)
		return
	}
}

// templatePaths are where kinds without a Go type have their pod template.
func templatePaths() [][]string {
	return [][]string{{"spec", "template"}, {"spec", "jobTemplate", "spec", "template"}}
}

// likeOf is the pod that the workload's template makes; nil where nodes or pods of it are
// known, or it has no template.
func (v *Inventory) likeOf(ref analyzer.Ref, g *group) *pod {
	c := v.controllers[ref]
	if len(v.nodes) > 0 || len(g.pods) > 0 || c == nil {
		return nil
	}
	if c.like == nil && c.templateFrom != nil && len(c.containers) == 0 {
		c = v.controllers[*c.templateFrom]
	}
	if c == nil {
		return nil
	}
	return c.like
}

// pinUnknownTemplate is pinUnknown of the pods that a controller would make.
func (v *Inventory) pinUnknownTemplate(obj runtime.Object, raw []byte) {
	o, ok := obj.(metav1.Object)
	if !ok || podTemplate(obj) == nil {
		return
	}
	c := v.controllers[analyzer.Ref{Namespace: namespaceOf(o), Kind: kindOf(raw), Name: o.GetName()}]
	if c == nil || c.like == nil {
		return
	}
	var written struct {
		Spec struct {
			Template    json.RawMessage `json:"template"`
			JobTemplate struct {
				Spec struct {
					Template json.RawMessage `json:"template"`
				} `json:"spec"`
			} `json:"jobTemplate"`
		} `json:"spec"`
	}
	if json.Unmarshal(raw, &written) != nil {
		return // what is read of it was told already
	}
	for _, template := range []json.RawMessage{written.Spec.Template, written.Spec.JobTemplate.Spec.Template} {
		if names := unknownOf(template, corev1.PodSpec{}); len(template) > 0 && len(names) > 0 {
			c.like.pod.Spec.Unmodelled = merged(c.like.pod.Spec.Unmodelled, names)
		}
	}
}

func kindOf(raw []byte) string {
	var h header
	_ = json.Unmarshal(raw, &h) // it was read before
	return h.Kind
}
