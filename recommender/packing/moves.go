package packing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// CurrentNode is a node of today with the pods on it, DaemonSets left out.
type CurrentNode struct {
	Name     string
	Offering Offering
	Pods     []string
	Blockers []string // what forbids to drain it, as the caller found: local storage, do-not-disrupt, no controller
}

// Budget is a PodDisruptionBudget: how many of the pods it covers may be away
// at one time.
type Budget struct {
	Name    string
	Pods    []string
	Allowed int
}

// Eviction sends a pod to another node.
type Eviction struct {
	Pod string
	To  string // a kept node's name, or new-N for the Nth of Migration.Launch, from 1
}

// Move empties a node and removes it; or, where Keep is set, only sends some of
// its pods to other nodes.
type Move struct {
	Node      string
	Keep      bool
	Evictions []Eviction
	// Savings is the node's price less its pods' part of the price of new nodes,
	// USD per hour.
	Savings    float64
	Disruption float64 // see NodeDisruption
	Score      float64 // see Score, over all of today's nodes
	Waves      int     // rounds of evictions that the budgets ask for
	Blocked    string  // why it can't be done; empty for those that can
}

// Placement is the pods of one node, sorted.
type Placement struct {
	Node string
	Pods []string
}

// Migration leads from today's nodes to a plan. New nodes come first, then the
// moves in order: each one's pods have room when its turn comes.
type Migration struct {
	Launch []PlannedNode
	// Placement is where every pod ends up, by the names that evictions use.
	Placement []Placement
	Moves     []Move // possible ones in order, then the blocked
	Savings   float64
}

// Moves finds the way from today's nodes to the plan that was packed from in.
// Nodes that the plan has too are kept, pods that are alike change places so
// that most stay where they are, and the drains with the most savings for their
// disruption come first. Savings counts what leaves the bill: nodes that can't
// be drained stay on it. Once the context has ended the rest of the moves is left
// out: the caller asks it.
func Moves(ctx context.Context, in Input, current []CurrentNode, budgets []Budget, plan Plan) Migration {
	m := newMover(in, current, budgets, plan)
	for _, step := range []func(){m.match, m.assign, m.placement, m.list, func() { m.order(ctx) }} {
		if ctx.Err() == nil {
			step()
		}
	}
	return m.out
}

type mover struct {
	in       Input
	current  []CurrentNode
	budgets  []Budget
	plan     Plan
	pods     map[string]*Pod
	alike    map[string]string // by pod: the key it shares with its like
	twin     map[int]int       // planned node by current node
	heir     map[int]int       // current node by planned node
	home     map[string]int    // current node by pod
	dest     map[string]int    // planned node by pod
	name     []string          // of planned nodes
	free     []resources       // of planned nodes, as the moves go on
	out      Migration
	pending  []Move
	newShare map[int]float64 // by current node: its pods' part of new nodes' price
}

func newMover(in Input, current []CurrentNode, budgets []Budget, plan Plan) *mover {
	m := &mover{in: in, current: slices.Clone(current), budgets: budgets, plan: plan,
		pods: map[string]*Pod{}, alike: map[string]string{}, twin: map[int]int{}, heir: map[int]int{},
		home: map[string]int{}, dest: map[string]int{}, name: make([]string, len(plan.Nodes)), newShare: map[int]float64{}}
	slices.SortFunc(m.current, func(a, b CurrentNode) int { return cmp.Compare(a.Name, b.Name) })
	for i := range in.Pods {
		p := &in.Pods[i]
		m.pods[p.Name] = p
		m.alike[p.Name] = fmt.Sprint(p.Group, p.CPU, p.Memory, p.GPUs, p.Extended, p.Spread, p.AntiAffinity, p.signature())
	}
	for i := range m.current {
		for _, pod := range m.current[i].Pods {
			m.home[pod] = i
		}
	}
	return m
}

