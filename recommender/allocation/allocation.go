package allocation

import (
	"cmp"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Allocation is a bill and whose it is. Items, Idle, ControlPlane and
// UnusedCommitments add up to Bill.Total().
type Allocation struct {
	Cluster string
	Window  analyzer.Window
	// Hours is the length of the window; all money is USD for that time.
	Hours float64
	// Seen is the share of the window, in (0, 1], in which anything was seen; 1 where
	// nothing was, see Unused.
	// What was seen stands for the rest.
	Seen float64
	// Unused says that no usage was read: each pays for what it requests alone.
	Unused bool

	Bill Bill
	// ListNodes is the nodes' bill at list prices: Bill.Nodes without commitments.
	ListNodes float64
	// Held says that commitments are held, so that the two may differ.
	Held  bool
	Nodes []Node // by name
	// ByHour says that the nodes are those that the window had, hour by hour, and not
	// today's in all hours.
	ByHour bool
	Items  []Item // by workload, container and node
	// Accuracy is how exact the pods' cost is.
	Accuracy Accuracy

	Prices   []pricing.Provenance // of nodes, volumes, load balancers and the control plane
	Warnings []analyzer.Warning

	spreadOver map[string][]paidOn // by pool
}

// Bill is what there is to pay.
type Bill struct {
	Nodes, Volumes, LoadBalancers, ControlPlane float64
	// UnusedCommitments is what commitments cost that found no usage.
	UnusedCommitments float64
}

// Total is the whole bill.
func (b Bill) Total() float64 {
	return b.Nodes + b.Volumes + b.LoadBalancers + b.ControlPlane + b.UnusedCommitments
}

// Item is what one container of one workload holds on one node, and what that costs.
type Item struct {
	analyzer.Ref
	// Container is empty for what belongs to no container: volumes that nobody
	// mounts, load balancers without pods.
	Container string
	// Node is empty for pods of the past, of which it is not known, and for what
	// is on no node.
	Node string
	// Pod is the pod of today that stands for its workload's of the window; empty
	// where Basis does not ask for pods, and where none of today has the item.
	Pod       string
	DaemonSet bool
	// Labels are the workload's over its namespace's, NamespaceLabels the latter alone.
	Labels, NamespaceLabels map[string]string

	Hold   Hold
	Limits Limits
	// Nodes is what CPU, memory and GPUs cost; Slack the part that was requested and not used.
	Nodes, Slack pricing.Cost

	VolumeByteHours float64
	Volume          float64
	LoadBalancer    float64
	// Volumes and LoadBalancers are what the three above are made of.
	Volumes, LoadBalancers []Part

	// Unpriced names the program that billed its pods one by one, where none runs at the
	// window's end: it is in no sum.
	Unpriced string

	homeless bool   // no node is known
	pool     string // of such nodes, where that is known
}

// Total is all that the item costs.
func (i *Item) Total() float64 { return i.Nodes.Total() + i.Volume + i.LoadBalancer }

// Part is an item's part of one volume or one load balancer.
type Part struct {
	Name      string  // of the volume; namespace/name of the load balancer's service
	ByteHours float64 // of the volume
	USD       float64
}

// withPart adds a part to those of one name.
func withPart(parts []Part, p Part) []Part {
	for i := range parts {
		if parts[i].Name == p.Name {
			parts[i].ByteHours += p.ByteHours
			parts[i].USD += p.USD
			return parts
		}
	}
	return append(parts, p)
}

// Limits is what containers may use at most over time, in millicore-hours and
// byte-hours, by the limits of today's pod templates. Without a limit it is 0.
type Limits struct {
	CPU, Memory float64
	// Unknown says that some of it is of containers no pod template has any more.
	Unknown bool
}

func (l *Limits) plus(o Limits) {
	l.CPU, l.Memory, l.Unknown = l.CPU+o.CPU, l.Memory+o.Memory, l.Unknown || o.Unknown
}

// Node is one node's bill by what became of it: Used + Slack + DaemonSets +
// Stranded + Free + Reserved = Total.
type Node struct {
	Name         string
	InstanceType string
	ProviderID   string  // as the node has it
	GPUModel     string  // empty where none is known
	Hours        float64 // that are paid for; of all nodes that it stands for
	Total        float64
	Gap          Gap  // whether it has a price
	Windows      bool // its type may have one with Linux

	Used       pricing.Cost // by pods other than DaemonSets'
	Slack      pricing.Cost // requested by them and not used
	DaemonSets pricing.Cost
	Stranded   pricing.Cost // idle beside another resource that is full
	Free       pricing.Cost
	Reserved   pricing.Cost // capacity less allocatable: the system's
}

// Gap says that a machine's price is in no table.
type Gap uint8

// The gaps: a price that is estimated stands in every sum, one that is missing in none.
const (
	Priced Gap = iota
	Estimated
	Unpriced
)

// Machine names its kind of machine, where that has no price; empty without a type.
func (n *Node) Machine() string {
	if n.Windows && n.InstanceType != "" {
		return n.InstanceType + " with Windows"
	}
	return n.InstanceType
}

// Idle is what nobody held, as OpenCost has it: the node's cost less its pods'.
func (n *Node) Idle() pricing.Cost { return plus(plus(n.Stranded, n.Free), n.Reserved) }

// Accuracy is how exact the pods' cost is.
type Accuracy struct {
	// Missed is the most, in USD, by which the pods' cost may be too low since
	// usage is only known by the hour (by the day where Daily counts).
	Missed float64
	// Daily is the USD of the pods' cost that rests on days' means.
	Daily float64
	// Homeless is the USD of pods of which no node is known.
	Homeless float64
}

// Basis is what an allocation rests on beside the snapshot and the prices.
type Basis struct {
	// Held are the commitments that exist, with what they cover at list prices.
	Held []pricing.HeldCommitment
	// Pods tells the pods of a workload apart.
	Pods bool
	// Hours takes the nodes that the window had, hour by hour, for today's in all hours.
	// The snapshot then has a history of them, and Held is empty.
	Hours bool
}

// Of allocates the bill of the snapshot's window at the catalog's prices.
func Of(s *analyzer.Snapshot, catalog *pricing.Catalog, on Basis) (*Allocation, error) {
	a := newAllocator(s.BilledByPod(), catalog)
	a.basis, a.ByHour = on, on.Hours
	a.priceNodes()
	a.applyHeld()
	a.hold()
	a.payNodes()
	if err := a.besides(); err != nil {
		return nil, err
	}
	a.doubts()
	a.sort()
	return a.Allocation, nil
}

func newAllocator(s *analyzer.Snapshot, catalog *pricing.Catalog) *allocator {
	a := &allocator{
		Allocation: &Allocation{Cluster: s.Cluster, Window: s.Window, Hours: Hours(s.Window), Seen: 1 / outage(s), Unused: len(s.Usage) == 0},
		snapshot:   s, catalog: catalog, at: map[itemKey]int{}, merged: map[analyzer.Ref]map[string]string{}, workloads: map[analyzer.Ref]*analyzer.Workload{},
		namespaces: map[string]map[string]string{}, ranByPod: s.RanByPod(),
	}
	for i := range s.Workloads {
		a.workloads[s.Workloads[i].Ref] = &s.Workloads[i]
	}
	for i := range s.Namespaces {
		labels := maps.Clone(s.Namespaces[i].Labels)
		delete(labels, "kubernetes.io/metadata.name")
		a.namespaces[s.Namespaces[i].Name] = labels
	}
	return a
}

// allocator is an allocation in the making.
type allocator struct {
	*Allocation
	snapshot  *analyzer.Snapshot
	catalog   *pricing.Catalog
	workloads map[analyzer.Ref]*analyzer.Workload
	at        map[itemKey]int // index of Items
	merged    map[analyzer.Ref]map[string]string
	// namespaces are their labels.
	namespaces map[string]map[string]string

	fleet  []Machine          // today's nodes first
	bills  []pricing.NodeBill // in the fleet's order
	byNode map[string]int     // index of bills
	priced map[string]pricing.NodePrice
	over   []string // nodes that held more than there is
	bought *Places
	basis  Basis
	// only takes the workloads that are shared out over; nil takes all.
	only func(analyzer.Ref) bool
	// ranByPod names what bills a workload of which no pod runs by the pod.
	ranByPod func(*analyzer.Workload) string
}

type itemKey struct {
	ref             analyzer.Ref
	container, node string
	pod             string
}

// item gives the item of that name, a new one where there is none.
func (a *allocator) item(ref analyzer.Ref, container, node, pod string) *Item {
	k := itemKey{ref, container, node, pod}
	i, ok := a.at[k]
	if !ok {
		i = len(a.Items)
		a.at[k] = i
		a.Items = append(a.Items, Item{
			Ref: ref, Container: container, Node: node, Pod: pod, DaemonSet: ref.Kind == "DaemonSet",
			Labels: a.labels(ref), NamespaceLabels: a.namespaces[ref.Namespace],
		})
	}
	return &a.Items[i]
}

// labels gives the workload's labels, and its namespace's where it has none of that key.
func (a *allocator) labels(ref analyzer.Ref) map[string]string {
	if known, ok := a.merged[ref]; ok {
		return known
	}
	out := maps.Clone(a.namespaces[ref.Namespace])
	switch w := a.workloads[ref]; {
	case w == nil:
	case len(out) == 0:
		out = w.Labels
	default:
		maps.Copy(out, w.Labels)
	}
	a.merged[ref] = out
	return out
}

func (a *allocator) sort() {
	slices.SortFunc(a.Items, func(x, y Item) int {
		return cmp.Or(x.Compare(y.Ref), cmp.Compare(x.Container, y.Container), cmp.Compare(x.Node, y.Node), cmp.Compare(x.Pod, y.Pod))
	})
	slices.SortFunc(a.Nodes, func(x, y Node) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(a.Warnings, analyzer.CompareWarnings)
	a.Warnings = slices.Compact(a.Warnings)
}

func plus(a, b pricing.Cost) pricing.Cost {
	return pricing.Cost{CPU: a.CPU + b.CPU, Memory: a.Memory + b.Memory, GPU: a.GPU + b.GPU}
}

func minus(a, b pricing.Cost) pricing.Cost {
	return pricing.Cost{CPU: max(0, a.CPU-b.CPU), Memory: max(0, a.Memory-b.Memory), GPU: max(0, a.GPU-b.GPU)}
}
