package recommender_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/internal/casetest"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// ranByPod is a job that has run every night, beside a node that is none; MORE is further
// objects, ON where its last pod ended and NOTE an annotation of it.
const ranByPod = `---
apiVersion: batch/v1
kind: CronJob
metadata: {namespace: shop, name: nightly, uid: u-nightly}
spec:
  schedule: 0 0 * * *
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: job:1, resources: {requests: {cpu: "2", memory: 4Gi}}}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: nightly-29000000-abcde, annotations: {NOTE}, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: nightly, uid: u-nightly, controller: true}]}
spec: {nodeName: ON, containers: [{name: job, image: job:1, resources: {requests: {cpu: "2", memory: 4Gi}}}]}
status: {phase: Succeeded}
-- series --
shop/nightly-29000000-abcde/job cpu ( 500mx24 _x264 )x14
shop/nightly-29000000-abcde/job memory ( 1Gix24 _x264 )x14
`

// aMachine is a node with room.
const aMachine = `---
apiVersion: v1
kind: Node
metadata: {name: m, labels: {node.kubernetes.io/instance-type: m6i.xlarge, topology.kubernetes.io/region: us-east-1, topology.kubernetes.io/zone: us-east-1a, kubernetes.io/arch: amd64}}
spec: {providerID: "aws:///us-east-1a/i-0a"}
status: {capacity: {cpu: "4", memory: 16Gi, pods: "58"}, allocatable: {cpu: "4", memory: 16Gi, pods: "58"}}
`

// TestRunsBilledByPod: a job whose runs are billed by the pod takes no room of a machine,
// nor of others' pods. It costs what its pods were billed for, as long as they were seen,
// and as much in the table as in the allocation, whether one runs at the moment or not.
// What has no rate is named as not priced in both. What else there is costs what it costs
// without it.
func TestRunsBilledByPod(t *testing.T) {
	nightly := analyzer.Ref{Namespace: "shop", Kind: "CronJob", Name: "nightly"}
	web := analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	const month, vcpu, gb = 730.0 * 2 / 24, 0.04048, 0.004445
	fargate, autopilot := month*(2*vcpu+5*gb), month*(2*0.0445+4*0.0049225)
	for _, tt := range []struct {
		name, node, label, provider, machine, on, note, phase string
		program                                               string
		usd                                                   float64
	}{
		{"nothing but Fargate", "fargate-a", "eks.amazonaws.com/compute-type: fargate", "aws:///x/fargate-a", "", "fargate-gone", "", "Succeeded", cloud.Fargate, fargate},
		{"Fargate beside a machine", "fargate-a", "eks.amazonaws.com/compute-type: fargate", "aws:///x/fargate-a", aMachine, "fargate-gone", "CapacityProvisioned: 2vCPU 5GB", "Succeeded", cloud.Fargate, fargate},
		{"a node of Fargate that is gone", "fargate-a", "eks.amazonaws.com/compute-type: fargate", "aws:///x/fargate-a", aMachine, "fargate-ip-10-0-1-7.ec2.internal", "", "Succeeded", cloud.Fargate, fargate},
		{"one that runs on Fargate", "fargate-a", "eks.amazonaws.com/compute-type: fargate", "aws:///x/fargate-a", aMachine, "fargate-a", "", "Running", cloud.Fargate, fargate},
		{"no pod is left, nor a node of Fargate", "m2", "kubernetes.io/os: linux", "aws:///us-east-1a/i-0b", aMachine, "fargate-ip-10-0-1-7.ec2.internal", "CapacityProvisioned: 4vCPU 8GB", "Succeeded", cloud.Fargate, month * (4*vcpu + 8*gb)},
		{"Autopilot", "gk3-a", "cloud.google.com/gke-nodepool: p", "gce://p/z/gk3-a", "", "gk3-a", "", "Succeeded", cloud.Autopilot, autopilot},
		{"Autopilot runs", "gk3-a", "cloud.google.com/gke-nodepool: p", "gce://p/z/gk3-a", "", "gk3-a", "", "Running", cloud.Autopilot, autopilot},
		{"Autopilot of a class", "gk3-a", "cloud.google.com/compute-class: Scale-Out", "gce://p/z/gk3-a", "", "gk3-a", "", "Succeeded", cloud.Autopilot, 0},
		{"a virtual kubelet beside a machine", "v", "type: virtual-kubelet", "", aMachine, "v", "", "Succeeded", cloud.VirtualKubelet, 0},
		{"on the machine", "fargate-a", "eks.amazonaws.com/compute-type: fargate", "aws:///x/fargate-a", aMachine, "m", "", "Succeeded", "", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			objects, series, _ := strings.Cut(byPod, "-- series --\n")
			region := "us-east-1"
			if tt.program == cloud.Autopilot {
				region = "us-central1"
			}
			text := strings.NewReplacer("NODE", tt.node, "LABEL", tt.label, "REGION", region, "PROVIDER", tt.provider, "CPU", "500m", "MEMORY", "1Gi", "USED", "200m", "HELD", "300Mi", "ON}", tt.on+"}", "ON,", tt.on+",", "NOTE", tt.note, "Succeeded", tt.phase).
				Replace(objects + tt.machine + ranByPod + series)
			snap := casetest.Snapshot(t, txtar.Parse([]byte(text)))
			catalog := pricing.New(pricing.Config{})
			facts := analyzer.Analyze(snap)
			c := cost.Of(facts, catalog)
			got, unpriced := c.MonthlyOf(nightly), tt.usd == 0
			if tt.usd >= 0 && math.Abs(got-tt.usd) > 0.03 || got == 0 && !unpriced || (c.UnpricedRuns[nightly] != "") != unpriced {
				t.Errorf("not priced by %q, costs %.4f, want %.4f", c.UnpricedRuns[nightly], got, tt.usd)
			}
			if named := slices.ContainsFunc(c.Warnings, func(w analyzer.Warning) bool { return w.Subject == nightly.String() }); named != unpriced {
				t.Errorf("a warning names it: %v", named)
			}
			if slices.ContainsFunc(c.Warnings, func(w analyzer.Warning) bool { return strings.Contains(w.Message, "the runs of") }) {
				t.Errorf("what is no node is warned of as one: %v", c.Warnings)
			}
			sum := c.Idle + c.Overhead
			for _, w := range c.Workloads {
				sum += w.Monthly
			}
			if math.Abs(sum-c.Bill) > 1e-6 {
				t.Errorf("workloads, idle and overhead come to %.4f, the bill is %.4f", sum, c.Bill)
			}
			a, err := allocation.Of(snap, catalog, allocation.Basis{})
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(a.Warnings, func(w analyzer.Warning) bool { return strings.Contains(w.Message, "the runs of") }) {
				t.Errorf("in the allocation what is no node is warned of as one: %v", a.Warnings)
			}
			paid := map[analyzer.Ref]float64{}
			for i := range a.Items {
				paid[a.Items[i].Ref] += a.Items[i].Nodes.Total() / a.Hours * pricing.HoursPerMonth
			}
			if math.Abs(paid[web]-c.MonthlyOf(web)) > 0.001 || math.Abs(paid[nightly]-got) > 1e-6 {
				t.Errorf("in the allocation the job costs %.4f beside %.4f in the table, and web %.4f beside %.4f", paid[nightly], got, paid[web], c.MonthlyOf(web))
			}
			for _, r := range a.Aggregate(allocation.Options{Aggregate: []allocation.Key{allocation.ByController}}) {
				if r.Name == "cronjob:nightly" && unpriced && len(r.Unpriced) == 0 {
					t.Errorf("its row is not marked: %v", r.Unpriced)
				}
			}
			all, err := recommender.Run(t.Context(), facts, c, advice.Options{})
			if err != nil {
				t.Fatal(err)
			}
			freed := 0.0
			for i := range all {
				for _, w := range all[i].Warnings {
					if strings.Contains(w.Subject, "runs of") {
						t.Errorf("what is no node is named as one: %v", w)
					}
				}
				if all[i].Workload == nightly && advice.As[rightsize.Sizing](all[i].Detail) != nil {
					freed += all[i].MonthlySavings
				}
			}
			if freed > got+1e-6 || !unpriced && freed <= 0 {
				t.Errorf("it frees %.4f of %.4f", freed, got)
			}
		})
	}
}

