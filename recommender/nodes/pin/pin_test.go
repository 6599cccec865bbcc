package pin_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/pin"
)

// TestVolumes reads where volumes let a pod run.
func TestVolumes(t *testing.T) {
	in := func(key string, values ...string) []analyzer.NodeTerm {
		return []analyzer.NodeTerm{{{Key: key, Operator: "In", Values: values}}}
	}
	for name, c := range map[string]struct {
		volume   analyzer.Volume
		provider string
		zone     string
		pinned   string
		zones    string
		attach   int64
	}{
		"a zonal disk":                  {analyzer.Volume{Source: "csi", Driver: "ebs.csi.aws.com", Affinity: in("topology.ebs.csi.aws.com/zone", "a")}, "aws:///a/i", "a", "", "a", 1},
		"a regional disk":               {analyzer.Volume{Source: "csi", Driver: "pd.csi.storage.gke.io", Affinity: in("topology.gke.io/zone", "b", "a")}, "gce://p/a/i", "a", "", "a b", 1},
		"a zonal disk without affinity": {analyzer.Volume{Source: "csi", Driver: "ebs.csi.aws.com"}, "aws:///a/i", "a", "", "a", 1},
		"a disk of before CSI":          {analyzer.Volume{Source: "awsElasticBlockStore", Affinity: in("topology.kubernetes.io/zone", "a")}, "aws:///a/i", "a", "", "a", 1},
		"of an older snapshot":          {analyzer.Volume{Driver: "ebs.csi.aws.com"}, "aws:///a/i", "a", "", "a", 1},
		"a file system":                 {analyzer.Volume{Source: "csi", Driver: "efs.csi.aws.com", Shared: true}, "aws:///a/i", "a", "", "", 0},
		"storage of the cluster's own":  {analyzer.Volume{Source: "csi", Driver: "driver.longhorn.io"}, "", "", "", "", 0},
		"a local disk":                  {analyzer.Volume{Source: "local", Affinity: in("kubernetes.io/hostname", "n")}, "aws:///a/i", "a", "own disk", "", 0},
		"a local disk, by its zone":     {analyzer.Volume{Source: "local", Affinity: in("topology.kubernetes.io/zone", "a")}, "aws:///a/i", "a", "own disk", "", 0},
		"a disk of two keys for zones": {analyzer.Volume{Source: "csi", Driver: "pd.csi.storage.gke.io", Affinity: []analyzer.NodeTerm{append(in("topology.gke.io/zone", "a")[0], in("topology.kubernetes.io/zone", "a", "b")[0]...)}},
			"gce://p/a/i", "a", "", "a", 1},
		"a local disk by its own label":  {analyzer.Volume{Source: "csi", Driver: "topolvm.io", Affinity: in("topology.topolvm.io/node", "n")}, "aws:///a/i", "a", "topology.topolvm.io/node", "", 0},
		"a path of the node":             {analyzer.Volume{Source: "hostPath"}, "", "", "own disk", "", 0},
		"a zone that is not the node's":  {analyzer.Volume{Source: "csi", Affinity: in("topology.kubernetes.io/zone", "b")}, "aws:///a/i", "a", "whose zone", "", 0},
		"a kind that nothing models":     {analyzer.Volume{Source: "iscsi", Unmodelled: []string{"iscsi"}}, "", "", "iscsi", "", 0},
		"Azure without zones":            {analyzer.Volume{Source: "csi", Driver: "disk.csi.azure.com", Affinity: in("topology.disk.csi.azure.com/zone", "")}, "azure:///x", "0", "", "", 1},
		"on-premises, nothing is told":   {analyzer.Volume{Name: "gone"}, "", "", "nothing tells", "", 0},
		"in the cloud, nothing is told":  {analyzer.Volume{Name: "gone"}, "aws:///a/i", "a", "", "a", 1},
		"in the cloud, a class of disks": {analyzer.Volume{Name: "gone", Class: "local-nvme"}, "aws:///a/i", "a", "nothing tells", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &analyzer.Snapshot{VolumeClaims: []analyzer.VolumeClaim{{Namespace: "x", Name: "c", Volume: "v", Class: c.volume.Class}}}
			node := analyzer.Node{Name: "n", ProviderID: c.provider, Labels: map[string]string{"topology.kubernetes.io/zone": c.zone}}
			s.Nodes = []analyzer.Node{node}
			if c.volume.Name != "gone" {
				c.volume.Name = "v"
				s.Volumes = []analyzer.Volume{c.volume}
			}
			r := pin.VolumesOf(s).Of("x", &analyzer.Pod{Spec: analyzer.PodSpec{Claims: []string{"c"}}}, &node)
			if c.pinned == "" != (r.Pinned.Text == "") || !strings.Contains(r.Pinned.Text, c.pinned) {
				t.Errorf("pinned: got %q, want %q", r.Pinned.Text, c.pinned)
			}
			if got := strings.Join(r.Zones, " "); c.pinned == "" && got != c.zones {
				t.Errorf("zones: got %q, want %q", got, c.zones)
			}
			sum := int64(0)
			for _, n := range r.Attach {
				sum += n
			}
			if c.pinned == "" && sum != c.attach {
				t.Errorf("attached: got %v, want %d", r.Attach, c.attach)
			}
		})
	}
}

