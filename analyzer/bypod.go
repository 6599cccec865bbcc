package analyzer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// ByPod names the program that bills the pods of a node in place of the node
// itself: what the node says of its capacity is then nobody's bill. Empty for a
// machine.
func (n *Node) ByPod() string {
	if n.Runs != "" {
		return n.Runs
	}
	taints := make(map[string]string, len(n.Taints))
	for _, t := range n.Taints {
		taints[t.Key] = t.Value
	}
	return cloud.OfPods(n.Name, n.Labels, taints)
}

// Hybrid reports whether a node is a machine of one's own, of which a cloud bills
// the vCPUs, as EKS does of its hybrid nodes.
func (n *Node) Hybrid() bool {
	_, h := cloud.HybridOf(n.ProviderID, n.Labels)
	return h != nil
}

// Windows reports whether a node runs Windows, by its labels or by what its system calls
// itself.
func (n *Node) Windows() bool {
	return strings.HasPrefix(n.OSImage, "Windows") || strings.EqualFold(n.Labels["kubernetes.io/os"], "windows") || strings.EqualFold(n.Labels["beta.kubernetes.io/os"], "windows")
}

// BilledByPod gives the snapshot with nodes whose pods are billed one by one as large
// as what their pods are billed for, and that noted with pods on Fargate, so that
// nothing of them is idle. Pods of workloads that come and go stand on a node of their
// own, as large as they were on the mean of the window: see billRuns. The snapshot itself
// stays as it is; one without such nodes and runs is given back.
func (s *Snapshot) BilledByPod() *Snapshot {
	out := *s
	out.Nodes = slices.Clone(out.Nodes)
	size := map[string]*Amounts{}
	program := map[string]string{}
	for i := range out.Nodes {
		n := &out.Nodes[i]
		if program[n.Name] = n.ByPod(); program[n.Name] != "" {
			n.Capacity, n.Allocatable = Amounts{}, Amounts{}
			size[n.Name] = &n.Capacity
		}
	}
	out.Workloads = slices.Clone(out.Workloads)
	runs := out.billRuns()
	if len(size) == 0 && len(runs) == 0 {
		return s
	}
	for i := range out.Workloads {
		w := &out.Workloads[i]
		if slices.ContainsFunc(w.Pods, func(p Pod) bool { return program[p.Node] != "" }) {
			w.Pods = slices.Clone(w.Pods)
		}
		for j := range w.Pods {
			p := &w.Pods[j]
			if size[p.Node] == nil || p.Ended() {
				continue
			}
			billed := p.billed(program[p.Node])
			if w.Unbilled(program[p.Node]) {
				w.Provided = cmp.Or(w.Provided, "its pods are "+program[p.Node]+"'s own")
			} else if w.RunsNode == "" {
				*size[p.Node] = size[p.Node].Plus(billed)
			}
			if program[p.Node] == cloud.Fargate {
				p.Provisioned = billed
			}
		}
	}
	for i := range out.Nodes {
		if size[out.Nodes[i].Name] != nil {
			out.Nodes[i].Allocatable = out.Nodes[i].Capacity
		}
	}
	if len(runs) > 0 {
		out.Nodes = append(out.Nodes, runs...)
		slices.SortStableFunc(out.Nodes, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
	}
	return &out
}

// Fargate reports whether all of the workload's running pods are billed one by one in
// the sizes that Fargate sells.
func (w *Workload) Fargate() bool {
	if w.RunsNode != "" {
		return w.RunsBy == cloud.Fargate
	}
	running := 0
	for i := range w.Pods {
		if p := &w.Pods[i]; !p.Ended() {
			if running++; p.Provisioned == (Amounts{}) {
				return false
			}
		}
	}
	return running > 0
}

// Unbilled reports whether a program bills nothing for a workload's pods: they are its
// own.
func (w *Workload) Unbilled(program string) bool {
	return cloud.OwnUnbilled(program) && (w.Namespace == "kube-system" || w.AddOn())
}

// billed is what a program bills a pod for.
func (p *Pod) billed(program string) Amounts {
	switch {
	case p.Provisioned != Amounts{}:
		return p.Provisioned
	case program == cloud.Fargate:
		return FargateSize(p.Requests)
	}
	return p.Requests
}

// fargateSizes are the vCPUs that Fargate sells, in millicores, with the memory
// that goes with each, in MiB: the least, the most and the steps between.
// 0.25 vCPU comes with 512, 1024 or 2048 MiB.
// https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html, read 2026-07.
var fargateSizes = []struct{ cpu, least, most, step int64 }{
	{250, 512, 2048, 0}, {500, 1024, 4096, 1024}, {1000, 2048, 8192, 1024}, {2000, 4096, 16384, 1024},
	{4000, 8192, 30720, 1024}, {8000, 16384, 61440, 4096}, {16000, 32768, 122880, 8192},
}

// FargateMost is the largest that a pod on Fargate may request.
var FargateMost = Amounts{CPU: 16000, Memory: 122880<<20 - fargateOwn}

// LargestPod is the most that a pod may request of a program that bills pods one by one;
// known is false of those whose largest size goes by a class of pods or by the region.
func LargestPod(program string) (most Amounts, known bool) {
	if program == cloud.Fargate {
		return FargateMost, true
	}
	return Amounts{}, false
}

// FargateSells reports whether Fargate sells a size that holds what a pod requests.
func FargateSells(requests Amounts) bool {
	return requests.CPU <= FargateMost.CPU && requests.Memory <= FargateMost.Memory
}

// fargateOwn is the memory that Fargate adds to each pod for the kubelet,
// kube-proxy and containerd.
const fargateOwn = 256 << 20

// FargateSize rounds what a pod requests up to what Fargate sells; what is
// larger than anything sold stays as it is.
func FargateSize(requests Amounts) Amounts {
	const mib = 1 << 20
	memory := (max(requests.Memory, 0) + fargateOwn + mib - 1) / mib
	for _, s := range fargateSizes {
		if requests.CPU > s.cpu || memory > s.most {
			continue
		}
		sold := s.least
		for sold < memory {
			if s.step == 0 {
				sold *= 2
			} else {
				sold += s.step
			}
		}
		return Amounts{CPU: s.cpu, Memory: sold * mib}
	}
	return requests
}

// ProvisionedAnnotation is where Fargate says what it bills a pod for.
const ProvisionedAnnotation = "CapacityProvisioned"

// mostProvisioned bounds what an annotation may say, in vCPUs and GiB: far
// above anything sold.
const mostProvisioned = 4096

// ParseProvisioned reads that annotation, such as "0.25vCPU 1GB"; zero where it
// says nothing that can be read.
func ParseProvisioned(v string) Amounts {
	cpu, memory, ok := strings.Cut(strings.TrimSpace(v), "vCPU ")
	cores, err := strconv.ParseFloat(cpu, 64)
	gib, err2 := strconv.ParseFloat(strings.TrimSuffix(memory, "GB"), 64)
	if !ok || err != nil || err2 != nil || !(cores > 0 && cores <= mostProvisioned && gib > 0 && gib <= mostProvisioned) {
		return Amounts{}
	}
	return Amounts{CPU: int64(cores*1000 + 0.5), Memory: int64(gib*(1<<30) + 0.5)}
}
