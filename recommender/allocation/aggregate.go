package allocation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// The names of what is nobody's, as OpenCost has them but for the control plane.
const (
	NameIdle         = "__idle__"
	NameUnallocated  = "__unallocated__"
	NameUnmounted    = "__unmounted__"
	NameShared       = "__shared__"
	NameControlPlane = "__control_plane__"
	// NameUnused is what commitments cost that found no usage.
	NameUnused = "__unused_commitments__"
	// NameRest is all of the bill that a filter leaves out.
	NameRest = "__rest__"
)

// Key is what costs are added up by.
type Key string

// The keys; "label:" and a label's name is one, too.
const (
	ByCluster    Key = "cluster"
	ByNode       Key = "node"
	ByNamespace  Key = "namespace"
	ByKind       Key = "controllerKind"
	ByController Key = "controller"
	ByPod        Key = "pod"
	ByContainer  Key = "container"

	labelPrefix = "label:"
)

// Keys lists the keys without the labels.
func Keys() []Key {
	return []Key{ByNamespace, ByController, ByKind, ByPod, ByContainer, ByNode, ByCluster}
}

// ParseKeys reads a list such as "namespace,label:team".
func ParseKeys(text string) ([]Key, error) {
	var out []Key
	for _, word := range strings.Split(text, ",") {
		k := Key(strings.TrimSpace(word))
		if k == "workload" { // what this program calls a controller elsewhere
			k = ByController
		}
		switch label, isLabel := strings.CutPrefix(string(k), labelPrefix); {
		case isLabel && label == "":
			return nil, fmt.Errorf("%q names no label: write label:KEY, such as label:team", k)
		case !isLabel && !slices.Contains(Keys(), k):
			return nil, fmt.Errorf("%q: there is no such key; use any of %s or label:KEY, joined by commas", k, joined(Keys()))
		case slices.Contains(out, k):
			return nil, fmt.Errorf("%q stands twice", k)
		}
		out = append(out, k)
	}
	return out, nil
}

func joined(keys []Key) string {
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

// Split is how the cost of shared namespaces is spread.
type Split string

// The ways to spread shared costs.
const (
	// Weighted gives each its part by its own cost.
	Weighted Split = "weighted"
	// Even gives each the same.
	Even Split = "even"
)

// Options is how an allocation is added up.
type Options struct {
	Aggregate []Key
	// ShareNamespaces are those whose cost all others bear.
	ShareNamespaces []string
	Split           Split  // empty is Weighted
	ShareIdle       Idle   // empty leaves idle in a row of its own
	Filter          Filter // empty takes all
	FilterText      string // what the filter was read from
}

// Row is the sum of all items with one name.
type Row struct {
	Name       string
	Properties Properties

	Hold            Hold
	Limits          Limits
	Nodes, Slack    pricing.Cost
	Idle            pricing.Cost // its part of idle, where that is shared
	VolumeByteHours float64
	Volume          float64
	LoadBalancer    float64
	ControlPlane    float64
	Unused          float64 // commitments that found no usage
	Shared          float64
	// Volumes and LoadBalancers are the parts of Volume and LoadBalancer, by name.
	Volumes, LoadBalancers map[string]Part
	// GPUModel is that of all its GPUs; empty where they differ or none is known.
	GPUModel string
	gpus     bool // it has any
	// Estimated and Unpriced are its instance types whose price is an estimate, and
	// those that have none, sorted; empty names are of machines without a type.
	Estimated, Unpriced []string
}

// Properties is what all items of a row have in common. ProviderID is the
// machine's, as OpenCost cuts it out of the node's.
type Properties struct {
	Cluster, Node, Namespace, Controller, Kind, Pod, Container, ProviderID string
	Labels, NamespaceLabels                                                map[string]string
}

// Direct is what the row costs without its part of shared costs.
func (r *Row) Direct() float64 {
	return r.Nodes.Total() + r.Idle.Total() + r.Volume + r.LoadBalancer + r.ControlPlane + r.Unused
}

// Total is what the row costs.
func (r *Row) Total() float64 { return r.Direct() + r.Shared }

// special rows are nobody's: they bear no shared costs and stand last.
func (r *Row) special() bool {
	return r.Name == NameIdle || r.Name == NameControlPlane || r.Name == NameUnused || r.Name == NameRest
}

// Aggregate adds the allocation up by the keys. The rows' totals add up to the
// bill; they come by cost, dearest first, and what is nobody's last.
func (a *Allocation) Aggregate(o Options) []Row {
	idle, left := a.idleShares(o.ShareIdle)
	nodes := make(map[string]*Node, len(a.Nodes))
	for i := range a.Nodes {
		nodes[a.Nodes[i].Name] = &a.Nodes[i]
	}
	rows, picked := map[string]*Row{}, map[string]*Row{}
	var shared Row
	others := Row{Name: NameRest, Properties: Properties{Cluster: a.Cluster}}
	for i := range a.Items {
		item, on := &a.Items[i], nodes[a.Items[i].Node]
		if slices.Contains(o.ShareNamespaces, item.Namespace) {
			shared.add(item, on, idle[i])
			continue
		}
		name, p := a.name(item, o.Aggregate), a.properties(item, on)
		grow(rows, name, p, item, on, idle[i])
		switch {
		case len(o.Filter) == 0:
		case o.Filter.Takes(a, item):
			grow(picked, name, p, item, on, idle[i])
		default:
			others.add(item, on, idle[i])
		}
	}
	out := make([]Row, 0, len(rows)+3)
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[name])
	}
	out = spreadShared(out, &shared, o.Split)
	if len(o.Filter) == 0 {
		out = append(out, a.nobodys(left)...)
	} else {
		out = filtered(out, picked, others, a.nobodys(left))
	}
	slices.SortStableFunc(out, func(x, y Row) int {
		return cmp.Or(boolRank(x.special())-boolRank(y.special()), cmp.Compare(y.Total(), x.Total()))
	})
	return out
}