// TestStock tells what a type has, of the nodes of its pool.
func TestStock(t *testing.T) {
	gpus := func(name string, n int64) pin.Member {
		return pin.Member{
			Node:    &analyzer.Node{Resources: analyzer.Resources{name: n, "ephemeral-storage": 50 << 30, "hugepages-2Mi": 1 << 20}, Allocatable: analyzer.Amounts{GPU: n}},
			Machine: pricing.Offering{Provider: "aws", InstanceType: "g4dn.xlarge", CPUMillis: 4000, GPUs: 1},
		}
	}
	larger := pricing.Offering{Provider: "aws", InstanceType: "g4dn.12xlarge", CPUMillis: 48000, GPUs: 4}
	other := pricing.Offering{Provider: "aws", InstanceType: "g5.xlarge", CPUMillis: 4000, GPUs: 1}
	for name, c := range map[string]struct {
		members     []pin.Member
		of          pricing.Offering
		device      string
		count, disk int64
		huge        int64
	}{
		"its own":              {[]pin.Member{gpus("nvidia.com/gpu", 1)}, gpus("", 0).Machine, "nvidia.com/gpu", 1, 50 << 30, 1 << 20},
		"of its line":          {[]pin.Member{gpus("nvidia.com/gpu", 1)}, larger, "nvidia.com/gpu", 4, 50 << 30, 0},
		"of another line":      {[]pin.Member{gpus("nvidia.com/gpu", 1)}, other, "nvidia.com/gpu", 0, 50 << 30, 0},
		"shared in time":       {[]pin.Member{gpus("nvidia.com/gpu", 4)}, larger, "nvidia.com/gpu", 0, 50 << 30, 0},
		"slices":               {[]pin.Member{gpus("nvidia.com/mig-1g.5gb", 7)}, larger, "nvidia.com/mig-1g.5gb", 0, 50 << 30, 0},
		"the least of its own": {[]pin.Member{gpus("nvidia.com/gpu", 4), gpus("nvidia.com/gpu", 1)}, gpus("", 0).Machine, "nvidia.com/gpu", 1, 50 << 30, 1 << 20},
	} {
		has, _ := pin.StockOf("aws", c.members).Of(c.of)
		if has[c.device] != c.count || has["ephemeral-storage"] != c.disk || has["hugepages-2Mi"] != c.huge || has["attachable-volumes-ebs.csi.aws.com"] == 0 {
			t.Errorf("%s: got %v", name, has)
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		name, allow, deny string
		want              bool
	}{
		{"m6i.large", "", "", true}, {"m6i.large", "m6i.*", "", true}, {"m6i.large", "c6i.* m*", "", true}, {"m6i.large", "c*", "", false},
		{"m6i.large", "", "*.large", false}, {"m6i.large", "m6i.*", "m6i.large", false},
	} {
		if got := pin.Allowed(c.name, strings.Fields(c.allow), strings.Fields(c.deny)); got != c.want {
			t.Errorf("%s of %q but %q: got %v", c.name, c.allow, c.deny, got)
		}
	}
}

// TestReasons: the kind of a reason says what follows of it, and its group what nodes
// are added up by. A name that reads like another kind changes neither.
func TestReasons(t *testing.T) {
	node := func(key, value string) pin.Reason {
		return pin.Node(&analyzer.Node{Labels: map[string]string{key: value}})
	}
	pod := analyzer.Pod{Name: "volume devices"}
	budget := analyzer.PDB{Name: "data in", MinAvailable: "1", Pods: []string{pod.Name}}
	blocks := func(kind string, budgets ...analyzer.PDB) pin.Reason {
		w := &analyzer.WorkloadFacts{Workload: &analyzer.Workload{Ref: analyzer.Ref{Kind: kind}, Pods: []analyzer.Pod{pod}}, PDBs: budgets}
		return pin.Blocks(w, &pod, "")
	}
	for name, c := range map[string]struct {
		got   pin.Reason
		kind  pin.Kind
		group string
	}{
		"control plane":    {node("node-role.kubernetes.io/control-plane", ""), pin.Nature, "it runs the control plane"},
		"system pool":      {node("kubernetes.azure.com/mode", "System"), pin.Nature, "it is of an AKS system pool"},
		"reserved":         {node("karpenter.sh/capacity-type", "reserved"), pin.Itself, "it is reserved, and paid for whether it runs or not"},
		"none":             {node("x", "y"), pin.None, ""},
		"bare pod":         {blocks("Pod"), pin.Mend, "pods that may not be evicted"},
		"budget for ever":  {blocks("Deployment", budget), pin.Mend, "pods that may not be evicted"},
		"budget that lets": {blocks("Deployment", analyzer.PDB{MinAvailable: "0", Pods: budget.Pods}), pin.None, ""},
		"host path": {pin.Pod(&analyzer.Pod{Spec: analyzer.PodSpec{LocalStorage: true, Local: &analyzer.LocalData{HostPaths: []string{"/volume "}}}}, pin.LocalWarn),
			pin.Data, "data on the node"},
		"own scheduler": {pin.Pod(&analyzer.Pod{Spec: analyzer.PodSpec{Scheduler: "volume "}}, pin.LocalWarn), pin.Constraint, "constraints that are not modelled"},
	} {
		if c.got.Kind != c.kind || c.got.Group() != c.group {
			t.Errorf("%s: got kind %d, %q; want %d, %q", name, c.got.Kind, c.got.Group(), c.kind, c.group)
		}
	}
}

// TestControlPlane: a node that runs the API server or etcd stays, whoever set it up.
func TestControlPlane(t *testing.T) {
	for key, want := range map[string]bool{
		"node-role.kubernetes.io/control-plane": true, "node-role.kubernetes.io/controlplane": true, "node-role.kubernetes.io/master": true,
		"node-role.kubernetes.io/etcd": true, "node.kubernetes.io/microk8s-controlplane": true, "node-role.kubernetes.io/worker": false,
	} {
		labelled := pin.Node(&analyzer.Node{Labels: map[string]string{key: ""}})
		tainted := pin.Node(&analyzer.Node{Taints: []analyzer.Taint{{Key: key, Effect: "NoSchedule"}}})
		if (labelled.Text != "") != want || (tainted.Text != "") != want {
			t.Errorf("%s: got %q as a label and %q as a taint, want it kept: %v", key, labelled.Text, tainted.Text, want)
		}
	}
}

// TestLoweredAttach: a driver that was set to fewer volumes than the provider's rule is so on
// new types too. A single node that says as many as the rule shows that it was not.
func TestLoweredAttach(t *testing.T) {
	member := func(volumes int64) pin.Member {
		n := &analyzer.Node{Attach: map[string]int64{"ebs.csi.aws.com": volumes}}
		return pin.Member{Node: n, Machine: pricing.Offering{Provider: "aws", InstanceType: "m6i.2xlarge", CPUMillis: 8000}}
	}
	of := pricing.Offering{Provider: "aws", InstanceType: "c6a.large", CPUMillis: 2000}
	for _, c := range []struct {
		members []pin.Member
		want    int64
	}{
		{nil, 24},
		{[]pin.Member{member(3), member(2)}, 3},
		{[]pin.Member{member(3), member(25)}, 24},
	} {
		has, _ := pin.StockOf("aws", c.members).Of(of)
		if got := has["attachable-volumes-ebs.csi.aws.com"]; got != c.want {
			t.Errorf("%d nodes: %d volumes, want %d", len(c.members), got, c.want)
		}
	}
}

// TestLike: of nodes of one type that do not have the same devices, those are kept that a new
// one would not be like, whatever their names.
func TestLike(t *testing.T) {
	plain, fpga, whole, cut := analyzer.Resources(nil), analyzer.Resources{"example.com/fpga": 4}, analyzer.Resources{"nvidia.com/gpu": 4}, analyzer.Resources{"nvidia.com/mig-1g.5gb": 28}
	for name, c := range map[string]struct {
		gpus  int64 // that the machine is sold with
		nodes []analyzer.Resources
		kept  int
	}{
		"all plain":                          {0, []analyzer.Resources{plain, plain}, 0},
		"all with devices":                   {0, []analyzer.Resources{fpga, fpga}, 0},
		"plain ones beside one with devices": {0, []analyzer.Resources{fpga, plain, plain, plain}, 1},
		"one plain beside some with devices": {0, []analyzer.Resources{plain, fpga, fpga}, 2},
		"GPUs that one does not show":        {4, []analyzer.Resources{plain, whole, whole}, 1},
		"most that do not show them":         {4, []analyzer.Resources{plain, plain, whole}, 2},
		"one that is divided":                {4, []analyzer.Resources{cut, whole, whole}, 1},
		"one that is not":                    {4, []analyzer.Resources{whole, cut, cut}, 1},
		"as many of each":                    {4, []analyzer.Resources{whole, cut}, 1},
		"none shows any":                     {4, []analyzer.Resources{plain, plain}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for range len(c.nodes) { // in any order
				c.nodes = append(c.nodes[1:], c.nodes[0])
				var going []pin.Member
				bare := map[string]bool{}
				for _, has := range c.nodes {
					m := pin.Member{Node: &analyzer.Node{Resources: has}, Machine: pricing.Offering{Provider: "aws", InstanceType: "x.large", GPUs: c.gpus}}
					bare["x.large"] = bare["x.large"] || len(has) == 0
					going = append(going, m)
				}
				like, kept := pin.Like(going, bare), 0
				for _, m := range going {
					if pin.DevicesOf(m.Node, m.Machine) != like["x.large"] {
						kept++
					}
				}
				if kept != c.kept {
					t.Errorf("%d nodes would be kept, want %d; like %q", kept, c.kept, like)
				}
			}
		})
	}
}

