// Package packing finds the cheapest nodes for a set of pods, and proves how
// far from the cheapest possible its answer can be.
//
// Pack takes pods, DaemonSet pods and priced offerings and returns a Plan with
// a lower bound on the cost of any plan. Check judges a plan without sharing
// any code with the search. Moves turns a plan into an order of drains from
// today's nodes. docs/method/nodes.md describes the method and what it does not
// model.
package packing

// Well-known label keys, which an Offering answers without listing them.
const (
	LabelHostname     = "kubernetes.io/hostname"
	LabelZone         = "topology.kubernetes.io/zone"
	LabelArch         = "kubernetes.io/arch"
	LabelOS           = "kubernetes.io/os"
	LabelInstanceType = "node.kubernetes.io/instance-type"
	LabelCapacityType = "karpenter.sh/capacity-type"
)

// Pod is one pod to place. The zero values of the optional fields constrain
// nothing.
type Pod struct {
	Name  string // unique, e.g. namespace/name
	Group string // its workload; spread and anti-affinity select by it

	CPU      int64 // request, millicores
	Memory   int64 // request, bytes
	GPUs     int64
	Extended map[string]int64 // other extended resources by name

	NodeSelector map[string]string
	Own          []string // keys of NodeSelector that only the plan asks for: the scheduler does not know of them
	Affinity     []Term   // required node affinity; one term must hold
	Tolerations  []Toleration
	Spread       []Spread
	AntiAffinity []AntiAffinity
	Zone         string   // zone of its volumes
	SoftZone     bool     // Zone is only where a plan has to have the pod: it may go elsewhere when that zone is lost
	Archs        []string // architectures its images are known to run on; none: any

	Priority     int32
	DeletionCost int32    // controller.kubernetes.io/pod-deletion-cost
	Unmodelled   []string // constraints the caller saw and Pod can't hold; the packer then abstains
}

// Term is a list of requirements that must all hold. An empty term holds
// nowhere, as in Kubernetes.
type Term []Requirement

// Operator compares a node label with values.
type Operator string

// The operators of node affinity.
const (
	In           Operator = "In"
	NotIn        Operator = "NotIn"
	Exists       Operator = "Exists"
	DoesNotExist Operator = "DoesNotExist"
	Gt           Operator = "Gt"
	Lt           Operator = "Lt"
)

// Requirement is one expression of a node affinity term.
type Requirement struct {
	Key      string
	Operator Operator
	Values   []string
}

// Toleration matches taints as Kubernetes has it: an empty Key with Exists
// tolerates all, an empty Effect all effects, an empty Operator means Equal.
type Toleration struct {
	Key      string
	Operator string // Exists or Equal
	Value    string
	Effect   string
}

// Spread is a topology spread constraint with DoNotSchedule over the pods of
// the pod's own group. TopologyKey is LabelZone or LabelHostname.
//
// Over zones, every zone with an offering or a kept node that the pod's selector
// and affinity match counts as a domain, whether it tolerates the taints there or
// not. Over hostnames, a new, empty node is always possible, so a node takes
// at most MaxSkew pods of the group; Karpenter reads it so too. Where a loss sends pods
// to the nodes that are left, these are measured as the scheduler does.
type Spread struct {
	TopologyKey string
	MaxSkew     int64
	MinDomains  int64 // with fewer zones than these, one more without pods counts
	HonorTaints bool  // nodeTaintsPolicy Honor: zones whose taints the pod does not tolerate don't count
	Soft        bool  // the plan keeps it, but the scheduler would not: it gives way when a node is lost. Zones where the pod may not run don't count
}

// AntiAffinity forbids a domain to hold this pod and another pod of any of
// Groups. TopologyKey is LabelZone or LabelHostname.
type AntiAffinity struct {
	TopologyKey string
	Groups      []string
	Soft        bool // as of Spread
}

// Taint repels pods that do not tolerate it. PreferNoSchedule repels none.
type Taint struct {
	Key, Value, Effect string
}

// Kept is a node beside the plan that stays as it is. What runs there counts where
// pods are spread over zones, or kept apart by them, and after a loss over nodes.
type Kept struct {
	Name   string
	Zone   string            // empty: it has none, and counts where pods are spread over nodes alone
	Labels map[string]string // all that it has
	Taints []Taint
	Pods   []Pod // that run there, DaemonSets' left out
}

// offering is the node as far as pods are matched with it.
func (k *Kept) offering() Offering {
	return Offering{Zone: k.Zone, Arch: k.Labels[LabelArch], Labels: k.Labels, Taints: k.Taints}
}

// inZones are those that have a zone.
func inZones(kept []Kept) (out []Kept) {
	for i := range kept {
		if kept[i].Zone != "" {
			out = append(out, kept[i])
		}
	}
	return out
}

// Offering is an instance type that can be bought in one zone as one capacity
// type, with what it leaves for pods (see EKSAllocatable and its siblings).
type Offering struct {
	Type         string
	Zone         string
	Arch         string
	CapacityType string // on-demand, spot, reserved
	Labels       map[string]string
	Taints       []Taint

	CPU      int64 // allocatable, millicores
	Memory   int64 // allocatable, bytes
	Pods     int64 // most pods on the node, DaemonSets included
	GPUs     int64
	Extended map[string]int64

	USDPerHour float64
	Fee        float64 // USD an hour of USDPerHour that no commitment covers
}

// label answers a node label, also the well-known ones that Labels leaves out.
func (o *Offering) label(key string) (string, bool) {
	if v, ok := o.Labels[key]; ok {
		return v, true
	}
	v := ""
	switch key {
	case LabelZone:
		v = o.Zone
	case LabelArch:
		v = o.Arch
	case LabelInstanceType:
		v = o.Type
	case LabelCapacityType:
		v = o.CapacityType
	case LabelOS:
		v = "linux"
	}
	return v, v != ""
}
