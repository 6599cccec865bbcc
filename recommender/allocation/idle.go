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

// paidOn is what containers of no known node pay on one of the nodes that they are spread
// over.
type paidOn struct {
	node string
	paid pricing.Cost
}

// partOf is one's part of what is shared out by what each pays.
func partOf(of, own, all pricing.Cost) pricing.Cost {
	return pricing.Cost{CPU: of.CPU * ratio(own.CPU, all.CPU), Memory: of.Memory * ratio(own.Memory, all.Memory), GPU: of.GPU * ratio(own.GPU, all.GPU)}
}

// idleShares gives each item's part of idle, and the idle that nobody bears.
func (a *Allocation) idleShares(how Idle) (shares []pricing.Cost, left pricing.Cost) {
	shares = make([]pricing.Cost, len(a.Items))
	idle := map[string]pricing.Cost{}
	for i := range a.Nodes {
		n := &a.Nodes[i]
		idle[how.at(n.Name)] = plus(idle[how.at(n.Name)], n.Idle())
		left = plus(left, n.Idle())
	}
	if how == IdleApart {
		return shares, left
	}
	held := map[string]pricing.Cost{}
	for i := range a.Items {
		for _, p := range a.paid(&a.Items[i], how) {
			held[how.at(p.node)] = plus(held[how.at(p.node)], p.paid)
		}
	}
	for i := range a.Items {
		for _, p := range a.paid(&a.Items[i], how) {
			shares[i] = plus(shares[i], partOf(idle[how.at(p.node)], p.paid, held[how.at(p.node)]))
		}
	}
	return shares, a.unborne(how, held)
}

// at is what shares the idle of a node: those on it, or all.
func (how Idle) at(node string) string {
	if how == IdleByNode {
		return node
	}
	return ""
}

// paid is what an item pays, by node where idle is shared by node: of no known node it is
// spread over those of its pool.
func (a *Allocation) paid(item *Item, how Idle) []paidOn {
	if how != IdleByNode || !item.homeless {
		return []paidOn{{item.Node, item.Nodes}}
	}
	over := a.spreadOver[item.pool]
	var all pricing.Cost
	for _, p := range over {
		all = plus(all, p.paid)
	}
	out := make([]paidOn, len(over))
	for i, p := range over {
		out[i] = paidOn{p.node, partOf(p.paid, item.Nodes, all)}
	}
	return out
}

// unborne is the idle of nodes on which nothing pays for that resource.
func (a *Allocation) unborne(how Idle, held map[string]pricing.Cost) (left pricing.Cost) {
	for i := range a.Nodes { // by node, so that it depends on no map's order
		n := &a.Nodes[i]
		own, all := n.Idle(), held[how.at(n.Name)]
		for _, r := range []struct{ to, own, all *float64 }{{&left.CPU, &own.CPU, &all.CPU}, {&left.Memory, &own.Memory, &all.Memory}, {&left.GPU, &own.GPU, &all.GPU}} {
			if *r.all <= 0 { // nobody bears it
				*r.to += *r.own
			}
		}
	}
	return left
}
