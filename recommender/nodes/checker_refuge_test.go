package nodes_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// mostTurns is how many pods are seated in place of others before the rest counts as left.
const mostTurns = 2000

// crowd seats pods in place of others, which then seek a place themselves. A pod that was
// turned away weighs more from then on, so that it is turned out less readily: the ejection
// pool of Nagata and Bräysy (2009). Orders of best fit miss seatings where little is spare.
type crowd struct {
	*checker
	gone   func(*host) bool
	at     map[*tenant]*host
	weight map[*tenant]int
	rng    *rand.Rand
}

func (c *checker) crowd(gone func(*host) bool) *crowd {
	return &crowd{c, gone, map[*tenant]*host{}, map[*tenant]int{}, rand.New(rand.NewPCG(1, 2))}
}

// seatAll gives the pods that find no host; none stays seated.
func (c *crowd) seatAll(pods []*tenant) (left []*tenant) {
	var hopeless []*tenant // nobody who was seated is in their way
	left = slices.Clone(pods)
	for turn := 0; turn < mostTurns && len(left) > 0; turn++ {
		p := left[0]
		left = left[1:]
		if h := c.seat(p, c.gone); h != nil {
			c.put(p, h)
			continue
		}
		c.weight[p]++
		h, out := c.cheapest(p)
		if h == nil {
			hopeless = append(hopeless, p)
			continue
		}
		for _, other := range out {
			c.lift(other)
		}
		c.put(p, h)
		left = append(left, out...)
	}
	at := maps.Clone(c.at)
	for p := range at {
		c.lift(p)
	}
	return slices.Concat(hopeless, left, c.unreachable(at, c.gone))
}

func (c *crowd) put(p *tenant, h *host) {
	h.take(p)
	c.at[p] = h
}

func (c *crowd) lift(p *tenant) {
	c.at[p].drop(p)
	delete(c.at, p)
}

// cheapest is the host where the pods that have to go for another weigh least, and these.
func (c *crowd) cheapest(p *tenant) (best *host, out []*tenant) {
	least, ties := 0, 0
	for _, name := range c.order {
		h := c.hosts[name]
		if c.gone(h) || !admits(h, p) {
			continue
		}
		going, ok := c.inTheWay(p, h)
		if !ok {
			continue
		}
		sum := 0
		for _, other := range going {
			sum += 1 + c.weight[other]
		}
		if ties++; best == nil || sum < least {
			ties = 1
		}
		if best == nil || sum < least || sum == least && c.rng.IntN(ties) == 0 {
			best, least, out = h, sum, going
		}
	}
	return best, out
}

// inTheWay are pods of a host, seated there since the loss, without which it takes another.
func (c *crowd) inTheWay(p *tenant, h *host) (out []*tenant, ok bool) {
	var seated []*tenant
	for other, at := range c.at {
		if at == h {
			seated = append(seated, other)
		}
	}
	slices.SortFunc(seated, func(a, b *tenant) int { return cmp.Compare(a.name, b.name) })
	c.rng.Shuffle(len(seated), func(i, j int) { seated[i], seated[j] = seated[j], seated[i] })
	slices.SortStableFunc(seated, func(a, b *tenant) int { return cmp.Compare(c.weight[a], c.weight[b]) })
	takes := func() bool { return h.fits(p) && c.lives(h, p, c.gone) }
	for len(out) < len(seated) && !takes() {
		h.drop(seated[len(out)])
		out = seated[:len(out)+1]
	}
	ok = takes()
	out = slices.Clone(out)
	slices.Reverse(out) // the weightiest may stay after all
	going := out[:0:0]
	for i, other := range out {
		if h.take(other); ok && !takes() || !ok {
			h.drop(other)
			going = append(going, out[i])
		}
	}
	for _, other := range going {
		h.take(other)
	}
	return going, ok
}

