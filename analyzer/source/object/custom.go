package object

import (
	"errors"
	"fmt"
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// addUnstructured takes the kinds that have no Go type here, and any other
// object as a possible owner of pods.
func (v *Inventory) addUnstructured(o *unstructured.Unstructured) bool {
	gvk := o.GroupVersionKind()
	if typed := newTyped(gvk.GroupKind()); typed != nil {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed); err != nil {
			return false
		}
		added := v.Add(typed)
		if raw, err := o.MarshalJSON(); err == nil {
			v.pinUnknown(typed, raw)
		}
		return added
	}
	if v.addCaller(o) {
		return true
	}
	switch gvk.GroupKind() {
	case schema.GroupKind{Group: "autoscaling.k8s.io", Kind: "VerticalPodAutoscaler"}:
		put(&v.vpas, keyOf(o), vpaOf(o))
		return true
	case schema.GroupKind{Group: "keda.sh", Kind: "ScaledObject"}:
		put(&v.kedaHPAs, podKey{namespaceOf(o), kedaHPA(o)}, true)
		put(&v.scaled, keyOf(o), scaledObjectOf(o))
		put(&v.promised, keyOf(o), promisedHPA(o))
		return true
	case schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:
		v.addDefinition(o)
		return true
	}
	if o.GetName() == "" || gvk.Kind == "" || gvk.Group == "" || ignored[gvk.Group] {
		return false // no core kind but those with a Go type owns pods
	}
	c, err := customController(o)
	if err != nil {
		v.skip(strings.Trim(o.GetNamespace()+"/"+o.GetKind()+"/"+o.GetName(), "/"), err.Error())
		return false
	}
	v.addCustomTemplate(c, o)
	v.addController(c)
	return true
}

// ignored groups hold objects that own no pods and are many in a dump.
var ignored = map[string]bool{
	"events.k8s.io": true, "discovery.k8s.io": true, "coordination.k8s.io": true, "rbac.authorization.k8s.io": true,
	"networking.k8s.io": true, "storage.k8s.io": true, "admissionregistration.k8s.io": true,
}

// customController reads a workload of a kind that has no Go type here. The
// error is of a pod template that cannot be read.
func customController(o *unstructured.Unstructured) (*controller, error) {
	meta := metaOf(o)
	c := newController(o.GroupVersionKind(), &meta)
	c.metadataOnly = false
	if n, ok := integer(field(o.Object, "spec", "replicas")); ok {
		c.replicas = &n
	}
	for _, path := range templatePaths() {
		template := field(o.Object, path...)
		s := templateSpec(template)
		if s != nil && len(s.Containers) > 0 {
			c.containers, c.claims, c.level = containersOf(s), claimNames(s), podLevel(s)
			break
		}
		if where, value := findQuantity(strings.Join(path, "."), template); s == nil && where != "" {
			return nil, errors.New(quantityProblem(where, value))
		}
	}
	if len(c.containers) == 0 {
		c.templates = roleTemplates(o.GroupVersionKind().GroupKind(), o.Object["spec"])
	}
	claims, _ := field(o.Object, "spec", "volumeClaimTemplates").([]any)
	for _, t := range claims {
		if name := text(field(t, "metadata", "name")); name != "" {
			c.claimTemplates = append(c.claimTemplates, name)
		}
	}
	if c.ref.Kind == "Rollout" {
		c.surge = rolloutSurge(o)
	}
	// Argo Rollouts may name a Deployment whose template they run.
	kind, name := text(field(o.Object, "spec", "workloadRef", "kind")), text(field(o.Object, "spec", "workloadRef", "name"))
	if kind != "" && name != "" {
		c.templateFrom = &analyzer.Ref{Namespace: c.ref.Namespace, Kind: kind, Name: name}
	}
	return c, nil
}

// templateSpec reads a pod template, or gives nil where the value is no such
// thing.
func templateSpec(template any) *corev1.PodSpec {
	spec, ok := field(template, "spec").(map[string]any)
	if !ok {
		return nil
	}
	var s corev1.PodSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &s); err != nil {
		return nil
	}
	return &s
}

func vpaOf(o *unstructured.Unstructured) analyzer.VPA {
	a := analyzer.VPA{
		Namespace: namespaceOf(o), Name: o.GetName(),
		Target: analyzer.Ref{
			Namespace: namespaceOf(o),
			Kind:      text(field(o.Object, "spec", "targetRef", "kind")),
			Name:      text(field(o.Object, "spec", "targetRef", "name")),
		},
		UpdateMode: text(field(o.Object, "spec", "updatePolicy", "updateMode")),
	}
	policies, _ := field(o.Object, "spec", "resourcePolicy", "containerPolicies").([]any)
	for _, p := range policies {
		one := analyzer.VPAPolicy{Container: text(field(p, "containerName")), Off: text(field(p, "mode")) == "Off"}
		resources, _ := field(p, "controlledResources").([]any)
		for _, r := range resources {
			one.Resources = append(one.Resources, text(r))
		}
		a.Policies = append(a.Policies, one)
	}
	recs, _ := field(o.Object, "status", "recommendation", "containerRecommendations").([]any)
	for _, r := range recs {
		amounts := func(name string) analyzer.Amounts {
			m, _ := field(r, name).(map[string]any)
			return amountsOfStrings(m)
		}
		a.Containers = append(a.Containers, analyzer.VPARec{
			Container: text(field(r, "containerName")),
			Target:    amounts("target"), LowerBound: amounts("lowerBound"), UpperBound: amounts("upperBound"),
		})
	}
	return a
}

// kedaHPA is the name of the HPA that KEDA keeps for a ScaledObject.
func kedaHPA(o *unstructured.Unstructured) string {
	for _, path := range [][]string{
		{"status", "hpaName"},
		{"spec", "advanced", "horizontalPodAutoscalerConfig", "name"},
	} {
		if name := text(field(o.Object, path...)); name != "" {
			return name
		}
	}
	return "keda-hpa-" + o.GetName()
}

// addDefinition notes which custom kinds can be scaled.
func (v *Inventory) addDefinition(o *unstructured.Unstructured) {
	kind := schema.GroupKind{
		Group: text(field(o.Object, "spec", "group")),
		Kind:  text(field(o.Object, "spec", "names", "kind")),
	}
	versions, _ := field(o.Object, "spec", "versions").([]any)
	for _, version := range versions {
		if field(version, "subresources", "scale") != nil {
			v.SetScalable(kind)
		}
	}
}

// field walks down nested maps; nil where a step is missing.
func field(v any, path ...string) any {
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// text gives a string, or a number as one: quantities are written as either.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64, float64:
		return strings.TrimSuffix(fmt.Sprint(v), ".0")
	}
	return ""
}

func integer(v any) (int32, bool) {
	switch n := v.(type) {
	case int64:
		return int32(min(max(n, 0), math.MaxInt32)), true
	case float64:
		return int32(min(max(n, 0), math.MaxInt32)), n == n
	}
	return 0, false
}
