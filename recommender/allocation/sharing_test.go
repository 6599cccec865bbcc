package allocation_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// TestShareIdle: each bears idle by what it pays of the resource, and all of it is borne.
func TestShareIdle(t *testing.T) {
	a := of(t, shop(), flat(t))
	plain := rows(t, a, allocation.Options{}, "namespace")
	idle, paid := plain[allocation.NameIdle].Nodes, pricing.Cost{}
	for name, r := range plain {
		if name != allocation.NameIdle {
			paid.CPU, paid.Memory = paid.CPU+r.Nodes.CPU, paid.Memory+r.Nodes.Memory
		}
	}
	got := rows(t, a, allocation.Options{ShareIdle: allocation.IdleByCluster}, "namespace")
	for _, name := range []string{"shop", "batch", "kube-system"} {
		r := got[name]
		if !near(r.Idle.CPU, idle.CPU*r.Nodes.CPU/paid.CPU) || !near(r.Idle.Memory, idle.Memory*r.Nodes.Memory/paid.Memory) || r.Idle.CPU <= 0 {
			t.Errorf("%s bears %+v of idle %+v, with %+v of %+v", name, r.Idle, idle, r.Nodes, paid)
		}
	}
	if r := got[allocation.NameIdle]; r.Total() != 0 {
		t.Errorf("%v of idle is left over", r.Total())
	}
}

// TestShareIdleByNode leaves the idle of an empty node apart.
func TestShareIdleByNode(t *testing.T) {
	s := shop()
	s.Nodes = append(s.Nodes, worker("empty"))
	var onNodes []analyzer.Workload
	for _, w := range s.Workloads {
		if len(w.Pods) > 0 {
			onNodes = append(onNodes, w)
		}
	}
	s.Workloads, s.Usage = onNodes, nil // nothing of an unknown node
	a := of(t, s, flat(t))
	got := rows(t, a, allocation.Options{ShareIdle: allocation.IdleByNode}, "node")
	for i := range a.Nodes {
		n, r := &a.Nodes[i], got[a.Nodes[i].Name]
		if n.Name == "empty" {
			if left := got[allocation.NameIdle]; !near(left.Total(), n.Total) {
				t.Errorf("idle of the empty node: %v is left, want %v", left.Total(), n.Total)
			}
			continue
		}
		if !near(r.Nodes.Total()+r.Idle.Total(), n.Total) {
			t.Errorf("%s: what is on it pays %v of %v", n.Name, r.Nodes.Total()+r.Idle.Total(), n.Total)
		}
	}
}

// TestShareIdleOfPodsThatAreGone: where all is on one node, its idle is that of the
// cluster, also of pods that are gone.
func TestShareIdleOfPodsThatAreGone(t *testing.T) {
	s := shop()
	s.Nodes = s.Nodes[:1] // pods of the others are of no known node
	a := of(t, s, flat(t))
	byNode := rows(t, a, allocation.Options{ShareIdle: allocation.IdleByNode}, "controller")
	gone := 0
	for name, want := range rows(t, a, allocation.Options{ShareIdle: allocation.IdleByCluster}, "controller") {
		if got := byNode[name]; !near(got.Idle.Total(), want.Idle.Total()) {
			t.Errorf("%s bears %v of its nodes' idle, and %v of the cluster's", name, got.Idle.Total(), want.Idle.Total())
		}
		if strings.HasPrefix(name, "job:") && want.Idle.Total() > 0 {
			gone++
		}
	}
	if gone == 0 {
		t.Error("no pod is gone")
	}
}

