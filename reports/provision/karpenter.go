package provision

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const (
	labelNodePool = "karpenter.sh/nodepool"
	// defaultNodeClass is what a NodeClass is called where today's nodes name none.
	defaultNodeClass = "default"
)

// autoModePools are the NodePools that EKS Auto Mode makes and keeps as they are.
var autoModePools = []string{"general-purpose", "system"}

// Class is how the nodes of a group are made.
type Class struct {
	Name      string // of the NodeClass of today's nodes; empty where they do not share one
	AutoMode  bool   // by EKS Auto Mode
	Karpenter bool   // by Karpenter, EKS Auto Mode's too
}

// karpenterOf makes a NodePool of every group on a cloud that Karpenter has a
// provider for; nil where there is none. classes are the NodeClasses of today's
// nodes by group.
func karpenterOf(groups []document.NodeGroup, classes []Class, cluster string) *document.Karpenter {
	out := &document.Karpenter{NodePools: []document.KarpenterNodePool{}}
	names := map[string]int{}
	made := map[string]int64{} // the kinds of NodeClass to make, with the disk of their nodes
	for i := range groups {
		names[poolName(&groups[i])]++
		if ref, ok := nodeClassRef(groups[i].Provider, classes[i]); ok && classes[i].Name == "" {
			made[ref.Kind] = max(made[ref.Kind], groups[i].DiskSize)
		}
	}
	for i := range groups {
		g := &groups[i]
		ref, ok := nodeClassRef(g.Provider, classes[i])
		if !ok {
			continue
		}
		if own := g.Labels[labelNodePool]; classes[i].AutoMode && slices.Contains(autoModePools, own) {
			out.Notes = append(out.Notes, "NodePool "+own+" is EKS Auto Mode's own and not to be edited: it starts the nodes that its pods need by itself")
			continue
		}
		if own := cloud.FixedPool(g.Labels); own != "" {
			out.Notes = append(out.Notes, "pool "+own+" is none of Karpenter's: pods select its nodes by its name")
			continue
		}
		pool := nodePoolOf(g, ref, classes[i], names[poolName(g)] > 1)
		if at := slices.IndexFunc(out.NodePools, func(p document.KarpenterNodePool) bool { return p.Metadata.Name == pool.Metadata.Name }); at >= 0 {
			join(&out.NodePools[at], &pool)
		} else {
			out.NodePools = append(out.NodePools, pool)
		}
		out.Notes = append(out.Notes, unset(g, classes[i])...)
		if disk, ok := made[ref.Kind]; ok && classes[i].Name == "" {
			delete(made, ref.Kind)
			addNodeClass(out, ref, cluster, disk)
		}
	}
	if len(out.NodePools)+len(out.Notes) == 0 {
		return nil
	}
	return out
}

// unset names the labels that pods select a group's nodes by, and its NodePool can't set.
func unset(g *document.NodeGroup, class Class) (notes []string) {
	for _, k := range slices.Sorted(maps.Keys(g.Labels)) {
		if k != labelNodePool && !ownLabel(k, class) && reservedLabel(k) {
			notes = append(notes, fmt.Sprintf("NodePool %s can't set the label %s, by which pods select its nodes: another component has to", g.Name, k))
		}
	}
	return notes
}

func nodeClassRef(provider string, class Class) (ref document.NodeClassRef, ok bool) {
	ref.Name = cmp.Or(class.Name, defaultNodeClass)
	if class.AutoMode {
		ref.Group, ref.Kind = pricing.AutoModeDomain, "NodeClass"
	} else if c := cloud.Of(provider); c != nil {
		ref.Group, ref.Kind = c.Karpenter, c.NodeClass
	}
	return ref, ref.Kind != ""
}

// ownLabel reports whether EKS Auto Mode sets a label by itself.
func ownLabel(key string, class Class) bool {
	return class.AutoMode && strings.HasPrefix(key, pricing.AutoModeDomain+"/")
}

