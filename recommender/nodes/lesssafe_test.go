package nodes_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/source/snapshot"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

const device = "example.com/device"

// Kinds of workloads that a random cluster has, of kinds: the first are StatefulSets.
const (
	ordered  = 9
	zonal    = 3 // below: a disk in a zone
	devices  = 9 // from here, 3 kinds
	hostPath = 12
	localPV  = 13
	scratch  = 14
	wishes   = 16 // and 17
	kinds    = 24
)

// randomCluster is a random instance of the packer's on machines of some size, as a
// cluster. With more, some workloads are StatefulSets, have disks in their zone, ask for
// devices, keep data on their node, or have wishes.
func randomCluster(t *testing.T, seed uint64, pods int, more bool) *analyzer.Snapshot {
	t.Helper()
	f, err := os.Open("../../testdata/packing/aws_us_east_1.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	onDemand, err := packingtest.Offerings(f, packingtest.Zones...)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 41))
	in := packingtest.Random(onDemand, rng, pods)
	in.Effort, in.NoBound = 0.02, true
	var types []string
	in.Offerings = slices.DeleteFunc(in.Offerings, func(o packing.Offering) bool { return o.CPU < 3000 || o.CPU > 16000 })
	for i := range in.Offerings {
		o := &in.Offerings[i]
		if !slices.Contains(types, o.Type) {
			types = append(types, o.Type)
		}
		if more && slices.Index(types, o.Type)%5 == 0 {
			o.Extended = map[string]int64{device: 4}
		}
	}
	kind := map[string]int{}
	for i := range in.Pods {
		p := &in.Pods[i]
		if _, drawn := kind[p.Group]; !drawn {
			kind[p.Group] = rng.IntN(kinds)
			if !more {
				kind[p.Group] = kinds
			}
		}
		if k := kind[p.Group]; k >= devices && k < devices+3 && p.NodeSelector == nil {
			p.Extended = map[string]int64{device: 1}
		}
	}
	roomy := in // so that a plan has nodes to take away
	roomy.Pods = slices.Clone(in.Pods)
	for i := range roomy.Pods {
		roomy.Pods[i].CPU, roomy.Pods[i].Memory = in.Pods[i].CPU*5/4, in.Pods[i].Memory*5/4
	}
	plan, err := packing.Pack(context.Background(), roomy)
	if err != nil {
		t.Fatal(err)
	}
	return asCluster(in, plan, kind)
}

// asCluster is a plan as a cluster that runs.
func asCluster(in packing.Input, plan packing.Plan, kind map[string]int) *analyzer.Snapshot {
	s := &analyzer.Snapshot{Cluster: "random"}
	workloads, pods := map[string]*analyzer.Workload{}, map[string]*packing.Pod{}
	var order []*analyzer.Workload
	for i := range in.Pods {
		pods[in.Pods[i].Name] = &in.Pods[i]
	}
	workload := func(name, of string, ask analyzer.Amounts) *analyzer.Workload {
		if workloads[name] == nil {
			workloads[name] = &analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: of, Name: name}, Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer, Requests: ask}}}
			order = append(order, workloads[name])
		}
		workloads[name].Replicas++
		return workloads[name]
	}
	for n, planned := range plan.Nodes {
		node := nodeLike(n, &planned.Offering)
		s.Nodes = append(s.Nodes, node)
		for _, d := range in.DaemonSets {
			ask := analyzer.Amounts{CPU: d.CPU, Memory: d.Memory}
			w := workload(d.Name, "DaemonSet", ask)
			w.Pods = append(w.Pods, analyzer.Pod{Name: d.Name + "-" + strconv.Itoa(n), Node: node.Name, Phase: "Running", Requests: ask, Spec: analyzer.PodSpec{Tolerations: []analyzer.Toleration{{Operator: "Exists"}}}})
		}
		for _, name := range planned.Pods {
			p := pods[name]
			of := "Deployment"
			if kind[p.Group] < ordered {
				of = "StatefulSet"
			}
			w := workload(p.Group, of, analyzer.Amounts{CPU: p.CPU, Memory: p.Memory})
			pod := analyzer.Pod{Name: p.Name[len("shop/"):], Node: node.Name, Phase: "Running", Ready: true, Requests: w.Containers[0].Requests, Resources: p.Extended, Spec: specOf(p, w.Ref)}
			if p.Extended != nil {
				pod.Requests.GPU = 0
			}
			if k := kind[p.Group]; k < kinds && of == "Deployment" {
				w.Surge = []string{"", "1", "50%", "0", "100%"}[k%5]
			}
			keepThere(s, w, &pod, &node, kind[p.Group], p.Zone)
			w.Pods = append(w.Pods, pod)
		}
	}
	for _, w := range order {
		s.Workloads = append(s.Workloads, *w)
	}
	s.Sort()
	return s
}

