package reports_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/group"
	"github.com/plimsoll-k8s/plimsoll/reports"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// provisioned is the plan of plannedGroups on a cloud.
func provisioned(t *testing.T, provider string) *document.NodePlan {
	t.Helper()
	c := planned()
	for i := range c.recs {
		if advice.As[nodes.Plan](c.recs[i].Detail) != nil {
			advice.As[nodes.Plan](c.recs[i].Detail).Groups = plannedGroups(provider)
			if provider == "azure" {
				advice.As[nodes.Plan](c.recs[i].Detail).Groups[0].Zones = []string{"westeurope-1", "westeurope-2"}
			}
		}
	}
	r := c.report()
	if err := compile(t)(output(t, "json", r, reports.Options{})); err != nil {
		t.Errorf("%s: the report does not fit the schema: %v", provider, err)
	}
	return r.Nodes.Plan
}

// TestKarpenterObjects makes one NodePool of a group, and a NodeClass where the
// nodes do not tell theirs.
func TestKarpenterObjects(t *testing.T) {
	k := provisioned(t, "aws").Karpenter
	if got, want := len(k.NodePools), 2; got != want {
		t.Fatalf("got %d NodePools, want %d", got, want)
	}
	demand, spot := k.NodePools[0], k.NodePools[1]
	if got, want := spot.Metadata.Name, "batch-spot"; got != want {
		t.Errorf("name: got %q, want that of the label that pods select, %q", got, want)
	}
	if got, want := spot.Spec.Template.Metadata.Labels, map[string]string{"pool": "batch"}; !reflect.DeepEqual(got, want) {
		t.Errorf("labels: got %v, want those that Karpenter may set, %v", got, want)
	}
	if spot.Spec.Weight <= demand.Spec.Weight {
		t.Errorf("weights: got %d for spot, %d on demand, want the cheaper first", spot.Spec.Weight, demand.Spec.Weight)
	}
	if got, want := spot.Spec.Disruption.Budgets, []document.NodePoolBudget{{Nodes: "2"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("budgets: got %v, want %v", got, want)
	}
	if got, want := spot.Spec.Template.Spec.NodeClassRef.Name, "batch"; got != want {
		t.Errorf("node class: got %q, want today's, %q", got, want)
	}
	if len(k.EC2NodeClasses) != 1 || k.EC2NodeClasses[0].Metadata.Name != "default" || demand.Spec.Template.Spec.NodeClassRef.Name != "default" {
		t.Errorf("node classes: got %+v, want one named default for the group on demand", k.EC2NodeClasses)
	}
	if !strings.Contains(strings.Join(k.Notes, "\n"), "node.kubernetes.io/lifecycle") {
		t.Errorf("notes: got %q, want the label that Karpenter can't set", k.Notes)
	}
	var types []string
	for _, r := range demand.Spec.Template.Spec.Requirements {
		if r.Key == "node.kubernetes.io/instance-type" {
			types = r.Values
		}
	}
	if want := []string{"r7a.xlarge", "r6i.xlarge"}; !reflect.DeepEqual(types, want) {
		t.Errorf("instance types: got %v, want the plan's and those that stand in, %v", types, want)
	}
}

// TestCloudPools gives each cloud the settings of its own, and Karpenter only
// where it has a provider.
func TestCloudPools(t *testing.T) {
	aws, azure, gcp := provisioned(t, "aws"), provisioned(t, "azure"), provisioned(t, "gcp")
	if got, want := aws.EKSNodegroups[1].CapacityType+" "+aws.EKSNodegroups[1].Taints[0].Effect, "SPOT NO_SCHEDULE"; got != want {
		t.Errorf("EKS: got %q, want %q", got, want)
	}
	if got, want := aws.EKSNodegroups[1].ScalingConfig, (document.EKSScaling{MinSize: 0, MaxSize: 12, DesiredSize: 6}); got != want {
		t.Errorf("EKS: got %+v, want %+v", got, want)
	}
	if got, want := azure.AKSNodePools[1].NodeTaints, []string{"spot=true:NoSchedule"}; !reflect.DeepEqual(got, want) {
		t.Errorf("AKS taints: got %v, want %v", got, want)
	}
	if got, want := azure.AKSNodePools[0].AvailabilityZones, []string{"1", "2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("AKS zones: got %v, want %v", got, want)
	}
	for _, p := range azure.AKSNodePools {
		if len(p.Name) > 12 {
			t.Errorf("AKS: the name %q has more than 12 letters", p.Name)
		}
	}
	if azure.Karpenter == nil || len(azure.Karpenter.AKSNodeClasses) != 1 {
		t.Errorf("Azure: got %+v, want one AKSNodeClass", azure.Karpenter)
	}
	if got, want := gcp.GKENodePools[0].InitialNodeCount, 3; got != want {
		t.Errorf("GKE: got %d nodes in each of two zones, want %d", got, want)
	}
	if gcp.Karpenter != nil {
		t.Errorf("GKE: got %+v, want no objects of Karpenter", gcp.Karpenter)
	}
	if got, want := aws.ClusterAutoscaler.Priorities, map[string][]string{"1": {".*on-demand-amd64-4x32.*"}, "11": {".*spot-amd64-batch-8x32.*"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("priorities: got %v, want %v", got, want)
	}
}

// TestDiskSettings: a disk that a node would not have by default stands in what launches it.
func TestDiskSettings(t *testing.T) {
	plan := func(provider string, disk int64) *document.NodePlan {
		c := planned()
		for i := range c.recs {
			if p := advice.As[nodes.Plan](c.recs[i].Detail); p != nil {
				p.Groups = plannedGroups(provider)
				p.Groups[0].Disk = disk
			}
		}
		r := c.report()
		if err := compile(t)(output(t, "json", r, reports.Options{})); err != nil {
			t.Errorf("%s: the report does not fit the schema: %v", provider, err)
		}
		return r.Nodes.Plan
	}
	for disk, least := range map[int64]int64{0: 0, 100 << 30: 101} {
		aws, azure, gcp := plan("aws", disk), plan("azure", disk), plan("gcp", disk)
		root := int64(0)
		for _, d := range aws.Karpenter.EC2NodeClasses[0].Spec.BlockDeviceMappings {
			n, err := strconv.ParseInt(strings.TrimSuffix(d.EBS.VolumeSize, "Gi"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			root = n
		}
		for name, got := range map[string]int64{
			"EC2NodeClass": root, "EKS": aws.EKSNodegroups[0].DiskSize, "GKE": gcp.GKENodePools[0].Config.DiskSizeGB,
			"AKS": azure.AKSNodePools[0].OSDiskSizeGB, "AKSNodeClass": azure.Karpenter.AKSNodeClasses[0].Spec.OSDiskSizeGB,
		} {
			if got < least || least == 0 && got != 0 {
				t.Errorf("%s: got a disk of %d for pods that need %d bytes", name, got, disk)
			}
		}
		if aws.EKSNodegroups[1].DiskSize != 0 {
			t.Errorf("the other group got a disk of %d too", aws.EKSNodegroups[1].DiskSize)
		}
	}
}

// TestNoGroups leaves the sections out where a report has no groups.
func TestNoGroups(t *testing.T) {
	c := planned()
	for i := range c.recs {
		if advice.As[nodes.Plan](c.recs[i].Detail) != nil {
			advice.As[nodes.Plan](c.recs[i].Detail).Groups = []group.Group{}
		}
	}
	if p := c.report().Nodes.Plan; p.Karpenter != nil || p.ClusterAutoscaler != nil || p.EKSNodegroups != nil {
		t.Errorf("got %+v, want no settings", p)
	}
}
