package object_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/object"
)

// placedPod is a pod of ReplicaSet-less workloads a and b in namespace x.
func placedPod(name, owner, labels, spec string) string {
	return `---
apiVersion: v1
kind: Pod
metadata: {namespace: x, name: ` + name + `, labels: {` + labels + `}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: ` + owner + `, controller: true}]}
spec: {containers: [{name: c}], ` + spec + `}
`
}

// TestPlacement reads what binds a pod to nodes and to other pods.
func TestPlacement(t *testing.T) {
	a := analyzer.Ref{Namespace: "x", Kind: "StatefulSet", Name: "a"}
	b := analyzer.Ref{Namespace: "x", Kind: "StatefulSet", Name: "b"}
	const spread = `topologySpreadConstraints: [{topologyKey: topology.kubernetes.io/zone, maxSkew: 2, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {`
	const apart = `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, `
	const near = `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [`
	for _, c := range []struct {
		name, spec string
		want       analyzer.PodSpec
	}{
		{"spread over the own workload", spread + `app: a}}}]`, analyzer.PodSpec{
			Constraints: []string{analyzer.ConstraintSpread}, Spread: []analyzer.TopologySpread{{TopologyKey: "topology.kubernetes.io/zone", MaxSkew: 2}}}},
		{"spread over two workloads", spread + `team: t}}}]`, analyzer.PodSpec{Constraints: []string{analyzer.ConstraintSpread}}},
		{"spread over a part of it", spread + `part: "0"}}}]`, analyzer.PodSpec{Constraints: []string{analyzer.ConstraintSpread}}},
		{"spread with domains asked for", strings.Replace(spread, "maxSkew: 2", "maxSkew: 2, minDomains: 3", 1) + `app: a}}}]`, analyzer.PodSpec{
			Constraints: []string{analyzer.ConstraintSpread}, Spread: []analyzer.TopologySpread{{TopologyKey: "topology.kubernetes.io/zone", MaxSkew: 2, MinDomains: 3}}}},
		{"spread that honours taints", strings.Replace(spread, "maxSkew: 2", "maxSkew: 2, nodeTaintsPolicy: Honor, nodeAffinityPolicy: Honor", 1) + `app: a}}}]`, analyzer.PodSpec{
			Constraints: []string{analyzer.ConstraintSpread}, Spread: []analyzer.TopologySpread{{TopologyKey: "topology.kubernetes.io/zone", MaxSkew: 2, HonorTaints: true}}}},
		{"anti-affinity to two workloads", apart + `labelSelector: {matchLabels: {team: t}}}]}}`, analyzer.PodSpec{
			Constraints:  []string{analyzer.ConstraintAntiAffinity},
			AntiAffinity: []analyzer.PodAntiAffinity{{TopologyKey: "kubernetes.io/hostname", Workloads: []analyzer.Ref{a, b}}}}},
		{"anti-affinity to other namespaces", apart + `namespaces: [other], labelSelector: {matchLabels: {team: t}}}]}}`,
			analyzer.PodSpec{Constraints: []string{analyzer.ConstraintAntiAffinity}}},
		{"soft spread and anti-affinity", strings.Replace(spread, "DoNotSchedule", "ScheduleAnyway", 1) + `app: a}}}], affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
			{weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: b}}}}]}}`, analyzer.PodSpec{
			SoftSpread:       []analyzer.TopologySpread{{TopologyKey: "topology.kubernetes.io/zone", MaxSkew: 2}},
			SoftAntiAffinity: []analyzer.PodAntiAffinity{{TopologyKey: "kubernetes.io/hostname", Workloads: []analyzer.Ref{b}}}}},
		{"another scheduler, a field that nothing models", `schedulerName: volcano, schedulingGroup: {podGroupName: g}`,
			analyzer.PodSpec{Scheduler: "volcano", Unmodelled: []string{"schedulingGroup"}}},
		{"a runtime that no new node promises", `runtimeClassName: kata`, analyzer.PodSpec{Unmodelled: []string{"runtimeClassName (kata)"}}},
		{"the default runtime", `runtimeClassName: runc`, analyzer.PodSpec{}},
		{"a runtime that its pool is labelled with", `runtimeClassName: gvisor, nodeSelector: {sandbox.gke.io/runtime: gvisor}`,
			analyzer.PodSpec{NodeSelector: map[string]string{"sandbox.gke.io/runtime": "gvisor"}}},
		{"NVIDIA's runtime with a device", `runtimeClassName: nvidia, containers: [{name: c, resources: {limits: {nvidia.com/gpu: 1}}}]`, analyzer.PodSpec{}},
		{"NVIDIA's runtime without", `runtimeClassName: nvidia`, analyzer.PodSpec{Unmodelled: []string{"runtimeClassName (nvidia)"}}},
		{"fields that no Go type knows", `placementHint: {near: x}, later: null, volumes: [{name: a, cloudDisk: {id: x}}]`,
			analyzer.PodSpec{Unmodelled: []string{"placementHint", "volumes[].cloudDisk"}}},
		{"such fields deeper down", `affinity: {nodeAffinity: {tomorrow: 1}, podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: x, within: y}}]}},
			tolerations: [{key: a, whenFull: true}], initContainers: [{name: i, numa: 1}], securityContext: {later: x}`,
			analyzer.PodSpec{Tolerations: []analyzer.Toleration{{Key: "a"}}, Unmodelled: []string{
				"affinity.nodeAffinity.tomorrow", "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.within",
				"initContainers[].numa", "tolerations[].whenFull"}}},
		{"spread over zones where it may not run", strings.Replace(spread, "maxSkew: 2", "maxSkew: 2, nodeAffinityPolicy: Ignore", 1) + `app: a}}}]`,
			analyzer.PodSpec{Constraints: []string{analyzer.ConstraintSpread}}},
		{"a sidecar's port of the host", `initContainers: [{name: proxy, restartPolicy: Always, ports: [{containerPort: 80, hostPort: 8080}]}]`,
			analyzer.PodSpec{Constraints: []string{analyzer.ConstraintHostPort}}},
		{"data on the node", `volumes: [{name: a, hostPath: {path: /data}}, {name: b, emptyDir: {}}, {name: c, emptyDir: {medium: Memory}}, {name: s, hostPath: {path: /run/x.sock, type: Socket}}]`,
			analyzer.PodSpec{LocalStorage: true, Local: &analyzer.LocalData{EmptyDirs: 1, HostPaths: []string{"/data"}}}},
		{"memory alone", `volumes: [{name: c, emptyDir: {medium: Memory}}]`, analyzer.PodSpec{LocalStorage: true, Local: &analyzer.LocalData{}}},
		{"node affinity", near + `{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}}}`, analyzer.PodSpec{
			Constraints: []string{analyzer.ConstraintNodeAffinity},
			Affinity:    []analyzer.NodeTerm{{{Key: "disk", Operator: "In", Values: []string{"ssd"}}}}}},
		{"node affinity by name", near + `{matchFields: [{key: metadata.name, operator: In, values: [node-a]}]}]}}}`,
			analyzer.PodSpec{Constraints: []string{analyzer.ConstraintNodeAffinity}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &object.Inventory{}
			yaml := placedPod("a-0", "a", `app: a, team: t, part: "0"`, c.spec) + placedPod("a-1", "a", `app: a, team: t, part: "1"`, c.spec) +
				placedPod("b-0", "b", `app: b, team: t`, "")
			if err := object.Read(in, strings.NewReader(yaml), "f"); err != nil {
				t.Fatal(err)
			}
			s := &analyzer.Snapshot{}
			in.Fill(s, object.Selection{})
			if got := s.Workloads[0].Pods[0].Spec; !reflect.DeepEqual(got, c.want) {
				t.Errorf("got:  %+v\nwant: %+v", got, c.want)
			}
		})
	}
}
