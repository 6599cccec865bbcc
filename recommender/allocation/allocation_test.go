package allocation_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// flat is a catalog in which a core costs 0.03 USD an hour, a GiB 0.004 and a GPU 1.
func flat(t testing.TB) *pricing.Catalog {
	t.Helper()
	o, err := pricing.ParseFile("flat.yaml", strings.NewReader("prices: [{usdPerVCPUHour: 0.03, usdPerGiBHour: 0.004, usdPerGPUHour: 1}]"))
	if err != nil {
		t.Fatal(err)
	}
	return pricing.New(pricing.Config{Overrides: []pricing.Overrides{o}, Provider: "aws", Region: "us-east-1"})
}

// worker is a node of 8 cores and 32 GiB, of which pods may have 7.5 and 28.
func worker(name string) analyzer.Node {
	return analyzer.Node{
		Name: name, Labels: map[string]string{"eks.amazonaws.com/nodegroup": "main"},
		Capacity: analyzer.Amounts{CPU: 8000, Memory: 32 * gib}, Allocatable: analyzer.Amounts{CPU: 7500, Memory: 28 * gib}, MaxPods: 50,
	}
}

func pod(name, node string, asks analyzer.Amounts, claims ...string) analyzer.Pod {
	return analyzer.Pod{Name: name, Node: node, Phase: "Running", Ready: true, Requests: asks, Spec: analyzer.PodSpec{Claims: claims}}
}

func workload(namespace, kind, name string, asks analyzer.Amounts, pods ...analyzer.Pod) analyzer.Workload {
	return analyzer.Workload{
		Ref:        analyzer.Ref{Namespace: namespace, Kind: kind, Name: name},
		Containers: []analyzer.Container{{Name: "app", Type: analyzer.TypeContainer, Requests: asks}}, Pods: pods,
	}
}

// everyHour is a container's usage that is the same in all hours of twoDays.
func everyHour(w analyzer.Workload, h analyzer.Hour) analyzer.ContainerUsage {
	u := analyzer.ContainerUsage{Ref: w.Ref, Container: w.Containers[0].Name}
	for n := range 2 {
		var all [24]analyzer.Hour
		for i := range all {
			all[i] = h
		}
		u.Days = append(u.Days, hours(n, all[:]...))
	}
	return u
}

// shop is a small cluster: a web shop, its database with a volume, an agent on
// every node, a job that has ended, one that is gone, and a load balancer.
func shop() *analyzer.Snapshot {
	half := analyzer.Amounts{CPU: 500, Memory: gib}
	two := analyzer.Amounts{CPU: 2000, Memory: 8 * gib}
	small := analyzer.Amounts{CPU: 100, Memory: gib / 4}
	web := workload("shop", "Deployment", "web", half, pod("web-1", "a", half), pod("web-2", "b", half))
	web.Labels = map[string]string{"team": "front", "app": "web"}
	db := workload("shop", "StatefulSet", "db", two, pod("db-0", "b", two, "data-db-0"))
	agent := workload("kube-system", "DaemonSet", "agent", small, pod("agent-1", "a", small), pod("agent-2", "b", small))
	done := pod("import-1", "a", half)
	done.Phase = "Succeeded"
	job := workload("batch", "CronJob", "import", half, done)
	gone := workload("batch", "Job", "old", half)
	gone.Past = true
	idle := workload("batch", "Deployment", "unmeasured", half, pod("un-1", "a", half))
	return &analyzer.Snapshot{
		Cluster: "test", Window: twoDays,
		Nodes:      []analyzer.Node{worker("a"), worker("b")},
		Namespaces: []analyzer.Namespace{{Name: "shop", Labels: map[string]string{"team": "shop", "kubernetes.io/metadata.name": "shop"}}},
		Workloads:  []analyzer.Workload{web, db, agent, job, gone, idle},
		Usage: []analyzer.ContainerUsage{
			everyHour(web, analyzer.Hour{Pods: 2, CPU: 400, CPUPeak: 300, Memory: 3 * gib, MemoryPeak: 1.5 * gib}),
			everyHour(db, analyzer.Hour{Pods: 1, CPU: 500, CPUPeak: 900, Memory: 4 * gib, MemoryPeak: 4 * gib}),
			everyHour(agent, analyzer.Hour{Pods: 2, CPU: 20, CPUPeak: 15, Memory: gib, MemoryPeak: gib / 2}),
			{Ref: job.Ref, Container: "app", Days: []analyzer.Day{hours(0, analyzer.Hour{Pods: 1, CPU: 500, Memory: gib})}},
			{Ref: gone.Ref, Container: "app", Days: []analyzer.Day{hours(1, analyzer.Hour{Pods: 4, CPU: 4000, Memory: gib})}},
		},
		Volumes: []analyzer.Volume{
			{Name: "pv-db", Class: "gp3", Capacity: 100 * gib, Phase: "Bound", Claim: "shop/data-db-0"},
			{Name: "pv-left", Class: "gp2", Capacity: 10 * gib, Phase: "Released", Claim: "old/data"},
			{Name: "pv-free", Class: "odd", Capacity: 1 * gib, Phase: "Available"},
		},
		VolumeClaims: []analyzer.VolumeClaim{
			{Namespace: "shop", Name: "data-db-0", Volume: "pv-db", Phase: "Bound", Capacity: 100 * gib},
			{Namespace: "shop", Name: "unread", Volume: "pv-unread", Class: "gp3", Phase: "Bound", Requested: 5 * gib},
		},
		LoadBalancers: []analyzer.LoadBalancer{
			{Namespace: "shop", Name: "front", Selects: true, Pods: []string{"web-1", "web-2"}, Addresses: 1},
			{Namespace: "batch", Name: "lost", Selects: true, Addresses: 1},
			{Namespace: "batch", Name: "pending", Selects: true},
		},
	}
}