// match pairs today's nodes with planned ones of the same offering, those with
// the most pods in common first.
func (m *mover) match() {
	type pair struct{ now, then, common int }
	var pairs []pair
	counts := make([]map[string]int, len(m.plan.Nodes))
	for j := range m.plan.Nodes {
		counts[j] = m.kinds(m.plan.Nodes[j].Pods)
	}
	for i := range m.current {
		mine := m.kinds(m.current[i].Pods)
		for j := range m.plan.Nodes {
			if m.current[i].Offering.compare(&m.plan.Nodes[j].Offering) != 0 {
				continue
			}
			common := 0
			for key, n := range mine {
				common += min(n, counts[j][key])
			}
			pairs = append(pairs, pair{i, j, common})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.common, a.common) })
	for _, p := range pairs {
		_, taken := m.twin[p.now]
		if _, given := m.heir[p.then]; !taken && !given {
			m.twin[p.now], m.heir[p.then] = p.then, p.now
		}
	}
	for j := range m.plan.Nodes {
		if i, ok := m.heir[j]; ok {
			m.name[j] = m.current[i].Name
			continue
		}
		m.out.Launch = append(m.out.Launch, m.plan.Nodes[j])
		m.name[j] = fmt.Sprintf("new-%d", len(m.out.Launch))
	}
}

func (m *mover) kinds(pods []string) map[string]int {
	out := map[string]int{}
	for _, p := range pods {
		out[m.alike[p]]++
	}
	return out
}

// assign gives the planned places of each kind of pod first to pods that are
// there already, then to the others in order of names.
func (m *mover) assign() {
	places := map[string]map[int]int{} // kind, planned node
	var names []string
	for j := range m.plan.Nodes {
		for _, p := range m.plan.Nodes[j].Pods {
			names = append(names, p)
			key := m.alike[p]
			if places[key] == nil {
				places[key] = map[int]int{}
			}
			places[key][j]++
		}
	}
	slices.Sort(names)
	var rest []string
	for _, p := range names {
		i, running := m.home[p]
		j, kept := m.twin[i]
		if running && kept && places[m.alike[p]][j] > 0 {
			places[m.alike[p]][j]--
			m.dest[p] = j
			continue
		}
		rest = append(rest, p)
	}
	for _, p := range rest {
		for _, j := range sortedKeys(places[m.alike[p]]) {
			if places[m.alike[p]][j] > 0 {
				places[m.alike[p]][j]--
				m.dest[p] = j
				break
			}
		}
	}
}

// placement writes down where the pods are at the end.
func (m *mover) placement() {
	at := map[int][]string{}
	for _, p := range sortedKeys(m.dest) {
		at[m.dest[p]] = append(at[m.dest[p]], p)
	}
	for j := range m.plan.Nodes {
		m.out.Placement = append(m.out.Placement, Placement{m.name[j], at[j]})
	}
	slices.SortStableFunc(m.out.Placement, func(a, b Placement) int { return cmp.Compare(a.Node, b.Node) })
}

// list makes one move of each node that loses pods.
func (m *mover) list() {
	cost, disruption := 0.0, 0.0
	for i := range m.current {
		cost += m.current[i].Offering.USDPerHour
		disruption += NodeDisruption(m.podsOf(m.current[i].Pods))
	}
	m.shareLaunches()
	for i := range m.current {
		n := &m.current[i]
		j, keep := m.twin[i]
		v := Move{Node: n.Name, Keep: keep}
		var leaving []string
		for _, p := range slices.Sorted(slices.Values(n.Pods)) {
			to, planned := m.dest[p]
			switch {
			case !planned && !keep:
				v.Blocked = "the plan leaves out its pod " + p
			case planned && !(keep && to == j):
				v.Evictions = append(v.Evictions, Eviction{p, m.name[to]})
				leaving = append(leaving, p)
			}
		}
		if keep && len(leaving) == 0 {
			continue
		}
		v.Savings = -m.newShare[i]
		v.Disruption = NodeDisruption(m.podsOf(leaving))
		if keep {
			v.Disruption-- // the node stays
		} else {
			v.Savings += n.Offering.USDPerHour
		}
		v.Score = Score(v.Savings, cost, v.Disruption, disruption)
		v.Waves = m.waves(&v, leaving)
		if v.Blocked == "" && len(n.Blockers) > 0 {
			v.Blocked = strings.Join(n.Blockers, "; ")
		}
		m.pending = append(m.pending, v)
	}
}

