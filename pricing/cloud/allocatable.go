package cloud

const (
	mib int64 = 1 << 20
	gib int64 = 1 << 30
)

// Machine is the size of an instance type as its provider sells it.
type Machine struct {
	VCPU    int64
	Memory  int64 // bytes
	ARM64   bool
	MaxPods int64 // limit of the network plugin; 0 where unknown
}

// Allocatable is what a node of some machine leaves for pods, DaemonSets
// included.
type Allocatable struct {
	CPU    int64 // millicores
	Memory int64 // bytes
	Pods   int64
}

// LeavesOf is what a node of a machine leaves for pods by its provider's formula; that of
// AWS where the provider is none of the clouds.
func LeavesOf(provider string, m Machine) Allocatable {
	if c := Of(provider); c != nil {
		return c.Leaves(m)
	}
	return aws.Leaves(m)
}

// bracket reserves a share, in 1/10000, of the amount up to a limit; the limit
// of the last bracket is ignored.
type bracket struct{ upTo, share int64 }

// reserved adds up the brackets of amount, whose limits count in unit.
func reserved(amount, unit int64, brackets []bracket) int64 {
	sum, from := int64(0), int64(0)
	for i, b := range brackets {
		to := amount
		if i < len(brackets)-1 {
			to = min(amount, b.upTo*unit)
		}
		if to > from {
			sum += (to - from) * b.share
			from = to
		}
	}
	return sum / 10000
}

var (
	// cpuShares is reserved by EKS and GKE: 6 % of the first core, 1 % of the
	// second, 0.5 % of the next two, 0.25 % of the others.
	cpuShares = []bracket{{1, 600}, {2, 100}, {4, 50}, {0, 25}}
	// aksCPUShares is reserved by AKS: 6 %, 4 %, 2 % of the next two, 1 %.
	aksCPUShares = []bracket{{1, 600}, {2, 400}, {4, 200}, {0, 100}}
	// memoryShares is reserved by AKS and GKE: 25 % to 4 GiB, 20 % to 8, 10 %
	// to 16, 6 % to 128, 2 % above.
	memoryShares = []bracket{{4, 2500}, {8, 2000}, {16, 1000}, {128, 600}, {0, 200}}
)

// eksAllocatable follows the Karpenter provider for AWS: 7.5 % of the memory
// (after 64 MiB on arm64) goes to the hypervisor and kernel, the kubelet keeps
// 11 MiB for each pod and 255 MiB, and evicts below 100 MiB. Pods are limited
// by the network plugin and to 110, or to 250 above 30 vCPUs.
func eksAllocatable(m Machine) Allocatable {
	limit := int64(110)
	if m.VCPU > 30 {
		limit = 250
	}
	pods := limit
	if m.MaxPods > 0 {
		pods = min(m.MaxPods, limit)
	}
	memory := m.Memory
	if m.ARM64 {
		memory -= 64 * mib
	}
	memory -= memory * 75 / 1000
	memory -= (11*pods + 255 + 100) * mib
	return Allocatable{CPU: m.VCPU*1000 - reserved(m.VCPU*1000, 1000, cpuShares), Memory: max(memory, 0), Pods: pods}
}

// aksAllocatable follows the Karpenter provider for Azure: 7.5 % of the memory
// goes to the hypervisor, the kubelet keeps a share by brackets and evicts
// below 750 MiB. Pods are limited by MaxPods: 250 with an overlay network, 30
// with one address a pod in the node's subnet; 110 where unknown.
func aksAllocatable(m Machine) Allocatable {
	pods := m.MaxPods
	if pods <= 0 {
		pods = 110
	}
	memory := m.Memory - m.Memory*75/1000
	memory -= reserved(m.Memory, gib, memoryShares) + 750*mib
	return Allocatable{CPU: m.VCPU*1000 - reserved(m.VCPU*1000, 1000, aksCPUShares), Memory: max(memory, 0), Pods: pods}
}

// gkeAllocatable follows the Cluster Autoscaler's model of a GCE machine for
// what the kernel keeps, and Google's published brackets for what the kubelet
// keeps; it evicts below 100 MiB. Pods are limited to MaxPods, 110 where
// unknown.
func gkeAllocatable(m Machine) Allocatable {
	pods := m.MaxPods
	if pods <= 0 {
		pods = 110
	}
	kernel := m.Memory/64 + 16*mib + min(m.Memory*175/100000, 248*mib)
	if m.Memory > 3*gib {
		kernel += 64 * mib
	}
	if m.Memory <= 8*gib {
		kernel += 8 * mib
	}
	memory := m.Memory - kernel - reserved(m.Memory, gib, memoryShares) - 100*mib
	return Allocatable{CPU: m.VCPU*1000 - reserved(m.VCPU*1000, 1000, cpuShares), Memory: max(memory, 0), Pods: pods}
}
