package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// rolesCluster writes a cluster with a RayCluster of a head and two groups of unlike
// workers, whose containers may have one name, and a SparkApplication's driver and
// executors, with eight days of usage.
func rolesCluster(t *testing.T, big string) {
	t.Helper()
	var objects, usage strings.Builder
	for _, n := range []string{"n1", "n2"} {
		fmt.Fprintf(&objects, `---
apiVersion: v1
kind: Node
metadata: {name: %[1]s, labels: {node.kubernetes.io/instance-type: m6i.4xlarge, topology.kubernetes.io/region: us-east-1, topology.kubernetes.io/zone: us-east-1a, kubernetes.io/arch: amd64, kubernetes.io/os: linux}}
spec: {providerID: "aws:///us-east-1a/i-%[1]s"}
status: {capacity: {cpu: "16", memory: 64Gi, pods: "58"}, allocatable: {cpu: "16", memory: 64Gi, pods: "58"}, conditions: [{type: Ready, status: "True"}]}
`, n)
	}
	fmt.Fprintf(&objects, `---
apiVersion: ray.io/v1
kind: RayCluster
metadata: {namespace: shop, name: ml}
spec:
  headGroupSpec: {template: {spec: {containers: [{name: head, image: e, resources: {requests: {cpu: "1", memory: 1Gi}}}]}}}
  workerGroupSpecs:
  - {groupName: small, replicas: 3, template: {spec: {containers: [{name: worker, image: e, resources: {requests: {cpu: "1", memory: 2Gi}}}]}}}
  - {groupName: big, replicas: 2, template: {spec: {containers: [{name: %s, image: e, resources: {requests: {cpu: "6", memory: 24Gi}}}]}}}
`, big)
	pod := func(name, node, container, cpu, memory, labels, owner string, cores float64) {
		fmt.Fprintf(&objects, `---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: %s, labels: {%s}, ownerReferences: [{%s, controller: true, uid: u}]}
spec: {nodeName: %s, containers: [{name: %s, image: e, resources: {requests: {cpu: "%s", memory: %s}}}]}
status: {phase: Running, startTime: "2026-05-01T00:00:00Z", conditions: [{type: Ready, status: "True"}]}
`, name, labels, owner, node, container, cpu, memory)
		of := fmt.Sprintf(`{namespace="shop",pod="%s",container="%s"}`, name, container)
		for h := range 24 * 8 {
			at := 1779066000 + 3600*h
			fmt.Fprintf(&usage, "container_cpu_usage_seconds_total%s %g %d\n", of, cores*float64(3600*h), at)
			fmt.Fprintf(&usage, "container_memory_working_set_bytes%s %g %d\n", of, 2e8+cores*1e9, at)
		}
	}
	ray := "apiVersion: ray.io/v1, kind: RayCluster, name: ml"
	pod("ml-head-x", "n1", "head", "1", "1Gi", "ray.io/group: headgroup, ray.io/node-type: head", ray, 0.2)
	for i := range 3 {
		pod(fmt.Sprintf("ml-small-%d", i), "n1", "worker", "1", "2Gi", "ray.io/group: small, ray.io/node-type: worker", ray, 0.1)
	}
	for i := range 2 {
		pod(fmt.Sprintf("ml-big-%d", i), fmt.Sprintf("n%d", i+1), big, "6", "24Gi", "ray.io/group: big, ray.io/node-type: worker", ray, 3)
	}
	pod("etl-driver", "n2", "spark-kubernetes-driver", "1", "2Gi", "spark-role: driver, spark-app-name: etl", "apiVersion: sparkoperator.k8s.io/v1beta2, kind: SparkApplication, name: etl", 0.1)
	for i := range 3 {
		pod(fmt.Sprintf("etl-exec-%d", i), "n2", "spark-kubernetes-executor", "2", "6Gi", "spark-role: executor, spark-app-name: etl", "apiVersion: v1, kind: Pod, name: etl-driver", 0.4)
	}
	for name, text := range map[string]string{"roles.yaml": objects.String(), "roles.om": usage.String() + "# EOF\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRolesCostOnce: pods of unlike roles under one owner cost the same in the table and
// in --aggregate, each by what it requests, and none frees more than it costs.
func TestRolesCostOnce(t *testing.T) {
	isolate(t)
	for _, big := range []string{"worker", "large"} {
		rolesCluster(t, big)
		audit := func(more ...string) (r struct {
			Workloads []struct {
				Namespace, Kind, Name       string
				MonthlyCost, MonthlySavings float64
			}
			Allocation struct {
				Allocations []struct {
					Name    string
					Monthly struct{ Total float64 }
				}
			}
		}) {
			t.Helper()
			args := append([]string{"audit", "--objects", "roles.yaml", "--openmetrics", "roles.om", "-q", "-o", "json"}, more...)
			code, out, errs := plimsoll(args...)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		shared := map[string]float64{}
		for _, a := range audit("--aggregate", "controller").Allocation.Allocations {
			shared[a.Name] = a.Monthly.Total
		}
		table := audit().Workloads
		if len(table) != 2 {
			t.Fatalf("got %+v, want the cluster and the application", table)
		}
		for _, w := range table {
			name := strings.ToLower(w.Kind) + ":" + w.Name
			if math.Abs(shared[name]-w.MonthlyCost) > 0.011 || w.MonthlyCost < 100 {
				t.Errorf("%s: %s costs %.2f in the table and %.2f in --aggregate", big, name, w.MonthlyCost, shared[name])
			}
			if w.MonthlySavings <= 0 || w.MonthlySavings > w.MonthlyCost {
				t.Errorf("%s: %s frees %.2f and costs %.2f", big, name, w.MonthlySavings, w.MonthlyCost)
			}
		}
	}
}
