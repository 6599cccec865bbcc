package cluster

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Region of all nodes.
const Region = "us-east-1"

// Node is one machine of a pool, running now or replaced since.
type Node struct {
	Name string
	Zone string
	Pool *Pool
	// Index counts all nodes, Number those of the pool; the provider's instance
	// ID is made from the former.
	Index, Number int
	// Successor is the node that took a replaced one's place, else empty.
	Successor string
}

// Nodes are the nodes that run now.
func (s *Spec) Nodes() []Node {
	var all []Node
	for i := range s.Pools {
		p := &s.Pools[i]
		for n := range p.Count {
			all = append(all, p.node(len(all), n))
		}
	}
	return all
}

// PastNodes are the machines that ran before some of the nodes of today.
func (s *Spec) PastNodes() []Node {
	var all []Node
	index := s.NodeCount()
	now := s.Nodes()
	for i := range now {
		if now[i].Number >= now[i].Pool.Replaced {
			continue
		}
		old := now[i]
		old.Name, old.Index, old.Successor = fmt.Sprintf("ip-10-0-%d-%d.ec2.internal", zoneNumber(old.Zone), 20+index), index, now[i].Name
		all = append(all, old)
		index++
	}
	return all
}

func (p *Pool) node(index, n int) Node {
	zones := p.zones()
	zone := Region + zones[n%len(zones)]
	return Node{Name: fmt.Sprintf("ip-10-0-%d-%d.ec2.internal", zoneNumber(zone), 20+index), Zone: zone, Pool: p, Index: index, Number: n}
}

func (p *Pool) zones() []string {
	if len(p.Zones) == 0 {
		return []string{"a", "b", "c"}
	}
	return p.Zones
}

func zoneNumber(zone string) int { return int(zone[len(zone)-1]-'a') * 32 }

// CapacityType in Karpenter's words.
func (p *Pool) CapacityType() string {
	if p.Spot {
		return "spot"
	}
	return "on-demand"
}

// Labels as an EKS cluster with Karpenter has them.
func (n Node) Labels() map[string]string {
	eks := "ON_DEMAND"
	if n.Pool.Spot {
		eks = "SPOT"
	}
	arch := n.Pool.arch()
	return map[string]string{
		"kubernetes.io/hostname":           n.Name,
		"kubernetes.io/os":                 "linux",
		"kubernetes.io/arch":               arch,
		"node.kubernetes.io/instance-type": n.Pool.Type,
		"topology.kubernetes.io/region":    Region,
		"topology.kubernetes.io/zone":      n.Zone,
		"karpenter.sh/capacity-type":       n.Pool.CapacityType(),
		"karpenter.sh/nodepool":            n.Pool.Name,
		"eks.amazonaws.com/capacityType":   eks,
		"eks.amazonaws.com/nodegroup":      n.Pool.Name,
	}
}

// ProviderID as the cloud's controller sets it.
func (n Node) ProviderID() string {
	return fmt.Sprintf("aws:///%s/i-%017x", n.Zone, 0xa11ce0000+n.Index*7919)
}

func (p *Pool) arch() string {
	if p.Arch == "" {
		return "amd64"
	}
	return p.Arch
}

// Allocatable is what EKS leaves of a machine, in millicores and MiB: CPU by
// its table of parts of a core, memory 255 MiB and 11 MiB a pod and 100 MiB
// for eviction. About 3 % of a machine's memory is never seen by Linux.
func (p *Pool) Allocatable() (milli, mib int64) {
	milli = p.CPU*1000 - 70
	if p.CPU > 2 {
		milli -= 10
	}
	if p.CPU > 4 {
		milli -= (p.CPU - 4) * 5 / 2
	}
	return milli, p.SeenMiB() - 255 - 11*p.MaxPods - 100
}

// SeenMiB is the memory that Linux sees.
func (p *Pool) SeenMiB() int64 { return p.Memory * 1024 * 97 / 100 }

func (n Node) object() *corev1.Node {
	p := n.Pool
	milli, mib := p.Allocatable()
	list := func(milli, mib int64) corev1.ResourceList {
		l := corev1.ResourceList{
			corev1.ResourceCPU:              *resource.NewMilliQuantity(milli, resource.DecimalSI),
			corev1.ResourceMemory:           *resource.NewQuantity(mib<<20, resource.BinarySI),
			corev1.ResourcePods:             *resource.NewQuantity(p.MaxPods, resource.DecimalSI),
			corev1.ResourceEphemeralStorage: resource.MustParse("80Gi"),
		}
		if p.GPU > 0 {
			l["nvidia.com/gpu"] = *resource.NewQuantity(p.GPU, resource.DecimalSI)
		}
		return l
	}
	o := &corev1.Node{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: n.Labels(), Annotations: map[string]string{
			"kwok.x-k8s.io/node":                   "fake",
			"metrics.k8s.io/resource-metrics-path": "/metrics/nodes/" + n.Name + "/metrics/resource",
		}},
		Spec: corev1.NodeSpec{ProviderID: n.ProviderID()},
		Status: corev1.NodeStatus{
			Capacity:    list(p.CPU*1000, p.SeenMiB()),
			Allocatable: list(milli, mib),
			NodeInfo:    corev1.NodeSystemInfo{Architecture: p.arch(), OperatingSystem: "linux", KubeletVersion: "v1.37.2"},
		},
	}
	switch {
	case p.GPU > 0:
		o.Spec.Taints = []corev1.Taint{{Key: "nvidia.com/gpu", Value: "present", Effect: corev1.TaintEffectNoSchedule}}
	case p.arch() == "arm64":
		o.Spec.Taints = []corev1.Taint{{Key: "kubernetes.io/arch", Value: "arm64", Effect: corev1.TaintEffectNoSchedule}}
	case p.Name == reservedPool:
		o.Spec.Taints = []corev1.Taint{{Key: "dedicated", Value: p.Name, Effect: corev1.TaintEffectNoSchedule}}
	}
	return o
}

// reservedPool takes only the pods that ask for it: its large pods would not
// fit any more once small ones have been spread over it.
const reservedPool = "memory"
