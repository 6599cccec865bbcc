package packing

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// Input is all that Pack decides from.
type Input struct {
	Pods       []Pod
	DaemonSets []Pod // one pod for each DaemonSet; it runs on every node that admits it
	Offerings  []Offering
	Kept       []Kept // nodes beside the plan

	// Effort scales the steps of the search; 0 means 1. The same input and
	// effort always give the same plan, however fast the machine.
	Effort float64
	// NoBound leaves the lower bound out, which takes longer than a plan: for a
	// caller who has one already. The plan's LowerBound and GapPercent are then 0.
	NoBound bool
	// Known is a lower bound that the caller has, in USD per hour: with NoBound the search
	// ends at a plan that costs no more.
	Known float64
}

// The effort that QuickEffort gives few pods, and the number that are few; the number
// that are many, of which each has less, and the least effort for those.
const (
	leastEffort     = 0.05
	fewPods         = 500
	manyPods        = 5000
	leastManyEffort = 0.1
	allPods         = 200 // that LongEffort gives all of it
	longPods        = 1000
)

// QuickEffort is for a caller who has just read the usage of so many pods and
// would not wait longer for the plan than for that: a twentieth for up to 500
// pods, a second or so, and more with their square up to all of it for 2,200. Above
// 5,000 pods all have as much as these together, and a tenth at the least.
func QuickEffort(pods int) float64 {
	share := float64(pods) / fewPods
	if pods > manyPods {
		return max(manyPods/float64(pods), leastManyEffort)
	}
	return min(leastEffort*max(share*share, 1), 1)
}

// LongEffort is that of a second search, for which up to 1,000 pods are few enough: all of it,
// which takes a second or two, and less for fewer than 200. It is 0 where they are many.
func LongEffort(pods int) float64 {
	if pods > longPods {
		return 0
	}
	return min(float64(pods)/allPods, 1)
}

// PlannedNode is a node to run, with the pods on it.
type PlannedNode struct {
	Offering Offering
	Pods     []string // names, sorted
	CPU      int64    // requests with DaemonSets, millicores
	Memory   int64    // requests with DaemonSets, bytes
	// Spare marks a node without pods, which is there for the loss of others.
	Spare bool
}

// Abstention is a pod that the plan leaves out, and why.
type Abstention struct {
	Pod    string
	Reason string
}

// Plan is a set of nodes that run all pods but the abstained ones.
type Plan struct {
	Nodes   []PlannedNode
	Hourly  float64 // USD
	Monthly float64 // USD in 730 hours

	// LowerBound is proven: no set of nodes that runs the same pods costs
	// less, in USD per hour. GapPercent is how far Hourly lies above it.
	LowerBound float64
	GapPercent float64

	Abstained []Abstention
	Kept      []Kept // nodes beside the plan, as of Input
}

// Pack finds a cheap set of nodes for the pods. It fails only on input that
// makes no sense, and with the context's error once that has ended; pods that it
// can't place or whose constraints it does not model are listed in the plan's
// Abstained.
func Pack(ctx context.Context, in Input) (Plan, error) {
	if err := in.validate(); err != nil {
		return Plan{}, err
	}
	in.Offerings = InOrder(in.Offerings)
	pods, abstained := screen(in)
	zoned := settleZones(in, pods)
	plan := Plan{Abstained: append(abstained, zoned.lost...), Kept: in.Kept}
	if len(zoned.pods) > 0 {
		plan.fill(ctx, in, zoned)
		if err := ctx.Err(); err != nil {
			return Plan{}, err
		}
	}
	slices.SortFunc(plan.Abstained, func(a, b Abstention) int { return cmp.Compare(a.Pod, b.Pod) })
	return plan, nil
}

// InOrder gives offerings in the order in which Pack takes them. A caller who packs
// from the same ones many times spares it the work.
func InOrder(offerings []Offering) []Offering {
	if inOrder(offerings) {
		return offerings
	}
	return slices.SortedStableFunc(slices.Values(offerings), func(a, b Offering) int { return a.compare(&b) })
}

// inOrder spells out each nature once at the most: neighbours often differ in it alone.
func inOrder(offerings []Offering) bool {
	last := "" // the nature of the one before, where it was spelt out
	for i := 1; i < len(offerings); i++ {
		a, b := &offerings[i-1], &offerings[i]
		c := a.compareSale(b)
		if c > 0 {
			return false
		}
		next := ""
		if c == 0 {
			if last == "" {
				last = a.nature()
			}
			if next = b.nature(); last > next {
				return false
			}
		}
		last = next
	}
	return true
}

