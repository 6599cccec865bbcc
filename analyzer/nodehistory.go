package analyzer

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// NodeHistory is how many nodes there were in the hours of the window, as
// kube-state-metrics told it.
type NodeHistory struct {
	// Hours are those in which any node was told of, since 1970, in order.
	Hours []int64    `json:"hours"`
	Kinds []NodeKind `json:"kinds"`
	// Stayed are the hours, in sixteenths, in which the inventory's nodes were told of, by
	// name. It is nil in snapshots of before it was kept.
	Stayed map[string]float64 `json:"stayed,omitempty"`
}

// NodeKind is nodes that were alike.
type NodeKind struct {
	// Labels are those of their machine, their zone and their pool. A kind of which no
	// node is left has the ones that were exported.
	Labels      map[string]string `json:"labels,omitempty"`
	Taints      []Taint           `json:"taints,omitempty"`
	ProviderID  string            `json:"providerID,omitempty"` // of one of them
	Capacity    Amounts           `json:"capacity"`
	Allocatable Amounts           `json:"allocatable"` // the least of them
	MaxPods     int64             `json:"maxPods,omitempty"`
	// Count is the mean number in each of the history's hours, in sixteenths.
	Count []float32 `json:"count"`
}

// MostNodes is more nodes of a kind than any cluster has.
const MostNodes = 1_000_000

// Most is the largest number in any hour.
func (k *NodeKind) Most() float64 {
	most := float32(0)
	for _, n := range k.Count {
		most = max(most, n)
	}
	return float64(most)
}

// Mean is the number over all hours.
func (k *NodeKind) Mean() float64 {
	sum := 0.0
	for _, n := range k.Count {
		sum += float64(n)
	}
	return sum / float64(max(len(k.Count), 1))
}

// kindLabels are the labels that tell kinds of nodes apart, beside those of pools.
var kindLabels = append([]string{
	"node.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "kubernetes.io/arch", "kubernetes.io/os",
	"karpenter.sh/capacity-type", "node.kubernetes.io/lifecycle", "kops.k8s.io/instance-lifecycle", "node-lifecycle", "lifecycle",
}, cloud.KindLabels()...)

// NodeSeries is one series that tells of a node.
type NodeSeries uint8

// The series of kube-state-metrics that are read.
const (
	NodeInfo        NodeSeries = iota // there is such a node
	NodeLabels                        // and these are its labels, as far as they are exported
	NodeCapacity                      // of one resource
	NodeAllocatable                   // likewise
	NodeTaint
)

// NodeSeriesOf finds the series of a metric's name.
func NodeSeriesOf(name string) (NodeSeries, bool) {
	switch name {
	case "kube_node_info":
		return NodeInfo, true
	case "kube_node_labels":
		return NodeLabels, true
	case "kube_node_status_capacity":
		return NodeCapacity, true
	case "kube_node_status_allocatable":
		return NodeAllocatable, true
	case "kube_node_spec_taint":
		return NodeTaint, true
	}
	return 0, false
}

// NodeRecorder folds series of nodes into their history. The zero value is ready. It is
// not safe for concurrent use.
type NodeRecorder struct{ nodes map[string]*seenNode }

// seenNode is what is known of one node.
type seenNode struct {
	kind  NodeKind
	hours map[int64]float64 // samples
}

func (r *NodeRecorder) node(name string) *seenNode {
	if r.nodes == nil {
		r.nodes = map[string]*seenNode{}
	}
	if r.nodes[name] == nil {
		r.nodes[name] = &seenNode{hours: map[int64]float64{}, kind: NodeKind{Labels: map[string]string{}}}
	}
	return r.nodes[name]
}

// Seen notes how many samples told in an hour, since 1970, that the node was there.
// Of several series that tell it the one with the most counts.
func (r *NodeRecorder) Seen(node string, hour int64, samples float64) {
	if n := r.node(node); samples > 0 && !math.IsInf(samples, 0) {
		n.hours[hour] = max(n.hours[hour], samples)
	}
}

