package cost_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// nightly is a cluster of one m6i.xlarge, a Deployment that holds some of it all the time,
// and a job of two cores and 4 GiB that ran the first two hours of each day.
const nightly = `-- objects.yaml --
apiVersion: v1
kind: Node
metadata:
  name: node-a
  labels: {node.kubernetes.io/instance-type: m6i.xlarge, topology.kubernetes.io/region: us-east-1, topology.kubernetes.io/zone: us-east-1a, karpenter.sh/capacity-type: on-demand, kubernetes.io/arch: amd64}
spec: {providerID: "aws:///us-east-1a/i-0a"}
status:
  capacity: {cpu: "4", memory: 16Gi, pods: "58"}
  allocatable: {cpu: "4", memory: 16Gi, pods: "58"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web, uid: u-web}
spec:
  replicas: 1
  template: {spec: {containers: [{name: app, image: app:1, resources: {requests: {cpu: "%[1]s", memory: %[2]s}}}]}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web-0, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u-web, controller: true}]}
spec: {nodeName: node-a, containers: [{name: app, image: app:1, resources: {requests: {cpu: "%[1]s", memory: %[2]s}}}]}
status: {phase: Running}
---
apiVersion: batch/v1
kind: CronJob
metadata: {namespace: shop, name: nightly, uid: u-nightly}
spec:
  schedule: 0 0 * * *
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: job:1, resources: {requests: {cpu: "2", memory: 4Gi}}}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: nightly-29000000-abcde, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: nightly, uid: u-nightly, controller: true}]}
spec: {nodeName: node-a, containers: [{name: job, image: job:1, resources: {requests: {cpu: "2", memory: 4Gi}}}]}
status: {phase: Succeeded}
-- series --
shop/web-0/app cpu ( 200mx288 )x14
shop/web-0/app memory ( 300Mix288 )x14
shop/nightly-29000000-abcde/job cpu ( 500mx24 _x264 )x14
shop/nightly-29000000-abcde/job memory ( 1Gix24 _x264 )x14
`

// dear is a node whose cores and memory cost more than an m6i's.
const dear = `---
apiVersion: v1
kind: Node
metadata:
  name: node-b
  labels: {node.kubernetes.io/instance-type: x2idn.16xlarge, topology.kubernetes.io/region: us-east-1, topology.kubernetes.io/zone: us-east-1a, karpenter.sh/capacity-type: on-demand, kubernetes.io/arch: amd64}
spec: {providerID: "aws:///us-east-1a/i-0b"}
status:
  capacity: {cpu: "64", memory: 1024Gi, pods: "58"}
  allocatable: {cpu: "64", memory: 1000Gi, pods: "58"}
`

