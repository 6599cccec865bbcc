package cost_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

const gib = 1 << 30

// TestCostIsTheAllocation: what the audit says that a workload costs is what
// allocation bills it, where its pods and their requests were the same all along:
// also of pods of several roles, on nodes of unlike prices, and of pods that
// reserve more than their containers request.
func TestCostIsTheAllocation(t *testing.T) {
	own, err := pricing.ParseFile("own.yaml", strings.NewReader(`prices:
- {provider: aws, instanceType: m6i.xlarge, usdPerHour: 0.2}
- {provider: aws, instanceType: m6i.4xlarge, usdPerHour: 3.2}
`))
	if err != nil {
		t.Fatal(err)
	}
	catalog := pricing.New(pricing.Config{Overrides: []pricing.Overrides{own}, Provider: "aws", Region: "us-east-1"})
	amounts := func(cpu, gibs int64) analyzer.Amounts { return analyzer.Amounts{CPU: cpu, Memory: gibs * gib} }
	container := func(name, role string, asks analyzer.Amounts) analyzer.Container {
		return analyzer.Container{Name: name, Role: role, Type: analyzer.TypeContainer, Requests: asks}
	}
	pod := func(name, node, role string, asks analyzer.Amounts) analyzer.Pod {
		return analyzer.Pod{Name: name, Node: node, Role: role, Phase: "Running", Ready: true, Requests: asks}
	}
	for _, tt := range []struct {
		name string
		w    analyzer.Workload
		// used is how many pods of each container were seen, all the time at 50m.
		used map[string]float32
		want float64 // cores
	}{
		{
			name: "alike", want: 2, used: map[string]float32{"app": 2},
			w: analyzer.Workload{
				Replicas: 2, Containers: []analyzer.Container{container("app", "", amounts(1000, 4))},
				Pods: []analyzer.Pod{pod("a", "small", "", amounts(1000, 4)), pod("b", "large", "", amounts(1000, 4))},
			},
		},
		{
			name: "roles", want: 7, used: map[string]float32{"head": 1, "worker": 3},
			w: analyzer.Workload{
				Replicas: 4, Containers: []analyzer.Container{container("head", "head", amounts(1000, 1)), container("worker", "worker", amounts(2000, 4))},
				Pods: []analyzer.Pod{
					pod("h", "small", "head", amounts(1000, 1)), pod("w1", "large", "worker", amounts(2000, 4)),
					pod("w2", "large", "worker", amounts(2000, 4)), pod("w3", "large", "worker", amounts(2000, 4)),
				},
			},
		},
		{
			name: "roles without usage", want: 3,
			w: analyzer.Workload{
				Replicas: 2, Containers: []analyzer.Container{container("head", "head", amounts(1000, 1)), container("worker", "worker", amounts(2000, 4))},
				Pods: []analyzer.Pod{pod("h", "small", "head", amounts(1000, 1)), pod("w", "large", "worker", amounts(2000, 4))},
			},
		},
		{
			name: "the pod as a whole", want: 2, used: map[string]float32{"app": 1},
			w: analyzer.Workload{
				Replicas: 1, PodLevel: amounts(2000, 4), Containers: []analyzer.Container{container("app", "", analyzer.Amounts{})},
				Pods: []analyzer.Pod{pod("a", "small", "", amounts(2000, 4))},
			},
		},
		{
			name: "a large init container", want: 4, used: map[string]float32{"app": 2},
			w: analyzer.Workload{
				Replicas: 2, Pods: []analyzer.Pod{pod("a", "small", "", amounts(2000, 4)), pod("b", "large", "", amounts(2000, 4))},
				Containers: []analyzer.Container{{Name: "init", Type: analyzer.TypeInit, Requests: amounts(2000, 4)}, container("app", "", amounts(500, 4))},
			},
		},
	} {
		s := &analyzer.Snapshot{Window: analyzer.Window{Start: day(0), End: day(2), Step: 5 * time.Minute}, Nodes: []analyzer.Node{
			machine("small", "m6i.xlarge", amounts(4000, 16)), machine("large", "m6i.4xlarge", amounts(16000, 64)),
		}}
		tt.w.Ref = analyzer.Ref{Namespace: "shop", Kind: "RayCluster", Name: "ml"}
		s.Workloads = []analyzer.Workload{tt.w}
		for name, pods := range tt.used {
			s.Usage = append(s.Usage, analyzer.ContainerUsage{Ref: tt.w.Ref, Container: name, Days: seen(pods)})
		}
		s.Sort()
		audit := cost.Of(analyzer.Analyze(s), catalog).Workloads[tt.w.Ref]
		bill, err := allocation.Of(s, catalog, allocation.Basis{})
		if err != nil {
			t.Fatal(err)
		}
		rows := bill.Aggregate(allocation.Options{Aggregate: []allocation.Key{allocation.ByController}})
		var row allocation.Row
		for _, r := range rows {
			if r.Name == "raycluster:ml" {
				row = r
			}
		}
		month := row.Total() * pricing.HoursPerMonth / bill.Hours
		if math.Abs(audit.Monthly-month) > 0.01 || month == 0 {
			t.Errorf("%s: the audit says %.2f USD a month, the allocation %.2f", tt.name, audit.Monthly, month)
		}
		if cores := row.Hold.CPU.Held / bill.Hours / 1000; math.Abs(cores-tt.want) > 0.001 {
			t.Errorf("%s: %.3f cores are billed, want %.3f", tt.name, cores, tt.want)
		}
	}
}