// grow adds an item to the row of its name.
func grow(rows map[string]*Row, name string, p Properties, item *Item, on *Node, idle pricing.Cost) {
	r := rows[name]
	if r == nil {
		r = &Row{Name: name, Properties: p}
		rows[name] = r
	}
	r.Properties.meet(p)
	r.add(item, on, idle)
}

// filtered keeps of all rows what a filter picked, with its part of what is shared.
// The others and what is nobody's come together in one row, so that all add up to
// the bill.
func filtered(all []Row, picked map[string]*Row, others Row, nobodys []Row) []Row {
	out := make([]Row, 0, len(picked)+1)
	for i := range all {
		r := picked[all[i].Name]
		if r == nil {
			others.Shared += all[i].Shared
			if all[i].Name == NameShared { // nobody is left to bear it
				others.Shared += all[i].Direct()
			}
			continue
		}
		share := 1.
		if whole := all[i].Direct(); whole > 0 {
			share = r.Direct() / whole
		}
		r.Shared = all[i].Shared * share
		others.Shared += all[i].Shared - r.Shared
		out = append(out, *r)
	}
	for i := range nobodys {
		others.Nodes = plus(others.Nodes, nobodys[i].Nodes)
		for _, t := range nobodys[i].Estimated {
			others.rests(&Node{InstanceType: t, Gap: Estimated})
		}
		for _, t := range nobodys[i].Unpriced {
			others.rests(&Node{InstanceType: t, Gap: Unpriced})
		}
		others.ControlPlane += nobodys[i].ControlPlane
		others.Unused += nobodys[i].Unused
	}
	return append(out, others)
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// nobodys is what is nobody's: the idle that is left, the control plane, and
// commitments without usage.
func (a *Allocation) nobodys(left pricing.Cost) []Row {
	of := Properties{Cluster: a.Cluster}
	var out []Row
	if len(a.Nodes) > 0 {
		idle := Row{Name: NameIdle, Properties: of, Nodes: left}
		for i := range a.Nodes {
			idle.rests(&a.Nodes[i])
		}
		out = append(out, idle)
	}
	if a.Bill.ControlPlane > 0 {
		out = append(out, Row{Name: NameControlPlane, Properties: of, ControlPlane: a.Bill.ControlPlane})
	}
	if a.Bill.UnusedCommitments > 0 {
		out = append(out, Row{Name: NameUnused, Properties: of, Unused: a.Bill.UnusedCommitments})
	}
	return out
}

// add adds an item on a node, nil where it is on none that is known, and its part of idle.
func (r *Row) add(i *Item, on *Node, idle pricing.Cost) {
	r.Idle = plus(r.Idle, idle)
	r.rests(on)
	if i.Unpriced != "" {
		r.rests(&Node{InstanceType: i.Unpriced, Gap: Unpriced})
	}
	r.Hold.plus(i.Hold)
	r.Limits.plus(i.Limits)
	r.Nodes, r.Slack = plus(r.Nodes, i.Nodes), plus(r.Slack, i.Slack)
	r.VolumeByteHours += i.VolumeByteHours
	r.Volume += i.Volume
	r.LoadBalancer += i.LoadBalancer
	r.Volumes, r.LoadBalancers = addParts(r.Volumes, i.Volumes), addParts(r.LoadBalancers, i.LoadBalancers)
	if i.Hold.GPUHours > 0 {
		model := ""
		if on != nil {
			model = on.GPUModel
		}
		if r.gpus && model != r.GPUModel {
			model = ""
		}
		r.GPUModel, r.gpus = model, true
	}
}

// rests takes down that the row has a part of a machine without a price.
func (r *Row) rests(on *Node) {
	if on == nil || on.Gap == Priced {
		return
	}
	to := &r.Estimated
	if on.Gap == Unpriced {
		to = &r.Unpriced
	}
	if at, found := slices.BinarySearch(*to, on.Machine()); !found {
		*to = slices.Insert(*to, at, on.Machine())
	}
}

// addParts adds parts to those of the same names.
func addParts(to map[string]Part, parts []Part) map[string]Part {
	if to == nil && len(parts) > 0 {
		to = make(map[string]Part, len(parts))
	}
	for _, p := range parts {
		was := to[p.Name]
		to[p.Name] = Part{p.Name, was.ByteHours + p.ByteHours, was.USD + p.USD}
	}
	return to
}

// spreadShared gives the rows their parts of the shared cost, in proportion to
// their own or all the same. Without rows it is a row of its own.
func spreadShared(rows []Row, shared *Row, how Split) []Row {
	usd := shared.Direct()
	if usd == 0 {
		return rows
	}
	var sum float64
	for i := range rows {
		sum += rows[i].Direct()
	}
	if len(rows) == 0 {
		shared.Name = NameShared
		return append(rows, *shared)
	}
	left := usd
	for i := range rows {
		part := usd / float64(len(rows))
		if how != Even && sum > 0 {
			part = usd * (rows[i].Direct() / sum)
		}
		if i == len(rows)-1 {
			part = left // with what rounding has left
		}
		rows[i].Shared = part
		left -= part
	}
	return rows
}

// name joins the item's values of the keys.
func (a *Allocation) name(i *Item, keys []Key) string {
	words := make([]string, len(keys))
	for n, k := range keys {
		words[n] = a.value(i, k)
	}
	return strings.Join(words, "/")
}

func (a *Allocation) value(i *Item, k Key) string {
	switch k {
	case ByCluster:
		return cmp.Or(a.Cluster, NameUnallocated)
	case ByNode:
		return cmp.Or(i.Node, NameUnallocated)
	case ByNamespace:
		return cmp.Or(i.Namespace, NameUnmounted)
	case ByKind:
		return cmp.Or(strings.ToLower(i.Kind), NameUnallocated)
	case ByController:
		return cmp.Or(controller(i), NameUnallocated)
	case ByPod:
		return cmp.Or(i.Pod, NameUnallocated)
	case ByContainer:
		return cmp.Or(i.Container, NameUnallocated)
	}
	return cmp.Or(i.Labels[strings.TrimPrefix(string(k), labelPrefix)], NameUnallocated)
}

// controller is the kind and the name, as OpenCost joins them; a bare pod has its name.
func controller(i *Item) string {
	if i.Kind == "" || i.Kind == "Pod" {
		return i.Ref.Name
	}
	return strings.ToLower(i.Kind) + ":" + i.Ref.Name
}

func (a *Allocation) properties(i *Item, on *Node) Properties {
	p := Properties{
		Cluster: a.Cluster, Node: i.Node, Namespace: i.Namespace, Controller: i.Ref.Name, Kind: strings.ToLower(i.Kind),
		Pod: i.Pod, Container: i.Container, Labels: i.Labels, NamespaceLabels: i.NamespaceLabels,
	}
	if on != nil {
		p.ProviderID = cloud.MachineOfID(on.ProviderID)
	}
	return p
}

// meet keeps what both have alike.
func (p *Properties) meet(o Properties) {
	for _, f := range []struct{ to, from *string }{
		{&p.Node, &o.Node}, {&p.Namespace, &o.Namespace}, {&p.Controller, &o.Controller}, {&p.Kind, &o.Kind}, {&p.Pod, &o.Pod}, {&p.Container, &o.Container},
		{&p.ProviderID, &o.ProviderID},
	} {
		if *f.to != *f.from {
			*f.to = ""
		}
	}
	p.Labels, p.NamespaceLabels = alike(p.Labels, o.Labels), alike(p.NamespaceLabels, o.NamespaceLabels)
}

// alike keeps the labels that others have as well.
func alike(labels, others map[string]string) map[string]string {
	if maps.Equal(labels, others) {
		return labels
	}
	labels = maps.Clone(labels)
	maps.DeleteFunc(labels, func(k, v string) bool {
		other, ok := others[k]
		return !ok || other != v
	})
	return labels
}

// Efficiency is what was used of what was requested, of CPU, of memory, and of
// both weighted by their costs. Without requests it is 1 where anything was used.
func (r *Row) Efficiency() (cpu, memory, total float64) {
	cpu, memory = efficiency(r.Hold.CPU), efficiency(r.Hold.Memory)
	if usd := r.Nodes.CPU + r.Nodes.Memory; usd > 0 && r.Hold.PodHours > 0 {
		total = (cpu*r.Nodes.CPU + memory*r.Nodes.Memory) / usd
	}
	return cpu, memory, total
}

func efficiency(a Amount) float64 {
	switch {
	case a.Requested > 0:
		return a.Used / a.Requested
	case a.Used > 0:
		return 1
	}
	return 0
}
