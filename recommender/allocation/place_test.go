package allocation_test

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// TestVolumesCostWhatTheirRegionAsks: the bill prices a volume where it is, as
// waste does, not where most nodes are.
func TestVolumesCostWhatTheirRegionAsks(t *testing.T) {
	node := func(name, region string) analyzer.Node {
		return analyzer.Node{Name: name, ProviderID: "gce://p/" + region + "-a/" + name, Capacity: analyzer.Amounts{CPU: 4000, Memory: 1 << 34},
			Labels: map[string]string{"node.kubernetes.io/instance-type": "n2-standard-4", "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": region + "-a"}}
	}
	in := func(key, value string) []analyzer.NodeTerm {
		return []analyzer.NodeTerm{{{Key: "kubernetes.io/os", Operator: "In", Values: []string{"linux"}}, {Key: key, Operator: "In", Values: []string{value}}}}
	}
	s := shop()
	s.Nodes, s.LoadBalancers = []analyzer.Node{node("a", "us-east4"), node("b", "us-central1"), node("c", "us-central1")}, nil
	catalog := pricing.New(pricing.Config{})
	price := func(region string) float64 {
		p, err := catalog.StoragePrice("gcp", region, "pd-balanced")
		if err != nil {
			t.Fatal(err)
		}
		return p.USDPerGiB
	}
	if price("us-east4") == price("us-central1") {
		t.Fatal("the regions ask the same, so that this tests nothing")
	}
	for name, tt := range map[string]struct {
		affinity []analyzer.NodeTerm
		region   string
	}{
		"a zone of a node":    {in("topology.gke.io/zone", "us-east4-a"), "us-east4"},
		"a zone without one":  {in("topology.gke.io/zone", "us-east4-c"), "us-east4"},
		"a region":            {in("topology.kubernetes.io/region", "us-east4"), "us-east4"},
		"nothing":             {nil, "us-central1"},
		"not where it may be": {[]analyzer.NodeTerm{{{Key: "topology.gke.io/zone", Operator: "NotIn", Values: []string{"us-east4-a"}}}}, "us-central1"},
		"no name of a zone":   {in("topology.gke.io/zone", ""), "us-central1"},
	} {
		s.VolumeClaims, s.Volumes = nil, []analyzer.Volume{{Name: "pv", Class: "pd-balanced", Capacity: 1000 << 30, Affinity: tt.affinity}}
		got, err := allocation.Besides(s, catalog)
		if err != nil {
			t.Fatal(err)
		}
		if month, want := got.Bill.Volumes*pricing.HoursPerMonth/got.Hours, 1000*price(tt.region); math.Abs(month-want) > 1e-6 {
			t.Errorf("%s: got %.2f USD a month, want %.2f of %s", name, month, want, tt.region)
		}
	}
}

// TestLocalVolumes: what is on a node's own disk costs nothing beside the node, whatever its
// class is called.
func TestLocalVolumes(t *testing.T) {
	const h = 48.
	for _, source := range []string{"local", "hostPath"} {
		s := shop()
		for i := range s.Volumes {
			if s.Volumes[i].Capacity == 100<<30 {
				s.Volumes[i].Source, s.Volumes[i].Class = source, "fast"
			}
		}
		a := of(t, s, flat(t))
		if want := h / 730 * (10*0.10 + 1*0.08 + 5*0.08); !near(a.Bill.Volumes, want) {
			t.Errorf("%s: volumes cost %v, want %v", source, a.Bill.Volumes, want)
		}
		for _, w := range a.Warnings {
			if strings.Contains(w.Message, "fast") {
				t.Errorf("%s: got %q, and nothing was to be priced", source, w.Message)
			}
		}
	}
}
