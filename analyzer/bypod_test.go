package analyzer_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

func TestFargateSize(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct{ cpu, memory, wantCPU, wantMemory int64 }{
		{0, 0, 250, 512},
		{250, 256, 250, 512}, // with 256 MiB of Fargate's own
		{250, 257, 250, 1024},
		{250, 1793, 500, 3072}, // above what goes with a quarter
		{1000, 1024, 1000, 2048},
		{1001, 1024, 2000, 4096},
		{4000, 30720, 8000, 32768},
		{16000, 122624, 16000, 122880},
		{17000, 1024, 17000, 1024}, // not sold: as it is
		{-5, -5, 250, 512},
	} {
		got := analyzer.FargateSize(analyzer.Amounts{CPU: tt.cpu, Memory: tt.memory * mib})
		if want := (analyzer.Amounts{CPU: tt.wantCPU, Memory: tt.wantMemory * mib}); got != want {
			t.Errorf("FargateSize(%dm, %d MiB) = %dm, %d MiB; want %dm, %d MiB", tt.cpu, tt.memory, got.CPU, got.Memory/mib, want.CPU, want.Memory/mib)
		}
	}
}

func TestParseProvisioned(t *testing.T) {
	for v, want := range map[string]analyzer.Amounts{
		"0.25vCPU 0.5GB": {CPU: 250, Memory: 512 << 20},
		"16vCPU 120GB":   {CPU: 16000, Memory: 120 << 30},
		"":               {},
		"0.25vCPU":       {},
		"NaNvCPU 1GB":    {},
		"-1vCPU 1GB":     {},
		"1e300vCPU 1GB":  {},
	} {
		if got := analyzer.ParseProvisioned(v); got != want {
			t.Errorf("ParseProvisioned(%q) = %v, want %v", v, got, want)
		}
	}
}

// TestNodesBilledByPod wants such a node to be as large as its pods are billed
// for, and the snapshot to stay as it was.
func TestNodesBilledByPod(t *testing.T) {
	virtual := analyzer.Node{Name: "vk", Taints: []analyzer.Taint{{Key: "virtual-kubelet.io/provider"}}, Capacity: analyzer.Amounts{CPU: 1e7, Memory: 1e13}}
	fargate := analyzer.Node{Name: "f", Labels: map[string]string{"eks.amazonaws.com/compute-type": "fargate"}, Capacity: analyzer.Amounts{CPU: 2000, Memory: 4 << 30}}
	machine := analyzer.Node{Name: "m", Capacity: analyzer.Amounts{CPU: 4000, Memory: 16 << 30}}
	pods := []analyzer.Pod{
		{Name: "a", Node: "vk", Requests: analyzer.Amounts{CPU: 100, Memory: 1 << 30}},
		{Name: "b", Node: "vk", Requests: analyzer.Amounts{CPU: 200}, Phase: "Succeeded"},
		{Name: "c", Node: "f", Requests: analyzer.Amounts{CPU: 100}, Provisioned: analyzer.Amounts{CPU: 500, Memory: 1 << 30}},
		{Name: "d", Node: "m", Requests: analyzer.Amounts{CPU: 100}},
	}
	s := &analyzer.Snapshot{Nodes: []analyzer.Node{virtual, fargate, machine}, Workloads: []analyzer.Workload{{Pods: pods}}}
	a := analyzer.Analyze(s)
	got := a.Snapshot.Nodes
	for i, want := range []analyzer.Amounts{{CPU: 100, Memory: 1 << 30}, {CPU: 500, Memory: 1 << 30}, machine.Capacity} {
		if got[i].Capacity != want {
			t.Errorf("node %s: capacity %v, want %v", got[i].Name, got[i].Capacity, want)
		}
	}
	w := a.Workloads[0].Workload
	if rest := w.Beyond(&w.Pods[2]); rest != (analyzer.Amounts{CPU: 500, Memory: 1 << 30}) {
		t.Errorf("beyond its containers the pod on Fargate holds %+v, want all that it is billed for", rest)
	}
	if w.Fargate() || !(&analyzer.Workload{Pods: w.Pods[2:3]}).Fargate() {
		t.Error("only pods on Fargate are billed in its sizes")
	}
	if s.Nodes[0].Capacity != virtual.Capacity {
		t.Error("the snapshot was changed")
	}
}

// TestAddOn: what a provider installs bears its sign: its label or manager, the namespace, in
// kube-system the priority class for add-ons, or the name of the proxy, the network, storage,
// DNS or metrics agents. What a user installs beside them is the user's, in kube-system too.
func TestAddOn(t *testing.T) {
	managed := func(by string) map[string]string { return map[string]string{"app.kubernetes.io/managed-by": by} }
	for name, tt := range map[string]struct {
		namespace, workload, class string
		labels                     map[string]string
		want                       bool
	}{
		"proxy":           {"kube-system", "kube-proxy-a1", "", nil, true},
		"own ingress":     {"kube-system", "our-ingress", "", nil, false},
		"managed":         {"x", "y", "", map[string]string{"kubernetes.azure.com/managedby": "aks"}, true},
		"coredns of ours": {"shop", "coredns", "", nil, false},
		"managed ns":      {"gke-managed-system", "z", "", nil, true},
		"metrics-server":  {"kube-system", "metrics-server", "", nil, true},
		"EBS CSI":         {"kube-system", "ebs-csi-controller", "", managed("Helm"), true},
		"an EKS add-on":   {"kube-system", "snapshot-controller", "", managed("EKS"), true},
		"made by eksctl":  {"kube-system", "our-agent", "", managed("eksctl"), false},

		"cluster-autoscaler of the user, on EKS":     {"kube-system", "cluster-autoscaler", "", managed("Helm"), false},
		"cluster-autoscaler of the class of add-ons": {"kube-system", "cluster-autoscaler", "system-cluster-critical", managed("Helm"), true},
		"cluster-autoscaler of kOps":                 {"kube-system", "cluster-autoscaler", "", map[string]string{"addon.kops.k8s.io/name": "cluster-autoscaler.addons.k8s.io"}, true},
		"of kOps by its manager":                     {"kube-system", "dns-controller", "", managed("kops"), true},
		"aws-load-balancer-controller":               {"kube-system", "aws-load-balancer-controller", "", managed("Helm"), false},
		"the same of the class of add-ons":           {"kube-system", "aws-load-balancer-controller", "system-cluster-critical", managed("Helm"), true},
		"external-dns":                               {"external-dns", "external-dns", "", managed("Helm"), false},
		"cert-manager":                               {"cert-manager", "cert-manager", "", managed("Helm"), false},
		"karpenter":                                  {"karpenter", "karpenter", "system-cluster-critical", managed("Helm"), false},
	} {
		w := analyzer.Workload{Ref: analyzer.Ref{Namespace: tt.namespace, Kind: "Deployment", Name: tt.workload}, Labels: tt.labels}
		if tt.class != "" {
			w.Pods = []analyzer.Pod{{Spec: analyzer.PodSpec{PriorityClass: tt.class}}}
		}
		if got := w.AddOn(); got != tt.want {
			t.Errorf("%s: AddOn() = %v, want %v", name, got, tt.want)
		}
	}
}
