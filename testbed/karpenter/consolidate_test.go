package karpenter

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	fakeclient "sigs.k8s.io/controller-runtime/pkg/client/fake"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// mostSteps bounds the consolidation; none came near it.
const mostSteps = 200

// consolidate lets Karpenter's multi-node and single-node consolidation work on
// a plan, one command after the other, until neither finds any, or until a
// command that it began ends past the time; 0 is no limit. Every budget allows
// everything. done says that nothing was left to find.
func consolidate(in packing.Input, plan packing.Plan, limit time.Duration) (out packing.Plan, steps int, done bool, err error) {
	m, start := newMarket(in.Offerings), time.Now()
	for step := range mostSteps {
		if limit > 0 && time.Since(start) > limit {
			return plan, step, false, nil
		}
		w, err := newWorld(in, m, plan)
		if err != nil {
			return plan, step, false, err
		}
		next, found, err := w.step()
		if err != nil || !found {
			return plan, step, err == nil, err
		}
		plan = next
	}
	return plan, mostSteps, false, nil
}

// world is a plan as a running cluster.
type world struct {
	ctx      context.Context
	in       packing.Input
	market   *market
	plan     packing.Plan
	client   client.Client
	provider cloudprovider.CloudProvider
	cluster  *state.Cluster
	recorder events.Recorder
}

func newWorld(in packing.Input, m *market, plan packing.Plan) (*world, error) {
	w := &world{ctx: background(), in: in, market: m, plan: plan, provider: m.provider(), recorder: events.NewRecorder(&record.FakeRecorder{})}
	builder := fakeclient.NewClientBuilder().WithScheme(scheme.Scheme).WithIndex(&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string {
		return []string{o.(*corev1.Pod).Spec.NodeName}
	})
	for _, pool := range m.pools {
		builder = builder.WithObjects(pool.DeepCopy())
	}
	for i := range in.DaemonSets {
		pod := podOf(&in.DaemonSets[i])
		builder = builder.WithObjects(&appsv1.DaemonSet{ObjectMeta: pod.ObjectMeta, Spec: appsv1.DaemonSetSpec{
			Template: corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}}})
	}
	byName := map[string]*packing.Pod{}
	for i := range in.Pods {
		byName[in.Pods[i].Name] = &in.Pods[i]
	}
	var nodes []*corev1.Node
	var pods []*corev1.Pod
	for i := range plan.Nodes {
		node := w.node(i)
		nodes = append(nodes, node)
		builder = builder.WithObjects(node)
		for _, name := range plan.Nodes[i].Pods {
			pod := running(byName[name], node.Name)
			pods = append(pods, pod)
			builder = builder.WithObjects(pod)
		}
	}
	w.client = builder.Build()
	w.cluster = state.NewCluster(clock.RealClock{}, w.client, w.provider)
	for _, node := range nodes {
		w.cluster.UpdateNodeClaim(claimOf(node))
		if err := w.cluster.UpdateNode(w.ctx, node); err != nil {
			return nil, fmt.Errorf("adding node %s: %w", node.Name, err)
		}
	}
	for _, pod := range pods {
		if err := w.cluster.UpdatePod(w.ctx, pod); err != nil {
			return nil, fmt.Errorf("adding pod %s: %w", pod.UID, err)
		}
	}
	return w, nil
}

func running(p *packing.Pod, node string) *corev1.Pod {
	pod, yes := podOf(p), true
	pod.Spec.NodeName = node
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}}
	pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: p.Group, UID: "rs", Controller: &yes}}
	return pod
}

func nodeName(i int) string { return fmt.Sprintf("node-%04d", i) }

func (w *world) node(i int) *corev1.Node {
	o := &w.plan.Nodes[i].Offering
	pool := w.market.names[poolKey(o)]
	labels := map[string]string{
		karpv1.NodePoolLabelKey: pool, karpv1.NodeRegisteredLabelKey: "true", karpv1.NodeInitializedLabelKey: "true",
		karpv1.CapacityTypeLabelKey: o.CapacityType, corev1.LabelInstanceTypeStable: o.Type, corev1.LabelTopologyZone: o.Zone,
		corev1.LabelArchStable: o.Arch, corev1.LabelOSStable: "linux", corev1.LabelHostname: nodeName(i),
	}
	maps.Copy(labels, o.Labels)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName(i), Labels: labels, CreationTimestamp: metav1.NewTime(time.Now().Add(-time.Hour))}}
	node.Spec.ProviderID = "fake:///" + node.Name
	for _, t := range o.Taints {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	at := slices.IndexFunc(w.market.types[pool], func(it *cloudprovider.InstanceType) bool { return it.Name == o.Type })
	node.Status.Capacity = w.market.types[pool][at].Capacity
	node.Status.Allocatable = node.Status.Capacity
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return node
}