func nodeLike(n int, o *packing.Offering) analyzer.Node {
	node := exampleNode(n)
	node.Labels = map[string]string{
		"node.kubernetes.io/instance-type": o.Type, "topology.kubernetes.io/region": "us-east-1", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
		"topology.kubernetes.io/zone": o.Zone, "karpenter.sh/capacity-type": o.CapacityType, "kubernetes.io/hostname": node.Name,
	}
	for k, v := range o.Labels {
		node.Labels[k] = v
	}
	for _, t := range o.Taints {
		node.Taints = append(node.Taints, analyzer.Taint(t))
	}
	node.ProviderID = "aws:///" + o.Zone + "/i-" + strconv.Itoa(n)
	node.Capacity = analyzer.Amounts{CPU: (o.CPU/1000 + 1) * 1000, Memory: o.Memory + 1<<30}
	node.Allocatable, node.MaxPods = analyzer.Amounts{CPU: o.CPU, Memory: o.Memory}, o.Pods
	node.Resources = analyzer.Resources{}
	for k, v := range o.Extended {
		node.Resources[k] = v
	}
	return node
}

// specOf says of a pod what the packer was told.
func specOf(p *packing.Pod, own analyzer.Ref) (s analyzer.PodSpec) {
	s.NodeSelector = p.NodeSelector
	for _, t := range p.Tolerations {
		s.Tolerations = append(s.Tolerations, analyzer.Toleration(t))
	}
	for _, term := range p.Affinity {
		var own analyzer.NodeTerm
		for _, r := range term {
			own = append(own, analyzer.NodeRequirement{Key: r.Key, Operator: string(r.Operator), Values: r.Values})
		}
		s.Affinity, s.Constraints = append(s.Affinity, own), append(s.Constraints, analyzer.ConstraintNodeAffinity)
	}
	for _, c := range p.Spread {
		s.Spread, s.Constraints = append(s.Spread, analyzer.TopologySpread{TopologyKey: c.TopologyKey, MaxSkew: c.MaxSkew}), append(s.Constraints, analyzer.ConstraintSpread)
	}
	for _, a := range p.AntiAffinity {
		s.AntiAffinity, s.Constraints = append(s.AntiAffinity, analyzer.PodAntiAffinity{TopologyKey: a.TopologyKey, Workloads: []analyzer.Ref{own}}), append(s.Constraints, analyzer.ConstraintAntiAffinity)
	}
	return s
}

// keepThere gives a pod what its kind has of its node: data, disks, and wishes.
func keepThere(s *analyzer.Snapshot, w *analyzer.Workload, pod *analyzer.Pod, node *analyzer.Node, kind int, zone string) {
	disk := func(source, driver, key, value string) {
		claim := "data-" + pod.Name
		pod.Spec.Claims = []string{claim}
		s.VolumeClaims = append(s.VolumeClaims, analyzer.VolumeClaim{Namespace: "shop", Name: claim, Volume: "pv-" + pod.Name})
		s.Volumes = append(s.Volumes, analyzer.Volume{
			Name: "pv-" + pod.Name, Claim: "shop/" + claim, Phase: "Bound", Source: source, Driver: driver,
			Affinity: []analyzer.NodeTerm{{{Key: key, Operator: "In", Values: []string{value}}}},
		})
	}
	switch {
	case zone != "" || kind < zonal:
		disk("csi", "ebs.csi.aws.com", "topology.kubernetes.io/zone", node.Labels["topology.kubernetes.io/zone"])
	case kind == localPV && w.Replicas == 1:
		disk("local", "", "kubernetes.io/hostname", node.Name)
	case kind == hostPath && w.Replicas == 1:
		pod.Spec.LocalStorage, pod.Spec.Local = true, &analyzer.LocalData{HostPaths: []string{"/var/lib/data"}}
	case kind == scratch:
		pod.Spec.LocalStorage, pod.Spec.Local = true, &analyzer.LocalData{EmptyDirs: 1}
	case kind == wishes:
		pod.Spec.SoftSpread = []analyzer.TopologySpread{{TopologyKey: packing.LabelZone, MaxSkew: 1}}
	case kind == wishes+1:
		pod.Spec.SoftAntiAffinity = []analyzer.PodAntiAffinity{{TopologyKey: packing.LabelHostname, Workloads: []analyzer.Ref{w.Ref}}}
	}
}

