package packing

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestReplayIsAllAnew: what losses come to after nodes were added, enlarged, taken away and
// put back is what they come to when all are played anew.
func TestReplayIsAllAnew(t *testing.T) {
	skipped := 0
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 4))
		in, plan, s := replayed(rng)
		p := newReplay(t.Context(), newRefit(in, plan, nil), s)
		for range 12 {
			next := p.r.plan
			next.Nodes = append([]PlannedNode(nil), next.Nodes...)
			n, away := rng.IntN(len(next.Nodes)), false
			switch rng.IntN(3) {
			case 0:
				n = len(next.Nodes)
				next.Nodes = append(next.Nodes, PlannedNode{Offering: in.Offerings[rng.IntN(len(in.Offerings))], Spare: true})
			case 1:
				zone := next.Nodes[n].Offering.Zone
				next.Nodes[n].Offering = in.Offerings[rng.IntN(len(in.Offerings))]
				next.Nodes[n].Offering.Zone = zone
			case 2:
				away = len(next.Nodes[n].Pods) == 0
			}
			if p.r.away[n%len(p.r.away)] {
				continue
			}
			before := p.told(t)
			back := p.become(next, []int{n}, away)
			if rng.IntN(3) == 0 {
				back()
				if after := p.told(t); !reflect.DeepEqual(before, after) {
					t.Fatalf("seed %d: the way back leads to %v, want %v", seed, after, before)
				}
				continue
			}
			for i := range p.plays {
				if !p.touched(&p.plays[i], []int{n}) {
					skipped++
				}
			}
			got := p.told(t)
			if want := anew(t, in, p, s); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, node %d of %d, away %v:\n got %v\nwant %v", seed, n, len(next.Nodes), away, got, want)
			}
		}
	}
	if skipped == 0 {
		t.Error("every change touches every loss: the test shows nothing")
	}
}

// anew plays all losses of the nodes that stand, by their places in the plan of p.
func anew(t *testing.T, in Input, p *replay, s Survival) []string {
	t.Helper()
	return newReplay(t.Context(), newRefit(in, Plan{}, nil).awayAs(p.r), s).told(t)
}

// awayAs is the refit of the plan of another, with its nodes that are away.
func (r *refit) awayAs(o *refit) *refit {
	r.away = o.away
	return r.with(o.plan)
}

// told spells out what all losses come to, as kept and as played once more.
func (p *replay) told(t *testing.T) (out []string) {
	t.Helper()
	for i := range p.plays {
		v := &p.plays[i]
		if len(v.seats) == 0 && v.loss.Zone != "" {
			continue // a zone that came later
		}
		again := p.again(i)
		if !reflect.DeepEqual(again.Left, v.loss.Left) {
			t.Fatalf("loss %d: kept are %v without room, played again %v", i, v.loss.Left, again.Left)
		}
		line := fmt.Sprintf("%d %s %s: %.12f %v %v", v.loss.Node, v.loss.Zone, v.loss.Group, v.short, v.loss.Left, again.Refuge)
		for k := range v.seats {
			line += fmt.Sprint(" ", v.seats[k].choice, v.seats[k].inZone)
		}
		out = append(out, line)
	}
	return out
}

// replayed draws pods on nodes of three zones and two pools, in any way: a plan need not keep
// its rules for its losses to be played.
func replayed(rng *rand.Rand) (in Input, plan Plan, s Survival) {
	for _, zone := range []string{"a", "b", "c"} {
		for size := range int64(4) {
			o := Offering{Type: fmt.Sprint("m", size), Zone: zone, CPU: 1000 + 700*size, Memory: 1000 + 900*(size*size%5), Pods: 12, USDPerHour: float64(1 + size)}
			if size == 1 {
				o.Labels = map[string]string{"pool": "x"}
			}
			in.Offerings = append(in.Offerings, o)
		}
	}
	for range 3 + rng.IntN(16) {
		plan.Nodes = append(plan.Nodes, PlannedNode{Offering: in.Offerings[rng.IntN(len(in.Offerings)-5)]}) // the last zone comes later, in the main
	}
	s = Survival{Level: Levels()[1+rng.IntN(3)], Surge: map[string]int{}, Exempt: map[string]bool{}}
	for g := range 4 + rng.IntN(12) {
		like := Pod{Group: fmt.Sprint("g", g), CPU: 50 + rng.Int64N(500+700*rng.Int64N(2)), Memory: 50 + rng.Int64N(500)}
		switch rng.IntN(6) {
		case 0:
			like.Spread = []Spread{{TopologyKey: LabelZone, MaxSkew: 1 + rng.Int64N(2)}}
			if rng.IntN(2) == 0 { // few nodes, so that a zone may come to have one
				like.NodeSelector = map[string]string{"pool": "x"}
			}
		case 1:
			like.Spread = []Spread{{TopologyKey: LabelHostname, MaxSkew: 1}}
		case 2:
			like.AntiAffinity = []AntiAffinity{{TopologyKey: LabelHostname, Groups: []string{like.Group}}}
		case 3:
			like.NodeSelector = map[string]string{"pool": "x"}
		case 4:
			like.Zone = "a"
		}
		s.Surge[like.Group] = rng.IntN(3)
		for i := range 1 + rng.IntN(8) {
			like.Name = fmt.Sprintf("g%d-%d", g, i)
			in.Pods = append(in.Pods, like)
			n := rng.IntN(len(plan.Nodes))
			plan.Nodes[n].Pods = append(plan.Nodes[n].Pods, like.Name)
		}
	}
	return in, plan, s
}
