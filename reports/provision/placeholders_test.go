package provision_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/provision"
)

// Placeholders go where the room is: onto the nodes of their group, in their zone, past its taints.
func TestPlaceholdersGoWhereTheRoomIs(t *testing.T) {
	taint := document.NodeTaint{Key: "team", Value: "search", Effect: "NoSchedule"}
	plan := func() *document.NodePlan {
		return &document.NodePlan{Groups: []document.NodeGroup{{
			Name: "on-demand-amd64-search", Provider: "aws", Region: "us-east-1", CapacityType: "on-demand", Arch: "amd64",
			Labels: map[string]string{"karpenter.sh/nodepool": "search"}, Taints: []document.NodeTaint{taint},
			Shapes: []document.NodeShape{{Size: document.Resources{CPU: document.Milli(4000), Memory: 16 << 30}, InstanceTypes: []string{"m5.xlarge"}, Count: 2}},
		}}}
	}
	rooms := []provision.Room{{Group: "on-demand-amd64-search", Zone: "us-east-1a", Each: document.Resources{CPU: document.Milli(1500), Memory: 2 << 30}, Devices: map[string]int64{"nvidia.com/gpu": 1}, Pods: 2, For: "the loss of a node"}}
	for _, karpenter := range []bool{true, false} {
		p, classes := plan(), []provision.Class{{Name: "default", Karpenter: karpenter}}
		provision.Objects(p, classes, "shop")
		out := provision.Placeholders(p, classes, rooms, map[string]int{"on-demand-amd64-search": 3})
		pod := out.Deployments[0].Spec.Template.Spec
		if pod.NodeSelector["karpenter.sh/nodepool"] != "search" || pod.NodeSelector["topology.kubernetes.io/zone"] != "us-east-1a" {
			t.Errorf("Karpenter %v: it selects nodes by %v", karpenter, pod.NodeSelector)
		}
		if len(pod.Tolerations) != 1 || pod.Tolerations[0].Key != taint.Key || pod.Tolerations[0].Value != taint.Value {
			t.Errorf("the group's taint keeps it out: %+v", pod.Tolerations)
		}
		asks := pod.Containers[0].Resources
		if asks.Requests["cpu"] != "1500m" || asks.Requests["memory"] != "2Gi" || asks.Requests["nvidia.com/gpu"] != "1" || asks.Limits["nvidia.com/gpu"] != "1" {
			t.Errorf("it asks for %+v", asks)
		}
		if pod.PriorityClassName != out.PriorityClass.Metadata.Name || out.PriorityClass.Value != -10 || out.PriorityClass.PreemptionPolicy != "Never" {
			t.Errorf("class %q of %+v", pod.PriorityClassName, out.PriorityClass)
		}
		if out.Deployments[0].Spec.Replicas != 2 || out.Reserved[0].Deployment != out.Deployments[0].Metadata.Name || len(out.NotKept) != 1 || out.NotKept[0].Pods != 3 {
			t.Errorf("%+v", out)
		}
	}
	if out := provision.Placeholders(plan(), []provision.Class{{}}, nil, nil); out != nil {
		t.Errorf("no room is counted on, and yet %+v", out)
	}
}
