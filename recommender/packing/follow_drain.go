package packing

import (
	"cmp"
	"context"
	"slices"
)

// mostExchanged bounds the nodes, the emptiest ones, that are looked at for one
// in their place: alone, and in twos and threes.
const mostExchanged, mostTogether = 60, 8

// consolidate takes nodes away whose pods fit on others, those that cost most
// for what they hold first, and puts one node in the place of up to three where
// that is cheaper.
func (f *Follower) consolidate(ctx context.Context, nodes []followNode) []followNode {
	m := followMove{f: f}
	for changed := true; changed && ctx.Err() == nil; {
		changed = false
		m.nodes = f.byFullness(nodes)
		for i := range m.nodes {
			if m.off(i); m.room(-1) && m.to(-1) {
				changed = true
			}
		}
		m.nodes = f.byFullness(m.nodes)
		for i := range min(len(m.nodes), mostExchanged) {
			changed = m.exchange(i) || changed
		}
		if m.nodes = f.byFullness(m.nodes); !changed {
			changed = m.exchangeSome()
		}
		nodes = m.nodes
	}
	return f.byFullness(nodes)
}

// byFullness drops empty nodes and sorts the rest, the emptiest first.
func (f *Follower) byFullness(nodes []followNode) []followNode {
	nodes = slices.DeleteFunc(nodes, func(n followNode) bool { return n.pods == 0 })
	slices.SortStableFunc(nodes, func(a, b followNode) int { return cmp.Compare(f.fullness(&a), f.fullness(&b)) })
	return nodes
}

// exchangeSome puts one node in the place of two or three of the emptiest.
func (m *followMove) exchangeSome() bool {
	few := min(len(m.nodes), mostTogether)
	for i := range few {
		for j := range i {
			if m.exchange(i, j) {
				return true
			}
			for k := range j {
				if m.exchange(i, j, k) {
					return true
				}
			}
		}
	}
	return false
}

// exchange puts a node of the cheapest kind that does in the place of some
// others, if that is cheaper.
func (m *followMove) exchange(from ...int) bool {
	f, price := m.f, 0.0
	for _, i := range from {
		price += f.kinds[m.nodes[i].kind].USDPerHour
	}
	if f.kinds[f.cheap[0]].USDPerHour >= price-1e-9 {
		return false
	}
	m.off(from...)
	for _, k := range f.cheap {
		if f.kinds[k].USDPerHour >= price-1e-9 {
			return false
		}
		if m.room(k) && m.to(k) {
			return true
		}
	}
	return false
}

// fullness is the worth of a node's pods for its price.
func (f *Follower) fullness(n *followNode) float64 { return n.load / f.kinds[n.kind].USDPerHour }

// followMove tries to empty some nodes. It is used again for the next ones.
type followMove struct {
	f           *Follower
	nodes       []followNode
	from        []int
	cpu, memory int64 // that the pods take beyond what the other nodes have left
	pods        []arrival
	listed      bool          // pods is that of from
	went        []*followNode // where each of pods is, so far
	spare       *followNode   // an empty node
}

// off says which nodes are to be emptied.
func (m *followMove) off(from ...int) {
	f := m.f
	m.from, m.pods, m.listed, m.cpu, m.memory = append(m.from[:0], from...), m.pods[:0], false, 0, 0
	for i := range m.nodes {
		n := &m.nodes[i]
		switch {
		case slices.Contains(from, i):
			m.cpu, m.memory = m.cpu+f.rooms[n.kind].cpu-n.left.cpu, m.memory+f.rooms[n.kind].memory-n.left.memory
		case n.pods > 0:
			m.cpu, m.memory = m.cpu-n.left.cpu, m.memory-n.left.memory
		}
	}
}

// room is a quick look at whether the other nodes, and a new one of a kind, can
// have the room; -1 is no new one.
func (m *followMove) room(kind int) bool {
	if kind < 0 {
		return m.cpu <= 0 && m.memory <= 0
	}
	return m.cpu <= m.f.rooms[kind].cpu && m.memory <= m.f.rooms[kind].memory
}

// to moves all pods to the other nodes and a new one of a kind, or none, which
// takes the first one's place. The largest pods go first, and stay in their
// zone where zones matter. It changes nothing where one of them finds no room.
func (m *followMove) to(kind int) bool {
	if !m.listed {
		m.list()
	}
	var added *followNode
	if kind >= 0 {
		added = m.empty(kind)
	}
	m.went = m.went[:0]
	for _, a := range m.pods {
		n := m.target(a, added)
		if n == nil {
			for i, n := range m.went {
				m.f.takeOff(n, m.pods[i].class)
			}
			return false
		}
		m.f.put(n, a.class)
		m.went = append(m.went, n)
	}
	for _, i := range m.from {
		m.nodes[i] = followNode{kind: m.nodes[i].kind}
	}
	if added != nil {
		m.nodes[m.from[0]], m.spare = *added, nil
	}
	return true
}

// empty gives an empty node: the one of the last attempt, if that failed.
func (m *followMove) empty(kind int) *followNode {
	if m.spare == nil {
		n := m.f.empty(kind)
		m.spare = &n
	} else if m.spare.kind != kind {
		m.spare.kind = kind
		m.spare.left.become(&m.f.rooms[kind])
	}
	m.spare.load = 0
	return m.spare
}

// target is Follower.target among the nodes that stay and the added one.
func (m *followMove) target(a arrival, added *followNode) (best *followNode) {
	consider := func(n *followNode) {
		if a.zone != "" && m.f.kinds[n.kind].Zone != a.zone {
			return
		}
		if (best == nil || n.left.cpu < best.left.cpu) && m.f.takes(n, a.class) {
			best = n
		}
	}
	for i := range m.nodes {
		if m.nodes[i].pods > 0 && !slices.Contains(m.from, i) {
			consider(&m.nodes[i])
		}
	}
	if added != nil {
		consider(added)
	}
	return best
}

// list gives the pods, the largest first.
func (m *followMove) list() {
	m.listed = true
	for _, i := range m.from {
		for c, count := range m.nodes[i].has {
			a := arrival{class: c}
			if m.f.classes[c].zonal {
				a.zone = m.f.kinds[m.nodes[i].kind].Zone
			}
			for range count {
				m.pods = append(m.pods, a)
			}
		}
	}
	slices.SortStableFunc(m.pods, func(a, b arrival) int { return cmp.Compare(m.f.classes[b.class].worth, m.f.classes[a.class].worth) })
}