// unreachable are those of seated pods that the scheduler would let in in no order that we
// know of: a pod that was moved may have been what let another in. None stays seated.
func (c *checker) unreachable(at map[*tenant]*host, gone func(*host) bool) []*tenant {
	waits := slices.SortedFunc(maps.Keys(at), func(a, b *tenant) int { return cmp.Compare(a.name, b.name) })
	var in []*tenant
	for moved := true; moved; {
		moved = false
		waits = slices.DeleteFunc(waits, func(p *tenant) bool {
			h := at[p]
			if !h.fits(p) || !admits(h, p) || !c.lives(h, p, gone) {
				return false
			}
			h.take(p)
			in, moved = append(in, p), true
			return true
		})
	}
	for _, p := range in {
		at[p].drop(p)
	}
	return waits
}

// crowded is hosts of one zone and pods that fill them but for a share, in thousandths.
func crowded(seed uint64, spare int64) (*checker, []*tenant) {
	rng := rand.New(rand.NewPCG(seed, 43))
	c := &checker{hosts: map[string]*host{}}
	var pods []*tenant
	for i := range 12 {
		h := &host{name: fmt.Sprintf("node-%02d", i), zone: "a", labels: map[string]string{}}
		h.free = analyzer.Amounts{CPU: 2000 + rng.Int64N(2000), Memory: (4 + rng.Int64N(12)) << 30}
		h.size = h.free
		c.hosts[h.name], c.order = h, append(c.order, h.name)
		cpu, memory := h.free.CPU*(1000-spare)/1000, h.free.Memory/1000*(1000-spare)
		for k := range int64(3) {
			ask := analyzer.Amounts{CPU: cpu / (3 - k), Memory: memory / (3 - k)}
			if k < 2 {
				ask = analyzer.Amounts{CPU: cpu * (20 + rng.Int64N(40)) / 100, Memory: memory / 100 * (20 + rng.Int64N(40))}
			}
			cpu, memory = cpu-ask.CPU, memory-ask.Memory
			pods = append(pods, &tenant{name: fmt.Sprintf("pod-%02d", len(pods)), group: "g", of: &analyzer.Workload{}, pod: &analyzer.Pod{}, size: ask})
		}
	}
	c.room = c.rooms()[0]
	return c, pods
}

// TestRefuge wants a seating where there is one by construction, with little to spare, and
// none where the pods ask for more than there is.
func TestRefuge(t *testing.T) {
	none := func(*host) bool { return false }
	for seed := range uint64(20) {
		c, pods := crowded(seed, 80)
		if left := c.refuge(pods, none); len(left) > 0 {
			t.Errorf("seed %d: no room for %d of %d pods, and there is some for all", seed, len(left), len(pods))
		}
		c, pods = crowded(seed, -10)
		if left := c.refuge(pods, none); len(left) == 0 {
			t.Errorf("seed %d: room for all, and they ask for more than there is", seed)
		}
		for _, h := range c.hosts {
			if h.free != h.size || len(h.pods) > 0 {
				t.Fatalf("seed %d: %s is not as it was", seed, h.name)
			}
		}
	}
}

// TestUnreachable: of two pods of a spread over two zones the second has no way into the
// zone of the first.
func TestUnreachable(t *testing.T) {
	none := func(*host) bool { return false }
	c, pods := crowded(1, 80)
	c.hosts["node-00"].zone = "b"
	spread := &analyzer.Pod{Spec: analyzer.PodSpec{Spread: []analyzer.TopologySpread{{TopologyKey: zoneKey, MaxSkew: 1}}}}
	pods[0].pod, pods[3].pod = spread, spread
	at := map[*tenant]*host{pods[0]: c.hosts["node-01"], pods[3]: c.hosts["node-01"]}
	pods[0].size, pods[3].size = analyzer.Amounts{CPU: 1}, analyzer.Amounts{CPU: 1}
	if got := c.unreachable(at, none); len(got) != 1 {
		t.Errorf("both in one zone: %d of 2 have no way in, want 1", len(got))
	}
	at[pods[3]] = c.hosts["node-00"]
	if got := c.unreachable(at, none); len(got) != 0 {
		t.Errorf("one in each zone: %d have no way in, want none", len(got))
	}
}
