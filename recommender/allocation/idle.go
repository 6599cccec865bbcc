package allocation

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Idle is how idle is shared out.
type Idle string

// The ways to share idle, as OpenCost's shareIdle and idleByNode have them. Of each
// resource an item bears its part by what it pays of that resource.
const (
	// IdleApart leaves it in a row of its own.
	IdleApart Idle = ""
	// IdleByCluster shares the idle of all nodes over all items.
	IdleByCluster Idle = "cluster"
	// IdleByNode shares a node's idle over the items on it. That of a node with
	// none stays apart.
	IdleByNode Idle = "node"
)

// ParseIdle reads the way to share idle.
func ParseIdle(text string) (Idle, error) {
	if i := Idle(text); slices.Contains([]Idle{IdleApart, IdleByCluster, IdleByNode}, i) {
		return i, nil
	}
	return IdleApart, fmt.Errorf("%q: use %s (over all, by their own cost) or %s (over what is on the same node)", text, IdleByCluster, IdleByNode)
}

// idleShares gives each item's part of idle, and the idle that nobody bears.
func (a *Allocation) idleShares(how Idle) (shares []pricing.Cost, left pricing.Cost) {
	shares = make([]pricing.Cost, len(a.Items))
	idle, held := map[string]pricing.Cost{}, map[string]pricing.Cost{}
	pool := func(node string) string {
		if how == IdleByNode {
			return node
		}
		return ""
	}
	for i := range a.Nodes {
		n := &a.Nodes[i]
		idle[pool(n.Name)] = plus(idle[pool(n.Name)], n.Idle())
		left = plus(left, n.Idle())
	}
	if how == IdleApart {
		return shares, left
	}
	for i := range a.Items {
		at := pool(a.Items[i].Node)
		held[at] = plus(held[at], a.Items[i].Nodes)
	}
	for i := range a.Items {
		at, own := pool(a.Items[i].Node), a.Items[i].Nodes
		from, all := idle[at], held[at]
		shares[i] = pricing.Cost{
			CPU: from.CPU * ratio(own.CPU, all.CPU), Memory: from.Memory * ratio(own.Memory, all.Memory), GPU: from.GPU * ratio(own.GPU, all.GPU),
		}
	}
	left = pricing.Cost{}
	for i := range a.Nodes { // by node, so that it depends on no map's order
		n := &a.Nodes[i]
		own, all := n.Idle(), held[pool(n.Name)]
		for _, r := range []struct{ to, own, all *float64 }{{&left.CPU, &own.CPU, &all.CPU}, {&left.Memory, &own.Memory, &all.Memory}, {&left.GPU, &own.GPU, &all.GPU}} {
			if *r.all <= 0 { // nobody bears it
				*r.to += *r.own
			}
		}
	}
	return shares, left
}
