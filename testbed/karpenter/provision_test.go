package karpenter

import (
	"context"
	"fmt"
	"slices"

	"github.com/awslabs/operatorpkg/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	fakeclient "sigs.k8s.io/controller-runtime/pkg/client/fake"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	"sigs.k8s.io/karpenter/pkg/operator/options"
	"sigs.k8s.io/karpenter/pkg/test/v1alpha1"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// provision lets Karpenter's provisioning scheduler place all pods at once in
// an empty cluster, launches the cheapest node that each of its NodeClaims
// allows, and returns that as a plan.
func provision(in packing.Input) (packing.Plan, error) { return newMarket(in.Offerings).provision(in) }

func (m *market) provision(in packing.Input) (packing.Plan, error) {
	claims, err := schedule(in, m)
	if err != nil {
		return packing.Plan{}, err
	}
	plan := packing.Plan{}
	for _, claim := range claims {
		o, err := m.launch(claim.NodePoolName, claim.InstanceTypeOptions, claim.Requirements)
		if err != nil {
			return packing.Plan{}, err
		}
		node := packing.PlannedNode{Offering: o}
		for _, pod := range claim.Pods {
			node.Pods = append(node.Pods, string(pod.UID))
		}
		plan.Nodes = append(plan.Nodes, node)
	}
	addUp(&plan, in)
	return plan, nil
}

// schedule returns the nodes that Karpenter asks for.
func schedule(in packing.Input, m *market) ([]*scheduling.NodeClaim, error) {
	ctx, provider := background(), m.provider()
	client := fakeclient.NewFakeClient()
	cluster := state.NewCluster(clock.RealClock{}, client, provider)
	var pods, daemons []*corev1.Pod
	for i := range in.Pods {
		pods = append(pods, podOf(&in.Pods[i]))
	}
	for i := range in.DaemonSets {
		daemons = append(daemons, podOf(&in.DaemonSets[i]))
	}
	topology, err := scheduling.NewTopology(ctx, client, cluster, nil, m.pools, m.types, pods)
	if err != nil {
		return nil, fmt.Errorf("reading the pods' topology: %w", err)
	}
	scheduler := scheduling.NewScheduler(ctx, client, m.pools, cluster, nil, topology, m.types, daemons,
		events.NewRecorder(&record.FakeRecorder{}), clock.RealClock{}, nil, nil)
	results, err := scheduler.Solve(ctx, pods)
	if err != nil {
		return nil, fmt.Errorf("scheduling %d pods: %w", len(pods), err)
	}
	for pod, err := range results.PodErrors {
		return nil, fmt.Errorf("%d pods have no place, %s/%s among them: %w", len(results.PodErrors), pod.Namespace, pod.Name, err)
	}
	return results.NewNodeClaims, nil
}

func background() context.Context {
	return options.ToContext(injection.WithControllerName(context.Background(), "provisioner"), &options.Options{IgnoreDRARequests: true})
}

// seller is a cloud provider that only tells what it sells.
type seller struct {
	cloudprovider.CloudProvider
	types map[string][]*cloudprovider.InstanceType // by NodePool
}

func (s seller) GetInstanceTypes(_ context.Context, pool *karpv1.NodePool) ([]*cloudprovider.InstanceType, error) {
	return s.types[pool.Name], nil
}

func (s seller) GetSupportedNodeClasses() []status.Object {
	return []status.Object{&v1alpha1.TestNodeClass{}}
}

func (m *market) provider() cloudprovider.CloudProvider { return seller{types: m.types} }

// addUp fills in the sums of a plan from its nodes.
func addUp(plan *packing.Plan, in packing.Input) {
	size := map[string]*packing.Pod{}
	for i := range in.Pods {
		size[in.Pods[i].Name] = &in.Pods[i]
	}
	plan.Hourly = 0
	for i := range plan.Nodes {
		n := &plan.Nodes[i]
		slices.Sort(n.Pods)
		n.CPU, n.Memory = 0, 0
		for j := range in.DaemonSets {
			n.CPU, n.Memory = n.CPU+in.DaemonSets[j].CPU, n.Memory+in.DaemonSets[j].Memory
		}
		for _, name := range n.Pods {
			n.CPU, n.Memory = n.CPU+size[name].CPU, n.Memory+size[name].Memory
		}
		plan.Hourly += n.Offering.USDPerHour
	}
}
