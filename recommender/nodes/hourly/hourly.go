// Package hourly follows a plan of nodes through the hours of a window, as an
// autoscaler of nodes would: an hour has what of the plan its pods need.
package hourly

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// levels is into how many parts hours are divided, by their number and by the worth of
// their pods: hours that share a part of both are packed once.
const levels = 24

// Plan is a plan and what is known of the hours, which are numbered since 1970.
type Plan struct {
	packing.Input
	Nodes []packing.PlannedNode
	// Worth is what the pods of each hour are worth, in any unit.
	Worth map[int]float64
	// Pods is how many of each group run in an hour, for those whose number changes.
	// The others run as planned in all hours.
	Pods map[string]map[int]float64
}

// Share is the part of the plan that an hour needs, in [0, 1].
type Share struct{ Nodes, USD float64 }

// Shares gives it for each hour. Hours are sorted by the worth of their pods and packed
// by stretches of about the same worth, each as the most pods of it. What the packing would save beside with all
// of the planned pods, such as the room for losses, it is not let to save in any hour.
func Shares(ctx context.Context, p Plan) map[int]Share {
	follow := packing.NewFollower(packing.Plan{Nodes: p.Nodes}, p.Input.Pods, p.DaemonSets)
	count := func(pods map[string]int) Share {
		nodes, _ := follow.Nodes(ctx, pods)
		s := Share{Nodes: float64(len(nodes))}
		for i := range nodes {
			s.USD += nodes[i].Offering.USDPerHour
		}
		return s
	}
	planned := map[string]int{}
	for i := range p.Input.Pods {
		planned[p.Input.Pods[i].Group]++
	}
	all := count(planned)
	order := slices.SortedFunc(maps.Keys(p.Worth), func(a, b int) int {
		return cmp.Or(cmp.Compare(p.Worth[a], p.Worth[b]), cmp.Compare(a, b))
	})
	out := map[int]Share{}
	stretch := (len(order) + levels - 1) / levels
	for len(order) > 0 {
		some := order[:stretchOf(order, p.Worth, stretch, p.Worth[order[len(order)-1]]/levels)]
		order = order[len(some):]
		has := count(p.most(planned, some))
		for _, hour := range some {
			out[hour] = Share{part(has.Nodes, all.Nodes), part(has.USD, all.USD)}
		}
	}
	return out
}

// stretchOf is how many of the first hours, most at the most, are worth at the most so
// much more than the first.
func stretchOf(order []int, worth map[int]float64, most int, more float64) int {
	n := 1
	for n < min(most, len(order)) && worth[order[n]] <= worth[order[0]]+more {
		n++
	}
	return n
}

// part is a share of a whole; of nothing it is all.
func part(of, whole float64) float64 {
	if whole <= 0 {
		return 1
	}
	return min(of/whole, 1)
}

// most gives the most pods of each group in some hours, as planned at the most.
func (p *Plan) most(planned map[string]int, hours []int) map[string]int {
	out := map[string]int{}
	for group, n := range planned {
		out[group] = n
		if by, ok := p.Pods[group]; ok {
			pods := 0.0
			for _, hour := range hours {
				pods = max(pods, by[hour])
			}
			out[group] = min(int(math.Ceil(pods-1e-9)), n)
		}
	}
	return out
}

// Hours is the plan by the hours of the window.
type Hours struct {
	Monthly float64     // USD a month: the mean over the hours
	Mean    float64     // nodes, on average
	Nodes   [24]float64 // the same by hour of the day, UTC
}

// Kept is the nodes of an hour that a plan leaves as they are, and what all hours of so
// many would cost, in USD a month.
type Kept struct{ Nodes, Monthly float64 }

// Mean adds up shares of so many nodes of so many USD a month, beside the kept ones of
// each hour.
func Mean(shares map[int]Share, nodes int, monthly float64, kept func(hour int) Kept) *Hours {
	out, seen := &Hours{}, [24]float64{}
	for _, hour := range slices.Sorted(maps.Keys(shares)) {
		share, clock, beside := shares[hour], (hour%24+24)%24, kept(hour)
		count := beside.Nodes + share.Nodes*float64(nodes)
		out.Monthly += (beside.Monthly + share.USD*monthly) / float64(len(shares))
		out.Mean += count / float64(len(shares))
		out.Nodes[clock], seen[clock] = out.Nodes[clock]+count, seen[clock]+1
	}
	for clock := range seen {
		if out.Nodes[clock] /= max(seen[clock], 1); seen[clock] == 0 {
			out.Nodes[clock] = out.Mean
		}
	}
	return out
}
