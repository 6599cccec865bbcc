package kubelet_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/kubelet"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
)

const gib = 1 << 30

func member(maxPods, table, cpu, memory int64, resources analyzer.Resources) pin.Member {
	return pin.Member{
		Node:    &analyzer.Node{Allocatable: analyzer.Amounts{CPU: cpu, Memory: memory}, MaxPods: maxPods, Resources: resources},
		Machine: pricing.Offering{Provider: "aws", InstanceType: "m6i.2xlarge", Arch: "amd64", CPUMillis: 8000, MemoryBytes: 32 * gib, MaxPods: table},
	}
}

// TestPods: a new type takes as many pods as the provider's table says, unless all nodes that
// can tell take more; where they take fewer, so does it.
func TestPods(t *testing.T) {
	small := pricing.Offering{Provider: "aws", InstanceType: "m6a.large", CPUMillis: 2000, MemoryBytes: 8 * gib, MaxPods: 29}
	of := func(pods ...int64) (out []pin.Member) {
		for _, n := range pods {
			out = append(out, member(n, 58, 0, 0, nil))
		}
		return out
	}
	for name, c := range map[string]struct {
		members []pin.Member
		want    int64
	}{
		"by the table":             {of(58, 58), 29},
		"each with more":           {of(110, 110), 110},
		"the least of those":       {of(110, 80), 80},
		"one with more":            {of(110, 58), 29},
		"more and fewer":           {of(110, 30), 14},
		"without the first card":   {of(44), 14},
		"few":                      {of(8), 8},
		"nothing told":             {of(0), 29},
		"a table beyond the limit": {[]pin.Member{member(110, 234, 0, 0, nil)}, 29},
		"fewer than that limit":    {[]pin.Member{member(60, 234, 0, 0, nil)}, 29},
		"of another's machines":    {[]pin.Member{member(20, 234, 0, 0, nil)}, 20},
	} {
		s := kubelet.Of("aws", c.members)
		if got := s.Pods(&small); got != c.want {
			t.Errorf("%s: %d pods, want %d", name, got, c.want)
		}
	}
}

// TestLess: what kubelets keep beyond the formula a new type keeps too, as much or as large a
// part. Huge pages are memory that is there, and a burstable machine says nothing.
func TestLess(t *testing.T) {
	of := cloud.Of("aws")
	formula := of.Leaves(cloud.Machine{VCPU: 8, Memory: 32 * gib, MaxPods: 58})
	small := pricing.Offering{Provider: "aws", CPUMillis: 2000, MemoryBytes: 8 * gib}
	large := pricing.Offering{Provider: "aws", CPUMillis: 16000, MemoryBytes: 64 * gib}
	burst := member(58, 58, formula.CPU-1000, formula.Memory, nil)
	burst.Machine.InstanceType = "t3.2xlarge"
	for name, c := range map[string]struct {
		member       pin.Member
		small, large [2]int64 // less, in millicores and bytes
	}{
		"as the formula has it": {member(58, 58, formula.CPU, formula.Memory, nil), [2]int64{}, [2]int64{}},
		"less than that":        {member(58, 58, formula.CPU+50, formula.Memory+gib, nil), [2]int64{}, [2]int64{}},
		"more":                  {member(58, 58, formula.CPU-800, formula.Memory-2*gib, nil), [2]int64{800, 2 * gib}, [2]int64{1600, 4 * gib}},
		"huge pages":            {member(58, 58, formula.CPU, formula.Memory-2*gib, analyzer.Resources{"hugepages-2Mi": 2 * gib}), [2]int64{}, [2]int64{}},
		"one that bursts":       {burst, [2]int64{}, [2]int64{}},
		"nothing told":          {member(58, 58, 0, 0, nil), [2]int64{}, [2]int64{}},
	} {
		s := kubelet.Of("aws", []pin.Member{c.member})
		for _, one := range []struct {
			of   *pricing.Offering
			less [2]int64
		}{{&small, c.small}, {&large, c.large}} {
			a := cloud.Allocatable{CPU: 10_000, Memory: 40 * gib}
			got := s.Less(one.of, a)
			if got.CPU != a.CPU-one.less[0] || got.Memory != a.Memory-one.less[1] {
				t.Errorf("%s, %d millicores: %d and %d less, want %v", name, one.of.CPUMillis, a.CPU-got.CPU, a.Memory-got.Memory, one.less)
			}
		}
	}
	if s := kubelet.Of("", []pin.Member{member(58, 58, 1, 1, nil)}); s != (kubelet.Setting{}) {
		t.Errorf("machines of one's own: got %+v", s)
	}
}