// anyTypes is how many of each 20 clusters are also planned from all types on sale.
const anyTypes = 3

// fewTypes are what random clusters may have, so that there is time for many plans.
var fewTypes = []string{"c5.*", "m5.*", "r5.*", "c6a.*", "m6a.*", "r6a.*"}

// TestNoLessSafe plans clusters anew in every style and for every level, and holds each
// plan to what the workloads have today, by code that knows neither the packer nor the
// rule: 40 random clusters, of which 20 have StatefulSets, disks in a zone, devices, data
// on nodes and wishes, and the demo. PLIMSOLL_PACKING_FULL=1 takes all of them, and plans a
// few from all types on sale too.
func TestNoLessSafe(t *testing.T) {
	full := os.Getenv("PLIMSOLL_PACKING_FULL") != ""
	styles, count := advice.PoolStyles(), 20
	if !full {
		count = 1
	}
	for _, more := range []bool{false, true} {
		for i := range count {
			s := randomCluster(t, uint64(i+1), 60+20*i, more)
			for a, style := range styles {
				for b, level := range packing.Levels() {
					if !full && (!more || b != a+1) {
						continue
					}
					t.Run(fmt.Sprintf("more %v, %d, %s, %s", more, i, style, level), func(t *testing.T) {
						checkSafe(t, s, advice.NodeOptions{Pools: style, Survive: level, Types: fewTypes}, advice.LeverNodes)
					})
					if full && i < anyTypes {
						t.Run(fmt.Sprintf("any types, more %v, %d, %s, %s", more, i, style, level), func(t *testing.T) {
							checkSafe(t, s, advice.NodeOptions{Pools: style, Survive: level}, advice.LeverNodes)
						})
					}
				}
			}
		}
	}
	demo, err := snapshot.Read("../../cmd/plimsoll/demo.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range styles {
		for _, level := range packing.Levels() {
			if full || style == advice.PoolsFlexible && level == packing.SurviveNode {
				t.Run(fmt.Sprintf("demo, %s, %s", style, level), func(t *testing.T) {
					checkSafe(t, demo, advice.NodeOptions{Pools: style, Survive: level}, advice.LeverNodes)
				})
			}
		}
	}
}

// checkSafe plans a cluster and lists what is less safe then.
func checkSafe(t *testing.T, s *analyzer.Snapshot, o advice.NodeOptions, levers ...advice.Lever) {
	t.Helper()
	facts := analyzer.Analyze(s)
	recs, err := recommender.Run(context.Background(), facts, cost.Of(facts, pricing.New(pricing.Config{})), advice.Options{Nodes: o, Levers: levers})
	if err != nil {
		t.Fatal(err)
	}
	plan := advice.As[nodes.Plan](recs[len(recs)-1].Detail)
	if plan == nil {
		t.Fatalf("no plan: %s %v", recs[len(recs)-1].Title, recs[len(recs)-1].Withheld)
	}
	c := readPlan(s, plan)
	c.sameRules()
	c.counts(plan)
	c.noLessSafe()
	c.survives(o.Survive, plan.Survived.Exempt)
	for i := 1; i < len(plan.Survived.Prices); i++ {
		if less, more := plan.Survived.Prices[i-1], plan.Survived.Prices[i]; more.Hourly < less.Hourly-1e-9 {
			c.fault("level %s costs %.4f USD an hour, level %s, which is less, %.4f", more.Level, more.Hourly, less.Level, less.Hourly)
		}
	}
	t.Logf("%d pods on %d nodes, of which %d new; %.0f to %.0f USD a month, exempt %d", len(c.pods), len(c.hosts), plan.NewNodes, plan.MonthlyNow, plan.Monthly, len(plan.Survived.Exempt))
	for i, fault := range c.faults {
		if i == 10 {
			t.Errorf("and %d more", len(c.faults)-i)
			break
		}
		t.Error(fault)
	}
}
