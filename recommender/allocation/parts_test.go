package allocation_test

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// checkParts asserts that an item's volumes and load balancers come to what
// they cost it, each named once.
func checkParts(t testing.TB, item *allocation.Item, slip float64) {
	t.Helper()
	for _, p := range []struct {
		parts     []allocation.Part
		usd       float64
		byteHours float64
	}{{item.Volumes, item.Volume, item.VolumeByteHours}, {item.LoadBalancers, item.LoadBalancer, 0}} {
		var usd, byteHours float64
		names := map[string]bool{}
		for _, part := range p.parts {
			usd, byteHours = usd+part.USD, byteHours+part.ByteHours
			if names[part.Name] || part.Name == "" {
				t.Fatalf("%v/%s: part %q stands twice or has no name", item.Ref, item.Container, part.Name)
			}
			names[part.Name] = true
		}
		if math.Abs(usd-p.usd) > slip || math.Abs(byteHours-p.byteHours) > 1e-9*max(1, byteHours) {
			t.Fatalf("%v/%s: parts come to %v USD and %v byte-hours, the item has %v and %v", item.Ref, item.Container, usd, byteHours, p.usd, p.byteHours)
		}
	}
}

// checkPrices asserts that every kind of price has its source.
func checkPrices(t testing.TB, a *allocation.Allocation) {
	t.Helper()
	of := map[string]bool{}
	for _, p := range a.Prices {
		of[p.Of] = true
	}
	for _, what := range []string{"", pricing.OfVolumes, pricing.OfLoadBalancers, pricing.OfControlPlane} {
		if !of[what] {
			t.Errorf("prices of %q have no source: %+v", what, a.Prices)
		}
	}
}

// TestParts: rows name the volumes and load balancers that they pay for.
func TestParts(t *testing.T) {
	a := of(t, shop(), flat(t))
	const h = 48.
	for keys, want := range map[string]map[string]map[string]float64{
		"namespace": {
			"shop": {"pv-db": h / 730 * 8, "pv-unread": h / 730 * 0.4, "shop/front": h * 0.0225},
			"old":  {"pv-left": h / 730}, "__unmounted__": {"pv-free": h / 730 * 0.08}, "batch": {"batch/lost": h * 0.0225}, "kube-system": {},
		},
		"node": {"a": {"shop/front": h * 0.0225 / 2}, "b": {"pv-db": h / 730 * 8, "shop/front": h * 0.0225 / 2}},
	} {
		got := rows(t, a, allocation.Options{}, keys)
		for name, parts := range want {
			r := got[name]
			names := slices.Sorted(maps.Keys(r.Volumes))
			names = append(names, slices.Sorted(maps.Keys(r.LoadBalancers))...)
			if len(names) != len(parts) {
				t.Errorf("%s: got parts %v, want %v", name, names, parts)
			}
			for part, usd := range parts {
				if p := r.Volumes[part].USD + r.LoadBalancers[part].USD; !near(p, usd) {
					t.Errorf("%s: %s costs it %v, want %v", name, part, p, usd)
				}
			}
		}
	}
	if p := rows(t, a, allocation.Options{}, "namespace")["shop"].Volumes["pv-db"]; !near(p.ByteHours, 100*gib*h) {
		t.Errorf("pv-db has %v byte-hours, want %v", p.ByteHours, 100*gib*h)
	}
}

// TestLimits: those of today's templates count for the window's pods; of
// containers that are in no template nothing is known.
func TestLimits(t *testing.T) {
	s := shop()
	s.Workloads[0].Containers[0].Limits = analyzer.Amounts{CPU: 1000, Memory: 2 * gib}
	got := rows(t, of(t, s, flat(t)), allocation.Options{}, "namespace,controller")
	for name, want := range map[string]allocation.Limits{
		"shop/deployment:web": {CPU: 48 * 2 * 1000, Memory: 48 * 2 * 2 * gib},
		"shop/statefulset:db": {}, // none is set
		"batch/job:old":       {Unknown: true},
	} {
		if l := got[name].Limits; !near(l.CPU, want.CPU) || !near(l.Memory, want.Memory) || l.Unknown != want.Unknown {
			t.Errorf("%s: got %+v, want %+v", name, l, want)
		}
	}
}

// TestMachines: a row on one machine says which, and what GPUs it has.
func TestMachines(t *testing.T) {
	s := shop()
	for i, id := range []string{"aws:///us-east-1a/i-0abc", "azure:///subscriptions/1/virtualMachines/0"} {
		s.Nodes[i].ProviderID = id
		s.Nodes[i].Capacity.GPU, s.Nodes[i].Allocatable.GPU = 1, 1
		s.Nodes[i].Labels["nvidia.com/gpu.product"] = []string{"Tesla-T4", "NVIDIA-A10G"}[i]
	}
	s.Workloads[0].Containers[0].Requests.GPU = 1 // web, on both
	s.Workloads[1].Containers[0].Requests.GPU = 1 // db, on b
	a := of(t, s, flat(t))
	for _, tt := range []struct{ keys, row, id, model string }{
		{"node", "a", "i-0abc", "Tesla-T4"},
		{"node", "b", "azure:///subscriptions/1/virtualMachines/0", "NVIDIA-A10G"},
		{"namespace,controller", "shop/deployment:web", "", ""},
		{"namespace,controller", "shop/statefulset:db", "azure:///subscriptions/1/virtualMachines/0", "NVIDIA-A10G"},
		{"namespace", "kube-system", "", ""},
	} {
		r := rows(t, a, allocation.Options{}, tt.keys)[tt.row]
		if r.Properties.ProviderID != tt.id || r.GPUModel != tt.model {
			t.Errorf("%s: got machine %q with %q, want %q with %q", tt.row, r.Properties.ProviderID, r.GPUModel, tt.id, tt.model)
		}
	}
	if l := rows(t, a, allocation.Options{}, "namespace")["shop"].Properties.NamespaceLabels; len(l) != 1 || l["team"] != "shop" {
		t.Errorf("the namespace's labels: got %v, want team=shop", l)
	}
}

// TestBesides is what Of has beside the nodes, from the same sources.
func TestBesides(t *testing.T) {
	all := of(t, shop(), flat(t))
	got, err := allocation.Besides(shop(), flat(t))
	if err != nil {
		t.Fatal(err)
	}
	want := all.Bill
	want.Nodes = 0
	if got.Bill != want || got.Hours != all.Hours {
		t.Errorf("got %+v, want %+v", got.Bill, want)
	}
	for _, p := range got.Prices {
		if p.Of == "" || !slices.Contains(all.Prices, p) {
			t.Errorf("source %+v is not of what is beside the nodes, or not Of's", p)
		}
	}
}