// TestTogether: pods that share a disk stay on the node that attaches it. One that they mount on
// several nodes, and one that any node mounts, holds nobody.
func TestTogether(t *testing.T) {
	ebs := analyzer.Volume{Name: "v", Source: "csi", Driver: "ebs.csi.aws.com"}
	many := ebs
	many.Shared = true
	for name, c := range map[string]struct {
		volume analyzer.Volume
		nodes  []string // of the pods that run with it
		pinned bool
	}{
		"one pod":                {ebs, []string{"n"}, false},
		"two pods":               {ebs, []string{"n", "n"}, true},
		"on two nodes":           {ebs, []string{"n", "m"}, false},
		"one that waits":         {ebs, []string{"n", ""}, false},
		"a disk of several":      {many, []string{"n", "n"}, false},
		"a file system":          {analyzer.Volume{Name: "v", Source: "nfs"}, []string{"n", "n"}, false},
		"nothing tells what":     {analyzer.Volume{}, []string{"n", "n"}, true},
		"of one node, in a rack": {analyzer.Volume{Name: "v", Source: "csi", Driver: "driver.longhorn.io"}, []string{"n", "n"}, true},
	} {
		s := &analyzer.Snapshot{VolumeClaims: []analyzer.VolumeClaim{{Namespace: "x", Name: "c", Volume: "v"}}, Volumes: []analyzer.Volume{c.volume}}
		node := analyzer.Node{Name: "n", ProviderID: "aws:///a/i", Labels: map[string]string{"topology.kubernetes.io/zone": "a"}}
		w := analyzer.Workload{Ref: analyzer.Ref{Namespace: "x", Kind: "Deployment", Name: "w"}}
		for i, at := range c.nodes {
			w.Pods = append(w.Pods, analyzer.Pod{Name: string(rune('a' + i)), Node: at, Spec: analyzer.PodSpec{Claims: []string{"c"}}})
		}
		s.Workloads = []analyzer.Workload{w}
		if r := pin.VolumesOf(s).Of("x", &w.Pods[0], &node); (r.Pinned.Kind == pin.Volume) != c.pinned {
			t.Errorf("%s: got %q, want it pinned: %v", name, r.Pinned.Text, c.pinned)
		}
	}
}

