// Package fleet plans nodes that people would run: of one type a group or of any, and with
// room for what may be lost.
package fleet

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// simpleTries is how many types are packed for each group, the most promising ones.
const simpleTries = 4

// mostForOneType is how many times what two types cost a group may cost of one. A second
// pool is more to run, which a few percent are not worth.
const mostForOneType = 1.25

// OneType plans again with one type for each group of nodes: the one that holds the
// group's pods of the given plan for the least, or two where one is far dearer. Groups that
// neither serves keep the types that they have. group names the group of an offering.
func OneType(ctx context.Context, in packing.Input, plan packing.Plan, group func(*packing.Offering) string) (packing.Plan, error) {
	ranked, err := rankTypes(ctx, in, plan, group, false)
	if err != nil {
		return plan, err
	}
	out, _, err := ranked.plan(ctx, in, plan, group)
	return out, err
}

// ranking is the types that may serve each group, the best ones first.
type ranking map[string][]map[string]bool

// rankTypes ranks the types of the groups of a plan. Where others are wanted too, it packs as
// many as may be, though the bare price tells that they are not the cheapest.
func rankTypes(ctx context.Context, in packing.Input, plan packing.Plan, group func(*packing.Offering) string, others bool) (ranking, error) {
	at := make(map[string]int, len(in.Pods)) // in.Pods by name
	for i := range in.Pods {
		at[in.Pods[i].Name] = i
	}
	held, had, usd := map[string][]packing.Pod{}, map[string]map[string]bool{}, map[string]float64{}
	for i := range plan.Nodes {
		n := &plan.Nodes[i]
		g := group(&n.Offering)
		if had[g] == nil {
			had[g] = map[string]bool{}
		}
		had[g][n.Offering.Type] = true
		usd[g] += n.Offering.USDPerHour
		for _, name := range n.Pods {
			held[g] = append(held[g], in.Pods[at[name]])
		}
	}
	out := ranking{}
	for g, types := range had {
		best, err := bestTypes(ctx, in, held[g], g, types, usd[g], group, others)
		if err != nil {
			return nil, err
		}
		if out[g] = best; len(best) == 0 {
			out[g] = []map[string]bool{types}
		}
	}
	return out, nil
}

// plan packs with the best types of each group; a plan again, and false, where these serve not
// all pods.
func (r ranking) plan(ctx context.Context, in packing.Input, plan packing.Plan, group func(*packing.Offering) string) (out packing.Plan, served bool, err error) {
	few := in
	few.NoBound = in.NoBound || len(in.Pods) > mostPlayed
	few.Offerings = slices.DeleteFunc(slices.Clone(in.Offerings), func(o packing.Offering) bool {
		best := r[group(&o)]
		return len(best) == 0 || !best[0][o.Type]
	})
	if out, err = packing.Pack(ctx, few); err != nil {
		return plan, false, err
	}
	if len(out.Abstained) > 0 || len(out.Nodes) == 0 { // the groups do not serve all pods one by one
		return plan, false, nil
	}
	out.LowerBound, out.GapPercent = plan.LowerBound, 0
	if out.LowerBound > 0 {
		out.GapPercent = 100 * (out.Hourly/out.LowerBound - 1)
	}
	return out, true, nil
}

// swaps are the rankings with another type first in one of the groups, some at the most.
func (r ranking) swaps(most int) (out []ranking) {
	for k := 1; k < simpleTries; k++ {
		for _, g := range slices.Sorted(maps.Keys(r)) {
			if k < len(r[g]) && len(out) < most {
				other := maps.Clone(r)
				other[g] = r[g][k : k+1]
				out = append(out, other)
			}
		}
	}
	return out
}

// ofTypes are the offerings of the types that a plan has in each group.
func ofTypes(all []packing.Offering, plan packing.Plan, group func(*packing.Offering) string) []packing.Offering {
	has := map[string]bool{}
	for i := range plan.Nodes {
		o := &plan.Nodes[i].Offering
		has[group(o)+"\x00"+o.Type] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(o packing.Offering) bool { return !has[group(&o)+"\x00"+o.Type] })
}

// bestTypes are the types of a group that hold pods for the least, the best first. A pool has
// one need: where some pods fit on large nodes only and others want many nodes, one type for
// both would be many large nodes. So two types serve a group that costs far more with one, or
// that none serves. Nothing where these don't hold all pods either. usd is what the group costs
// with the types that it had.
func bestTypes(ctx context.Context, in packing.Input, pods []packing.Pod, g string, had map[string]bool, usd float64, group func(*packing.Offering) string, others bool) ([]map[string]bool, error) {
	all := typesOf(in.Offerings, g, group)
	var each []guess
	for i := range all {
		each = append(each, guess{atLeast(&all[i].own[0], pods), all[i : i+1]})
	}
	one, lowest, err := cheapest(ctx, in, pods, each, math.Inf(1), others)
	if err != nil || len(one) > 0 && lowest <= usd*mostForOneType {
		return one, err
	}
	two, _, err := cheapest(ctx, in, pods, pairs(all, had, pods), lowest/mostForOneType, false)
	return append(two, one...), err
}

