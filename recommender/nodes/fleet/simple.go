// Package fleet plans nodes that people would run: of one type a group or of any, and with
// room for what may be lost.
package fleet

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// simpleTries is how many types are packed for each group, the most promising ones.
const simpleTries = 4

// OneType plans again with one type for each group of nodes: the one that holds the
// group's pods of the given plan for the least. Groups that no single type serves keep
// the types that they have. group names the group of an offering.
func OneType(ctx context.Context, in packing.Input, plan packing.Plan, group func(*packing.Offering) string) (packing.Plan, error) {
	pods := map[string]packing.Pod{}
	for _, p := range in.Pods {
		pods[p.Name] = p
	}
	held, had := map[string][]packing.Pod{}, map[string]map[string]bool{}
	for i := range plan.Nodes {
		n := &plan.Nodes[i]
		g := group(&n.Offering)
		if had[g] == nil {
			had[g] = map[string]bool{}
		}
		had[g][n.Offering.Type] = true
		for _, name := range n.Pods {
			held[g] = append(held[g], pods[name])
		}
	}
	allowed := map[string]map[string]bool{}
	for g, types := range had {
		best, err := bestType(ctx, in, held[g], g, group)
		if err != nil {
			return plan, err
		}
		if allowed[g] = types; best != "" {
			allowed[g] = map[string]bool{best: true}
		}
	}
	few := in
	few.NoBound = in.NoBound || len(in.Pods) > mostPlayed
	few.Offerings = slices.DeleteFunc(slices.Clone(in.Offerings), func(o packing.Offering) bool { return !allowed[group(&o)][o.Type] })
	out, err := packing.Pack(ctx, few)
	if err != nil {
		return plan, err
	}
	if len(out.Abstained) > 0 || len(out.Nodes) == 0 { // the groups do not serve all pods one by one
		return plan, nil
	}
	out.LowerBound, out.GapPercent = plan.LowerBound, 0
	if out.LowerBound > 0 {
		out.GapPercent = 100 * (out.Hourly/out.LowerBound - 1)
	}
	return out, nil
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

// bestType is the type of a group that holds pods for the least; nothing where none
// holds all.
func bestType(ctx context.Context, in packing.Input, pods []packing.Pod, g string, group func(*packing.Offering) string) (string, error) {
	type guess struct {
		name  string
		least float64
		own   []packing.Offering
	}
	byType := map[string]*guess{}
	var order []*guess
	for i := range in.Offerings {
		o := &in.Offerings[i]
		if group(o) != g {
			continue
		}
		if byType[o.Type] == nil {
			byType[o.Type] = &guess{name: o.Type, least: atLeast(o, pods)}
			order = append(order, byType[o.Type])
		}
		byType[o.Type].own = append(byType[o.Type].own, *o)
	}
	slices.SortStableFunc(order, func(a, b *guess) int { return cmp.Or(cmp.Compare(a.least, b.least), cmp.Compare(a.name, b.name)) })
	best, lowest := "", math.Inf(1)
	tried := 0
	for _, one := range order {
		if tried == simpleTries || one.least >= lowest {
			break
		}
		plan, err := packing.Pack(ctx, packing.Input{Pods: pods, DaemonSets: in.DaemonSets, Offerings: one.own, Kept: in.Kept, Effort: in.Effort / 4, NoBound: true})
		if err != nil {
			return "", err
		}
		if len(plan.Abstained) == 0 {
			tried++
			if plan.Hourly < lowest {
				best, lowest = one.name, plan.Hourly
			}
		}
	}
	return best, ctx.Err()
}

// atLeast is what nodes of one offering cost that hold the pods' sums.
func atLeast(o *packing.Offering, pods []packing.Pod) float64 {
	var cpu, memory float64
	for i := range pods {
		if pods[i].CPU > o.CPU || pods[i].Memory > o.Memory {
			return math.Inf(1)
		}
		cpu, memory = cpu+float64(pods[i].CPU), memory+float64(pods[i].Memory)
	}
	n := max(cpu/float64(max(o.CPU, 1)), memory/float64(max(o.Memory, 1)), float64(len(pods))/float64(max(o.Pods, 1)))
	return math.Ceil(n) * o.USDPerHour
}