// TestFilter lists what a filter takes at the cost that it has without one.
func TestFilter(t *testing.T) {
	on := allocation.Basis{Pods: true}
	a, err := allocation.Of(shop(), flat(t), on)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []allocation.Options{
		{}, {ShareIdle: allocation.IdleByCluster}, {ShareIdle: allocation.IdleByNode},
		{ShareNamespaces: []string{"kube-system"}}, {ShareNamespaces: []string{"kube-system"}, Split: allocation.Even, ShareIdle: allocation.IdleByCluster},
	} {
		all := rows(t, a, o, "controller")
		for filter, names := range map[string]string{
			`namespace:"shop"`:                               "deployment:web statefulset:db __unallocated__",
			`namespace:shop+controllerKind:"deployment"`:     "deployment:web",
			`controllerName<~:"w","d"`:                       "deployment:web statefulset:db",
			`controllerName~>:"b"+controllerName!:"db"`:      "deployment:web",
			`label[team]:"front"`:                            "deployment:web",
			`label[team]:__unallocated__+controllerKind:job`: "job:old",
			`node:a+pod:"web-1" + container:"app"`:           "deployment:web",
			`namespace~:"sho"+controllerKind!~:"set","ploy"`: "__unallocated__",
			`cluster:elsewhere`:                              "",
		} {
			var err error
			if o.Filter, err = allocation.ParseFilter(filter); err != nil {
				t.Fatalf("%s: %v", filter, err)
			}
			got := rows(t, a, o, "controller")
			for _, name := range strings.Fields(names) {
				r, ok := got[name]
				whole := all[name]
				partial := name == "__unallocated__" || strings.Contains(filter, "pod:")
				if !ok || !partial && !near(r.Total(), whole.Total()) || r.Total() > whole.Total()*(1+1e-9) {
					t.Errorf("%s, %+v: %s costs %v (%v), want its %v", filter, o, name, r.Total(), ok, whole.Total())
				}
			}
			if len(got) != len(strings.Fields(names))+1 {
				t.Errorf("%s: %d rows, want %q and the rest", filter, len(got), names)
			}
		}
	}
}

func TestParseFilter(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", "shop": "no condition", "services:x": "no such field", "label:team": "names no label", "label[]:x": "names no label", "label[a:x": "names no label",
		`namespace:"shop`: "quote is open", "namespace:": "value is missing", `namespace:"a",`: "value is missing", "namespace=shop:x": "no such field",
		"namespace:a|namespace:b": "no or", "(namespace:a)": "no such field", "namespace:a+": "joined by +", "node!x:a": "after the field",
	} {
		if f, err := allocation.ParseFilter(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, error %v, want %q", text, f, err, want)
		}
	}
}

// TestPods: the pods of a workload share what it held, on the nodes where they are.
func TestPods(t *testing.T) {
	a, err := allocation.Of(shop(), flat(t), allocation.Basis{Pods: true})
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, a)
	got := rows(t, a, allocation.Options{}, "namespace,pod")
	const h = 48.
	for _, name := range []string{"shop/web-1", "shop/web-2"} {
		if r := got[name]; !near(r.Nodes.CPU, h*0.5*0.03) || !near(r.LoadBalancer, h*0.0225/2) || r.Properties.Pod == "" || r.Properties.Node == "" {
			t.Errorf("%s: %+v and %v of the load balancer, %+v; want half of its workload's", name, r.Nodes, r.LoadBalancer, r.Properties)
		}
	}
	if r := got["shop/db-0"]; !near(r.Volume, h/730*8) {
		t.Errorf("db-0's volume costs %v, want %v", r.Volume, h/730*8)
	}
	whole := of(t, shop(), flat(t))
	all, apart := rows(t, whole, allocation.Options{}, "controller"), rows(t, a, allocation.Options{}, "controller")
	for name, r := range all {
		if s := apart[name]; !near(r.Total(), s.Total()) {
			t.Errorf("%s costs %v, with its pods apart %v", name, r.Total(), s.Total())
		}
	}
}