func (m *mover) podsOf(names []string) []Pod {
	var out []Pod
	for _, name := range names {
		if p := m.pods[name]; p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// shareLaunches divides the price of each new node among the nodes its pods
// come from, by their part of its CPU and memory requests.
func (m *mover) shareLaunches() {
	weight := map[int]map[int]float64{} // planned, current
	total := map[int]float64{}
	for _, p := range sortedKeys(m.dest) {
		j := m.dest[p]
		i, running := m.home[p]
		if _, kept := m.heir[j]; kept || !running {
			continue
		}
		o, pod := &m.plan.Nodes[j].Offering, m.pods[p]
		w := float64(pod.CPU)/float64(max(o.CPU, 1)) + float64(pod.Memory)/float64(max(o.Memory, 1)) + 1e-9
		if weight[j] == nil {
			weight[j] = map[int]float64{}
		}
		weight[j][i] += w
		total[j] += w
	}
	for _, j := range sortedKeys(weight) {
		for _, i := range sortedKeys(weight[j]) {
			m.newShare[i] += m.plan.Nodes[j].Offering.USDPerHour * weight[j][i] / total[j]
		}
	}
}

// waves counts the rounds of evictions, and blocks the move if a budget allows
// none.
func (m *mover) waves(v *Move, leaving []string) int {
	rounds := min(len(leaving), 1)
	for _, b := range m.budgets {
		n := 0
		for _, p := range leaving {
			if slices.Contains(b.Pods, p) {
				n++
			}
		}
		switch {
		case n == 0:
		case b.Allowed < 1:
			if v.Blocked == "" {
				v.Blocked = "PodDisruptionBudget " + b.Name + " allows no disruption"
			}
		default:
			rounds = max(rounds, (n+b.Allowed-1)/b.Allowed)
		}
	}
	return rounds
}

// order takes the moves by score, each as soon as its pods have room.
func (m *mover) order(ctx context.Context) {
	m.free = make([]resources, len(m.plan.Nodes))
	for j := range m.plan.Nodes {
		one := Input{Offerings: []Offering{m.plan.Nodes[j].Offering}, DaemonSets: m.in.DaemonSets}
		m.free[j] = one.rooms()[0]
		if i, ok := m.heir[j]; ok {
			for _, p := range m.podsOf(m.current[i].Pods) {
				m.free[j].take(&p)
			}
		}
	}
	for _, name := range sortedKeys(m.dest) { // pods that are yet to come take their places where there is room for them
		if _, running := m.home[name]; !running && m.free[m.dest[name]].fits(m.pods[name]) {
			m.free[m.dest[name]].take(m.pods[name])
		}
	}
	slices.SortStableFunc(m.pending, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Node, b.Node))
	})
	var blocked []Move
	for len(m.pending) > 0 && ctx.Err() == nil {
		at := slices.IndexFunc(m.pending, func(v Move) bool { return v.Blocked == "" && m.carry(v) })
		if at < 0 {
			break
		}
		m.out.Moves = append(m.out.Moves, m.pending[at])
		m.pending = slices.Delete(m.pending, at, at+1)
	}
	for _, v := range m.pending {
		if v.Blocked == "" {
			v.Blocked = "its pods and those of other nodes wait for each other's room; add a node for the time of the move"
		}
		blocked = append(blocked, v)
	}
	m.out.Moves = append(m.out.Moves, blocked...)
	m.addSavings()
}

// addSavings adds up what the moves free, less what is launched for them.
func (m *mover) addSavings() {
	for i := range m.out.Moves {
		if v := &m.out.Moves[i]; v.Blocked == "" && !v.Keep {
			m.out.Savings += m.nodeByName(v.Node).Offering.USDPerHour
		}
	}
	for i := range m.out.Launch {
		m.out.Savings -= m.out.Launch[i].Offering.USDPerHour
	}
}

func (m *mover) nodeByName(name string) *CurrentNode {
	i, _ := slices.BinarySearchFunc(m.current, name, func(n CurrentNode, s string) int { return cmp.Compare(n.Name, s) })
	return &m.current[i]
}

// carry does the move's evictions if all find room, and says whether they did.
func (m *mover) carry(v Move) bool {
	trial := make(map[int]resources)
	for _, e := range v.Evictions {
		j := m.dest[e.Pod]
		r, seen := trial[j]
		if !seen {
			r = m.free[j].clone()
		}
		p := m.pods[e.Pod]
		if !r.fits(p) {
			return false
		}
		r.take(p)
		trial[j] = r
	}
	for j, r := range trial {
		m.free[j] = r
	}
	if v.Keep {
		j := slices.Index(m.name, v.Node)
		for _, e := range v.Evictions {
			m.free[j].release(m.pods[e.Pod])
		}
	}
	return true
}