func of(t testing.TB, s *analyzer.Snapshot, c *pricing.Catalog) *allocation.Allocation {
	t.Helper()
	a, err := allocation.Of(s, c, allocation.Basis{})
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, a)
	return a
}

// checkSums asserts that the items, what is nobody's, and the nodes' parts add
// up to the bill.
func checkSums(t testing.TB, a *allocation.Allocation) {
	t.Helper()
	slip := 1e-9 * max(1, a.Bill.Total())
	sum := a.Bill.ControlPlane + a.Bill.UnusedCommitments
	for i := range a.Items {
		item := &a.Items[i]
		sum += item.Total()
		checkParts(t, item, slip)
		if item.Slack.CPU > item.Nodes.CPU+slip || item.Slack.Memory > item.Nodes.Memory+slip {
			t.Fatalf("%v/%s on %q: slack %+v of %+v", item.Ref, item.Container, item.Node, item.Slack, item.Nodes)
		}
	}
	var nodes float64
	for i := range a.Nodes {
		n := &a.Nodes[i]
		sum += n.Idle().Total()
		nodes += n.Total
		parts := n.Used.Total() + n.Slack.Total() + n.DaemonSets.Total() + n.Stranded.Total() + n.Free.Total() + n.Reserved.Total()
		if math.Abs(parts-n.Total) > slip {
			t.Fatalf("node %s: parts %v of %v", n.Name, parts, n.Total)
		}
	}
	if math.Abs(nodes-a.Bill.Nodes) > slip {
		t.Fatalf("nodes %v, bill %v", nodes, a.Bill.Nodes)
	}
	if math.Abs(sum-a.Bill.Total()) > slip {
		t.Fatalf("parts %v, bill %v", sum, a.Bill.Total())
	}
}

// rows adds up by keys and gives the rows by name.
func rows(t testing.TB, a *allocation.Allocation, o allocation.Options, keys string) map[string]allocation.Row {
	t.Helper()
	var err error
	if o.Aggregate, err = allocation.ParseKeys(keys); err != nil {
		t.Fatal(err)
	}
	out := map[string]allocation.Row{}
	var sum float64
	for _, r := range a.Aggregate(o) {
		if _, twice := out[r.Name]; twice {
			t.Errorf("by %s: %q stands twice", keys, r.Name)
		}
		out[r.Name] = r
		sum += r.Total()
	}
	if math.Abs(sum-a.Bill.Total()) > 1e-9*max(1, sum) {
		t.Errorf("by %s: rows add up to %v, the bill is %v", keys, sum, a.Bill.Total())
	}
	return out
}