// typed are the offerings of one type.
type typed struct {
	name string
	own  []packing.Offering
}

// guess is types that may serve a group, and about what that costs, in USD an hour.
type guess struct {
	least float64
	types []typed
}

// typesOf are the types of a group's offerings, in order of these.
func typesOf(all []packing.Offering, g string, group func(*packing.Offering) string) (out []typed) {
	at := map[string]int{}
	for i := range all {
		o := &all[i]
		if group(o) != g {
			continue
		}
		if _, seen := at[o.Type]; !seen {
			at[o.Type] = len(out)
			out = append(out, typed{name: o.Type})
		}
		out[at[o.Type]].own = append(out[at[o.Type]].own, *o)
	}
	return out
}

// pairs are those types that a group had which are too small for some pods, each with one
// that the rest may fit on.
func pairs(all []typed, had map[string]bool, pods []packing.Pod) (out []guess) {
	for _, small := range all {
		if !had[small.name] {
			continue
		}
		var fit, rest []packing.Pod
		for i := range pods {
			if small.holds(&pods[i]) {
				fit = append(fit, pods[i])
			} else {
				rest = append(rest, pods[i])
			}
		}
		if len(fit) == 0 || len(rest) == 0 {
			continue
		}
		own := atLeast(&small.own[0], fit)
		for _, large := range all {
			if least := own + atLeast(&large.own[0], rest); !math.IsInf(least, 1) && large.holds(&rest[0]) {
				out = append(out, guess{least, []typed{small, large}})
			}
		}
	}
	return out
}

// holds reports whether a node of the type has room for a pod, and takes it.
func (t *typed) holds(p *packing.Pod) bool {
	return slices.ContainsFunc(t.own, func(o packing.Offering) bool {
		return p.CPU <= o.CPU && p.Memory <= o.Memory && p.GPUs <= o.GPUs && packing.Admits(&o, p)
	})
}

// cheapest packs the most promising guesses, and gives the types of those that hold all pods
// for less than a price, the cheapest first; others says that more than it are wanted.
func cheapest(ctx context.Context, in packing.Input, pods []packing.Pod, guesses []guess, below float64, others bool) (best []map[string]bool, lowest float64, err error) {
	slices.SortStableFunc(guesses, func(a, b guess) int {
		return cmp.Or(cmp.Compare(a.least, b.least), slices.CompareFunc(a.types, b.types, func(x, y typed) int { return cmp.Compare(x.name, y.name) }))
	})
	lowest = below
	var tried []guess // with what they cost
	for _, one := range guesses {
		if len(tried) == simpleTries || one.least >= lowest && !others || math.IsInf(one.least, 1) {
			break
		}
		if others && slices.ContainsFunc(tried, one.worseThan) {
			continue
		}
		few := packing.Input{Pods: pods, DaemonSets: in.DaemonSets, Kept: in.Kept, Effort: in.Effort / 4, NoBound: true}
		for _, t := range one.types {
			few.Offerings = append(few.Offerings, t.own...)
		}
		plan, err := packing.Pack(ctx, few)
		if err != nil {
			return nil, lowest, err
		}
		if len(plan.Abstained) == 0 {
			tried, lowest = append(tried, guess{plan.Hourly, one.types}), min(lowest, plan.Hourly)
		}
	}
	slices.SortStableFunc(tried, func(a, b guess) int { return cmp.Compare(a.least, b.least) })
	for _, one := range tried {
		if one.least < below {
			best = append(best, one.names())
		}
	}
	return best, lowest, ctx.Err()
}

func (g guess) names() map[string]bool {
	out := map[string]bool{}
	for i := range g.types {
		out[g.types[i].name] = true
	}
	return out
}

// worseThan reports whether a guess of one type has no more of anything than another that
// holds all pods, and costs as much.
func (g guess) worseThan(other guess) bool {
	a, b := &g.types[0], &other.types[0]
	x, y := &a.own[0], &b.own[0]
	for name, n := range x.Extended {
		if n > y.Extended[name] {
			return false
		}
	}
	return len(g.types)+len(other.types) == 2 && len(a.own) <= len(b.own) && x.USDPerHour >= y.USDPerHour &&
		x.CPU <= y.CPU && x.Memory <= y.Memory && x.Pods <= y.Pods && x.GPUs <= y.GPUs
}

// atLeast is about what nodes of one offering cost that hold the pods' sums, and as many as
// those want that can't share a node.
func atLeast(o *packing.Offering, pods []packing.Pod) float64 {
	var cpu, memory float64
	apart := map[string]float64{}
	n := float64(len(pods)) / float64(max(o.Pods, 1))
	for i := range pods {
		p := &pods[i]
		if p.CPU > o.CPU || p.Memory > o.Memory {
			return math.Inf(1)
		}
		cpu, memory = cpu+float64(p.CPU), memory+float64(p.Memory)
		if limit, _ := p.HostLimits(); limit > 0 {
			apart[p.Group] += 1 / float64(limit)
			n = max(n, apart[p.Group])
		}
	}
	n = max(n, cpu/float64(max(o.CPU, 1)), memory/float64(max(o.Memory, 1)))
	return math.Ceil(n-1e-9) * o.USDPerHour
}
