package fleet

import (
	"context"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// Survived is what a plan lives through, and what more would cost.
type Survived struct {
	Level packing.Level
	// Bare is what nodes of any types cost that live through nothing, in USD an hour.
	Bare float64
	// Prices is what each level costs, in order.
	Prices []LevelPrice
	// Exempt are the pods, or the workloads of SurvivePod, that can't survive the level
	// today either, or for which no offering would help; sorted.
	Exempt []string
	// Node and Zone say whether the plan that was taken lives through the loss of any.
	Node, Zone bool
	// NodeExempt and ZoneExempt are those that the word on a level above the one asked for
	// leaves out, since they can't survive it today either; sorted.
	NodeExempt, ZoneExempt []string
}

// LevelPrice is what the nodes that may go cost at a level, in USD an hour.
type LevelPrice struct {
	Level  packing.Level
	Hourly float64
	// AtMost marks a price that was not searched for: nodes were added to the plan
	// without it until it held.
	AtMost bool
	Left   int // pods, or workloads of updates, that find no room all the same
}

const (
	// mostPlayed is the number of pods above which only the level asked for is played.
	mostPlayed = 3000
	// mostSmaller is the number of pods above which no plan of smaller nodes is made for
	// losses, mostAlike that above which none of one type a group is made for updates in other
	// styles.
	mostSmaller, mostAlike = 800, 150
	// mostSwaps is how many plans are made with another type in one of the groups.
	mostSwaps = 4
)

// Fleet is what plans of nodes are made from, and what they have to live through.
type Fleet struct {
	packing.Input
	Today packing.Plan   // the nodes that may go, with their pods
	Level packing.Level  // asked for
	Surge map[string]int // by group, as packing.Survival has it
	// Beside are the nodes that stay as they are, with the pods that would start again
	// elsewhere.
	Beside []packing.Beside
	// Group names the group of an offering. Where Simple is set, each has one type.
	Group  func(*packing.Offering) string
	Simple bool
	// Thorough asks for all that may be cheaper, whatever time that takes: a plan of one type
	// a group in any number of pods, and one of smaller nodes for updates too.
	Thorough bool
	Search   bool                // plans of other nodes may be taken, by their list prices
	Least    int                 // nodes of a plan, where its pods fill so many
	Settle   func(*packing.Plan) // puts nodes that any zone would do for into zones
}

// candidate is a plan to choose from, and what nodes that are added to it may be.
type candidate struct {
	packing.Plan
	offerings []packing.Offering
}

// Survive makes plans of the fleet's style, begun with a bare one, live through a level,
// takes the cheapest, the earlier of equals, and prices all levels. What lives through a
// level lives through those below it.
func (f *Fleet) Survive(ctx context.Context, bare packing.Plan) (packing.Plan, *Survived, error) {
	h := hardener{Fleet: f, ctx: ctx, swaps: f.Level != packing.SurviveNone && len(f.Pods) <= mostSmaller}
	longer, err := f.longer(ctx, bare)
	if err != nil {
		return bare, nil, err
	}
	if h.plans, err = h.styled(bare); err != nil {
		return bare, nil, err
	}
	if h.other, err = h.others(bare); err != nil {
		return bare, nil, err
	}
	if longer != nil {
		if err = h.join(*longer); err != nil {
			return bare, nil, err
		}
	}
	for _, l := range packing.Levels() {
		h.of = append(h.of, packing.Survival{Level: l, Surge: f.Surge, Exempt: f.exempt(l, f.Surge), Beside: f.Beside})
	}
	out, best := &Survived{Level: f.Level, Bare: bare.Hourly}, bare
	if longer != nil {
		out.Bare = min(out.Bare, longer.Hourly)
	}
	for i := len(h.of) - 1; i >= 0; i-- {
		l := h.of[i].Level
		if l != f.Level && len(f.Pods) > mostPlayed {
			continue
		}
		plan, lost, err := h.cheapest(i)
		if err != nil {
			return bare, nil, err
		}
		if l == f.Level {
			best = plan.Plan
			out.Exempt = h.exempted(i, lost)
		}
		out.Prices = append(out.Prices, LevelPrice{l, plan.Hourly, l != f.Level && l != packing.SurviveNone, len(lost)})
		h.above = []candidate{plan}
	}
	slices.Reverse(out.Prices)
	f.judge(best, out)
	return best, out, ctx.Err()
}

// longer packs few pods once more with all of the search; nothing where the first had as much.
// What it finds may need more for a level, so that it is one to choose from beside the first.
func (f *Fleet) longer(ctx context.Context, bare packing.Plan) (*packing.Plan, error) {
	in := f.Input
	in.NoBound, in.Known, in.Effort = true, bare.LowerBound, packing.LongEffort(len(f.Pods))
	if !f.Search || in.Effort <= f.Effort || bare.Hourly <= bare.LowerBound+1e-9 {
		return nil, nil
	}
	plan, err := packing.Pack(ctx, in)
	if err != nil || len(plan.Abstained) > 0 {
		return nil, err
	}
	plan.LowerBound = bare.LowerBound
	return &plan, nil
}

// join adds the plans that one of a longer search leads to: itself, and those of one type a group
// and of the next best types where the bare plan led to such.
func (h *hardener) join(longer packing.Plan) error {
	var more []candidate
	if !h.Simple {
		more = append(more, candidate{longer, h.Offerings})
	}
	if h.alike {
		one, err := h.oneType(longer)
		if err != nil {
			return err
		}
		more = append(more, candidate{one, ofTypes(h.Offerings, one, h.Group)})
		other, err := h.others(longer)
		if err != nil {
			return err
		}
		h.other = append(h.other, other...)
	}
	h.settle(more)
	h.plans = append(h.plans, more...)
	return nil
}

// exempted lists what a plan for a level need not live through: of the levels below it, too.
func (h *hardener) exempted(level int, lost []string) []string {
	for _, name := range lost {
		h.of[level].Exempt[name] = true
	}
	all := map[string]bool{}
	for i := min(1, level); i <= level; i++ {
		maps.Copy(all, h.of[i].Exempt)
	}
	return slices.Sorted(maps.Keys(all))
}

// hardener makes plans live through levels.
type hardener struct {
	*Fleet
	ctx    context.Context
	plans  []candidate        // the style's first
	alike  bool               // one of them is of one type a group
	swaps  bool               // the next best types are tried, too
	ranked ranking            // of the types of the groups, where plans have one
	other  []candidate        // of the next best types: they may need less beside for a level
	above  []candidate        // what was taken for the level above, if any
	of     []packing.Survival // by level
}

// styled gives the plans to choose from that a bare one leads to, in their zones: the
// style's own first. In few pods one node more matters, so that there a plan of one type
// a group is tried for any style: its nodes are alike, and fewer may have to be added.
func (h *hardener) styled(bare packing.Plan) (out []candidate, err error) {
	switch {
	case h.Simple:
	case h.Search:
		out = append(out, candidate{bare, h.Offerings})
	default: // in place of a node a larger one could leave what has been paid for
		out = append(out, candidate{bare, upTo(h.Offerings, largest(&bare))})
	}
	if h.Simple || h.Search && (h.Thorough || len(h.Pods) <= h.mostOfOneType()) {
		one, err := h.oneType(bare)
		if err != nil {
			return nil, err
		}
		out = append(out, candidate{one, ofTypes(h.Offerings, one, h.Group)})
		h.alike = true
	}
	h.settle(out)
	return out, nil
}

// settle puts plans into zones, each with nodes of its own.
func (h *hardener) settle(all []candidate) {
	for i := range all {
		all[i].Nodes = slices.Clone(all[i].Nodes)
		h.Settle(&all[i].Plan)
	}
}

// others gives plans of one type a group with another type than the best in one of the
// groups: what is added for a level may make it the cheapest. They rank by the bare plan.
func (h *hardener) others(bare packing.Plan) (out []candidate, err error) {
	in := h.Input
	in.NoBound = true
	if !h.swaps {
		return nil, nil
	}
	for _, r := range h.ranked.swaps(mostSwaps) {
		plan, served, err := r.plan(h.ctx, in, bare, h.Group)
		if err != nil {
			return nil, err
		}
		if served {
			out = append(out, candidate{plan, ofTypes(h.Offerings, plan, h.Group)})
		}
	}
	h.settle(out)
	return out, nil
}

// mostOfOneType is the number of pods up to which a plan of one type a group is tried in
// other styles: the losses of nodes that are all alike take less room.
func (h *hardener) mostOfOneType() int {
	if h.Level == packing.SurviveNode || h.Level == packing.SurviveZone {
		return mostSmaller
	}
	return mostAlike
}

// oneType plans with one type a group, from smaller types where the plan would have fewer
// nodes than are wanted. Where pods do not fill so many it takes what comes nearest.
func (h *hardener) oneType(bare packing.Plan) (packing.Plan, error) {
	in := h.Input
	in.NoBound = true
	best := bare
	ranked, err := rankTypes(h.ctx, h.Input, bare, h.Group, h.swaps)
	if h.ranked = ranked; err == nil {
		best, _, err = ranked.plan(h.ctx, h.Input, bare, h.Group)
	}
	last := best
	for err == nil && len(best.Nodes) < h.Least {
		if in.Offerings = upTo(in.Offerings, largest(&last)-1); len(in.Offerings) == 0 {
			break
		}
		less, failed := packing.Pack(h.ctx, in)
		if failed != nil || len(less.Abstained) > 0 || len(less.Nodes) == 0 {
			return best, failed
		}
		less.LowerBound = bare.LowerBound
		if last, err = OneType(h.ctx, in, less, h.Group); err == nil && len(last.Nodes) > len(best.Nodes) {
			best = last
		}
	}
	return best, err
}

// cheapest hardens plans for a level, and gives the one that leaves the fewest pods
// without help, of these the cheapest. Only the level asked for is searched; another is where
// its first plan leaves some, since a price of less safety is none of the level.
func (h *hardener) cheapest(level int) (best candidate, lost []string, err error) {
	all, err := h.tried(level)
	if err != nil {
		return best, nil, err
	}
	for i := 0; i < len(all); i++ {
		if i > 0 && (len(lost) == 0 && bare(&all[i].Plan) >= best.Hourly-1e-9 || len(all[i].Nodes) < min(h.Least, len(all[0].Nodes))) {
			continue // more nodes make no plan cheaper, and fewer than wanted are none
		}
		plan, left, err := h.harden(all[i], level)
		if err != nil {
			return best, nil, err
		}
		if i == 0 || len(left) < len(lost) || len(left) == len(lost) && plan.Hourly < best.Hourly-1e-9 {
			best, lost = plan, left
		}
		if i == 0 && len(left) > 0 {
			more, err := h.instead(level, len(plan.offerings) < len(h.Offerings))
			if err != nil {
				return best, nil, err
			}
			all = append(all, more...)
		}
	}
	return best, lost, nil
}

// tried are the plans that are hardened for a level.
func (h *hardener) tried(level int) ([]candidate, error) {
	switch h.of[level].Level {
	case packing.SurviveNone: // nothing has to be added, so that all may be looked at
		return slices.Concat(h.plans, h.above), nil
	case h.Level:
		small, err := h.smaller(level)
		return slices.Concat(h.plans, small, h.other, h.above), err
	}
	return slices.Concat(h.plans[:1], h.above), nil
}

// instead are plans beside the first, which leaves pods without help: itself with all types
// where it had fewer, and for a level that was not asked for those of one type a group, whose
// nodes are alike, so that pods of a lost one find room more easily.
func (h *hardener) instead(level int, fewer bool) (out []candidate, err error) {
	if fewer {
		out = append(out, candidate{h.plans[0].Plan, h.Offerings})
	}
	switch {
	case h.of[level].Level == h.Level:
		return out, nil
	case h.alike || h.Simple || !h.Search || len(h.Pods) > mostSmaller:
		return slices.Concat(out, h.plans[1:], h.other), nil
	}
	out = append(out, h.plans[1:]...)
	h.swaps = false // only a price is wanted
	one, err := h.oneType(h.plans[0].Plan)
	if err != nil {
		return nil, err
	}
	of := []candidate{{one, ofTypes(h.Offerings, one, h.Group)}}
	h.settle(of)
	return append(out, of...), nil
}

// mostAgain bounds how often a plan is held to its levels once more.
const mostAgain = 5

// harden makes a plan live through a level and those below, with all that it has. What is
// added for one may undo another: a new node opens a zone that pods spread over, and draws
// pods away from where they were counted on. So all are played until nothing changes. It
// gives the pods, or the workloads of updates, that find no room all the same, in order.
func (h *hardener) harden(c candidate, level int) (candidate, []string, error) {
	in := h.Input
	in.Offerings = c.offerings
	plan, hopeless, err := packing.Harden(h.ctx, in, c.Plan, h.of[level])
	levels, lost := h.levels(level), map[string]bool{}
	levels[len(levels)-1].without(hopeless, lost)
	settled := false
	for again := 0; !settled && again < mostAgain && err == nil; again++ {
		settled = true
		for i := range levels {
			if s := &levels[i]; err == nil && len(h.left(plan, s.Survival)) > 0 {
				settled = false
				plan, hopeless, err = h.hold(in, plan, s.Survival)
				s.without(hopeless, lost)
			}
		}
	}
	for i := 0; !settled && i < len(levels); i++ {
		maps.Copy(lost, h.left(plan, levels[i].Survival))
	}
	return candidate{plan, c.offerings}, slices.Sorted(maps.Keys(lost)), err
}

// played is a level, of which more and more may turn out to have no remedy.
type played struct{ packing.Survival }

// levels are those that a plan for a level lives through, the lowest first.
func (h *hardener) levels(level int) (out []played) {
	for i := min(1, level); i <= level; i++ {
		one := played{h.of[i]}
		one.Exempt = maps.Clone(one.Exempt)
		out = append(out, one)
	}
	return out
}

// without takes down what no offering helps.
func (p *played) without(hopeless []string, lost map[string]bool) {
	for _, name := range hopeless {
		p.Exempt[name], lost[name] = true, true
	}
}

// hold makes a plan live through one more level. Nodes that are there for others have room
// for its pods too, so none of them goes.
func (h *hardener) hold(in packing.Input, plan packing.Plan, s packing.Survival) (packing.Plan, []string, error) {
	held := plan
	held.Nodes = slices.Clone(plan.Nodes)
	for n := range held.Nodes {
		held.Nodes[n].Spare = false
	}
	held, hopeless, err := packing.Harden(h.ctx, in, held, s)
	if err != nil {
		return plan, nil, err
	}
	for n := range plan.Nodes { // those of before come first
		held.Nodes[n].Spare = plan.Nodes[n].Spare
	}
	return held, hopeless, nil
}

// smaller plans with smaller nodes, whose loss takes less, where a node or a zone is to
// be lost, and, where all is tried, where an update is to find room: of at most two thirds of the size of each plan's largest, and few pods again
// and again, until some find no place.
func (h *hardener) smaller(level int) (out []candidate, err error) {
	if l := h.of[level].Level; l == packing.SurviveNone || l == packing.SurvivePod && !h.Thorough || !h.Search || len(h.Pods) > mostSmaller {
		return nil, nil
	}
	tried := map[int64]bool{}
	for i := range h.plans {
		for most := largest(&h.plans[i].Plan) * 2 / 3; !tried[most]; {
			tried[most] = true
			next, err := h.upTo(most, h.plans[i].LowerBound)
			if err != nil {
				return nil, err
			}
			if len(next) == 0 || len(h.Pods) > mostAlike {
				out = append(out, next...)
				break
			}
			out, most = append(out, next...), largest(&next[0].Plan)*2/3
		}
	}
	return out, nil
}

// upTo gives the plans of nodes that have no more CPU for pods; none where some pods find
// no place. low is what no plan costs less than.
func (h *hardener) upTo(cpu int64, low float64) ([]candidate, error) {
	fewer := *h.Fleet
	few := hardener{Fleet: &fewer, ctx: h.ctx}
	few.NoBound = true
	if few.Offerings = upTo(h.Offerings, cpu); len(few.Offerings) == 0 {
		return nil, nil
	}
	bare, err := packing.Pack(h.ctx, few.Input)
	if err != nil || len(bare.Abstained) > 0 {
		return nil, err
	}
	bare.LowerBound = low
	out, err := few.styled(bare)
	if err == nil && !h.Simple {
		out[0].offerings = h.Offerings
	}
	return out, err
}

// largest is the most CPU that a node of a plan has for pods, in millicores.
func largest(plan *packing.Plan) (cpu int64) {
	for i := range plan.Nodes {
		cpu = max(cpu, plan.Nodes[i].Offering.CPU)
	}
	return cpu
}

// upTo are the offerings that have no more CPU for pods.
func upTo(all []packing.Offering, cpu int64) []packing.Offering {
	return slices.DeleteFunc(slices.Clone(all), func(o packing.Offering) bool { return o.CPU > cpu })
}

// bare is what a plan costs without its spare nodes, in USD an hour.
func bare(plan *packing.Plan) (usd float64) {
	for i := range plan.Nodes {
		if !plan.Nodes[i].Spare {
			usd += plan.Nodes[i].Offering.USDPerHour
		}
	}
	return usd
}

// Judge says what a plan lives through that is taken in place of those that were planned,
// such as today's nodes: levels that it lives through, with those below, cost no more than
// it. What it leaves without room at the level asked for is exempt, and counted.
func (f *Fleet) Judge(plan packing.Plan, s *Survived) (without int) {
	below, lost := map[string]bool{}, map[string]bool{} // exempt, and without room, at the levels so far
	for i := range s.Prices {
		p := &s.Prices[i]
		exempt := f.exempt(p.Level, f.Surge)
		left := f.left(plan, packing.Survival{Level: p.Level, Surge: f.Surge, Exempt: exempt, Beside: f.Beside})
		if maps.Copy(lost, left); len(lost) == 0 {
			p.Hourly, p.Left = min(p.Hourly, plan.Hourly), 0
		}
		if p.Level != packing.SurviveNone {
			maps.Copy(below, exempt)
		}
		if p.Level == f.Level {
			p.AtMost, without = len(lost) > 0, len(lost)
			maps.Copy(below, lost)
			s.Exempt = slices.Sorted(maps.Keys(below))
		}
	}
	f.judge(plan, s)
	return without
}

// Losses plays all that a plan is asked to live through: of the level that was asked for and
// of those below it, but for what is exempt of each.
func (f *Fleet) Losses(plan packing.Plan) (out []packing.Loss) {
	for _, l := range packing.Levels() {
		out = append(out, packing.Losses(f.Input, plan, packing.Survival{Level: l, Surge: f.Surge, Exempt: f.exempt(l, f.Surge), Beside: f.Beside})...)
		if l == f.Level {
			break
		}
	}
	return out
}

// left are the pods, or the workloads of updates, that a plan has no room for.
func (f *Fleet) left(plan packing.Plan, s packing.Survival) map[string]bool {
	out := map[string]bool{}
	for loss := range packing.EachLoss(f.Input, plan, s) {
		switch {
		case len(loss.Left) == 0:
		case loss.Group != "":
			out[loss.Group] = true
		default:
			for _, name := range loss.Left {
				out[name] = true
			}
		}
	}
	return out
}

// exempt is what can't survive a level today either; nothing where nothing runs yet, or
// nothing is to be survived.
func (f *Fleet) exempt(level packing.Level, surge map[string]int) map[string]bool {
	if len(f.Today.Nodes) == 0 || level == packing.SurviveNone {
		return map[string]bool{}
	}
	return packing.Exempt(f.Input, f.Today, level, surge, f.Beside)
}

// judge says whether a plan lives through the loss of any node and of any zone, and names
// what a level above the one asked for leaves out, whose names are not among s.Exempt.
func (f *Fleet) judge(plan packing.Plan, s *Survived) {
	s.Node, s.NodeExempt = f.lives(plan, packing.SurviveNode)
	s.Zone, s.ZoneExempt = f.lives(plan, packing.SurviveZone)
	above := slices.Index(packing.Levels(), f.Level)
	if above >= slices.Index(packing.Levels(), packing.SurviveNode) {
		s.NodeExempt = nil
	}
	if above >= slices.Index(packing.Levels(), packing.SurviveZone) {
		s.ZoneExempt = nil
	}
}

// lives reports whether every loss of a level finds room, but for what is exempt, which it
// names where it does.
func (f *Fleet) lives(plan packing.Plan, level packing.Level) (all bool, but []string) {
	exempt := f.exempt(level, nil)
	for loss := range packing.EachLoss(f.Input, plan, packing.Survival{Level: level, Exempt: exempt, Beside: f.Beside}) {
		if len(loss.Left) > 0 {
			return false, nil
		}
		all = true
	}
	if !all {
		return false, nil
	}
	return true, slices.Sorted(maps.Keys(exempt))
}
