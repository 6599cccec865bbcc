package reports_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/provision"
)

// TestAutoModeObjects names EKS Auto Mode's own NodeClass and labels, and leaves the
// NodePools that it makes as they are.
func TestAutoModeObjects(t *testing.T) {
	group := func(pool string) document.NodeGroup {
		g := document.NodeGroup{Name: "on-demand-amd64", Provider: "aws", CapacityType: "on-demand", Arch: "amd64", Count: 1,
			Shapes:   []document.NodeShape{{Size: document.Resources{CPU: document.Milli(2000), Memory: 8 << 30}, InstanceTypes: []string{"m6a.large"}, Count: 1}},
			Labels:   map[string]string{"eks.amazonaws.com/compute-type": "auto"},
			Flexible: &document.NodeRange{Types: []string{"m6a.large"}, Families: []string{"m6a"}, LeastCPU: document.Milli(2000), MostCPU: document.Milli(2000)}}
		if pool != "" {
			g.Labels["karpenter.sh/nodepool"] = pool
		}
		return g
	}
	for _, c := range []struct{ pool, class, wantClass string }{
		{"", "", "default"}, {"mine", "special", "special"}, {"general-purpose", "default", ""}, {"system", "default", ""},
	} {
		plan := document.NodePlan{Groups: []document.NodeGroup{group(c.pool)}}
		provision.Objects(&plan, []provision.Class{{Name: c.class, AutoMode: true}}, "demo")
		k := plan.Karpenter
		if plan.ClusterAutoscaler != nil || len(plan.EKSNodegroups) > 0 {
			t.Errorf("%s: got node groups, which nodes of Auto Mode are in none of", c.pool)
		}
		if len(k.EC2NodeClasses) > 0 {
			t.Errorf("%s: got an EC2NodeClass", c.pool)
		}
		if c.wantClass == "" {
			if len(k.NodePools) > 0 || !strings.Contains(strings.Join(k.Notes, "\n"), "not to be edited") {
				t.Errorf("%s: got %+v, want a note alone", c.pool, k)
			}
			continue
		}
		if len(k.NodePools) != 1 {
			t.Fatalf("%s: got %d NodePools, want 1", c.pool, len(k.NodePools))
		}
		ref := k.NodePools[0].Spec.Template.Spec.NodeClassRef
		if want := (document.NodeClassRef{Group: "eks.amazonaws.com", Kind: "NodeClass", Name: c.wantClass}); ref != want {
			t.Errorf("%s: got %+v, want %+v", c.pool, ref, want)
		}
		if labels := k.NodePools[0].Spec.Template.Metadata.Labels; len(labels) > 0 {
			t.Errorf("%s: got labels %v, want none that EKS sets by itself", c.pool, labels)
		}
		for _, r := range k.NodePools[0].Spec.Template.Spec.Requirements {
			if strings.HasPrefix(r.Key, "karpenter.k8s.aws/") {
				t.Errorf("%s: got the requirement %s, which no node of Auto Mode has", c.pool, r.Key)
			}
		}
	}
}
