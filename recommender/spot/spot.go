package spot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Rule tells which workloads can live on spot machines, why, how many replicas
// stay on demand, and what that saves with interruptions counted. See
// docs/rules/spot.md.
var Rule = advice.Rule{
	Name:  "spot",
	Doc:   "Tells which workloads can live on spot machines, with reasons, an on-demand floor and the price with interruptions.",
	Lever: advice.LeverPurchase,
	Run:   run,
}

// Readiness is what the rule says of one workload.
type Readiness struct {
	Ready  bool
	Checks []Check
	// OnDemand is the replicas that stay on demand, Spot those that move.
	OnDemand, Spot int32
	// Split says how the pods are held to that; nil where none move.
	Split *Split
	// Already says that all its pods run on spot machines now.
	Already bool
	Price   Price
	// Advised says that its pods should move: it is ready, and that saves.
	// Moves is then the share, in (0, 1], of its pods on demand that do.
	Advised bool
	Moves   float64
	// MonthlyOnDemand is what leaves the bill of the nodes on demand with them.
	MonthlyOnDemand float64
}

// Check is one reason for or against.
type Check struct {
	Name string
	OK   bool
	// Doubt says that the reason is not known to hold: it does not count
	// against, and the advice is less sure of itself.
	Doubt  bool
	Detail string
}

// Price is what spot costs with interruptions, as shares of the on-demand
// price, weighted over the nodes that the workload runs on.
type Price struct {
	Known     bool
	List      float64 // the spot price
	Effective float64 // with restarts and overlaps
	// Interrupted is the probability that a machine is taken back within a
	// month, from the published band; Assumed says that there is none.
	Interrupted float64
	Assumed     bool
	// Types is the number of types in the region that are as large and cost no
	// more on spot than the present ones on demand: pools to spread over.
	Types int
	// Pools names them, by present type.
	Pools []Pool
}

// What spot is judged by; docs/rules/spot.md explains each.
const (
	// spotFloor is the share of the replicas that stays on demand.
	spotFloor = 0.3
	// restartHours is the machine time lost to draining and starting again, and
	// overlapHours how long the replacement runs beside.
	restartHours, overlapHours = 10.0 / 60, 5.0 / 60
	// longestStart is the seconds within which a pod that starts anew must be
	// ready: as long as the replacement overlaps.
	longestStart = 300
	// longestJobRisk is the probability of an interruption within a run, up to
	// which a job is left to spot.
	longestJobRisk = 0.02
	// unknownBand is the monthly probability where none is published.
	unknownBand = 0.25
	// spotAnnotation lets the user decide: "true" or "false".
	spotAnnotation = "plimsoll.dev/spot-ready"
)

func run(p *advice.Pass) error {
	if p.Costs == nil {
		return nil
	}
	nodes := map[string]cost.NodeCost{}
	for _, n := range p.Costs.Nodes {
		nodes[n.Name] = n
	}
	prices := map[pricing.Offering]Price{}
	var all []*advice.Advice
	var moves []spotMove
	for i := range p.Facts.Workloads {
		w := &p.Facts.Workloads[i]
		if w.AddOn() && !p.Options.IncludeSystem {
			continue
		}
		if w.Kind != "DaemonSet" && len(w.Pods) > 0 {
			m := judgeSpot(p, w, nodes, prices)
			all = append(all, m.told)
			if m.share > 0 {
				moves = append(moves, m)
			}
		}
	}
	moveToSpot(p, moves)
	cited := sources(p.Costs)
	for _, r := range all {
		if advice.As[Readiness](r.Detail).Price.Known {
			r.Cite(cited)
		}
		p.Report(*r)
	}
	return nil
}