// join makes one NodePool of two that pods select by one name: it may launch what either may.
// Both name their types one by one.
func join(pool, other *document.KarpenterNodePool) {
	own := pool.Spec.Template.Spec.Requirements
	for _, r := range other.Spec.Template.Spec.Requirements {
		if at := slices.IndexFunc(own, func(has document.NodeRequirement) bool { return has.Key == r.Key }); at >= 0 {
			for _, v := range r.Values {
				if !slices.Contains(own[at].Values, v) {
					own[at].Values = append(slices.Clone(own[at].Values), v)
				}
			}
		}
	}
	for k, v := range other.Spec.Template.Metadata.Labels {
		if pool.Spec.Template.Metadata.Labels == nil {
			pool.Spec.Template.Metadata.Labels = map[string]string{}
		}
		pool.Spec.Template.Metadata.Labels[k] = v
	}
	pool.Spec.Limits.CPU += other.Spec.Limits.CPU
	pool.Spec.Limits.Memory += other.Spec.Limits.Memory
	pool.Spec.Weight = max(pool.Spec.Weight, other.Spec.Weight)
	if budgets := other.Spec.Disruption.Budgets; len(budgets) > 0 && fewer(budgets[0].Nodes, pool.Spec.Disruption.Budgets[0].Nodes) {
		pool.Spec.Disruption.Budgets = budgets
	}
}

// fewer compares numbers of nodes.
func fewer(a, b string) bool {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x < y
}

// nodePoolOf is a group as a NodePool. Where it is one of several groups with its name, its
// types are named one by one.
func nodePoolOf(g *document.NodeGroup, ref document.NodeClassRef, class Class, shared bool) document.KarpenterNodePool {
	pool := document.KarpenterNodePool{APIVersion: "karpenter.sh/v1", Kind: "NodePool", Metadata: document.ObjectMeta{Name: poolName(g)}}
	in := func(key string, values ...string) document.NodeRequirement {
		return document.NodeRequirement{Key: key, Operator: "In", Values: values}
	}
	spec := &pool.Spec.Template.Spec
	spec.NodeClassRef, spec.Taints = ref, g.Taints
	bought := []string{g.CapacityType}
	if g.Flexible != nil && g.Flexible.Fallback != "" { // Karpenter takes spot first
		bought = append(bought, g.Flexible.Fallback)
	}
	spec.Requirements = []document.NodeRequirement{
		in("karpenter.sh/capacity-type", bought...), in("kubernetes.io/os", "linux"), in("kubernetes.io/arch", g.Arch),
	}
	if len(g.Zones) > 0 {
		spec.Requirements = append(spec.Requirements, in(zoneLabel, g.Zones...))
	}
	spec.Requirements = append(spec.Requirements, machines(g, class, shared)...)
	for k, v := range g.Labels {
		if k != labelNodePool && !reservedLabel(k) && !ownLabel(k, class) {
			if pool.Spec.Template.Metadata.Labels == nil {
				pool.Spec.Template.Metadata.Labels = map[string]string{}
			}
			pool.Spec.Template.Metadata.Labels[k] = v
		}
	}
	pool.Spec.Disruption = document.NodePoolDisruption{ConsolidationPolicy: "WhenEmptyOrUnderutilized", ConsolidateAfter: "5m", Budgets: []document.NodePoolBudget{{Nodes: strconv.Itoa(g.Drains)}}}
	pool.Spec.Limits, pool.Spec.Weight = g.Limits, g.Weight
	return pool
}

