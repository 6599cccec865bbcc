package nodes

import (
	"context"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Survived is what a plan lives through, and what more would cost.
type Survived struct {
	Level packing.Level
	// Prices is what each level costs, in order.
	Prices []LevelPrice
	// Exempt are the pods, or the workloads of SurvivePod, that can't survive the level
	// today either, or for which no offering would help; sorted.
	Exempt []string
	// Node and Zone say whether the plan that was taken lives through the loss of any.
	Node, Zone bool
}

// LevelPrice is what the nodes that may go cost at a level, in USD an hour.
type LevelPrice struct {
	Level  packing.Level
	Hourly float64
	// AtMost marks a price that was not searched for: nodes were added to the plan
	// without it until it held.
	AtMost bool
}

// mostPlayed is the number of pods above which only the level asked for is played.
const mostPlayed = 3000

// mostSmaller is the number of pods above which no second plan, of smaller nodes, is
// made for the loss of one.
const mostSmaller = 800

// Survive makes a plan live through a level, and prices all. today is the nodes that
// may go with their pods; surge is by group, as packing.Survival has it. search also
// tries plans of other nodes, by their list prices.
func Survive(ctx context.Context, in packing.Input, bare, today packing.Plan, level packing.Level, surge map[string]int, search bool) (packing.Plan, *Survived, error) {
	out := &Survived{Level: level}
	best := bare
	for _, l := range packing.Levels() {
		if l != level && len(in.Pods) > mostPlayed {
			continue
		}
		s := packing.Survival{Level: l, Surge: surge, Exempt: packing.Exempt(in, today, l, surge)}
		plan, lost, err := packing.Harden(ctx, in, bare, s)
		if err != nil {
			return bare, nil, err
		}
		if l == level {
			if search {
				if plan, err = smaller(ctx, in, plan, s); err != nil {
					return bare, nil, err
				}
			}
			best = plan
			for _, name := range lost {
				s.Exempt[name] = true
			}
			out.Exempt = slices.Sorted(maps.Keys(s.Exempt))
		}
		out.Prices = append(out.Prices, LevelPrice{l, plan.Hourly, l != level && l != packing.SurviveNone})
	}
	// A level is never cheaper than one below it: what holds more holds less too.
	for i := 1; i < len(out.Prices); i++ {
		out.Prices[i].Hourly = max(out.Prices[i].Hourly, out.Prices[i-1].Hourly)
	}
	out.Node, out.Zone = lives(in, best, today, packing.SurviveNode), lives(in, best, today, packing.SurviveZone)
	return best, out, ctx.Err()
}

// smaller looks for a cheaper plan of smaller nodes, whose loss takes less, where a
// node or a zone is to be lost.
func smaller(ctx context.Context, in packing.Input, plan packing.Plan, s packing.Survival) (packing.Plan, error) {
	if s.Level != packing.SurviveNode && s.Level != packing.SurviveZone || len(in.Pods) > mostSmaller {
		return plan, nil
	}
	largest := int64(0)
	for i := range plan.Nodes {
		largest = max(largest, plan.Nodes[i].Offering.CPU)
	}
	few := in
	few.NoBound = true
	few.Offerings = slices.DeleteFunc(slices.Clone(in.Offerings), func(o packing.Offering) bool { return o.CPU > largest*2/3 })
	if len(few.Offerings) == 0 {
		return plan, nil
	}
	other, err := packing.Pack(ctx, few)
	if err != nil || len(other.Abstained) > 0 {
		return plan, err
	}
	other.LowerBound = plan.LowerBound
	if other, _, err = packing.Harden(ctx, in, other, s); err != nil || other.Hourly >= plan.Hourly {
		return plan, err
	}
	return other, nil
}

// lives reports whether every loss of a level finds room, but for what is exempt.
func lives(in packing.Input, plan, today packing.Plan, level packing.Level) bool {
	losses := packing.Losses(in, plan, packing.Survival{Level: level, Exempt: packing.Exempt(in, today, level, nil)})
	return len(losses) > 0 && !slices.ContainsFunc(losses, func(l packing.Loss) bool { return len(l.Left) > 0 })
}

// Surges is how many pods a rolling update of each workload starts at once: a quarter,
// rounded up, as Deployments have it by default; other kinds end pods first.
func Surges(s *analyzer.Snapshot, pods []packing.Pod) map[string]int {
	rolls := map[string]bool{}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		rolls[w.Ref.String()] = w.Kind == "Deployment" || w.Kind == "Rollout" || w.Kind == "DeploymentConfig"
	}
	count, out := map[string]int{}, map[string]int{}
	for i := range pods {
		count[pods[i].Group]++
	}
	for group, n := range count {
		if rolls[group] {
			out[group] = (n + 3) / 4
		}
	}
	return out
}
