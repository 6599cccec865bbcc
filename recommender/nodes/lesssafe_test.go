package nodes_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/safe"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing/packingtest"
)

// cluster is a random one, packed on machines that are dear, with what its workloads
// have there.
type cluster struct {
	in    packing.Input
	spots []safe.Spot
	zones map[string][]string // by workload
	nodes int
}

const device = "example.com/device"

// someCluster packs a random instance on machines of one size, which are its today's.
// With more, some workloads are StatefulSets, have disks in their zone, or ask for
// devices.
func someCluster(t *testing.T, seed uint64, pods int, more bool) *cluster {
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
	c := &cluster{in: packingtest.Random(onDemand, rng, pods), zones: map[string][]string{}}
	c.in.Effort, c.in.NoBound = 0.02, true
	kind := map[string]int{}
	for i := range c.in.Pods {
		p := &c.in.Pods[i]
		if _, drawn := kind[p.Group]; !drawn {
			kind[p.Group] = rng.IntN(8)
		}
		if more && kind[p.Group] == 0 && p.NodeSelector == nil {
			p.Extended = map[string]int64{device: 1}
		}
	}
	for i := range c.in.Offerings {
		if o := &c.in.Offerings[i]; i%5 == 0 && more {
			o.Extended = map[string]int64{device: 4}
		}
	}
	today := c.in
	today.Offerings = slices.DeleteFunc(slices.Clone(c.in.Offerings), func(o packing.Offering) bool { return o.CPU < 3000 || o.CPU > 16000 })
	plan, err := packing.Pack(context.Background(), today)
	if err != nil {
		t.Fatal(err)
	}
	c.nodes = len(plan.Nodes)
	byName := map[string]*packing.Pod{}
	for i := range c.in.Pods {
		byName[c.in.Pods[i].Name] = &c.in.Pods[i]
	}
	for n, node := range plan.Nodes {
		for _, name := range node.Pods {
			p := byName[name]
			s := safe.Spot{Pod: p, Node: fmt.Sprint(n), Zone: node.Offering.Zone, Ordered: more && kind[p.Group] < 3}
			if more && kind[p.Group] == 1 && p.Zone == "" {
				p.Zone = s.Zone // its disk is there
			}
			c.spots = append(c.spots, s)
			if !slices.Contains(c.zones[p.Group], s.Zone) {
				c.zones[p.Group] = append(c.zones[p.Group], s.Zone)
			}
		}
	}
	return c
}

// TestNoLessSafe plans random clusters anew and counts, in its own way, that no workload
// loses a zone, that no node gets the majority of a StatefulSet that has none today, and
// that disks and devices hold their pods. PLIMSOLL_PACKING_FULL=1 takes 20 of each kind.
func TestNoLessSafe(t *testing.T) {
	count := 2
	if os.Getenv("PLIMSOLL_PACKING_FULL") != "" {
		count = 20
	}
	for _, more := range []bool{false, true} {
		for i := range count {
			t.Run(fmt.Sprintf("stateful %v, %d", more, i), func(t *testing.T) {
				c := someCluster(t, uint64(i+1), 60+20*i, more)
				safe.Keep(c.spots, c.zones, packingtest.Zones, c.nodes)
				plan, err := packing.Pack(context.Background(), c.in)
				if err != nil {
					t.Fatal(err)
				}
				hard, _, err := packing.Harden(context.Background(), c.in, plan, packing.Survival{Level: packing.SurviveNode})
				if err != nil {
					t.Fatal(err)
				}
				if len(plan.Abstained) > 0 {
					t.Errorf("%d pods are left out, such as %s", len(plan.Abstained), plan.Abstained[0].Reason)
				}
				c.compare(t, hard)
			})
		}
	}
}

// compare holds a plan to what the workloads have today.
func (c *cluster) compare(t *testing.T, plan packing.Plan) {
	t.Helper()
	at := map[string]int{}
	for n := range plan.Nodes {
		for _, name := range plan.Nodes[n].Pods {
			at[name] = n
		}
	}
	zones, before, after, size := map[string]map[string]bool{}, map[string]map[string]int{}, map[string]map[int]int{}, map[string]int{}
	ordered := map[string]bool{}
	for _, s := range c.spots {
		n, there := at[s.Name]
		if !there {
			t.Errorf("pod %s is not in the plan", s.Name)
			continue
		}
		o, g := &plan.Nodes[n].Offering, s.Group
		if zones[g] == nil {
			zones[g], before[g], after[g] = map[string]bool{}, map[string]int{}, map[int]int{}
		}
		zones[g][o.Zone], ordered[g] = true, s.Ordered
		before[g][s.Node]++
		after[g][n]++
		size[g]++
		if s.Extended[device] > 0 && o.Extended[device] == 0 {
			t.Errorf("pod %s is on a %s, which has no device", s.Name, o.Type)
		}
		if s.Pod.Zone != "" && s.Pod.Zone != o.Zone {
			t.Errorf("pod %s is in %s, its disk in %s", s.Name, o.Zone, s.Pod.Zone)
		}
	}
	for g, had := range c.zones {
		if len(zones[g]) < len(had) {
			t.Errorf("%s has %d zones, had %d", g, len(zones[g]), len(had))
		}
		most, now := 0, 0
		for _, n := range before[g] {
			most = max(most, n)
		}
		for _, n := range after[g] {
			now = max(now, n)
		}
		if ordered[g] && size[g] >= 3 && 2*now > size[g] && 2*most <= size[g] {
			t.Errorf("a node has %d of the %d pods of %s, had %d", now, size[g], g, most)
		}
	}
}