func TestOf(t *testing.T) {
	a := of(t, shop(), flat(t))
	const h = 48.
	bill := a.Bill
	checkPrices(t, a)
	for _, p := range []struct {
		what      string
		got, want float64
	}{
		{"nodes", bill.Nodes, 2 * h * (8*0.03 + 32*0.004)},
		{"volumes", bill.Volumes, h / 730 * (100*0.08 + 10*0.10 + 1*0.08 + 5*0.08)},
		{"load balancers", bill.LoadBalancers, 2 * h * 0.0225},
		{"control plane", bill.ControlPlane, h * 0.10},
	} {
		if !near(p.got, p.want) {
			t.Errorf("%s cost %v, want %v", p.what, p.got, p.want)
		}
	}
	got := rows(t, a, allocation.Options{}, "namespace,controller")
	for name, want := range map[string]struct{ cpu, memory, volume, balancer float64 }{
		// Of CPU the request is larger, of memory the usage.
		"shop/deployment:web":           {cpu: h * 1 * 0.03, memory: h * 3 * 0.004, balancer: h * 0.0225},
		"shop/statefulset:db":           {cpu: h * 2 * 0.03, memory: h * 8 * 0.004, volume: h / 730 * 8},
		"kube-system/daemonset:agent":   {cpu: h * 0.2 * 0.03, memory: h * 1 * 0.004},
		"batch/cronjob:import":          {cpu: 0.5 * 0.03, memory: 0.004},
		"batch/job:old":                 {cpu: 4 * 0.03, memory: 4 * 0.004},
		"batch/deployment:unmeasured":   {cpu: h * 0.5 * 0.03, memory: h * 0.004},
		"shop/__unallocated__":          {volume: h / 730 * 5 * 0.08},
		"batch/__unallocated__":         {balancer: h * 0.0225},
		"old/__unallocated__":           {volume: h / 730 * 1},
		"__unmounted__/__unallocated__": {volume: h / 730 * 0.08},
	} {
		r, ok := got[name]
		if !ok || !near(r.Nodes.CPU, want.cpu) || !near(r.Nodes.Memory, want.memory) || !near(r.Volume, want.volume) || !near(r.LoadBalancer, want.balancer) {
			t.Errorf("%s: %+v, volume %v, load balancer %v; want %+v", name, r.Nodes, r.Volume, r.LoadBalancer, want)
		}
	}
	if len(got) != 12 {
		t.Errorf("%d rows, want 10 and what is nobody's", len(got))
	}
	if e := a.Accuracy; !near(e.Homeless, 4*0.03+4*0.004) || e.Daily != 0 || e.Missed != 0 {
		t.Errorf("accuracy %+v", e)
	}
}

