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

// TestJobsBetweenRuns: a job without a pod at the moment costs what its runs took, out of
// the room that is idle now, and never more than that.
func TestJobsBetweenRuns(t *testing.T) {
	for _, tt := range []struct {
		name, cpu, memory string
		want              float64 // of what two hours a day of its requests cost
	}{
		{"room", "1", "4Gi", 1}, {"a full node", "4", "16Gi", 0}, {"one percent of a node", "3960m", "16220Mi", 0.28},
	} {
		t.Run(tt.name, func(t *testing.T) {
			facts := analyzer.Analyze(casetest.Snapshot(t, txtar.Parse(fmt.Appendf(nil, nightly, tt.cpu, tt.memory))))
			c := cost.Of(facts, pricing.New(pricing.Config{}))
			ref := analyzer.Ref{Namespace: "shop", Kind: "CronJob", Name: "nightly"}
			full := 730.0 * 2 / 24 * (2*c.MeanUnit.CoreHour + 4*c.MeanUnit.GiBHour)
			got := c.MonthlyOf(ref)
			if math.Abs(got/full-tt.want) > 0.01 {
				t.Errorf("got $%.4f, want %v of $%.4f", got, tt.want, full)
			}
			sum := c.Idle + c.Overhead
			for _, w := range c.Workloads {
				sum += w.Monthly
			}
			if math.Abs(c.Bill-0.192*730) > 1e-6 || math.Abs(sum-c.Bill) > 1e-6 || c.Idle < -1e-9 {
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