// machines are the types that a group may launch: the plan's and those that stand in, or
// where it is flexible all of its range; one by one where that is asked.
func machines(g *document.NodeGroup, class Class, each bool) []document.NodeRequirement {
	if f := g.Flexible; f != nil && len(f.Families) > 0 && !each {
		cores := func(m document.CPU) int64 { return int64(m) / (1000 * document.MicroPerMilli) }
		domain := pricing.AutoModeDomain
		if c := cloud.Of(g.Provider); c != nil && !class.AutoMode {
			domain = c.Karpenter
		}
		return []document.NodeRequirement{
			{Key: domain + "/instance-family", Operator: "In", Values: f.Families},
			{Key: domain + "/instance-cpu", Operator: "Gt", Values: []string{strconv.FormatInt(cores(f.LeastCPU)-1, 10)}},
			{Key: domain + "/instance-cpu", Operator: "Lt", Values: []string{strconv.FormatInt(cores(f.MostCPU)+1, 10)}},
		}
	}
	var types []string
	if g.Flexible != nil {
		types = g.Flexible.Types
	} else {
		for i := range g.Shapes {
			types = append(types, g.Shapes[i].All()...)
		}
	}
	return []document.NodeRequirement{{Key: "node.kubernetes.io/instance-type", Operator: "In", Values: types}}
}

// reservedLabel reports whether Karpenter refuses the label in a NodePool.
func reservedLabel(key string) bool {
	domain, _, found := strings.Cut(key, "/")
	if !found || strings.HasSuffix(domain, "node-restriction.kubernetes.io") || strings.HasSuffix(domain, "kops.k8s.io") {
		return false
	}
	for _, own := range append([]string{"kubernetes.io", "k8s.io", "karpenter.sh"}, cloud.KarpenterDomains()...) {
		if domain == own || strings.HasSuffix(domain, "."+own) {
			return true
		}
	}
	return false
}

// addNodeClass makes the NodeClass of nodes with a disk in GiB; 0 is the default.
func addNodeClass(k *document.Karpenter, ref document.NodeClassRef, cluster string, disk int64) {
	meta := document.ObjectMeta{Name: ref.Name}
	if ref.Group == pricing.AutoModeDomain { // EKS makes it
		k.Notes = append(k.Notes, "NodeClass "+ref.Name+" is the one that EKS Auto Mode makes: name your own where you have one")
		if disk > 0 {
			k.Notes = append(k.Notes, fmt.Sprintf("NodeClass %s: the pods' ephemeral-storage needs spec.ephemeralStorage.size %dGi", ref.Name, disk))
		}
		return
	}
	if ref.Kind == "AKSNodeClass" {
		k.AKSNodeClasses = append(k.AKSNodeClasses, document.AKSNodeClass{APIVersion: "karpenter.azure.com/v1beta1", Kind: ref.Kind, Metadata: meta, Spec: document.AKSNodeClassSpec{ImageFamily: "Ubuntu", OSDiskSizeGB: disk}})
		return
	}
	name := cluster[strings.LastIndexByte(cluster, '/')+1:] // an ARN ends in it
	if name == "" {
		name = "CLUSTER"
	}
	tags := []document.TagTerm{{Tags: map[string]string{"karpenter.sh/discovery": name}}}
	var disks []document.BlockDevice
	if disk > 0 {
		disks = []document.BlockDevice{{DeviceName: "/dev/xvda", EBS: document.EBSVolume{VolumeSize: strconv.FormatInt(disk, 10) + "Gi", VolumeType: "gp3"}}}
	}
	k.EC2NodeClasses = append(k.EC2NodeClasses, document.EC2NodeClass{APIVersion: "karpenter.k8s.aws/v1", Kind: ref.Kind, Metadata: meta, Spec: document.EC2NodeClassSpec{
		Role: "KarpenterNodeRole-" + name, AMISelectorTerms: []document.AMIAlias{{Alias: "al2023@latest"}}, SubnetSelectorTerms: tags, SecurityGroupSelectorTerms: tags, BlockDeviceMappings: disks,
	}})
	k.Notes = append(k.Notes, "EC2NodeClass "+ref.Name+": the role and the karpenter.sh/discovery tags are guesses after Karpenter's guide; put in the cluster's own, and pin the machine image")
}
