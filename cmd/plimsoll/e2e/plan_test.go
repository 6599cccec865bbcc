//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

const (
	// planLabel is on the plan's nodes and in the selectors of its pods, so that
	// no pod of the plan goes elsewhere.
	planLabel = "plimsoll.dev/plan-test"
	// planTaint has the node's name as its value. Only the pods that the plan has
	// on the node tolerate it: the scheduler may refuse the plan, not change it.
	planTaint = "plimsoll.dev/plan-test-node"
	planSpace = "plan-test"
	planRun   = "e2e"
)

// TestE2EPlanSchedules gives the real scheduler a plan's nodes and its pods:
// it must bind every pod to its planned node, and refuse one that the plan
// says has no room.
func TestE2EPlanSchedules(t *testing.T) {
	b := newPlanBed(t)
	in := packing.Input{Pods: planPods(), DaemonSets: b.daemons(), Offerings: planOfferings(), Effort: 0.2}
	plan, err := packing.Pack(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Abstained) > 0 {
		t.Fatalf("the plan leaves out %d pods, such as %+v", len(plan.Abstained), plan.Abstained[0])
	}
	if err := packing.Check(plan, in.Pods, in.DaemonSets); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pods on %d nodes, %.4f USD/h, gap %.2f %%", len(in.Pods), len(plan.Nodes), plan.Hourly, plan.GapPercent)
	pods := map[string]*packing.Pod{}
	for i := range in.Pods {
		pods[in.Pods[i].Name] = &in.Pods[i]
	}
	home := map[string]string{}
	for i := range plan.Nodes {
		node := fmt.Sprintf("plan-test-%03d", i)
		b.createNode(node, &plan.Nodes[i].Offering)
		for _, name := range plan.Nodes[i].Pods {
			home[name] = node
		}
	}
	for _, name := range slices.Sorted(maps.Keys(home)) {
		b.createPod(pods[name], home[name])
	}
	b.awaitHome(home)
	full := &plan.Nodes[0]
	b.createPod(&packing.Pod{Name: "too-much", Group: "too-much", CPU: full.Offering.CPU - full.CPU + 1}, "plan-test-000")
	b.awaitRefusal("too-much")
}

// planBed is the cluster with what the test made in it.
type planBed struct {
	t      *testing.T
	ctx    context.Context
	client *kubernetes.Clientset
}

func newPlanBed(t *testing.T) *planBed {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", live.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	b := &planBed{t: t, ctx: context.Background(), client: client}
	t.Cleanup(b.clean)
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: planSpace}}
	if _, err := client.CoreV1().Namespaces().Create(b.ctx, space, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: planSpace}}
	_, _ = client.CoreV1().ServiceAccounts(planSpace).Create(b.ctx, account, metav1.CreateOptions{}) // a controller makes it, too
	return b
}

