package allocation_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// TestAddsUp is the invariant: on random clusters, with workloads of every kind
// and nodes of every price, the bill is shared out to the last fraction of a
// cent, by every key and with every way of sharing, and the order of the
// snapshot's lists changes nothing.
func TestAddsUp(t *testing.T) {
	catalogs := []*pricing.Catalog{pricing.New(pricing.Config{}), flat(t)}
	keys := []string{
		"namespace", "controller", "controllerKind", "container", "node", "cluster", "label:team", "label:none",
		"pod", "namespace,controller,container,node", "cluster,label:team,controllerKind",
	}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 11))
		s := randomSnapshot(r)
		a := of(t, s, catalogs[seed%2])
		with, err := allocation.Of(s, catalogs[seed%2], allocation.Basis{Pods: seed%3 > 0, Held: []pricing.HeldCommitment{
			{Family: "m5", Covers: r.Float64(), Pays: r.Float64() / 2}, {Covers: r.Float64(), Pays: r.Float64() / 2},
		}})
		if err != nil {
			t.Fatal(err)
		}
		checkSums(t, with)
		for _, k := range keys {
			rows(t, a, allocation.Options{}, k)
			rows(t, a, allocation.Options{ShareNamespaces: []string{"ns-0"}, Split: allocation.Weighted}, k)
			rows(t, a, allocation.Options{ShareNamespaces: []string{"ns-0", "ns-1", "nowhere"}, Split: allocation.Even}, k)
			for _, o := range sharings(t) {
				rows(t, with, o, k)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		shuffle(r, s)
		s.Sort()
		if again := of(t, s, catalogs[seed%2]); !reflect.DeepEqual(again, a) {
			t.Fatalf("seed %d: the order of the input changes the allocation", seed)
		}
	}
}

// sharings are ways to share idle and to filter, with and without shared namespaces.
func sharings(t *testing.T) (out []allocation.Options) {
	t.Helper()
	for _, idle := range []allocation.Idle{allocation.IdleApart, allocation.IdleByCluster, allocation.IdleByNode} {
		for _, text := range []string{"", "namespace:ns-1", "label[team]!:t0+controllerKind~:set", "node:node-1,node-2", "namespace:nowhere"} {
			o := allocation.Options{ShareIdle: idle}
			if text != "" {
				var err error
				if o.Filter, err = allocation.ParseFilter(text); err != nil {
					t.Fatal(err)
				}
			}
			out = append(out, o)
			o.ShareNamespaces, o.Split = []string{"ns-0", "ns-1"}, allocation.Even
			out = append(out, o)
		}
	}
	return out
}

func shuffle(r *rand.Rand, s *analyzer.Snapshot) {
	mix(r, s.Nodes)
	mix(r, s.Workloads)
	mix(r, s.Usage)
	mix(r, s.Volumes)
	mix(r, s.VolumeClaims)
	mix(r, s.LoadBalancers)
	for i := range s.Workloads {
		mix(r, s.Workloads[i].Pods)
	}
}