// TestJobsOfTheWindow: a job costs what its runs took of the window, on the nodes where they
// ended or run, whether one runs at the window's end or not: as much in the table as in the
// allocation. All rows, idle and overhead come to the bill.
func TestJobsOfTheWindow(t *testing.T) {
	ref := analyzer.Ref{Namespace: "shop", Kind: "CronJob", Name: "nightly"}
	for _, tt := range []struct {
		name, cpu, memory string
		nodes, on, phase  string
		from, to          float64 // of what two hours a day of its requests cost on node-a
	}{
		{"room", "1", "4Gi", "", "node-a", "Succeeded", 1, 1},
		{"a full node", "4", "16Gi", "", "node-a", "Succeeded", 0.9, 0.99},
		{"one that runs", "1", "4Gi", "", "node-a", "Running", 1, 1},
		{"two nodes", "1", "4Gi", dear, "node-a", "Succeeded", 1, 1},
		{"the dear one", "1", "4Gi", dear, "node-b", "Succeeded", 1.1, 4},
		{"a node that is gone", "1", "4Gi", dear, "node-c", "Succeeded", 1.1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			objects, series, _ := strings.Cut(fmt.Sprintf(nightly, tt.cpu, tt.memory), "-- series --\n")
			at := strings.LastIndex(objects, "node-a")
			objects = objects[:at] + tt.on + objects[at+len("node-a"):]
			objects = strings.Replace(objects, "Succeeded", tt.phase, 1) + tt.nodes
			snap := casetest.Snapshot(t, txtar.Parse([]byte(objects+"-- series --\n"+series)))
			catalog := pricing.New(pricing.Config{})
			c := cost.Of(analyzer.Analyze(snap), catalog)
			m6i := catalog.NodePrice(pricing.Node{ProviderID: snap.Nodes[0].ProviderID, Labels: snap.Nodes[0].Labels, CPUMillis: 4000, MemoryBytes: 16 << 30})
			full, got := 730.0*2/24*(2*m6i.CPUPerCoreHour+4*m6i.MemoryPerGiBHour), c.MonthlyOf(ref)
			if got < tt.from*full-0.001 || got > tt.to*full+0.001 {
				t.Errorf("got $%.4f, want %v to %v of $%.4f", got, tt.from, tt.to, full)
			}
			shared, err := allocation.Of(snap, catalog, allocation.Basis{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range shared.Aggregate(allocation.Options{Aggregate: []allocation.Key{allocation.ByController}}) {
				if usd := r.Total() * 730 / shared.Hours; r.Name == "cronjob:nightly" && math.Abs(usd-got) > 1e-6 {
					t.Errorf("the table has $%.4f, the allocation $%.4f", got, usd)
				}
			}
			sum := c.Idle + c.Overhead
			for _, w := range c.Workloads {
				sum += w.Monthly
			}
			if math.Abs(c.Bill-shared.Bill.Nodes*730/shared.Hours) > 1e-6 || math.Abs(sum-c.Bill) > 1e-6 || c.Idle < -1e-9 {
				t.Errorf("workloads, idle %v and overhead come to %v of the bill %v", c.Idle, sum, c.Bill)
			}
			if usd := c.Workloads[ref].Containers["job"]; math.Abs(usd-got) > 1e-9 {
				t.Errorf("its container costs %v, the job %v", usd, got)
			}
		})
	}
}

// TestBalancersOfOthers: what MetalLB, Cilium or K3s answer for is not the cloud's to bill.
// The controller that AWS has for its own is.
func TestBalancersOfOthers(t *testing.T) {
	const service = "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: front, annotations: {%s}}\nspec: {type: LoadBalancer, selector: {app: web}, %s}\nstatus: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}\n%s-- series --\n"
	const klipper = "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: kube-system, name: svclb-front-x, labels: {svccontroller.k3s.cattle.io/svcname: front, svccontroller.k3s.cattle.io/svcnamespace: shop}}\nspec: {nodeName: node-a, containers: [{name: lb, image: lb:1}]}\nstatus: {phase: Running}\n"
	cluster, _, _ := strings.Cut(fmt.Sprintf(nightly, "1", "4Gi"), "-- series --")
	for _, tt := range []struct {
		name, annotation, spec, beside string
		want                           float64
	}{
		{"none", "", "ports: []", "", 0.0225}, {"AWS' own", "", "loadBalancerClass: service.k8s.aws/nlb", "", 0.0225},
		{"MetalLB", "", "loadBalancerClass: metallb.io/metallb", "", 0}, {"Cilium", "", "loadBalancerClass: io.cilium/bgp-control-plane", "", 0},
		{"MetalLB without a class", "metallb.io/ip-allocated-from-pool: all", "ports: []", "", 0}, {"K3s", "", "ports: []", klipper, 0},
	} {
		a := txtar.Parse(fmt.Appendf([]byte(cluster), service, tt.annotation, tt.spec, tt.beside))
		snap := casetest.Snapshot(t, a)
		c := cost.Of(analyzer.Analyze(snap), pricing.New(pricing.Config{}))
		if err := c.AddBesides(snap); err != nil {
			t.Fatal(err)
		}
		if got := c.Besides.LoadBalancers / 730; math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: got %v USD an hour, want %v", tt.name, got, tt.want)
		}
		named := slices.ContainsFunc(c.Warnings, func(w analyzer.Warning) bool { return w.Subject == "Service/shop/front" })
		if named == (tt.want > 0) {
			t.Errorf("%s: named as not priced: %v", tt.name, named)
		}
	}
}