// judgeSpot advises on a workload, and gives what could move.
func judgeSpot(p *advice.Pass, w *analyzer.WorkloadFacts, nodes map[string]cost.NodeCost, prices map[pricing.Offering]Price) spotMove {
	s := Readiness{Price: meanSpotPrice(p, w, nodes, prices)}
	onSpot, running := 0, 0
	provider := ""
	for _, pod := range w.Pods {
		if n, ok := nodes[pod.Node]; ok && !pod.Ended() {
			running++
			provider = n.Offering.Provider
			if n.CapacityType == string(pricing.Spot) {
				onSpot++
			}
		}
	}
	s.Already = running > 0 && onSpot == running
	s.check(w, provider)
	s.checkUse(p.Cluster.Idle(w.Ref))
	s.checkHistory(p.Facts.Snapshot)
	n := podNumbersOf(p, w)
	s.divide(p, w, n, provider)
	r := &advice.Advice{
		Rule: "spot", Lever: advice.LeverPurchase, Workload: w.Ref, Confidence: s.confidence(), Title: s.title(),
		Detail: &s,
	}
	r.Show("replicas", float64(n.usual), "count")
	if s.Price.Known {
		r.Show("spot price", 100*s.Price.List, "percent")
		r.Show("spot price with interruptions", 100*s.Price.Effective, "percent")
		r.Show("machines taken back within a month", 100*s.Price.Interrupted, "percent")
		r.Show("types to spread over", float64(s.Price.Types), "count")
	}
	m := spotMove{ref: w.Ref, w: w, spot: &s, told: r}
	if s.Ready && running > 0 && s.Price.Known && s.Price.Effective < 1 {
		m.onDemand = 1 - float64(onSpot)/float64(running)
		m.share = m.onDemand
		if !w.Batch() {
			m.share = max(n.share(s.Split)-float64(onSpot)/float64(running), 0)
		}
	}
	return m
}

// divide says how many pods move, and how the rest is held on demand.
func (s *Readiness) divide(p *advice.Pass, w *analyzer.WorkloadFacts, n podNumbers, provider string) {
	s.OnDemand = n.usual
	if !s.Ready {
		return
	}
	if s.Split = splitOf(p, w, &s.Price, n, provider); s.Split == nil {
		why := fmt.Sprintf("no spread keeps enough of its pods on demand at every number from %d to %d", n.least, n.most)
		if n.least == n.most {
			why = fmt.Sprintf("no spread keeps %d of %d pods on demand", spotFloorOf(w, n.usual), n.usual)
		} else if floor := spotFloorOf(w, n.least); floor == n.least {
			why = fmt.Sprintf("no spread keeps %d of %d pods, its fewest, on demand", floor, floor)
		}
		s.Checks, s.Ready = append(s.Checks, Check{Name: "split", Detail: why}), false
		return
	}
	s.OnDemand = s.Split.OnDemandOf(n.usual)
	s.Spot = n.usual - s.OnDemand
	if n.least != n.most && !w.Batch() {
		s.Checks = append(s.Checks, Check{Name: "scaling down", Doubt: true,
			Detail: "which pods go when it is scaled down is not decided by the spread: the descheduler sets that right"})
	}
}

// checkUse holds back what should go altogether. No annotation outweighs that.
func (s *Readiness) checkUse(goes bool) {
	if goes {
		s.Checks = append(s.Checks, Check{Name: "use", Detail: "it was idle for the whole window: scale it down or remove it instead"})
		s.Ready = false
	}
}

// checkHistory holds back where no history shows how a workload runs: nothing is
// bought on one reading, or on none.
func (s *Readiness) checkHistory(snap *analyzer.Snapshot) {
	if snap.Window.Moment || len(snap.Usage) == 0 {
		s.Checks = append(s.Checks, Check{Name: "history", Detail: "there is no history of it: one reading, or none, does not show how it runs"})
		s.Ready = false
	}
}

// confidence is less with every doubt.
func (s *Readiness) confidence() float64 {
	c := 0.6
	for _, one := range s.Checks {
		if one.Doubt {
			c *= 0.75
		}
	}
	return c
}

func (s *Readiness) title() string {
	switch {
	case s.Already:
		return "runs on spot already"
	case s.Ready:
		return fmt.Sprintf("ready for spot: %d of %d replicas; %s", s.Spot, s.Spot+s.OnDemand, s.Split)
	}
	var why []string
	for _, c := range s.Checks {
		if c.fails() {
			why = append(why, c.Detail)
		}
	}
	return "stays on demand: " + strings.Join(why, "; ")
}