func claimOf(node *corev1.Node) *karpv1.NodeClaim {
	claim := &karpv1.NodeClaim{ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels, CreationTimestamp: node.CreationTimestamp}}
	claim.Spec.Taints = node.Spec.Taints
	claim.Status.ProviderID, claim.Status.NodeName = node.Spec.ProviderID, node.Name
	claim.Status.Capacity, claim.Status.Allocatable = node.Status.Capacity, node.Status.Allocatable
	for _, condition := range []string{
		karpv1.ConditionTypeLaunched, karpv1.ConditionTypeRegistered, karpv1.ConditionTypeInitialized, karpv1.ConditionTypeConsolidatable,
	} {
		claim.StatusConditions().SetTrue(condition)
	}
	return claim
}

// accept lets every command pass: nothing else changes the cluster meanwhile.
type accept struct{}

func (accept) Validate(_ context.Context, c disruption.Command, _ time.Duration) (disruption.Command, error) {
	return c, nil
}

// step computes one command of the consolidation and follows it.
func (w *world) step() (packing.Plan, bool, error) {
	provisioner := provisioning.NewProvisioner(w.client, w.recorder, w.provider, w.cluster, clock.RealClock{}, nil, nil)
	queue := disruption.NewQueue(w.client, w.recorder, w.cluster, clock.RealClock{}, provisioner)
	c := disruption.MakeConsolidation(clock.RealClock{}, w.cluster, w.client, provisioner, w.provider, w.recorder, queue)
	for _, method := range []disruption.Method{
		disruption.NewMultiNodeConsolidation(c, disruption.WithValidator(accept{})),
		disruption.NewSingleNodeConsolidation(c, disruption.WithValidator(accept{})),
	} {
		candidates, err := disruption.GetCandidates(w.ctx, w.cluster, w.client, w.recorder, clock.RealClock{}, w.provider, method.ShouldDisrupt, method.Class(), queue)
		if err != nil {
			return packing.Plan{}, false, fmt.Errorf("finding candidates: %w", err)
		}
		budgets := map[string]int{}
		for _, pool := range w.market.pools {
			budgets[pool.Name] = math.MaxInt32
		}
		commands, err := method.ComputeCommands(w.ctx, budgets, candidates...)
		if err != nil {
			return packing.Plan{}, false, fmt.Errorf("%s consolidation: %w", method.ConsolidationType(), err)
		}
		if len(commands) > 0 {
			next, err := w.follow(commands[0])
			return next, true, err
		}
	}
	return packing.Plan{}, false, nil
}

// follow takes the command's nodes away, launches its replacements and moves
// the pods.
func (w *world) follow(command disruption.Command) (packing.Plan, error) {
	gone, to := map[string]bool{}, map[string][]string{}
	for _, c := range command.Candidates {
		gone[c.Name()] = true
	}
	for _, n := range command.Results.ExistingNodes {
		for _, pod := range n.Pods {
			to[n.Name()] = append(to[n.Name()], string(pod.UID))
		}
	}
	var next packing.Plan
	for i, node := range w.plan.Nodes {
		if !gone[nodeName(i)] {
			node.Pods = slices.Concat(node.Pods, to[nodeName(i)])
			next.Nodes = append(next.Nodes, node)
		}
	}
	for _, r := range command.Replacements {
		o, err := w.market.launch(r.NodePoolName, r.InstanceTypeOptions, r.Requirements)
		if err != nil {
			return next, err
		}
		node := packing.PlannedNode{Offering: o}
		for _, pod := range r.Pods {
			node.Pods = append(node.Pods, string(pod.UID))
		}
		next.Nodes = append(next.Nodes, node)
	}
	addUp(&next, w.in)
	return next, nil
}
