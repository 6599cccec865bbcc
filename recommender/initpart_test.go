package recommender_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/rightsize"
)

// TestInitAndOverheadFreeNoMoreThanTheyCost: of pods with large init containers, sidecars
// and the runtime's overhead no container frees more than it costs. On a node with room they
// free together what the pod's size falls by; on a full one no more than all containers cost.
func TestInitAndOverheadFreeNoMoreThanTheyCost(t *testing.T) {
	rnd, fell, full := rand.New(rand.NewPCG(5, 13)), 0, 0
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for trial := range 600 {
		w := analyzer.Workload{Ref: analyzer.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}}
		var sized []advice.Advice
		for i := range 2 + rnd.IntN(4) {
			asks := analyzer.Amounts{CPU: 10 + rnd.Int64N(1500), Memory: (16 + rnd.Int64N(3000)) << 20}
			kind := []analyzer.ContainerType{analyzer.TypeContainer, analyzer.TypeInit, analyzer.TypeSidecar}[rnd.IntN(3)]
			switch {
			case i == 0:
				kind = analyzer.TypeContainer
			case kind == analyzer.TypeInit:
				asks = analyzer.Amounts{CPU: 3 * asks.CPU, Memory: 3 * asks.Memory}
			}
			to := analyzer.Amounts{CPU: 1 + rnd.Int64N(asks.CPU), Memory: 1 + rnd.Int64N(asks.Memory)}
			switch rnd.IntN(4) {
			case 0:
				to = asks
			case 1:
				to.CPU = 2 * asks.CPU
			}
			c := analyzer.Container{Name: fmt.Sprint("c-", i), Type: kind, Requests: asks}
			w.Containers = append(w.Containers, c)
			sized = append(sized, advice.Advice{Workload: w.Ref, Container: c.Name, Detail: &rightsize.Sizing{Requests: to}})
		}
		overhead := analyzer.Amounts{CPU: rnd.Int64N(300), Memory: rnd.Int64N(300 << 20)}
		pods, over := 1+rnd.IntN(3), rnd.IntN(3) == 0
		before := analyzer.PodRequests(w.Containers, analyzer.Amounts{})
		for i := range pods {
			w.Pods = append(w.Pods, analyzer.Pod{Name: fmt.Sprint("web-", i), Node: "m", Phase: "Running", Ready: true, Requests: before.Plus(overhead)})
		}
		w.Replicas = int32(pods)
		node := analyzer.Amounts{CPU: 64000, Memory: 256 << 30}
		if over { // it asks for more than the node has
			node = analyzer.Amounts{CPU: 1000, Memory: 2 << 30}
		}
		facts := analyzer.Analyze(&analyzer.Snapshot{
			Window:    analyzer.Window{Start: end.Add(-240 * time.Hour), End: end, Step: 5 * time.Minute},
			Nodes:     []analyzer.Node{{Name: "m", Labels: map[string]string{"node.kubernetes.io/instance-type": "m6i.16xlarge", "topology.kubernetes.io/region": "us-east-1"}, ProviderID: "aws:///us-east-1a/i-1", Capacity: node, Allocatable: node}},
			Workloads: []analyzer.Workload{w},
		})
		costs := cost.Of(facts, pricing.New(pricing.Config{}))
		has := costs.Workloads[w.Ref]
		rightsize.Price(costs, &facts.Workloads[0], sized)
		var freed, all float64
		after := append([]analyzer.Container{}, w.Containers...)
		for i := range sized {
			usd, most := sized[i].MonthlySavings, has.Containers[sized[i].Container]
			if freed, all = freed+usd, all+most; usd > most+1e-9 {
				t.Errorf("trial %d: %s frees %.4f and costs %.4f of %v", trial, sized[i].Container, usd, most, has)
			}
			after[i].Requests = sized[i].Detail.(*rightsize.Sizing).Requests
		}
		if sum := all + has.Containers[""]; math.Abs(sum-has.Monthly) > 1e-6 {
			t.Errorf("trial %d: containers and the pod's own cost %.4f of %.4f", trial, sum, has.Monthly)
		}
		unit := costs.UnitOf(w.Ref)
		want := float64(pods) * pricing.HoursPerMonth * (unit.Hourly(before) - unit.Hourly(analyzer.PodRequests(after, analyzer.Amounts{})))
		switch {
		case over:
			full++
			if freed > all+1e-6 {
				t.Errorf("trial %d: a full node: frees %.4f of %.4f", trial, freed, all)
			}
		case math.Abs(freed-want) > 1e-6:
			t.Errorf("trial %d: frees %.4f, and the pods' size falls by %.4f: %v", trial, freed, want, has)
		case want > 0:
			fell++
		}
	}
	if fell < 100 || full < 100 {
		t.Errorf("only %d pods fall in size, and %d are on a full node", fell, full)
	}
}