// Tell notes what a series' labels and value say of a node.
func (r *NodeRecorder) Tell(of NodeSeries, labels map[string]string, value float64) {
	name := labels["node"]
	if name == "" {
		return
	}
	k := &r.node(name).kind
	switch of {
	case NodeInfo:
		k.ProviderID = cmp.Or(labels["provider_id"], k.ProviderID)
	case NodeLabels:
		k.label(labels)
	case NodeCapacity:
		amount(&k.Capacity, nil, labels["resource"], value)
	case NodeAllocatable:
		amount(&k.Allocatable, &k.MaxPods, labels["resource"], value)
	case NodeTaint:
		t := Taint{labels["key"], labels["value"], labels["effect"]}
		if t.Key != "" && value != 0 && !slices.Contains(k.Taints, t) {
			k.Taints = append(k.Taints, t)
		}
	}
}

// amount sets one resource of a node; what cannot be is left out.
func amount(a *Amounts, pods *int64, resource string, value float64) {
	if !(value >= 0 && value < 1<<50) {
		return
	}
	switch {
	case resource == "cpu":
		a.CPU = int64(math.Round(min(value, 1<<30) * 1000))
	case resource == "memory":
		a.Memory = int64(value)
	case resource == "pods" && pods != nil:
		*pods = int64(value)
	case strings.HasSuffix(resource, "_com_gpu"):
		a.GPU = int64(value)
	}
}

// label takes the labels over by their own names, which kube-state-metrics writes with
// underscores.
func (k *NodeKind) label(labels map[string]string) {
	for _, list := range [][]string{kindLabels, cloud.PoolLabels()} {
		for _, key := range list {
			for _, written := range writtenAs(key) {
				if v := labels[written]; v != "" {
					k.Labels[key] = v
				}
			}
		}
	}
}

// writtenAs are the forms of a label's name in kube_node_labels: newer programs part
// words where a capital begins, and old labels of Kubernetes stand for new ones.
func writtenAs(key string) []string {
	var plain, parted strings.Builder
	for i, c := range key {
		switch {
		case c >= 'A' && c <= 'Z':
			plain.WriteRune(c)
			if i > 0 {
				parted.WriteByte('_')
			}
			parted.WriteRune(c - 'A' + 'a')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			plain.WriteRune(c)
			parted.WriteRune(c)
		default:
			plain.WriteByte('_')
			parted.WriteByte('_')
		}
	}
	out := []string{"label_" + plain.String()}
	if parted.String() != plain.String() {
		out = append(out, "label_"+parted.String())
	}
	switch key {
	case "node.kubernetes.io/instance-type":
		out = append(out, "label_beta_kubernetes_io_instance_type")
	case "topology.kubernetes.io/zone":
		out = append(out, "label_failure_domain_beta_kubernetes_io_zone")
	case "topology.kubernetes.io/region":
		out = append(out, "label_failure_domain_beta_kubernetes_io_region")
	}
	return out
}

// History gives the whole hours of the window. Nodes that are still there are known by
// the inventory, whatever the series say of them. It is nil where none was seen.
func (r *NodeRecorder) History(w Window, now []Node) *NodeHistory {
	const hour = 3600
	first, last := (w.Start.Unix()+hour-1)/hour, w.End.Unix()/hour
	full, hours := map[int64]float64{}, map[int64]bool{}
	for _, n := range r.nodes {
		for h, samples := range n.hours {
			if h >= first && h < last {
				full[h], hours[h] = max(full[h], samples), true
			}
		}
	}
	if len(hours) == 0 {
		return nil
	}
	r.know(now)
	out := &NodeHistory{Hours: slices.Sorted(maps.Keys(hours)), Stayed: map[string]float64{}}
	for i := range now {
		out.Stayed[now[i].Name] = 0
	}
	at := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(r.nodes)) {
		n := r.nodes[name]
		key := n.kind.key()
		if _, ok := at[key]; !ok {
			at[key] = len(out.Kinds)
			k := n.kind
			k.Count = make([]float32, len(out.Hours))
			out.Kinds = append(out.Kinds, k)
		}
		k := &out.Kinds[at[key]]
		k.Allocatable = Amounts{CPU: min(k.Allocatable.CPU, n.kind.Allocatable.CPU), Memory: min(k.Allocatable.Memory, n.kind.Allocatable.Memory), GPU: min(k.Allocatable.GPU, n.kind.Allocatable.GPU)}
		_, today := out.Stayed[name]
		for i, h := range out.Hours {
			share := math.Round(16*n.hours[h]/full[h]) / 16
			if k.Count[i] += float32(share); today {
				out.Stayed[name] += share
			}
		}
	}
	out.Kinds = slices.DeleteFunc(out.Kinds, func(k NodeKind) bool { return k.Most() == 0 })
	slices.SortFunc(out.Kinds, func(a, b NodeKind) int { return cmp.Compare(a.key(), b.key()) })
	return out
}

