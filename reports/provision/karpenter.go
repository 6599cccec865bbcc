package provision

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

const (
	labelNodePool = "karpenter.sh/nodepool"
	// defaultNodeClass is what a NodeClass is called where today's nodes name none.
	defaultNodeClass = "default"
)

// karpenterOf makes a NodePool of every group on a cloud that Karpenter has a
// provider for; nil where there is none. classes are the NodeClasses of today's
// nodes by group.
func karpenterOf(groups []document.NodeGroup, classes []string, cluster string) *document.Karpenter {
	out := &document.Karpenter{}
	made := map[string]bool{}
	for i := range groups {
		g := &groups[i]
		ref, ok := nodeClassRef(g.Provider, classes[i])
		if !ok {
			continue
		}
		out.NodePools = append(out.NodePools, nodePoolOf(g, ref))
		for _, k := range slices.Sorted(maps.Keys(g.Labels)) {
			if k != labelNodePool && reservedLabel(k) {
				out.Notes = append(out.Notes, fmt.Sprintf("NodePool %s can't set the label %s, by which pods select its nodes: another component has to", g.Name, k))
			}
		}
		if classes[i] == "" && !made[ref.Kind] {
			made[ref.Kind] = true
			addNodeClass(out, ref, cluster)
		}
	}
	if len(out.NodePools) == 0 {
		return nil
	}
	return out
}

func nodeClassRef(provider, class string) (ref document.NodeClassRef, ok bool) {
	ref.Name = class
	if class == "" {
		ref.Name = defaultNodeClass
	}
	switch provider {
	case "aws":
		ref.Group, ref.Kind = "karpenter.k8s.aws", "EC2NodeClass"
	case "azure":
		ref.Group, ref.Kind = "karpenter.azure.com", "AKSNodeClass"
	}
	return ref, ref.Kind != ""
}

func nodePoolOf(g *document.NodeGroup, ref document.NodeClassRef) document.KarpenterNodePool {
	pool := document.KarpenterNodePool{APIVersion: "karpenter.sh/v1", Kind: "NodePool", Metadata: document.ObjectMeta{Name: g.Name}}
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
		spec.Requirements = append(spec.Requirements, in("topology.kubernetes.io/zone", g.Zones...))
	}
	spec.Requirements = append(spec.Requirements, machines(g)...)
	for k, v := range g.Labels {
		if k == labelNodePool {
			pool.Metadata.Name = v // Karpenter sets the label to the name
		} else if !reservedLabel(k) {
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
// where it is flexible all of its range.
func machines(g *document.NodeGroup) []document.NodeRequirement {
	if f := g.Flexible; f != nil && len(f.Families) > 0 {
		cores := func(m document.CPU) int64 { return int64(m) / (1000 * document.MicroPerMilli) }
		return []document.NodeRequirement{
			{Key: "karpenter.k8s.aws/instance-family", Operator: "In", Values: f.Families},
			{Key: "karpenter.k8s.aws/instance-cpu", Operator: "Gt", Values: []string{strconv.FormatInt(cores(f.LeastCPU)-1, 10)}},
			{Key: "karpenter.k8s.aws/instance-cpu", Operator: "Lt", Values: []string{strconv.FormatInt(cores(f.MostCPU)+1, 10)}},
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
	for _, own := range []string{"kubernetes.io", "k8s.io", "karpenter.sh", "karpenter.k8s.aws", "karpenter.azure.com"} {
		if domain == own || strings.HasSuffix(domain, "."+own) {
			return true
		}
	}
	return false
}

func addNodeClass(k *document.Karpenter, ref document.NodeClassRef, cluster string) {
	meta := document.ObjectMeta{Name: ref.Name}
	if ref.Kind == "AKSNodeClass" {
		k.AKSNodeClasses = append(k.AKSNodeClasses, document.AKSNodeClass{APIVersion: "karpenter.azure.com/v1beta1", Kind: ref.Kind, Metadata: meta, Spec: document.AKSNodeClassSpec{ImageFamily: "Ubuntu"}})
		return
	}
	name := cluster[strings.LastIndexByte(cluster, '/')+1:] // an ARN ends in it
	if name == "" {
		name = "CLUSTER"
	}
	tags := []document.TagTerm{{Tags: map[string]string{"karpenter.sh/discovery": name}}}
	k.EC2NodeClasses = append(k.EC2NodeClasses, document.EC2NodeClass{APIVersion: "karpenter.k8s.aws/v1", Kind: ref.Kind, Metadata: meta, Spec: document.EC2NodeClassSpec{
		Role: "KarpenterNodeRole-" + name, AMISelectorTerms: []document.AMIAlias{{Alias: "al2023@latest"}}, SubnetSelectorTerms: tags, SecurityGroupSelectorTerms: tags,
	}})
	k.Notes = append(k.Notes, "EC2NodeClass "+ref.Name+": the role and the karpenter.sh/discovery tags are guesses after Karpenter's guide; put in the cluster's own, and pin the machine image")
}
