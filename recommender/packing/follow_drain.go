package packing

import (
	"cmp"
	"slices"
)

// mostExchanged bounds the nodes, the emptiest ones, that are looked at for one
// in their place: alone, and in twos and threes.
const mostExchanged, mostTogether = 60, 12

// consolidate takes nodes away whose pods fit on others, those that cost most
// for what they hold first, and puts one node in the place of up to three where
// that is cheaper.
func (f *Follower) consolidate(nodes []followNode) []followNode {
	for changed := true; changed; {
		changed = false
		nodes = f.byFullness(nodes)
		for i := range nodes {
			if m := f.moveOff(nodes, []int{i}); m.room(-1) && m.to(-1) {
				changed = true
			}
		}
		nodes = f.byFullness(nodes)
		for i := range min(len(nodes), mostExchanged) {
			changed = f.exchange(nodes, i) || changed
		}
		if nodes = f.byFullness(nodes); !changed {
			changed = f.exchangeSome(nodes)
		}
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
func (f *Follower) exchangeSome(nodes []followNode) bool {
	few := min(len(nodes), mostTogether)
	for i := range few {
		for j := range i {
			if f.exchange(nodes, i, j) {
				return true
			}
			for k := range j {
				if f.exchange(nodes, i, j, k) {
					return true
				}
			}
		}
	}
	return false
}

// exchange puts a node of the cheapest kind that does in the place of some
// others, if that is cheaper.
func (f *Follower) exchange(nodes []followNode, from ...int) bool {
	price := 0.0
	for _, i := range from {
		price += f.kinds[nodes[i].kind].USDPerHour
	}
	if f.kinds[f.cheap[0]].USDPerHour >= price-1e-9 {
		return false
	}
	m := f.moveOff(nodes, from)
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

// followMove is an attempt to empty some nodes.
type followMove struct {
	f           *Follower
	nodes       []followNode
	from        []int
	cpu, memory int64 // that the pods take beyond what the other nodes have left
	pods        []arrival
	stay        []followNode
	at          []int // of stay in nodes
}

func (f *Follower) moveOff(nodes []followNode, from []int) *followMove {
	m := &followMove{f: f, nodes: nodes, from: from}
	for i := range nodes {
		n := &nodes[i]
		switch {
		case slices.Contains(from, i):
			m.cpu, m.memory = m.cpu+f.rooms[n.kind].cpu-n.left.cpu, m.memory+f.rooms[n.kind].memory-n.left.memory
		case n.pods > 0:
			m.cpu, m.memory = m.cpu-n.left.cpu, m.memory-n.left.memory
		}
	}
	return m
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
	if m.pods == nil {
		m.list()
	}
	stay := m.stay
	if kind >= 0 {
		stay = append(stay, m.f.empty(kind))
	}
	to := make([]int, 0, len(m.pods))
	for _, a := range m.pods {
		n := m.f.target(stay, a.class, a.zone)
		if n < 0 {
			for i, n := range to {
				m.f.takeOff(&stay[n], m.pods[i].class)
			}
			return false
		}
		m.f.put(&stay[n], a.class)
		to = append(to, n)
	}
	for _, i := range m.from {
		m.nodes[i] = followNode{kind: m.nodes[i].kind}
	}
	for i := range stay {
		if i == len(m.stay) {
			m.nodes[m.from[0]] = stay[i]
		} else {
			m.nodes[m.at[i]] = stay[i]
		}
	}
	return true
}

// list gives the pods, the largest first, and the nodes that stay.
func (m *followMove) list() {
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
	for i := range m.nodes {
		if m.nodes[i].pods > 0 && !slices.Contains(m.from, i) {
			m.stay, m.at = append(m.stay, m.nodes[i]), append(m.at, i)
		}
	}
}