// know takes what the inventory says of nodes.
func (r *NodeRecorder) know(now []Node) {
	for i := range now {
		n := &now[i]
		seen := r.nodes[n.Name]
		if seen == nil {
			continue
		}
		seen.kind = kindOf(n)
	}
	for _, n := range r.nodes {
		n.kind.settle()
	}
}

// kindOf is what the inventory says of a node.
func kindOf(n *Node) NodeKind {
	k := NodeKind{Labels: map[string]string{}, Taints: slices.Clone(n.Taints), ProviderID: n.ProviderID, Capacity: n.Capacity, Allocatable: n.Allocatable, MaxPods: n.MaxPods}
	for _, list := range [][]string{kindLabels, cloud.PoolLabels()} {
		for _, key := range list {
			if v := n.Labels[key]; v != "" {
				k.Labels[key] = v
			}
		}
	}
	return k
}

// settle leaves out what is of a moment, and fills in the zone.
func (k *NodeKind) settle() {
	k.Taints = slices.DeleteFunc(k.Taints, func(t Taint) bool { return strings.HasPrefix(t.Key, "node.kubernetes.io/") })
	slices.SortFunc(k.Taints, func(a, b Taint) int {
		return cmp.Compare(a.Key+"="+a.Value+":"+a.Effect, b.Key+"="+b.Value+":"+b.Effect)
	})
	k.place()
}

// IndexOf finds the kind that each node of the inventory is of; -1 where the history has
// none, as of a node that came in the last hour.
func (h *NodeHistory) IndexOf(nodes []Node) []int {
	at := make(map[string]int, len(h.Kinds))
	for i := range h.Kinds {
		at[h.Kinds[i].key()] = i
	}
	out := make([]int, len(nodes))
	for i := range nodes {
		of := kindOf(&nodes[i])
		of.settle()
		k, known := at[of.key()]
		if out[i] = k; !known {
			out[i] = -1
		}
	}
	return out
}

// PoolOf is how its autoscaler names the pool of a node with such labels, or nothing.
func PoolOf(labels map[string]string) string {
	for _, key := range cloud.PoolLabels() {
		if v := labels[key]; v != "" {
			return v
		}
	}
	return ""
}

// place fills in the zone that the provider's id tells.
func (k *NodeKind) place() {
	const zone = "topology.kubernetes.io/zone"
	if k.Labels[zone] != "" {
		return
	}
	if of := cloud.ZoneOfID(k.ProviderID); of != "" {
		k.Labels[zone] = of
	}
}

// key tells kinds apart. Machines of one type differ in memory by what their firmware
// takes, so that memory counts by the GiB.
func (k *NodeKind) key() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(k.Labels)) {
		b.WriteString(name + "=" + k.Labels[name] + "\x00")
	}
	for _, t := range k.Taints {
		b.WriteString(t.Key + "=" + t.Value + ":" + t.Effect + "\x00")
	}
	for _, v := range []int64{k.Capacity.CPU, (k.Capacity.Memory + 1<<29) >> 30, k.Capacity.GPU} {
		for ; v > 0; v >>= 8 {
			b.WriteByte(byte(v))
		}
		b.WriteByte(0)
	}
	return b.String()
}