// bought is shop on machines that have list prices.
func bought() *analyzer.Snapshot {
	s := shop()
	for i, kind := range []string{"m6i.2xlarge", "r5.xlarge", "c5.2xlarge", "m6i.large"} {
		if i >= len(s.Nodes) {
			s.Nodes = append(s.Nodes, worker(string(rune('a'+i))))
		}
		s.Nodes[i].ProviderID = "aws:///us-east-1a/i-0"
		s.Nodes[i].Labels = map[string]string{"node.kubernetes.io/instance-type": kind, "topology.kubernetes.io/region": "us-east-1"}
	}
	s.Nodes[2].Labels["karpenter.sh/capacity-type"] = "spot"
	return s
}

// TestHeld: with commitments the nodes and what of those is unused cost list
// prices less what is covered and with what is paid, and no other node is cheaper.
func TestHeld(t *testing.T) {
	catalog := pricing.New(pricing.Config{})
	list := map[string]float64{}
	usage := map[pricing.CommitmentScope]float64{}
	plain := of(t, bought(), catalog)
	for _, n := range plain.Nodes {
		list[n.Name] = n.Total / plain.Hours
		if n.Name != "c" {
			usage[pricing.CommitmentScope{Family: pricing.CommitmentFamily("aws", n.InstanceType)}] += n.Total / plain.Hours
		}
	}
	narrow := pricing.HeldCommitment{Family: "m6i", Covers: list["d"], Pays: 0.6 * list["d"]}
	for name, held := range map[string][]pricing.HeldCommitment{
		"a part of a family": {narrow},
		"more than there is": {{Family: "m6i", Covers: 9, Pays: 5}},
		"none of it here":    {{Family: "c7g", Covers: 0.2, Pays: 0.1}},
		"covers nothing":     {{Family: "m6i", Pays: 0.1}},
		"wide and narrow":    {{Covers: 0.3, Pays: 0.2}, narrow, {Family: "r5", Covers: 0.01, Pays: 0.006}},
	} {
		a, err := allocation.Of(bought(), catalog, allocation.Basis{Held: held})
		if err != nil {
			t.Fatal(err)
		}
		checkSums(t, a)
		pays := 0.
		for _, h := range held {
			pays += h.Pays
		}
		want := plain.Bill.Nodes + a.Hours*(pays-pricing.HeldCover(held, usage))
		if got := a.Bill.Nodes + a.Bill.UnusedCommitments; !near(got, want) || !near(a.ListNodes, plain.Bill.Nodes) {
			t.Errorf("%s: nodes %v and %v unused, at list prices %v; want %v in all and %v", name, a.Bill.Nodes, a.Bill.UnusedCommitments, a.ListNodes, want, plain.Bill.Nodes)
		}
		for _, keys := range []string{"namespace", "node", "cluster"} {
			rows(t, a, allocation.Options{ShareIdle: allocation.IdleByCluster}, keys)
		}
		if spot := a.Nodes[2].Total / a.Hours; !near(spot, list["c"]) {
			t.Errorf("%s: spot costs %v with commitments, %v without", name, spot, list["c"])
		}
		if strings.HasPrefix(name, "a part") {
			// The family's nodes are cheaper in the same proportion; the others are not.
			one, other := a.Nodes[0].Total/a.Hours/list["a"], a.Nodes[3].Total/a.Hours/list["d"]
			if !near(one, other) || one >= 1 || !near(a.Nodes[1].Total/a.Hours, list["b"]) || a.Bill.UnusedCommitments > 1e-9 {
				t.Errorf("m6i at %v and %v of its list price, r5 at %v of %v; unused %v", one, other, a.Nodes[1].Total/a.Hours, list["b"], a.Bill.UnusedCommitments)
			}
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, text := range []string{`namespace:"shop"+label[team]!:"web","x"`, "node<~:a", "label[", "namespace:a+", `pod~>:"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := allocation.ParseFilter(text)
		if (err == nil) != (len(filter) > 0) {
			t.Errorf("%q: %d conditions, error %v", text, len(filter), err)
		}
		if err == nil {
			filter.Takes(&allocation.Allocation{}, &allocation.Item{})
		}
	})
}