// fill packs the pods and adds up what the nodes cost.
func (plan *Plan) fill(ctx context.Context, in Input, zoned zoned) {
	inst := newInstance(in, zoned)
	bins, bound := inst.solve(ctx, in)
	plan.LowerBound = bound
	plan.Nodes = inst.planned(in, zoned.pods, bins)
	for i := range plan.Nodes {
		plan.Hourly += plan.Nodes[i].Offering.USDPerHour
	}
	plan.Monthly = plan.Hourly * pricing.HoursPerMonth
	if plan.LowerBound > 0 {
		plan.GapPercent = 100 * (plan.Hourly/plan.LowerBound - 1)
	}
}

func (in Input) validate() error {
	seen := map[string]bool{}
	for i := range in.Pods {
		p := &in.Pods[i]
		if p.Name == "" || seen[p.Name] {
			return fmt.Errorf("packing pod %q: name is empty or used twice; give every pod its own name", p.Name)
		}
		seen[p.Name] = true
	}
	for _, list := range [][]Pod{in.Pods, in.DaemonSets} {
		for i := range list {
			if p := &list[i]; p.CPU < 0 || p.Memory < 0 || p.GPUs < 0 || anyNegative(p.Extended) {
				return fmt.Errorf("packing pod %q: a request is negative; check the snapshot", p.Name)
			}
		}
	}
	for i := range in.Offerings {
		if o := &in.Offerings[i]; !(o.USDPerHour > 0) || math.IsInf(o.USDPerHour, 1) {
			return fmt.Errorf("packing onto %s in %s: price %v is not above 0; check the price table", o.Type, o.Zone, o.USDPerHour)
		}
	}
	return nil
}

func anyNegative(m map[string]int64) bool {
	for _, v := range m {
		if v < 0 {
			return true
		}
	}
	return false
}

// byKind orders pods such that their names decide among those that are alike alone: a
// plan does not turn on what pods happen to be called, nor on which of a workload's run.
func byKind(a, b Pod) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.CPU, b.CPU), cmp.Compare(a.Memory, b.Memory), cmp.Compare(a.Name, b.Name))
}

// screen sorts the pods and takes out those that can't be placed.
func screen(in Input) (pods []Pod, abstained []Abstention) {
	pods = slices.Clone(in.Pods)
	slices.SortFunc(pods, byKind)
	room := in.rooms()
	keep := pods[:0]
	for _, p := range pods {
		reason := p.unmodelled()
		if reason == "" {
			reason = unplaceable(in.Offerings, room, &p)
		}
		if reason != "" {
			abstained = append(abstained, Abstention{p.Name, reason})
			continue
		}
		keep = append(keep, p)
	}
	return keep, abstained
}

func (p *Pod) unmodelled() string {
	if len(p.Unmodelled) > 0 {
		return "not modelled: " + p.Unmodelled[0]
	}
	for _, s := range p.Spread {
		if s.TopologyKey != LabelZone && s.TopologyKey != LabelHostname {
			return "not modelled: topology spread over " + s.TopologyKey
		}
		if s.MaxSkew < 1 {
			return "maxSkew of its topology spread is " + strconv.FormatInt(s.MaxSkew, 10) + ", must be at least 1"
		}
	}
	for _, a := range p.AntiAffinity {
		if a.TopologyKey != LabelZone && a.TopologyKey != LabelHostname {
			return "not modelled: anti-affinity over " + a.TopologyKey
		}
	}
	for _, term := range p.Affinity {
		for _, r := range term {
			if !slices.Contains([]Operator{In, NotIn, Exists, DoesNotExist, Gt, Lt}, r.Operator) {
				return "not modelled: node affinity operator " + string(r.Operator)
			}
		}
	}
	return ""
}

// unplaceable says why no offering can run the pod, or nothing.
func unplaceable(offerings []Offering, room []resources, p *Pod) string {
	admitted, best := false, Offering{}
	for i := range offerings {
		if !Admits(&offerings[i], p) {
			continue
		}
		if room[i].fits(p) {
			return ""
		}
		if !admitted || room[i].memory > best.Memory {
			best = Offering{Type: offerings[i].Type, CPU: room[i].cpu, Memory: room[i].memory, GPUs: room[i].gpus}
		}
		admitted = true
	}
	if !admitted {
		return "no offering matches its node selector, node affinity, tolerations, zone and architecture"
	}
	return fmt.Sprintf("too large: needs %d millicores, %d MiB, %d GPUs%s; the largest matching offering, %s, leaves %d, %d and %d",
		p.CPU, p.Memory>>20, p.GPUs, alsoNeeds(p), best.Type, best.CPU, best.Memory>>20, best.GPUs)
}

func alsoNeeds(p *Pod) string {
	text := ""
	for _, name := range sortedKeys(p.Extended) {
		text += ", " + strconv.FormatInt(p.Extended[name], 10) + " " + name
	}
	return text
}