// clean removes pods, nodes and the namespace. DaemonSets' pods go with the
// nodes.
func (b *planBed) clean() {
	now := int64(0)
	gone := metav1.DeleteOptions{GracePeriodSeconds: &now}
	core := b.client.CoreV1()
	err := core.Pods(planSpace).DeleteCollection(b.ctx, gone, metav1.ListOptions{})
	if err == nil {
		err = core.Nodes().DeleteCollection(b.ctx, gone, metav1.ListOptions{LabelSelector: planLabel + "=" + planRun})
	}
	if err == nil {
		err = core.Namespaces().Delete(b.ctx, planSpace, gone)
	}
	for range 120 {
		if _, gone := core.Namespaces().Get(b.ctx, planSpace, metav1.GetOptions{}); gone != nil {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	if err != nil {
		b.t.Errorf("cleaning up: %v", err)
	}
}

// daemons are the cluster's DaemonSets that will run on the plan's nodes.
func (b *planBed) daemons() []packing.Pod {
	b.t.Helper()
	list, err := b.client.AppsV1().DaemonSets("").List(b.ctx, metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	var out []packing.Pod
	for i := range list.Items {
		if d := daemonOf(&list.Items[i]); d != nil {
			out = append(out, *d)
		}
	}
	return out
}

// daemonOf gives a DaemonSet's pod if it tolerates every taint.
func daemonOf(d *appsv1.DaemonSet) *packing.Pod {
	spec := &d.Spec.Template.Spec
	if !slices.ContainsFunc(spec.Tolerations, func(t corev1.Toleration) bool {
		return t.Key == "" && t.Operator == corev1.TolerationOpExists && (t.Effect == "" || t.Effect == corev1.TaintEffectNoSchedule)
	}) {
		return nil
	}
	p := &packing.Pod{Name: d.Namespace + "/" + d.Name, NodeSelector: spec.NodeSelector, Tolerations: []packing.Toleration{{Operator: "Exists"}}}
	for _, c := range spec.Containers {
		p.CPU += c.Resources.Requests.Cpu().MilliValue()
		p.Memory += c.Resources.Requests.Memory().Value()
	}
	if a := spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			var t packing.Term
			for _, e := range term.MatchExpressions {
				t = append(t, packing.Requirement{Key: e.Key, Operator: packing.Operator(e.Operator), Values: e.Values})
			}
			p.Affinity = append(p.Affinity, t)
		}
	}
	return p
}

func (b *planBed) createNode(name string, o *packing.Offering) {
	b.t.Helper()
	labels := map[string]string{
		planLabel: planRun, packing.LabelHostname: name, packing.LabelOS: "linux", packing.LabelArch: o.Arch, packing.LabelZone: o.Zone,
		packing.LabelInstanceType: o.Type, packing.LabelCapacityType: o.CapacityType,
	}
	maps.Copy(labels, o.Labels)
	taints := []corev1.Taint{{Key: planTaint, Value: name, Effect: corev1.TaintEffectNoSchedule}}
	for _, t := range o.Taints {
		taints = append(taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	room := amounts(o.CPU, o.Memory)
	room[corev1.ResourcePods] = *resource.NewQuantity(o.Pods, resource.DecimalSI)
	_, err := b.client.CoreV1().Nodes().Create(b.ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.NodeSpec{Taints: taints},
		Status:     corev1.NodeStatus{Capacity: room, Allocatable: room},
	}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
}

func amounts(cpu, memory int64) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(cpu, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(memory, resource.BinarySI),
	}
}

// createPod makes the pod with all its constraints, for one node of the plan.
func (b *planBed) createPod(p *packing.Pod, node string) {
	b.t.Helper()
	spec := corev1.PodSpec{
		NodeSelector: map[string]string{planLabel: planRun},
		Tolerations:  []corev1.Toleration{{Key: planTaint, Operator: corev1.TolerationOpEqual, Value: node, Effect: corev1.TaintEffectNoSchedule}},
		Containers:   []corev1.Container{{Name: "app", Image: "app:1", Resources: corev1.ResourceRequirements{Requests: amounts(p.CPU, p.Memory)}}},
		Affinity:     affinityOf(p),
	}
	maps.Copy(spec.NodeSelector, p.NodeSelector)
	if p.Zone != "" {
		spec.NodeSelector[packing.LabelZone] = p.Zone
	}
	for _, t := range p.Tolerations {
		spec.Tolerations = append(spec.Tolerations, corev1.Toleration{
			Key: t.Key, Operator: corev1.TolerationOperator(t.Operator), Value: t.Value, Effect: corev1.TaintEffect(t.Effect),
		})
	}
	for _, s := range p.Spread {
		spec.TopologySpreadConstraints = append(spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
			TopologyKey: s.TopologyKey, MaxSkew: int32(s.MaxSkew), WhenUnsatisfiable: corev1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": p.Group}},
		})
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: planSpace, Labels: map[string]string{"app": p.Group}}, Spec: spec}
	if _, err := b.client.CoreV1().Pods(planSpace).Create(b.ctx, pod, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

func affinityOf(p *packing.Pod) *corev1.Affinity {
	a := &corev1.Affinity{}
	for _, apart := range p.AntiAffinity {
		if a.PodAntiAffinity == nil {
			a.PodAntiAffinity = &corev1.PodAntiAffinity{}
		}
		a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution = append(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
			corev1.PodAffinityTerm{TopologyKey: apart.TopologyKey, LabelSelector: &metav1.LabelSelector{
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: apart.Groups}},
			}})
	}
	for _, term := range p.Affinity {
		var t corev1.NodeSelectorTerm
		for _, r := range term {
			t.MatchExpressions = append(t.MatchExpressions, corev1.NodeSelectorRequirement{Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: r.Values})
		}
		if a.NodeAffinity == nil {
			a.NodeAffinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{}}
		}
		required := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		required.NodeSelectorTerms = append(required.NodeSelectorTerms, t)
	}
	return a
}

