package object_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// TestWhatNodesHold reads resources by their own names, attach limits, and where
// volumes can be reached from.
func TestWhatNodesHold(t *testing.T) {
	const yaml = `
apiVersion: v1
kind: Node
metadata: {name: a, annotations: {karpenter.sh/do-not-disrupt: "true"}}
spec: {podPreemptionPolicy: {}}
status: {allocatable: {cpu: 4, memory: 8Gi, pods: "58", ephemeral-storage: 1Gi, hugepages-2Mi: "0", nvidia.com/mig-1g.5gb: "7", nvidia.com/gpu: "2"}}
---
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: {name: a}
spec: {drivers: [{name: ebs.csi.aws.com, nodeID: i-1, allocatable: {count: 26}}, {name: nfs.csi.k8s.io, nodeID: a}]}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local}
spec: {local: {path: /mnt}, accessModes: [ReadWriteOnce], nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [a]}]}]}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: old, labels: {topology.kubernetes.io/zone: x__y}}
spec: {iscsi: {lun: 0, targetPortal: p, iqn: q}, accessModes: [ReadWriteMany]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: x, name: p}
spec:
  initContainers:
  - {name: i, resources: {requests: {nvidia.com/gpu: 2}}}
  - {name: s, restartPolicy: Always, resources: {requests: {ephemeral-storage: 1Mi}}}
  containers: [{name: c, resources: {limits: {nvidia.com/gpu: 1, hugepages-2Mi: 4Mi, vendor.io/fpga: 1}, requests: {ephemeral-storage: 1Mi}}}]
  overhead: {ephemeral-storage: 1Mi, cpu: 100m}
`
	in := &object.Inventory{}
	if err := object.Read(in, strings.NewReader(yaml), "f"); err != nil {
		t.Fatal(err)
	}
	s := &analyzer.Snapshot{}
	in.Fill(s, object.Selection{})
	n, local, old, pod := s.Nodes[0], s.Volumes[0], s.Volumes[1], s.Workloads[0].Pods[0]
	zones := []analyzer.NodeTerm{{{Key: "topology.kubernetes.io/zone", Operator: "In", Values: []string{"x", "y"}}}}
	here := []analyzer.NodeTerm{{{Key: "kubernetes.io/hostname", Operator: "In", Values: []string{"a"}}}}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"node's resources", n.Resources, analyzer.Resources{"ephemeral-storage": 1 << 30, "nvidia.com/mig-1g.5gb": 7, "nvidia.com/gpu": 2}},
		{"attach limits", n.Attach, map[string]int64{"ebs.csi.aws.com": 26}},
		{"annotation", n.Keep, "karpenter.sh/do-not-disrupt"},
		{"node's fields", n.Unmodelled, []string{"podPreemptionPolicy"}},
		{"local volume", [3]any{local.Source, local.Affinity, local.Shared}, [3]any{"local", here, false}},
		{"old volume", [4]any{old.Source, old.Affinity, old.Shared, old.Unmodelled}, [4]any{"iscsi", zones, true, []string{"iscsi"}}},
		{"pod's resources", pod.Resources, analyzer.Resources{"nvidia.com/gpu": 2, "hugepages-2Mi": 4 << 20, "vendor.io/fpga": 1, "ephemeral-storage": 3 << 20}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

// TestNodeStart reads how long a node took to be ready, where that is to be known.
func TestNodeStart(t *testing.T) {
	for name, tt := range map[string]struct {
		created, condition string
		want               int32
	}{
		"ready":            {`"2026-05-03T20:00:00Z"`, `status: "True", lastTransitionTime: "2026-05-03T20:02:34Z"`, 154},
		"not ready":        {`"2026-05-03T20:00:00Z"`, `status: "False", lastTransitionTime: "2026-05-03T20:02:34Z"`, 0},
		"no creation":      {"null", `status: "True", lastTransitionTime: "2026-05-03T20:02:34Z"`, 0},
		"no time":          {`"2026-05-03T20:00:00Z"`, `status: "True"`, 0},
		"before creation":  {`"2026-05-03T20:00:00Z"`, `status: "True", lastTransitionTime: "2026-05-01T20:00:00Z"`, 0},
		"back after weeks": {`"2026-05-03T20:00:00Z"`, `status: "True", lastTransitionTime: "2026-06-01T20:00:00Z"`, 0},
	} {
		yaml := "apiVersion: v1\nkind: Node\nmetadata: {name: a, creationTimestamp: " + tt.created + "}\nstatus: {conditions: [{type: Ready, " + tt.condition + "}]}\n"
		in := &object.Inventory{}
		if err := object.Read(in, strings.NewReader(yaml), "f"); err != nil {
			t.Fatal(err)
		}
		s := &analyzer.Snapshot{}
		in.Fill(s, object.Selection{})
		if got := s.Nodes[0].ReadyAfter; got != tt.want {
			t.Errorf("%s: got %d s, want %d", name, got, tt.want)
		}
	}
}

// TestNodeSystem: a node runs what its labels say, else what its kubelet says.
func TestNodeSystem(t *testing.T) {
	for rest, want := range map[string]bool{
		"metadata: {name: a}": false,
		"metadata: {name: a, labels: {kubernetes.io/os: windows}}":                                                                    true,
		"metadata: {name: a, labels: {beta.kubernetes.io/os: windows}}":                                                               true,
		"metadata: {name: a}\nstatus: {nodeInfo: {operatingSystem: windows}}":                                                         true,
		"metadata: {name: a}\nstatus: {nodeInfo: {osImage: Windows Server 2022 Datacenter}}":                                          true,
		"metadata: {name: a, labels: {kubernetes.io/os: linux}}\nstatus: {nodeInfo: {operatingSystem: linux, osImage: Ubuntu 24.04}}": false,
	} {
		in, s := &object.Inventory{}, &analyzer.Snapshot{}
		if err := object.Read(in, strings.NewReader("apiVersion: v1\nkind: Node\n"+rest+"\n"), "f"); err != nil {
			t.Fatal(err)
		}
		if in.Fill(s, object.Selection{}); len(s.Nodes) != 1 || s.Nodes[0].Windows() != want {
			t.Errorf("%s: got %+v, want Windows %v", rest, s.Nodes, want)
		}
	}
}
