package demand

import (
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
)

// mostFollowed bounds the work of following a plan: pods times the hours that
// are packed one by one. Above it hours of about the same demand share one.
const (
	mostFollowed = 10_000
	leastLevels  = 24
)

// planHours follows the plan of the nodes through the hours of the window.
type planHours struct {
	*Follower
	d       *Curve
	zones   map[string]bool                     // at the curve's place
	shares  map[string][]pricing.CommitmentPart // by type: of what commitments can cover of its price
	known   map[uint64][]*planHour              // those that are packed, by sum
	passing map[string]bool                     // kept nodes that somebody should mend, by name
	groups  []string                            // whose pods the plan moves, in order
	mean    []float64                           // of the hour that is being counted, by group
}

// levelNodes is the nodes for one set of pods.
type levelNodes struct {
	byScope map[pricing.CommitmentScope]float64 // USD an hour on demand
	nodes   int
	lost    int
}

// followPlan fills the curve with what the nodes of the plan cost on demand in
// each hour: the pods that ran, or that the advised scaling would have run, at
// the requests that the plan packs. false where there is no plan.
func followPlan(p *advice.Pass, d *Curve) bool {
	plan := nodes.Of(p)
	if plan == nil || len(plan.Plan.Nodes)+len(plan.Nodes) == 0 {
		return false
	}
	h := &planHours{Follower: Follow(p, plan), d: d, known: map[uint64][]*planHour{}}
	h.locate()
	h.judge()
	h.split()
	hours := h.hours()
	levels := h.levels(hours)
	h.fill(hours, levels)
	d.planned = true
	return true
}

// locate finds the zones at the curve's place.
func (h *planHours) locate() {
	h.zones = map[string]bool{}
	for i := range h.plan.Nodes {
		node := &h.plan.Nodes[i]
		if o := &node.Cost.Offering; o.Provider == h.d.Provider && o.Region == h.d.Region {
			h.zones[node.Cost.Zone] = true
		}
	}
	for zone, place := range h.plan.Zones {
		if place == (nodes.Place{Provider: h.d.Provider, Region: h.d.Region}) {
			h.zones[zone] = true
		}
	}
}

// planHour is the pods of one hour.
type planHour struct {
	at    int     // hours since 1970
	spot  float64 // worth of the pods that move to spot
	worth float64 // of the pods
	whole []int32 // pods by group
	sum   uint64  // of whole, FNV-1a: equal for hours of equal pods
	on    *levelNodes
}

// hours lists the hours of the window that have history, with their pods.
func (h *planHours) hours() []*planHour {
	at := map[int]*planHour{}
	refs := slices.SortedFunc(maps.Keys(h.here), analyzer.Ref.Compare)
	refs = slices.DeleteFunc(refs, h.pass.Cluster.Idle) // told to go: nobody commits to them
	seen := map[analyzer.Ref]map[int]float64{}
	for i := range h.pass.Facts.Workloads {
		w := &h.pass.Facts.Workloads[i]
		if h.here[w.Ref] != nil && !h.pass.Cluster.Idle(w.Ref) {
			seen[w.Ref] = hourly.PodHours(h.pass.Cluster, w)
			for hour := range seen[w.Ref] {
				if at[hour] == nil {
					at[hour] = &planHour{at: hour}
				}
			}
		}
	}
	places := h.number(refs)
	first, last := hourly.WholeHours(h.pass.Facts.Snapshot.Window)
	maps.DeleteFunc(at, func(hour int, _ *planHour) bool { return hour < first || hour >= last })
	var out []*planHour
	for _, hour := range slices.Sorted(maps.Keys(at)) {
		one := at[hour]
		clear(h.mean)
		for i, ref := range refs {
			pods, ok := seen[ref][hour]
			if len(seen[ref]) == 0 { // nothing was seen of it: it counts as it is
				pods, ok = float64(h.here[ref].Moved+h.here[ref].Kept), true
			}
			if ok {
				h.addPods(one, ref, places[i], pods)
			}
		}
		h.round(one)
		out = append(out, one)
	}
	return out
}

// number lists the groups whose pods the plan moves, and gives the place of each
// workload among them, -1 where it has none.
func (h *planHours) number(refs []analyzer.Ref) []int {
	for _, ref := range refs {
		if h.here[ref].group {
			h.groups = append(h.groups, ref.String())
		}
	}
	slices.Sort(h.groups)
	h.mean = make([]float64, len(h.groups))
	places := make([]int, len(refs))
	for i, ref := range refs {
		if places[i] = -1; h.here[ref].group {
			places[i], _ = slices.BinarySearch(h.groups, ref.String())
		}
	}
	return places
}

// addPods adds a workload's pods of an hour, those on kept nodes and those that
// move to spot left out.
func (h *planHours) addPods(one *planHour, ref analyzer.Ref, place int, pods float64) {
	group, where := ref.String(), h.here[ref]
	pods = max(pods-float64(where.Kept), 0)
	stays := 1 - h.pass.Cluster.OnSpot(ref)
	one.spot += pods * (1 - stays) * h.each[group]
	one.worth += pods * h.each[group]
	if place >= 0 {
		h.mean[place] = pods * stays
	}
}

// round makes whole pods of an hour's means: what one group is rounded by is
// carried over to the next, so that many small jobs do not all vanish.
func (h *planHours) round(one *planHour) {
	one.whole, one.sum = make([]int32, len(h.groups)), 14695981039346656037
	carry := 0.0
	for i, group := range h.groups {
		pods, worth := h.mean[i], h.each[group]
		n := int(pods)
		if rest := pods - float64(n); rest > 1e-9 && carry+rest*worth >= worth/2 {
			n++
		}
		carry += (pods - float64(n)) * worth
		if n > 0 {
			one.whole[i] = int32(min(n, math.MaxInt32))
			one.add(group, n)
		}
	}
}

// add takes a group's pods into the sum.
func (one *planHour) add(group string, n int) {
	const prime = 1099511628211
	for i := range len(group) {
		one.sum = (one.sum ^ uint64(group[i])) * prime
	}
	one.sum = (one.sum ^ uint64(n)) * prime
}