// fails says that the reason keeps the workload on demand.
func (c Check) fails() bool { return !c.OK && !c.Doubt }

// check weighs the reasons. The user's annotation outweighs them all.
func (s *Readiness) check(w *analyzer.WorkloadFacts, provider string) {
	add := func(name string, ok bool, no, yes string) {
		if ok {
			no = yes
		}
		s.Checks = append(s.Checks, Check{Name: name, OK: ok, Detail: no})
	}
	if v, ok := w.Annotations[spotAnnotation]; ok {
		s.Ready = v == "true"
		add("annotation", s.Ready, "its annotation says no", "its annotation says yes")
		return
	}
	add("namespace", !advice.SystemNamespace(w.Namespace), "the cluster itself needs it", "not a system namespace")
	if w.Batch() {
		s.checkJob(w, add)
	} else {
		stateless := slices.Contains([]string{"Deployment", "ReplicaSet", "Rollout", "ReplicationController"}, w.Kind)
		add("state", stateless, "a "+w.Kind+" has identity or state, or nothing that starts it again", "its controller replaces any pod")
		add("replicas", w.Replicas > 1, "one replica alone is gone with its machine", fmt.Sprintf("%d replicas", w.Replicas))
		floor := floorOf(w, w.Replicas)
		add("budget", floor < w.Replicas || w.Replicas <= 1, "its PodDisruptionBudget allows no pod to go", fmt.Sprintf("%d may go at once", max(w.Replicas-floor, 0)))
	}
	pod := w.Pods[0]
	limit := cloud.Notice(provider)
	inTime := fmt.Sprintf("it stops within the notice of %d s", limit)
	if pod.Spec.GraceSeconds > limit {
		inTime = fmt.Sprintf("it asks for no time to stop, and has %d s of the default's %d s", limit, check.DefaultGrace)
	}
	add("grace", !check.StopsTooLate(pod.Spec.GraceSeconds, limit), fmt.Sprintf("it asks for %d s to stop, the notice is %d s", pod.Spec.GraceSeconds, limit), inTime)
	add("volumes", !slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return len(p.Spec.Claims) > 0 }), "its volume must follow it, within one zone", "no persistent volumes")
	add("local data", !slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return p.Spec.LocalStorage }), "it keeps data on the node (emptyDir or hostPath)", "nothing is kept on the node")
	add("disruption", !slices.ContainsFunc(w.Pods, func(p analyzer.Pod) bool { return slices.Contains(p.Spec.Constraints, analyzer.ConstraintKeep) }),
		"it asks not to be disrupted", "it does not ask to be left alone")
	if sec := w.ReadyAfter(); sec > 0 {
		text := fmt.Sprintf("a new pod is ready after %d s", sec)
		add("start-up", sec <= longestStart, text, text)
	} else {
		s.Checks = append(s.Checks, Check{Name: "start-up", Doubt: true, Detail: "not known: no pod was seen to become ready"})
	}
	s.Ready = !slices.ContainsFunc(s.Checks, Check.fails)
}

// checkJob weighs the length of a run against the rate of interruptions.
func (s *Readiness) checkJob(w *analyzer.WorkloadFacts, add func(name string, ok bool, no, yes string)) {
	length := runHours(w)
	if length == 0 {
		add("job length", false, "how long it runs is not known", "")
		return
	}
	risk := -math.Expm1(-hazard(s.Price.Interrupted) * length)
	text := fmt.Sprintf("a run of %.1f hours is interrupted with a probability of %.2f %%", length, 100*risk)
	add("job length", risk <= longestJobRisk, text, text)
}

