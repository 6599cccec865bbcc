package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Karpenter is the groups of the plan as Karpenter's own objects, to be
// compared with the cluster's. They hold for Karpenter 1.x.
type Karpenter struct {
	NodePools []KarpenterNodePool `json:"nodePools"`
	// EC2NodeClasses and AKSNodeClasses are there where today's nodes do not tell which they have.
	EC2NodeClasses []EC2NodeClass `json:"ec2NodeClasses,omitempty"`
	AKSNodeClasses []AKSNodeClass `json:"aksNodeClasses,omitempty"`
	// Notes say what has to be filled in or looked at.
	Notes []string `json:"notes,omitempty"`
}

// ObjectMeta is the part of a Kubernetes object's metadata that is given.
type ObjectMeta struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// KarpenterNodePool is a NodePool of karpenter.sh/v1.
type KarpenterNodePool struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Metadata   ObjectMeta   `json:"metadata"`
	Spec       NodePoolSpec `json:"spec"`
}

// NodePoolSpec is the spec of a NodePool.
type NodePoolSpec struct {
	Template   NodePoolTemplate   `json:"template"`
	Disruption NodePoolDisruption `json:"disruption"`
	Limits     Resources          `json:"limits"`
	Weight     int                `json:"weight"`
}

// NodePoolTemplate is what the nodes of a NodePool are made from.
type NodePoolTemplate struct {
	Metadata ObjectMeta       `json:"metadata,omitzero"`
	Spec     NodeTemplateSpec `json:"spec"`
}

// NodeTemplateSpec is the spec of a NodePool's nodes.
type NodeTemplateSpec struct {
	NodeClassRef NodeClassRef      `json:"nodeClassRef"`
	Requirements []NodeRequirement `json:"requirements"`
	Taints       []NodeTaint       `json:"taints,omitempty"`
}

// NodeClassRef names a NodeClass.
type NodeClassRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// NodeRequirement asks for a node label.
type NodeRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// NodePoolDisruption is how Karpenter may take nodes away.
type NodePoolDisruption struct {
	ConsolidationPolicy string           `json:"consolidationPolicy"`
	ConsolidateAfter    string           `json:"consolidateAfter"`
	Budgets             []NodePoolBudget `json:"budgets"`
}

// NodePoolBudget is how many nodes may go at one time.
type NodePoolBudget struct {
	Nodes string `json:"nodes"`
}

// EC2NodeClass is one of karpenter.k8s.aws/v1.
type EC2NodeClass struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Metadata   ObjectMeta       `json:"metadata"`
	Spec       EC2NodeClassSpec `json:"spec"`
}

// EC2NodeClassSpec is the spec of an EC2NodeClass.
type EC2NodeClassSpec struct {
	Role                       string     `json:"role"`
	AMISelectorTerms           []AMIAlias `json:"amiSelectorTerms"`
	SubnetSelectorTerms        []TagTerm  `json:"subnetSelectorTerms"`
	SecurityGroupSelectorTerms []TagTerm  `json:"securityGroupSelectorTerms"`
}

// AMIAlias selects machine images.
type AMIAlias struct {
	Alias string `json:"alias"`
}

// TagTerm selects by tags.
type TagTerm struct {
	Tags map[string]string `json:"tags"`
}

// AKSNodeClass is one of karpenter.azure.com/v1beta1.
type AKSNodeClass struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Metadata   ObjectMeta       `json:"metadata"`
	Spec       AKSNodeClassSpec `json:"spec"`
}

// AKSNodeClassSpec is the spec of an AKSNodeClass.
type AKSNodeClassSpec struct {
	ImageFamily string `json:"imageFamily"`
}

const (
	labelNodePool = "karpenter.sh/nodepool"
	// defaultNodeClass is what a NodeClass is called where today's nodes name none.
	defaultNodeClass = "default"
)

// karpenterOf makes a NodePool of every group on a cloud that Karpenter has a
// provider for; nil where there is none. classes are the NodeClasses of today's
// nodes by group.
func karpenterOf(groups []NodeGroup, classes []string, cluster string) *Karpenter {
	out := &Karpenter{}
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
			out.addNodeClass(ref, cluster)
		}
	}
	if len(out.NodePools) == 0 {
		return nil
	}
	return out
}

func nodeClassRef(provider, class string) (ref NodeClassRef, ok bool) {
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

func nodePoolOf(g *NodeGroup, ref NodeClassRef) KarpenterNodePool {
	pool := KarpenterNodePool{APIVersion: "karpenter.sh/v1", Kind: "NodePool", Metadata: ObjectMeta{Name: g.Name}}
	in := func(key string, values ...string) NodeRequirement { return NodeRequirement{key, "In", values} }
	spec := &pool.Spec.Template.Spec
	spec.NodeClassRef, spec.Taints = ref, g.Taints
	spec.Requirements = []NodeRequirement{
		in("karpenter.sh/capacity-type", g.CapacityType), in("kubernetes.io/os", "linux"), in("kubernetes.io/arch", g.Arch),
	}
	if len(g.Zones) > 0 {
		spec.Requirements = append(spec.Requirements, in("topology.kubernetes.io/zone", g.Zones...))
	}
	var types []string
	for i := range g.Shapes {
		types = append(types, g.Shapes[i].all()...)
	}
	spec.Requirements = append(spec.Requirements, in("node.kubernetes.io/instance-type", types...))
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
	pool.Spec.Disruption = NodePoolDisruption{"WhenEmptyOrUnderutilized", "5m", []NodePoolBudget{{strconv.Itoa(g.Drains)}}}
	pool.Spec.Limits, pool.Spec.Weight = g.Limits, g.Weight
	return pool
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

func (k *Karpenter) addNodeClass(ref NodeClassRef, cluster string) {
	meta := ObjectMeta{Name: ref.Name}
	if ref.Kind == "AKSNodeClass" {
		k.AKSNodeClasses = append(k.AKSNodeClasses, AKSNodeClass{"karpenter.azure.com/v1beta1", ref.Kind, meta, AKSNodeClassSpec{"Ubuntu"}})
		return
	}
	name := cluster[strings.LastIndexByte(cluster, '/')+1:] // an ARN ends in it
	if name == "" {
		name = "CLUSTER"
	}
	tags := []TagTerm{{map[string]string{"karpenter.sh/discovery": name}}}
	k.EC2NodeClasses = append(k.EC2NodeClasses, EC2NodeClass{"karpenter.k8s.aws/v1", ref.Kind, meta, EC2NodeClassSpec{
		Role: "KarpenterNodeRole-" + name, AMISelectorTerms: []AMIAlias{{"al2023@latest"}}, SubnetSelectorTerms: tags, SecurityGroupSelectorTerms: tags,
	}})
	k.Notes = append(k.Notes, "EC2NodeClass "+ref.Name+": the role and the karpenter.sh/discovery tags are guesses after Karpenter's guide; put in the cluster's own, and pin the machine image")
}
