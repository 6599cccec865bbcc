package provision_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/provision"
)

const core = 1000 * document.MicroPerMilli

func groupOf(name, provider, capacity string, labels map[string]string, types ...string) document.NodeGroup {
	return document.NodeGroup{
		Name: name, Provider: provider, CapacityType: capacity, Arch: "amd64", Labels: labels, Count: 2, Weight: 1, Drains: 2,
		Shapes: []document.NodeShape{{Size: document.Resources{CPU: 4 * core, Memory: 16 << 30}, InstanceTypes: types, Count: 2, Most: 4}},
		Limits: document.Resources{CPU: 16 * core, Memory: 64 << 30},
	}
}

// TestOneNameOneNodePool: groups that pods select by the name of one NodePool are one object,
// which may launch what either may; two of one name would overwrite each other.
func TestOneNameOneNodePool(t *testing.T) {
	labels := map[string]string{"karpenter.sh/nodepool": "batch"}
	onDemand, spot := groupOf("a", "aws", "on-demand", labels, "m6i.xlarge"), groupOf("b", "aws", "spot", labels, "c6i.xlarge", "m6i.xlarge")
	spot.Drains = 1
	spot.Flexible = &document.NodeRange{Types: []string{"c6i.xlarge", "m6i.xlarge"}, Families: []string{"c6i", "m6i"}}
	p := &document.NodePlan{Groups: []document.NodeGroup{onDemand, spot, groupOf("c", "aws", "spot", nil, "r6i.xlarge")}}
	provision.Objects(p, make([]provision.Class, 3), "")
	if n := len(p.Karpenter.NodePools); n != 2 {
		t.Fatalf("got %d NodePools, want one of the name and one beside it", n)
	}
	pool := p.Karpenter.NodePools[0]
	values := map[string][]string{}
	for _, r := range pool.Spec.Template.Spec.Requirements {
		values[r.Key] = r.Values
	}
	if got := values["karpenter.sh/capacity-type"]; !slices.Equal(got, []string{"on-demand", "spot"}) {
		t.Errorf("capacity types: got %v", got)
	}
	if got := values["node.kubernetes.io/instance-type"]; !slices.Equal(got, []string{"m6i.xlarge", "c6i.xlarge"}) {
		t.Errorf("types: got %v, want those of both", got)
	}
	if pool.Metadata.Name != "batch" || pool.Spec.Limits.CPU != 32*core || pool.Spec.Limits.Memory != 128<<30 || pool.Spec.Disruption.Budgets[0].Nodes != "1" {
		t.Errorf("got %+v, want the limits of both and the lower budget", pool)
	}
}

// TestPoolsByName: where pods select nodes by the name that their cloud gives a pool, the pool
// is the one there is, under its name; labels that the cloud sets itself are not asked of it.
func TestPoolsByName(t *testing.T) {
	for provider, label := range map[string]string{"aws": "eks.amazonaws.com/nodegroup", "gcp": "cloud.google.com/gke-nodepool", "azure": "agentpool"} {
		g := groupOf("on-demand-amd64-batch", provider, "on-demand", map[string]string{label: "batch", "tier": "x"}, "t")
		second := g.Shapes[0]
		second.Size.CPU, second.InstanceTypes = 8*core, []string{"u"}
		g.Shapes = append(g.Shapes, second)
		p := &document.NodePlan{Groups: []document.NodeGroup{g}}
		provision.Objects(p, make([]provision.Class, 1), "")
		if p.Karpenter != nil && (len(p.Karpenter.NodePools) > 0 || p.Karpenter.NodePools == nil || len(p.Karpenter.Notes) == 0) {
			t.Errorf("%s: got %+v, want no NodePool and a note", provider, p.Karpenter)
		}
		var name string
		var got map[string]string
		switch provider {
		case "aws":
			name, got = p.EKSNodegroups[0].NodegroupName, p.EKSNodegroups[0].Labels
		case "gcp":
			name, got = p.GKENodePools[0].Name, p.GKENodePools[0].Config.Labels
		default:
			name, got = p.AKSNodePools[0].Name, p.AKSNodePools[0].NodeLabels
		}
		if name != "batch" || !maps.Equal(got, map[string]string{"tier": "x"}) {
			t.Errorf("%s: got %s with %v", provider, name, got)
		}
		all := p.ClusterAutoscaler.NodeGroups
		if len(all) != 1 || all[0].Name != "batch" || all[0].Desired != 4 || all[0].Max != 8 || !slices.Equal(all[0].InstanceTypes, []string{"t", "u"}) {
			t.Errorf("%s: got %+v, want one group of both sizes", provider, all)
		}
	}
}