func mix[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func randomSnapshot(r *rand.Rand) *analyzer.Snapshot {
	s := &analyzer.Snapshot{Cluster: "random", Window: twoDays}
	types := []string{"m5.large", "m6i.4xlarge", "g4dn.xlarge", "c7g.2xlarge", "unknown.large", ""}
	for i := range r.IntN(8) {
		cpu, memory := 1000+r.Int64N(32000), gib+r.Int64N(128*gib)
		n := analyzer.Node{
			Name: fmt.Sprint("node-", i), Labels: map[string]string{"node.kubernetes.io/instance-type": types[r.IntN(len(types))]},
			Capacity:    analyzer.Amounts{CPU: cpu, Memory: memory, GPU: int64(r.IntN(5) / 4)},
			Allocatable: analyzer.Amounts{CPU: cpu - r.Int64N(cpu/4), Memory: memory - r.Int64N(memory/4)}, MaxPods: r.Int64N(30),
		}
		n.Allocatable.GPU = n.Capacity.GPU
		if r.IntN(3) > 0 {
			n.ProviderID = "aws:///us-east-1a/i-0"
		}
		if r.IntN(5) == 0 {
			n.Taints = []analyzer.Taint{{Key: "own", Effect: "NoSchedule"}}
		}
		s.Nodes = append(s.Nodes, n)
	}
	kinds := []string{"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}
	for i := range r.IntN(25) {
		s.Workloads = append(s.Workloads, randomWorkload(r, s, i, kinds[r.IntN(len(kinds))]))
	}
	for i := range r.IntN(6) {
		v := analyzer.Volume{Name: fmt.Sprint("pv-", i), Class: []string{"gp3", "gp2", "", "odd"}[r.IntN(4)], Capacity: r.Int64N(500 * gib)}
		if r.IntN(4) > 0 {
			v.Claim = fmt.Sprintf("ns-%d/claim-%d", r.IntN(4), r.IntN(3))
		}
		s.Volumes = append(s.Volumes, v)
	}
	for i := range r.IntN(4) {
		b := analyzer.LoadBalancer{Namespace: fmt.Sprint("ns-", r.IntN(4)), Name: fmt.Sprint("lb-", i), Selects: true, Addresses: r.IntN(2)}
		for j := range r.IntN(4) {
			b.Pods = append(b.Pods, fmt.Sprintf("w-%d-%d", r.IntN(25), j))
		}
		s.LoadBalancers = append(s.LoadBalancers, b)
	}
	s.Sort()
	return s
}

func randomWorkload(r *rand.Rand, s *analyzer.Snapshot, i int, kind string) analyzer.Workload {
	asks := analyzer.Amounts{CPU: r.Int64N(4000), Memory: r.Int64N(8 * gib), GPU: int64(r.IntN(9) / 8)}
	w := workload(fmt.Sprint("ns-", r.IntN(4)), kind, fmt.Sprint("w-", i), asks)
	w.Labels = map[string]string{"team": fmt.Sprint("t", r.IntN(3))}
	w.Containers = append(w.Containers, analyzer.Container{Name: "side", Type: analyzer.TypeSidecar, Requests: analyzer.Amounts{CPU: r.Int64N(200)}},
		analyzer.Container{Name: "init", Type: analyzer.TypeInit, Requests: asks})
	w.Past = r.IntN(6) == 0
	for j := range r.IntN(5) {
		p := pod(fmt.Sprintf("w-%d-%d", i, j), "", asks, fmt.Sprint("claim-", r.IntN(9)))
		if n := r.IntN(len(s.Nodes) + 1); n < len(s.Nodes) {
			p.Node = s.Nodes[n].Name
		}
		p.Phase = []string{"Running", "Running", "Succeeded", "Pending"}[r.IntN(4)]
		w.Pods = append(w.Pods, p)
	}
	for _, name := range []string{"app", "side", "renamed"} {
		if r.IntN(4) == 0 {
			continue
		}
		u := analyzer.ContainerUsage{Ref: w.Ref, Container: name}
		for n := range 2 {
			var list []analyzer.Hour
			for range r.IntN(25) {
				pods := float64(r.IntN(4))
				mean := 2000 * r.Float64()
				list = append(list, analyzer.Hour{
					Pods: float32(pods), CPU: float32(pods * mean), CPUPeak: float32(mean * (1 + r.Float64())),
					Memory: float32(pods * 4 * gib * r.Float64()), MemoryPeak: 4 * gib,
				})
			}
			d := hours(n, list...)
			if r.IntN(3) == 0 {
				d.Requests = analyzer.Amounts{CPU: r.Int64N(4000), Memory: r.Int64N(gib)}
			}
			if r.IntN(5) == 0 {
				d.Hours = nil
				d.CPU.Add(float64(r.IntN(3000)))
			}
			u.Days = append(u.Days, d)
		}
		s.Usage = append(s.Usage, u)
	}
	return w
}

func BenchmarkOf(b *testing.B) {
	s := &analyzer.Snapshot{Window: twoDays}
	for i := range 200 {
		s.Nodes = append(s.Nodes, worker(fmt.Sprint("node-", i)))
	}
	asks := analyzer.Amounts{CPU: 200, Memory: gib / 2}
	for i := range 1000 {
		w := workload(fmt.Sprint("ns-", i%50), "Deployment", fmt.Sprint("w-", i), asks)
		for j := range 6 {
			w.Pods = append(w.Pods, pod(fmt.Sprintf("w-%d-%d", i, j), fmt.Sprint("node-", (i+j*31)%200), asks))
		}
		s.Workloads = append(s.Workloads, w)
		s.Usage = append(s.Usage, everyHour(w, analyzer.Hour{Pods: 6, CPU: 900, CPUPeak: 400, Memory: 2 * gib}))
	}
	s.Sort()
	c := flat(b)
	for b.Loop() {
		a, err := allocation.Of(s, c, allocation.Basis{})
		if err != nil || len(a.Items) != 6000 {
			b.Fatal(len(a.Items), err)
		}
	}
}