// awaitHome waits until every pod is bound, and compares.
func (b *planBed) awaitHome(home map[string]string) {
	b.t.Helper()
	var waiting []string
	for range 240 {
		list, err := b.client.CoreV1().Pods(planSpace).List(b.ctx, metav1.ListOptions{})
		if err != nil {
			b.t.Fatal(err)
		}
		waiting = nil
		for i := range list.Items {
			p := &list.Items[i]
			switch want := home[p.Name]; {
			case p.Spec.NodeName == "":
				waiting = append(waiting, p.Name+": "+refusal(p))
			case p.Spec.NodeName != want:
				b.t.Errorf("pod %s: got node %s, want %s", p.Name, p.Spec.NodeName, want)
			}
		}
		if len(waiting) == 0 && len(list.Items) == len(home) {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	b.t.Fatalf("%d of %d pods are not scheduled, such as %s", len(waiting), len(home), strings.Join(waiting[:min(3, len(waiting))], "; "))
}

// refusal is what the scheduler says of a pod that it can't place.
func refusal(p *corev1.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

func (b *planBed) awaitRefusal(name string) {
	b.t.Helper()
	said := ""
	for range 60 {
		p, err := b.client.CoreV1().Pods(planSpace).Get(b.ctx, name, metav1.GetOptions{})
		if err != nil {
			b.t.Fatal(err)
		}
		if said = refusal(p); strings.Contains(said, "Insufficient cpu") {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	b.t.Errorf("pod %s, larger than the room left, is not refused: %q", name, said)
}

// planPods are some 130 pods with every constraint that the packer models and
// a cluster without volumes can hold.
func planPods() []packing.Pod {
	const mib = 1 << 20
	spread := func(key string, skew int64) []packing.Spread {
		return []packing.Spread{{TopologyKey: key, MaxSkew: skew}}
	}
	batch := []packing.Toleration{{Key: "spot", Operator: "Exists"}}
	kinds := []struct {
		n   int
		pod packing.Pod
	}{
		{24, packing.Pod{Group: "web", CPU: 700, Memory: 900 * mib, Spread: spread(packing.LabelZone, 1)}},
		{9, packing.Pod{Group: "api", CPU: 1500, Memory: 2500 * mib, Spread: spread(packing.LabelHostname, 2)}},
		{5, packing.Pod{Group: "cache", CPU: 400, Memory: 6000 * mib, AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"cache"}}}}},
		{3, packing.Pod{Group: "quorum", CPU: 300, Memory: 512 * mib, AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelZone, Groups: []string{"quorum"}}}}},
		{6, packing.Pod{Group: "noisy", CPU: 2000, Memory: 1000 * mib, AntiAffinity: []packing.AntiAffinity{{TopologyKey: packing.LabelHostname, Groups: []string{"quorum"}}}}},
		{30, packing.Pod{Group: "batch", CPU: 350, Memory: 1200 * mib, Tolerations: batch}},
		{10, packing.Pod{Group: "steady", CPU: 900, Memory: 700 * mib, Tolerations: batch, Affinity: []packing.Term{{{Key: packing.LabelCapacityType, Operator: packing.NotIn, Values: []string{"spot"}}}}}},
		{8, packing.Pod{Group: "store", CPU: 1200, Memory: 7000 * mib, NodeSelector: map[string]string{"pool": "store"},
			Tolerations: []packing.Toleration{{Key: "pool", Operator: "Equal", Value: "store", Effect: "NoSchedule"}}}},
		{4, packing.Pod{Group: "zonal", CPU: 500, Memory: 3000 * mib, Zone: "us-east-1c"}},
		{40, packing.Pod{Group: "small", CPU: 45, Memory: 70 * mib}},
	}
	var out []packing.Pod
	for _, k := range kinds {
		for i := range k.n {
			p := k.pod
			p.Name = fmt.Sprintf("%s-%02d", p.Group, i)
			out = append(out, p)
		}
	}
	return out
}

// planOfferings are nine machines in three zones, each also as tainted spot,
// and those with much memory as a dedicated pool.
func planOfferings() []packing.Offering {
	const gib = 1 << 30
	var out []packing.Offering
	for _, m := range []struct {
		name       string
		vcpu, mem  int64
		usdPerHour float64
	}{
		{"c6i.large", 2, 4, 0.085}, {"c6i.2xlarge", 8, 16, 0.34}, {"c6i.4xlarge", 16, 32, 0.68},
		{"m6i.large", 2, 8, 0.096}, {"m6i.xlarge", 4, 16, 0.192}, {"m6i.4xlarge", 16, 64, 0.768},
		{"r6i.large", 2, 16, 0.126}, {"r6i.xlarge", 4, 32, 0.252}, {"r6i.2xlarge", 8, 64, 0.504},
	} {
		a := packing.EKSAllocatable(packing.Machine{VCPU: m.vcpu, Memory: m.mem * gib, MaxPods: 29})
		for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
			o := packing.Offering{Type: m.name, Zone: zone, Arch: "amd64", CapacityType: "on-demand", CPU: a.CPU, Memory: a.Memory, Pods: a.Pods, USDPerHour: m.usdPerHour}
			spot := o
			spot.CapacityType, spot.USDPerHour = "spot", o.USDPerHour*0.4
			spot.Taints = []packing.Taint{{Key: "spot", Value: "true", Effect: "NoSchedule"}}
			out = append(out, o, spot)
			if strings.HasPrefix(m.name, "r") {
				o.Labels = map[string]string{"pool": "store"}
				o.Taints = []packing.Taint{{Key: "pool", Value: "store", Effect: "NoSchedule"}}
				out = append(out, o)
			}
		}
	}
	return out
}
