package karpenter

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// market is the packer's offerings as Karpenter sees them: NodePools and the
// instance types that each may launch.
type market struct {
	pools []*karpv1.NodePool
	types map[string][]*cloudprovider.InstanceType // by NodePool
	nodes map[string]packing.Offering              // by NodePool, type, zone
	names map[string]string                        // of NodePools, by poolKey
}

// newMarket makes a NodePool of the offerings that share capacity type, labels
// and taints. Spot goes first, as everyone weighs it who uses it.
func newMarket(offerings []packing.Offering) *market {
	m := &market{types: map[string][]*cloudprovider.InstanceType{}, nodes: map[string]packing.Offering{}, names: map[string]string{}}
	byPool := map[string][]packing.Offering{}
	for _, o := range offerings {
		byPool[poolKey(&o)] = append(byPool[poolKey(&o)], o)
	}
	for i, key := range slices.Sorted(maps.Keys(byPool)) {
		pool := nodePool(fmt.Sprintf("pool-%d", i), byPool[key][0])
		m.pools, m.names[key] = append(m.pools, pool), pool.Name
		m.types[pool.Name] = instanceTypes(byPool[key])
		for _, o := range byPool[key] {
			m.nodes[pool.Name+"/"+o.Type+"/"+o.Zone] = o
		}
	}
	slices.SortStableFunc(m.pools, func(a, b *karpv1.NodePool) int { return cmp.Compare(*b.Spec.Weight, *a.Spec.Weight) })
	return m
}

func poolKey(o *packing.Offering) string { return o.CapacityType + fmt.Sprint(o.Labels, o.Taints) }

func nodePool(name string, o packing.Offering) *karpv1.NodePool {
	pool := &karpv1.NodePool{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	weight := int32(1)
	if o.CapacityType == karpv1.CapacityTypeSpot {
		weight = 100
	}
	pool.Spec.Weight = &weight
	pool.Spec.Template.Labels = o.Labels
	pool.Spec.Template.Spec.NodeClassRef = &karpv1.NodeClassReference{Group: "karpenter.test.sh", Kind: "TestNodeClass", Name: "default"}
	pool.Spec.Disruption = karpv1.Disruption{
		ConsolidationPolicy: karpv1.ConsolidationPolicyWhenEmptyOrUnderutilized, ConsolidateAfter: karpv1.MustParseNillableDuration("0s"),
	}
	pool.StatusConditions().SetTrue(karpv1.ConditionTypeValidationSucceeded)
	pool.StatusConditions().SetTrue(karpv1.ConditionTypeNodeClassReady)
	pool.Spec.Template.Spec.Requirements = []karpv1.NodeSelectorRequirementWithMinValues{
		{Key: karpv1.CapacityTypeLabelKey, Operator: corev1.NodeSelectorOpIn, Values: []string{o.CapacityType}},
	}
	for _, t := range o.Taints {
		pool.Spec.Template.Spec.Taints = append(pool.Spec.Template.Spec.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	return pool
}

func instanceTypes(offerings []packing.Offering) []*cloudprovider.InstanceType {
	byType := map[string][]packing.Offering{}
	for _, o := range offerings {
		byType[o.Type] = append(byType[o.Type], o)
	}
	var out []*cloudprovider.InstanceType
	for _, name := range slices.Sorted(maps.Keys(byType)) {
		out = append(out, instanceType(byType[name]))
	}
	return out
}

// instanceType has the packer's allocatable as capacity, and no overhead.
func instanceType(same []packing.Offering) *cloudprovider.InstanceType {
	first := same[0]
	it := &cloudprovider.InstanceType{
		Name:     first.Type,
		Overhead: &cloudprovider.InstanceTypeOverhead{},
		Capacity: corev1.ResourceList{
			corev1.ResourceCPU:    *resource.NewMilliQuantity(first.CPU, resource.DecimalSI),
			corev1.ResourceMemory: *resource.NewQuantity(first.Memory, resource.BinarySI),
			corev1.ResourcePods:   *resource.NewQuantity(first.Pods, resource.DecimalSI),
		},
	}
	var zones []string
	for _, o := range same {
		zones = append(zones, o.Zone)
		it.Offerings = append(it.Offerings, &cloudprovider.Offering{
			Price: o.USDPerHour, Available: true,
			Requirements: scheduling.NewLabelRequirements(map[string]string{
				karpv1.CapacityTypeLabelKey: o.CapacityType, corev1.LabelTopologyZone: o.Zone,
			}),
		})
	}
	in := func(key string, values ...string) *scheduling.Requirement {
		return scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, values...)
	}
	it.Requirements = scheduling.NewRequirements(
		in(corev1.LabelInstanceTypeStable, first.Type), in(corev1.LabelArchStable, first.Arch), in(corev1.LabelOSStable, "linux"),
		in(corev1.LabelTopologyZone, zones...), in(karpv1.CapacityTypeLabelKey, first.CapacityType),
	)
	return it
}

// launch is the offering that a cloud would start for what Karpenter asks: the
// cheapest of those it would take.
func (m *market) launch(pool string, its []*cloudprovider.InstanceType, reqs scheduling.Requirements) (packing.Offering, error) {
	var best *cloudprovider.Offering
	name := ""
	for _, it := range its {
		for _, o := range it.Offerings.Available().Compatible(reqs) {
			if best == nil || o.Price < best.Price || o.Price == best.Price && strings.Compare(it.Name, name) < 0 {
				best, name = o, it.Name
			}
		}
	}
	if best == nil {
		return packing.Offering{}, fmt.Errorf("NodePool %s: no offering for %v", pool, reqs)
	}
	return m.nodes[pool+"/"+name+"/"+best.Zone()], nil
}