func TestAggregate(t *testing.T) {
	a := of(t, shop(), flat(t))
	for keys, names := range map[string]string{
		"cluster":                           "test",
		"namespace":                         "shop batch kube-system __unmounted__ old",
		"node":                              "a b __unallocated__",
		"controllerKind":                    "deployment statefulset daemonset cronjob job __unallocated__",
		"container":                         "app __unallocated__",
		"label:team":                        "front shop __unallocated__", // the workload's, else its namespace's
		"label:app":                         "web __unallocated__",
		"namespace,node":                    "shop/a shop/b shop/__unallocated__ kube-system/a kube-system/b batch/a batch/__unallocated__ old/__unallocated__ __unmounted__/__unallocated__",
		"label:kubernetes.io/metadata.name": "__unallocated__",
	} {
		got := rows(t, a, allocation.Options{}, keys)
		want := append(strings.Fields(names), allocation.NameIdle, allocation.NameControlPlane)
		for _, name := range want {
			if _, ok := got[name]; !ok {
				t.Errorf("by %s: no row %q", keys, name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("by %s: %d rows, want %v", keys, len(got), want)
		}
	}
	list := a.Aggregate(allocation.Options{Aggregate: []allocation.Key{allocation.ByNamespace}})
	if list[0].Name != "shop" || list[len(list)-1].Name != allocation.NameControlPlane {
		t.Errorf("the first row is %q, the last %q; want the dearest and what is nobody's", list[0].Name, list[len(list)-1].Name)
	}
	if p := list[0].Properties; p.Namespace != "shop" || p.Controller != "" || p.Container != "" || p.Labels["team"] != "" {
		t.Errorf("properties %+v, want what all of the namespace have in common", p)
	}
	cpu, memory, total := list[0].Efficiency()
	if want := (0.4 + 0.5) / 3; !near(cpu, want) {
		t.Errorf("CPU efficiency %v, want %v", cpu, want)
	}
	if want := 7. / 10; !near(memory, want) {
		t.Errorf("memory efficiency %v, want %v", memory, want)
	}
	if want := (cpu*3*0.03 + memory*11*0.004) / (3*0.03 + 11*0.004); !near(total, want) {
		t.Errorf("efficiency %v, want %v", total, want)
	}
}

func TestSharing(t *testing.T) {
	a := of(t, shop(), flat(t))
	plain := rows(t, a, allocation.Options{}, "namespace")
	agent := plain["kube-system"]
	usd, others := agent.Direct(), 0.
	for name, r := range plain {
		if name != "kube-system" && !strings.HasPrefix(name, "__idle") && name != allocation.NameControlPlane {
			others += r.Direct()
		}
	}
	for _, split := range []allocation.Split{"", allocation.Weighted, allocation.Even} {
		got := rows(t, a, allocation.Options{ShareNamespaces: []string{"kube-system"}, Split: split}, "namespace")
		if _, ok := got["kube-system"]; ok {
			t.Errorf("%s: the shared namespace has a row", split)
		}
		for _, name := range []string{"shop", "batch", "old", "__unmounted__"} {
			r := got[name]
			want := usd / 4
			if split != allocation.Even {
				want = usd * r.Direct() / others
			}
			if !near(r.Shared, want) {
				t.Errorf("%s: %s bears %v, want %v", split, name, r.Shared, want)
			}
		}
		if r := got[allocation.NameIdle]; r.Shared != 0 {
			t.Errorf("%s: idle bears %v", split, r.Shared)
		}
	}
	all := rows(t, a, allocation.Options{ShareNamespaces: []string{"shop", "batch", "kube-system", "old", ""}}, "namespace")
	if _, ok := all[allocation.NameShared]; !ok || len(all) != 3 {
		t.Errorf("with nobody to bear it, the shared cost is a row of its own; got %d rows", len(all))
	}
}

func TestNodes(t *testing.T) {
	s := shop()
	s.Nodes[0].Allocatable.CPU = 1400 // a's pods ask for 1100: less is left than the usual pod's 500
	a := of(t, s, flat(t))
	n := a.Nodes[0]
	if n.Stranded.Memory <= 0 || n.Free.Memory != 0 || n.Stranded.CPU != 0 || n.Free.CPU <= 0 {
		t.Errorf("a is full of CPU: stranded %+v, free %+v; want its memory stranded", n.Stranded, n.Free)
	}
	if want := 48 * 6.6 * 0.03; !near(n.Reserved.CPU, want) {
		t.Errorf("reserved CPU %v, want %v", n.Reserved.CPU, want)
	}
	if b := a.Nodes[1]; b.Stranded.Total() != 0 || b.Free.CPU <= 0 {
		t.Errorf("b has room: stranded %+v, free %+v", b.Stranded, b.Free)
	}
	if want := 48 * 0.1 * 0.03; !near(n.DaemonSets.CPU, want) {
		t.Errorf("DaemonSets %v, want %v", n.DaemonSets.CPU, want)
	}
	if want := 48 * (0.5 - 0.2) * 0.03; n.Slack.CPU < want {
		t.Errorf("slack %v, want web's %v and more", n.Slack.CPU, want)
	}
}

// TestMoreThanThereIs has the window hold more than today's nodes have.
func TestMoreThanThereIs(t *testing.T) {
	s := shop()
	s.Usage[0] = everyHour(s.Workloads[0], analyzer.Hour{Pods: 60, CPU: 3000, Memory: gib})
	a := of(t, s, flat(t))
	found := false
	for _, w := range a.Warnings {
		found = found || w.Code == "overcommitted" && w.Subject == "Node/a and 1 more"
	}
	if !found {
		t.Errorf("no warning of it: %v", a.Warnings)
	}
	if n := a.Nodes[0]; n.Idle().CPU > n.Reserved.CPU*(1+1e-9) {
		t.Errorf("a is full and has idle CPU: %+v", n)
	}
}

// TestEdgeOfTheWindow: pods that fill their nodes and seem to hold a step more than the
// window has are no pods without room, and pay for all of them.
func TestEdgeOfTheWindow(t *testing.T) {
	for _, tt := range []struct {
		over float32
		told bool
	}{{1.005, false}, {1.1, true}} {
		s := shop()
		room := s.Nodes[0].Allocatable.CPU + s.Nodes[1].Allocatable.CPU
		s.Usage[0] = everyHour(s.Workloads[0], analyzer.Hour{Pods: 2, CPU: float32(room) * tt.over, Memory: gib})
		s.Usage, s.Workloads = s.Usage[:1], s.Workloads[:1]
		a := of(t, s, flat(t))
		told := slices.ContainsFunc(a.Warnings, func(w analyzer.Warning) bool { return w.Code == "overcommitted" })
		if told != tt.told {
			t.Errorf("%.3f of the room is held, and a warning says so: %v", tt.over, told)
		}
		for _, n := range a.Nodes {
			if n.Free.CPU+n.Stranded.CPU > 1e-9 {
				t.Errorf("%s has idle CPU: %+v", n.Name, n)
			}
		}
	}
}

// TestOutage leaves out half of the window, for all: what was seen stands for it.
func TestOutage(t *testing.T) {
	s := shop()
	for i := range s.Usage {
		s.Usage[i].Days = s.Usage[i].Days[:1]
	}
	s.Usage = s.Usage[:4]
	a := of(t, s, flat(t))
	got := rows(t, a, allocation.Options{}, "namespace,controller")
	if r := got["shop/statefulset:db"]; !near(a.Seen, 0.5) || !near(r.Nodes.CPU, 48*2*0.03) || !near(r.Hold.PodHours, 48) {
		t.Errorf("seen %v, db costs %v for %v hours; want 0.5, %v and 48", a.Seen, r.Nodes.CPU, r.Hold.PodHours, 48*2*0.03)
	}
	if len(a.Warnings) == 0 {
		t.Error("nothing says that half of the window is not known")
	}
}

func TestOneMoment(t *testing.T) {
	s := shop()
	s.Window = analyzer.Window{End: day(1), Moment: true}
	for i := range s.Usage {
		var d analyzer.Day
		for range standingPods(s.Workloads[i]) {
			d.CPU.Add(200)
			d.Memory.Add(gib)
		}
		s.Usage[i].Days = []analyzer.Day{d}
	}
	for i := range s.Usage { // as metrics-server's readings are recorded: seconds of an hour
		s.Usage[i].Days[0].Hours = []analyzer.Hour{{Pods: float32(15.0 / 3600), CPU: float32(200 * 15.0 / 3600), Memory: float32(float64(gib) * 15 / 3600)}}
	}
	a := of(t, s, flat(t))
	got := rows(t, a, allocation.Options{}, "namespace,controller")
	if r := got["shop/deployment:web"]; a.Hours != 1 || !near(r.Nodes.CPU, 1*0.03) || !near(r.Nodes.Memory, 2*0.004) {
		t.Errorf("%v hours, web costs %+v; want one hour of a core and two GiB", a.Hours, r.Nodes)
	}
}

func standingPods(w analyzer.Workload) (n int) {
	for _, p := range w.Pods {
		if p.Phase == "Running" {
			n++
		}
	}
	return n
}

func TestGPUs(t *testing.T) {
	s := shop()
	asks := analyzer.Amounts{CPU: 1000, Memory: gib, GPU: 1}
	n := worker("g")
	n.Capacity.GPU, n.Allocatable.GPU = 2, 2
	s.Nodes = append(s.Nodes, n)
	train := workload("ml", "Deployment", "train", asks, pod("train-1", "g", asks))
	past := workload("ml", "Job", "tune", asks)
	past.Past = true
	s.Workloads = append(s.Workloads, train, past)
	s.Usage = append(s.Usage, everyHour(train, analyzer.Hour{Pods: 1, CPU: 100, Memory: gib}),
		analyzer.ContainerUsage{Ref: past.Ref, Container: "app", Days: []analyzer.Day{hours(0, analyzer.Hour{Pods: 1, CPU: 100}, analyzer.Hour{Pods: 1, CPU: 100})}})
	a := of(t, s, flat(t))
	got := rows(t, a, allocation.Options{}, "controller")
	if r := got["deployment:train"]; !near(r.Nodes.GPU, 48) || !near(r.Hold.GPUHours, 48) {
		t.Errorf("a GPU for 48 hours costs %v, want 48", r.Nodes.GPU)
	}
	if r := got["job:tune"]; !near(r.Nodes.GPU, 2) {
		t.Errorf("the GPU of a job that is gone costs %v, want 2", r.Nodes.GPU)
	}
	if g := a.Nodes[2]; !near(g.Free.GPU, 96-48-2) {
		t.Errorf("free GPUs %v, want 46", g.Free.GPU)
	}
}

func TestControlPlane(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*analyzer.Snapshot)
		usd    float64
		doubt  string
	}{
		{"managed", func(*analyzer.Snapshot) {}, 4.8, ""},
		{"its nodes are among ours", func(s *analyzer.Snapshot) {
			s.Nodes[1].Labels["node-role.kubernetes.io/control-plane"] = ""
		}, 0, ""},
		{"old and EKS'", func(s *analyzer.Snapshot) {
			s.KubernetesVersion = "v1.28.3"
			s.Nodes[0].Labels["eks.amazonaws.com/nodegroup"] = "a"
		}, 28.8, "standard support"},
		{"old, and the kubelet is EKS'", func(s *analyzer.Snapshot) {
			s.Nodes[0].Labels = nil
			s.Nodes[1].Labels = nil
			s.Nodes[0].ProviderID = "aws:///us-east-1a/i-1"
			s.Nodes[0].Kubelet = "v1.28.3-eks-5e0fdde"
		}, 28.8, "standard support"},
		{"old, and nobody says that it is managed", func(s *analyzer.Snapshot) {
			s.KubernetesVersion = "v1.28.3"
			s.Nodes[0].Labels, s.Nodes[1].Labels = nil, nil
		}, 4.8, "no node says"},
		{"kOps", func(s *analyzer.Snapshot) {
			s.KubernetesVersion = "v1.28.3"
			s.Nodes[0].Labels, s.Nodes[1].Labels = map[string]string{"kops.k8s.io/instancegroup": "nodes"}, nil
		}, 0, "run by its users"},
		{"K3s", func(s *analyzer.Snapshot) {
			s.Nodes[0].Labels, s.Nodes[1].Labels = nil, nil
			s.Nodes[1].Kubelet = "v1.34.1+k3s1"
		}, 0, "run by its users"},
		{"nobody says that it is managed", func(s *analyzer.Snapshot) { s.Nodes[0].Labels, s.Nodes[1].Labels = nil, nil }, 4.8, "no node says"},
	} {
		s := shop()
		tt.change(s)
		a := of(t, s, flat(t))
		doubts := ""
		for _, w := range a.Warnings {
			if w.Subject == "control plane" {
				doubts += w.Message
			}
		}
		if !near(a.Bill.ControlPlane, tt.usd) || tt.doubt == "" && doubts != "" || !strings.Contains(doubts, tt.doubt) {
			t.Errorf("%s: %v USD, doubts %q; want %v and %q", tt.name, a.Bill.ControlPlane, doubts, tt.usd, tt.doubt)
		}
	}
}

// TestUnknownProvider asks for an estimate and its reason, never a silent zero.
func TestUnknownProvider(t *testing.T) {
	s := shop()
	s.Nodes[0].Labels, s.Nodes[1].Labels = nil, nil
	a := of(t, s, pricing.New(pricing.Config{}))
	if a.Bill.Nodes <= 0 || a.Bill.Volumes <= 0 || a.Bill.LoadBalancers <= 0 {
		t.Errorf("something costs nothing: %+v", a.Bill)
	}
	said := ""
	for _, w := range a.Warnings {
		said += w.String() + "\n"
	}
	for _, want := range []string{"no fee of the control plane is known", "no price of load balancers is known", `storage class "odd" is priced as storage`, "traffic through them is not counted"} {
		if !strings.Contains(said, want) {
			t.Errorf("no warning with %q in\n%s", want, said)
		}
	}
}

func TestNothing(t *testing.T) {
	a := of(t, &analyzer.Snapshot{Window: twoDays}, flat(t))
	if got := a.Aggregate(allocation.Options{Aggregate: []allocation.Key{allocation.ByNamespace}}); len(got) != 0 || a.Bill.Total() != 0 {
		t.Errorf("an empty cluster costs %v in %d rows", a.Bill.Total(), len(got))
	}
}