// TestTakenByDaemons: what any node like it runs takes of its devices and huge pages is not
// there for others, on a new type of the line neither; disk stands among their requests.
func TestTakenByDaemons(t *testing.T) {
	has := analyzer.Resources{"nvidia.com/gpu": 1, "hugepages-2Mi": 2 << 30, "ephemeral-storage": 50 << 30}
	m := pin.Member{
		Node: &analyzer.Node{Resources: has}, Machine: pricing.Offering{Provider: "aws", InstanceType: "g4dn.xlarge", CPUMillis: 4000, GPUs: 1},
		Taken: map[string]int64{"nvidia.com/gpu": 1, "hugepages-2Mi": 1 << 30, "ephemeral-storage": 1 << 30},
	}
	stock := pin.StockOf("aws", []pin.Member{m})
	own, _ := stock.Of(m.Machine)
	if own["nvidia.com/gpu"] != 0 || own["hugepages-2Mi"] != 1<<30 || own["ephemeral-storage"] != 50<<30 {
		t.Errorf("its own type: got %v", own)
	}
	if larger, _ := stock.Of(pricing.Offering{Provider: "aws", InstanceType: "g4dn.12xlarge", CPUMillis: 48000, GPUs: 4}); larger["nvidia.com/gpu"] != 3 {
		t.Errorf("a larger type: got %v, want 3 of 4 devices", larger)
	}
}
