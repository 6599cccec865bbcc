package manifest

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// VPA is a VerticalPodAutoscaler.
type VPA struct {
	*Document
	Target analyzer.Ref
	// Mode is the update mode; "Auto" where the manifest leaves it out.
	Mode string
	// Policies are the containers' policies, "*" for all others.
	Policies []VPAPolicy
}

// VPAPolicy is what a VPA may do to a container.
type VPAPolicy struct {
	Container string
	Off       bool
	Resources []string // nil means cpu and memory
}

// VPA looks on the document as a VPA; nil where it is none.
func (d *Document) VPA() *VPA {
	if d.Group() != "autoscaling.k8s.io" || d.Kind != "VerticalPodAutoscaler" {
		return nil
	}
	spec := d.Root.Field("spec")
	v := &VPA{Document: d, Target: targetOf(d, spec.Field("targetRef")), Mode: "Auto"}
	if m := spec.At("updatePolicy", "updateMode").String(); m != "" {
		v.Mode = m
	}
	for _, p := range spec.At("resourcePolicy", "containerPolicies").List() {
		policy := VPAPolicy{Container: p.Field("containerName").String(), Off: p.Field("mode").String() == "Off"}
		for _, r := range p.Field("controlledResources").List() {
			policy.Resources = append(policy.Resources, r.String())
		}
		v.Policies = append(v.Policies, policy)
	}
	return v
}

// Controls reports whether the VPA sets the resource of the container.
func (v *VPA) Controls(container, resource string) bool {
	rule := VPAPolicy{}
	for _, p := range v.Policies {
		if p.Container == container || p.Container == "*" && rule.Container == "" {
			rule = p
		}
	}
	return !rule.Off && (rule.Resources == nil || slices.Contains(rule.Resources, resource))
}