func day(n int) time.Time { return time.Date(2026, 5, 4+n, 0, 0, 0, 0, time.UTC) }

// seen is two days in which so many pods used 50m each.
func seen(pods float32) []analyzer.Day {
	out := make([]analyzer.Day, 0, 2)
	for n := range 2 {
		d := analyzer.Day{Date: analyzer.DayOf(day(n).UnixMilli()), Hours: make([]analyzer.Hour, 24)}
		for h := range d.Hours {
			d.Hours[h] = analyzer.Hour{Pods: pods, CPU: 50 * pods, CPUPeak: 50}
		}
		d.Seen.Mark(0, 24*3600)
		out = append(out, d)
	}
	return out
}

func machine(name, instance string, size analyzer.Amounts) analyzer.Node {
	return analyzer.Node{
		Name: name, Capacity: size, Allocatable: size, MaxPods: 50,
		Labels: map[string]string{
			"eks.amazonaws.com/nodegroup": "main", "node.kubernetes.io/instance-type": instance,
			"topology.kubernetes.io/region": "us-east-1", "topology.kubernetes.io/zone": "us-east-1a",
		},
	}
}

// TestBesidesWarn: a volume of a type that has no price, and EKS' fee for an old version,
// are said beside the sum that they enter.
func TestBesidesWarn(t *testing.T) {
	end := time.Date(2026, 9, 21, 0, 0, 0, 0, time.UTC)
	for id, want := range map[string][]string{"aws:///us-east-1a/i-1": {"gp9", "1.30 has left EKS' standard support"}, "gce://p/us-central1-a/n": {"gp9"}} {
		labels := map[string]string{"node.kubernetes.io/instance-type": "m6i.large", "topology.kubernetes.io/region": "us-east-1"}
		s := &analyzer.Snapshot{
			Window:         analyzer.Window{Start: end.Add(-24 * time.Hour), End: end},
			Nodes:          []analyzer.Node{{Name: "n", ProviderID: id, Labels: labels, Kubelet: "v1.30.1-eks-1", Capacity: analyzer.Amounts{CPU: 2000, Memory: 8 * gib}, Allocatable: analyzer.Amounts{CPU: 2000, Memory: 8 * gib}}},
			Volumes:        []analyzer.Volume{{Name: "a", Class: "class-gp9", Capacity: gib}, {Name: "b", Class: "gp3", Capacity: gib}, {Name: "c", Class: "pd-standard", Capacity: gib}},
			StorageClasses: []analyzer.StorageClass{{Name: "class-gp9", Provisioner: "ebs.csi.aws.com", Parameters: map[string]string{"type": "gp9"}}},
		}
		c := cost.Of(analyzer.Analyze(s), pricing.New(pricing.Config{}))
		if err := c.AddBesides(s); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, w := range c.Warnings {
			said = append(said, w.Subject+": "+w.Message)
		}
		all := strings.Join(said, "\n")
		for _, part := range want {
			if !strings.Contains(all, part) {
				t.Errorf("%s: nothing says %q in\n%s", id, part, all)
			}
		}
		if strings.Contains(all, "EKS'") != (len(want) > 1) {
			t.Errorf("%s: got\n%s", id, all)
		}
	}
}