// runHours is the mean length of a job's runs; 0 where none was seen. Runs are
// counted as pods by day, less those that went on over midnight.
func runHours(w *analyzer.WorkloadFacts) (longest float64) {
	for i := range w.Containers {
		c := &w.Containers[i]
		hours, over, last := 0.0, 0.0, float32(0)
		for j, day := range c.Days {
			for h, hour := range day.Hours {
				hours += float64(hour.Pods)
				if h == 0 && j > 0 && c.Days[j-1].Date == day.Date-1 {
					over += float64(min(hour.Pods, last))
				}
				last = hour.Pods
			}
		}
		if c.PodDays > 0 {
			longest = max(longest, hours/max(float64(c.PodDays)-over, 1))
		}
	}
	return longest
}

// floorOf is how many of n replicas the workload's budgets keep.
func floorOf(w *analyzer.WorkloadFacts, n int32) (floor int32) {
	for i := range w.PDBs {
		may, _ := check.BudgetOf(&w.PDBs[i]).Allowed(n)
		floor = max(floor, n-may)
	}
	return floor
}

// hazard is the rate of interruptions an hour behind a monthly probability.
func hazard(monthly float64) float64 { return -math.Log1p(-monthly) / pricing.HoursPerMonth }

// bandMiddle gives the middle of a published band of interruptions a month.
func bandMiddle(band string) (monthly float64, known bool) {
	switch band {
	case "<5%":
		return 0.025, true
	case "5-10%":
		return 0.075, true
	case "10-15%":
		return 0.125, true
	case "15-20%":
		return 0.175, true
	case ">20%":
		return 0.25, true
	}
	return unknownBand, false
}

// meanSpotPrice is the mean over the nodes that the workload's pods run on.
func meanSpotPrice(p *advice.Pass, w *analyzer.WorkloadFacts, nodes map[string]cost.NodeCost, known map[pricing.Offering]Price) Price {
	var sum Price
	n := 0.0
	for _, pod := range w.Pods {
		node, ok := nodes[pod.Node]
		if !ok || node.Offering.InstanceType == "" || p.Costs.Catalog == nil {
			continue
		}
		key := pricing.Offering{Provider: node.Offering.Provider, Region: node.Offering.Region, InstanceType: node.Offering.InstanceType}
		one, seen := known[key]
		if !seen {
			one = spotPriceOf(p, node.Offering)
			known[key] = one
		}
		if !one.Known {
			continue
		}
		n++
		sum.List, sum.Effective, sum.Interrupted = sum.List+one.List, sum.Effective+one.Effective, sum.Interrupted+one.Interrupted
		sum.Assumed, sum.Types = sum.Assumed || one.Assumed, max(sum.Types, one.Types)
		for _, pool := range one.Pools {
			if !slices.ContainsFunc(sum.Pools, func(have Pool) bool { return have.Instead == pool.Instead }) {
				sum.Pools = append(sum.Pools, pool)
			}
		}
	}
	if n == 0 {
		return Price{Interrupted: unknownBand, Assumed: true}
	}
	sum.Known = true
	sum.List, sum.Effective, sum.Interrupted = sum.List/n, sum.Effective/n, sum.Interrupted/n
	return sum
}

// spotPriceOf prices one type on spot: its price, and per interruption the
// machine time lost and the overlap with its replacement.
func spotPriceOf(p *advice.Pass, o pricing.Offering) Price {
	q := pricing.Query{Provider: o.Provider, Region: o.Region, InstanceType: o.InstanceType}
	demand := p.Costs.Catalog.Lookup(q)
	q.CapacityType = pricing.Spot
	spot := p.Costs.Catalog.Lookup(q)
	if demand.Status == pricing.Missing || spot.Status == pricing.Missing || spot.Cause == pricing.UnknownCapacityType || demand.Offering.USDPerHour <= 0 {
		return Price{}
	}
	s := Price{Known: true, List: spot.Offering.USDPerHour / demand.Offering.USDPerHour}
	monthly, known := bandMiddle(spot.Offering.InterruptionBand)
	s.Interrupted, s.Assumed = monthly, !known
	s.Effective = s.List + interruption(monthly, s.List, 1)
	types := spotTypes(p, demand.Offering)
	s.Types = len(types)
	s.Pools = []Pool{{o.InstanceType, types[:min(len(types), mostPoolTypes)], zonesAt(p, o.Provider, o.Region)}}
	return s
}
