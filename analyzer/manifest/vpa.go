package manifest

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// VPA is a VerticalPodAutoscaler.
type VPA struct {
	*Document
	Target analyzer.Ref
	// Mode is the update mode; "Auto" where the manifest leaves it out.
	Mode string
	// Policies are the containers' policies, "*" for all others.
	Policies []analyzer.VPAPolicy
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
		policy := analyzer.VPAPolicy{Container: p.Field("containerName").String(), Off: p.Field("mode").String() == "Off"}
		for _, r := range p.Field("controlledResources").List() {
			policy.Resources = append(policy.Resources, r.String())
		}
		v.Policies = append(v.Policies, policy)
	}
	return v
}

// Controls reports whether the VPA sets the resource of the container.
func (v *VPA) Controls(container, resource string) bool {
	return analyzer.Controls(v.Policies, container, resource)
}