// TestNoContainerFreesMoreThanItCosts: Fargate sells sizes, so that one container's request
// may bring the pod into a smaller one. No container frees more than it costs, and together
// they free what the sizes differ by.
func TestNoContainerFreesMoreThanItCosts(t *testing.T) {
	rnd, stepped := rand.New(rand.NewPCG(3, 13)), 0
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for trial := range 400 {
		w := analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Replicas: 1}
		var sized []advice.Advice
		var sum analyzer.Amounts
		for i := range 1 + rnd.IntN(4) {
			asks := analyzer.Amounts{CPU: 10 + rnd.Int64N(1500), Memory: (16 + rnd.Int64N(3000)) << 20}
			to := analyzer.Amounts{CPU: 1 + rnd.Int64N(asks.CPU), Memory: 1 + rnd.Int64N(asks.Memory)}
			if rnd.IntN(3) == 0 {
				to = asks
			}
			c := analyzer.Container{Name: fmt.Sprint("c-", i), Type: analyzer.TypeContainer, Requests: asks}
			w.Containers, sum = append(w.Containers, c), sum.Plus(asks)
			sized = append(sized, advice.Advice{Workload: w.Ref, Container: c.Name, Detail: &rightsize.Sizing{Requests: to}})
		}
		w.Pods = []analyzer.Pod{{Name: "web-0", Node: "f", Phase: "Running", Ready: true, Requests: sum}}
		facts := analyzer.Analyze(&analyzer.Snapshot{
			Window:    analyzer.Window{Start: end.Add(-240 * time.Hour), End: end, Step: 5 * time.Minute},
			Nodes:     []analyzer.Node{{Name: "f", Labels: map[string]string{"eks.amazonaws.com/compute-type": "fargate", "topology.kubernetes.io/region": "us-east-1"}, ProviderID: "aws:///us-east-1a/f/fargate-ip-1"}},
			Workloads: []analyzer.Workload{w},
		})
		costs := cost.Of(facts, pricing.New(pricing.Config{}))
		rightsize.Price(costs, &facts.Workloads[0], sized)
		var freed float64
		for i := range sized {
			usd, most := sized[i].MonthlySavings, costs.Workloads[w.Ref].Containers[sized[i].Container]
			if freed += usd; usd > most+1e-9 {
				t.Errorf("trial %d: %s frees %.4f and costs %.4f", trial, sized[i].Container, usd, most)
			}
		}
		after := analyzer.Amounts{}
		for i := range sized {
			after = after.Plus(sized[i].Detail.(*rightsize.Sizing).Requests)
		}
		unit := costs.UnitOf(w.Ref)
		if want := pricing.HoursPerMonth * (unit.Hourly(analyzer.FargateSize(sum)) - unit.Hourly(analyzer.FargateSize(after))); math.Abs(freed-want) > 1e-6 {
			t.Errorf("trial %d: frees %.4f, and the sizes differ by %.4f", trial, freed, want)
		} else if want > 0 {
			stepped++
		}
	}
	if stepped < 100 {
		t.Errorf("only %d pods come into a smaller size", stepped)
	}
}
