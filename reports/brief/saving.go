package brief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/document/change"
)

// Saves is what leaves the bill: its first step less its last, both in whole dollars, as they
// are printed beside it. So the three add up, and it is less than a dollar off its own cents.
func Saves(r *document.Report) Whole {
	steps := r.Summary.Waterfall
	if len(steps) == 0 {
		return 0
	}
	return saved(steps[0].MonthlyBefore, steps[len(steps)-1].MonthlyAfter)
}

// saved is what leaves a bill, in whole dollars.
func saved(before, after document.USD) Whole { return WholeOf(document.Saved(before, after)) }

// SideSaves is what Saves was of one of two reports; empty where it is not known.
func SideSaves(s *change.Side) string {
	switch {
	case s.MonthlyCost == nil || s.MonthlyLeft == nil:
		return ""
	case *s.MonthlyLeft == *s.MonthlyCost && s.MonthlySavings != nil && *s.MonthlySavings > 0: // no plan of nodes
		return WholeOf(*s.MonthlySavings).String() + " of room"
	}
	return saved(*s.MonthlyCost, *s.MonthlyLeft).String()
}

// Room is what the levers free on nodes.
func Room(r *document.Report) (sum document.USD) {
	for _, step := range r.Summary.Waterfall {
		sum += step.FreedRoom
	}
	return sum
}

// Saving is one step of what saves money.
type Saving struct {
	Name, Size, Risk string
	USD              document.USD // off the bill
	dollars          Whole        // the same as it is said
	Room             bool         // frees room and takes nothing off the bill
	Freed            document.USD // the room's worth
	Beside           bool         // not of the nodes' bill
	Estimate         bool         // rests on machines without a price
	Unknown          bool         // what it saves is not known
}

// RoomWord says what becomes of the room: a step that raises more than it lowers needs some.
func (x *Saving) RoomWord() string {
	if x.Freed < 0 {
		return "needs room"
	}
	return "room"
}

// Mark is the mark before the step's sum, where that rests on machines without a price.
func (x *Saving) Mark() string {
	if !x.Estimate || x.Unknown {
		return ""
	}
	return EstimateMark
}

// StepDollars are the whole dollars of the steps that take something off the bill, in
// their order. Each is the difference of two bills as they are printed, so they add up.
func StepDollars(all []Saving) (out []Whole) {
	for i := range all {
		if all[i].counts() {
			out = append(out, all[i].dollars)
		}
	}
	return out
}

// counts reports whether the step takes something off the nodes' bill.
func (x *Saving) counts() bool { return !x.Room && !x.Beside && !x.Unknown }

// purchased are the whole dollars of spot and of the commitments, as their steps have them.
func purchased(r *document.Report) (spot, committed *Saving) {
	all := Savings(r)
	for i := range all {
		switch x := &all[i]; {
		case x.Name == spotStep:
			spot = x
		case strings.HasPrefix(x.Name, commitStep):
			committed = x
		}
	}
	return spot, committed
}

// CommitmentDollars is what commitments save, in whole dollars: of all that are advised, as
// their step has it.
func CommitmentDollars(r *document.Report, usd document.USD) Whole {
	_, step := purchased(r)
	return step.say(usd)
}

// say gives an amount in whole dollars: where it is the step's, as the step has it.
func (x *Saving) say(usd document.USD) Whole {
	if x != nil && x.counts() && x.USD == usd {
		return x.dollars
	}
	return WholeOf(usd)
}

// The steps of purchases.
const (
	spotStep   = "spot"
	commitStep = "commit "
)

// The steps of pods. They free room, and take off the bill what is billed by the pod.
const (
	rightsizing = "right-size"
	rescaling   = "rescale"
)

// Savings lists the levers in their order, and what to clean up beside them.
func Savings(r *document.Report) []Saving {
	var out []Saving
	for _, step := range r.Summary.Waterfall {
		x := Saving{USD: step.MonthlyBefore - step.MonthlyAfter, dollars: saved(step.MonthlyBefore, step.MonthlyAfter), Freed: step.FreedRoom}
		switch step.Lever {
		case document.LeverRightsize:
			x.Name, x.Room, x.Size, x.Risk = rightsizing, x.USD == 0, sizeOfRightsize(r), limitsFall(r)
		case document.LeverHorizontal:
			x.Name, x.Room, x.Size, x.Risk = rescaling, x.USD == 0, sizeOfRescale(r), unserved(r)
		case document.LeverNodes:
			x.Name, x.Size, x.Risk, x.Unknown = "nodes", sizeOfPlan(r), evictions(r), r.Summary.QuietHour
		case document.LeverPurchase:
			out = append(out, purchases(r, x.USD, x.dollars)...)
			continue
		default:
			x.Name = Clean(step.Lever)
		}
		if x.Size != "" || x.USD != 0 {
			out = append(out, x)
		}
	}
	if x, ok := cleanUp(r); ok {
		out = append(out, x)
	}
	for i := range out {
		out[i].Estimate = unpricedStep(r, &out[i])
	}
	return out
}

// EstimateMark stands before sums that rest on machines without a price.
const EstimateMark = "~"

// GapMark is the mark, where a workload or a row of a bill has a gap of prices.
func GapMark(gap string) string {
	if gap == "" {
		return ""
	}
	return EstimateMark
}

// SumMark is the mark before what all of today's nodes, or the plan's, come to: empty
// where each has a price.
func SumMark(r *document.Report) string {
	if len(r.Summary.PriceGaps) == 0 {
		return ""
	}
	return EstimateMark
}

// PoolMoney is what the nodes of a pool cost for a month, or that they have no price.
func PoolMoney(p *document.Pool, usd document.USD) string {
	switch {
	case p.Hourly == 0 && p.ByPod && !p.Estimated: // without a pod
		return ""
	case p.Hourly == 0:
		return "not priced"
	case p.Estimated:
		return EstimateMark + WholeOf(usd).String()
	}
	return WholeOf(usd).String()
}

// EstimateWords say what the mark means.
func EstimateWords(r *document.Report) string { return EstimateMark + " " + PriceGaps(r) }

// unpricedStep reports whether a step's sum rests on machines without a price: those of
// the workloads that it changes, those that the plan changes, those that are bought for.
func unpricedStep(r *document.Report, x *Saving) bool {
	switch {
	case len(r.Summary.PriceGaps) == 0 || x.Beside:
		return false
	case x.Name == rightsizing || x.Name == rescaling:
		return slices.ContainsFunc(r.Workloads, func(w document.Workload) bool { return w.PriceGap != "" && changes(&w, x.Name) })
	case x.Name == "nodes" && r.Nodes.Plan != nil:
		count := map[string]int{}
		for _, p := range r.Nodes.Current.Pools {
			count[p.InstanceType] += p.Count
		}
		for _, p := range r.Nodes.Plan.Pools {
			count[p.InstanceType] -= p.Count
		}
		return slices.ContainsFunc(r.Summary.PriceGaps, func(g document.PriceGap) bool { return count[g.InstanceType] != 0 })
	}
	return true
}

// changes reports whether a step of pods, not nodes, changes a workload.
func changes(w *document.Workload, step string) bool {
	if h := w.Horizontal; step == rescaling {
		return h != nil && h.Recommended != nil && Scaling(h.Current) != Scaling(*h.Recommended)
	}
	return slices.ContainsFunc(w.Containers, func(c document.Container) bool { return c.Recommended != nil && *c.Recommended != c.Current })
}

func sizeOfRightsize(r *document.Report) string {
	less, more := 0, 0
	for i := range r.Workloads {
		for _, c := range r.Workloads[i].Containers {
			if c.Recommended == nil || *c.Recommended == c.Current {
				continue
			}
			if lowers(&c) {
				less++
			} else {
				more++
			}
		}
	}
	if less+more == 0 {
		return ""
	}
	return fmt.Sprintf("%s less, %d more", document.Counted(less, "container"), more)
}

// limitsFall counts the limits that are advised lower.
func limitsFall(r *document.Report) string {
	memory, cpu := 0, 0
	for i := range r.Workloads {
		for _, c := range r.Workloads[i].Containers {
			if c.Recommended == nil {
				continue
			}
			now, to := c.Current.Limits, c.Recommended.Limits
			if to.Memory > 0 && to.Memory < now.Memory {
				memory++
			}
			if to.CPU > 0 && to.CPU < now.CPU {
				cpu++
			}
		}
	}
	switch {
	case memory > 0 && cpu > 0:
		return fmt.Sprintf("%d limits fall (%d memory)", memory+cpu, memory)
	case memory+cpu == 0:
		return ""
	}
	kind := " memory limit"
	if cpu > 0 {
		kind = " CPU limit"
	}
	if memory+cpu == 1 {
		return "1" + kind + " falls"
	}
	return fmt.Sprint(memory+cpu) + kind + "s fall"
}

// unserved is the most of the time in which an advised autoscaler leaves demand
// unserved, by replay: --risk-unserved bounds it.
func unserved(r *document.Report) string {
	most, seen := 0.0, false
	for i := range r.Workloads {
		h := r.Workloads[i].Horizontal
		if h == nil || h.Recommended == nil || Scaling(h.Current) == Scaling(*h.Recommended) {
			continue
		}
		for _, e := range h.Evidence {
			if e.Is(document.PartUnserved, "") {
				most, seen = max(most, e.Value/100), true
			}
		}
	}
	if !seen {
		return ""
	}
	return "unserved " + document.Percent(most) + " of time"
}

func sizeOfRescale(r *document.Report) string {
	changed, made := 0, 0
	for i := range r.Workloads {
		h := r.Workloads[i].Horizontal
		if h == nil || h.Recommended == nil || Scaling(h.Current) == Scaling(*h.Recommended) {
			continue
		}
		changed++
		if h.Current.Kind == "fixed" && h.Recommended.Kind != "fixed" {
			made++
		}
	}
	if changed == 0 {
		return ""
	}
	if made == 0 {
		return document.Counted(changed, "workload")
	}
	if made == 1 {
		return document.Counted(changed, "workload") + ", 1 gets a scaler"
	}
	return fmt.Sprintf("%s, %d get a scaler", document.Counted(changed, "workload"), made)
}

func sizeOfPlan(r *document.Report) string {
	p := r.Nodes.Plan
	if p == nil {
		return ""
	}
	started, drained := 0, 0
	for _, l := range p.Launch {
		started += l.Count
	}
	for _, m := range p.Moves {
		if m.Action == "drain" {
			drained++
		}
	}
	out := Arrow(fmt.Sprint(r.Nodes.Current.Count), fmt.Sprint(p.Count))
	if started+drained == 0 {
		return document.Counted(p.Count, "node") + ", as today"
	}
	return fmt.Sprintf("%s: %d new, %d drained", out, started, drained)
}

func evictions(r *document.Report) string {
	if r.Nodes.Plan == nil {
		return ""
	}
	n := 0
	for _, m := range r.Nodes.Plan.Moves {
		n += m.Evictions
	}
	if n == 0 {
		return ""
	}
	return document.Counted(n, "eviction") + " once"
}

// purchases are the parts of what purchases take off the bill. Spot's is what
// its advice says, as far as the whole goes.
func purchases(r *document.Report, all document.USD, dollars Whole) []Saving {
	p := r.Purchase
	if p == nil {
		return nil
	}
	var out []Saving
	spot := document.USD(0)
	if p.Spot.Savings != nil && p.Spot.Ready > 0 {
		spot = min(*p.Spot.Savings, max(all, 0))
	}
	if moves := moved(&p.Spot); moves > 0 {
		out = append(out, Saving{Name: spotStep, Size: fmt.Sprintf("%d of %d ready workloads", moves, p.Spot.Ready), Risk: "interruptions", USD: spot})
	} else {
		spot = 0
	}
	if len(p.Commitments) > 0 {
		out = append(out, committed(p, all-spot))
	}
	parts := make([]document.USD, len(out))
	for i := range out {
		parts[i] = out[i].USD
	}
	for i, x := range Shares(dollars, parts) {
		out[i].dollars = x
	}
	return out
}

func committed(p *document.Purchase, usd document.USD) Saving {
	amount, paid := 0.0, document.USD(0)
	var years []string
	for _, c := range p.Commitments {
		amount, paid = amount+c.Amount, paid+c.UpfrontPayment
		if y := fmt.Sprintf("%dy", c.TermYears); !slices.Contains(years, y) {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	size := fmt.Sprintf("$%.2f/h", amount)
	if paid > 0 {
		size += fmt.Sprintf(", %s up front", WholeOf(paid))
	}
	return Saving{Name: commitStep + strings.Join(years, ","), Size: size, Risk: holds(p) + reserved(p), USD: usd}
}

// reserved says that a purchase takes a reservation beside it.
func reserved(p *document.Purchase) string {
	if slices.ContainsFunc(p.Commitments, func(c document.Commitment) bool { return c.GPUs > 0 && c.Note != "" }) {
		return "; GPUs need a reservation"
	}
	return ""
}

// holds says down to which demand the commitments still pay.
func holds(p *document.Purchase) string {
	out := ""
	for _, x := range p.Scenarios {
		if x.Required && x.MonthlySavings >= 0 {
			out = "even " + Clean(x.Name)
		}
	}
	return out
}

func cleanUp(r *document.Report) (Saving, bool) {
	volumes, balancers := 0, 0
	var usd document.USD
	for i := range r.Waste {
		w := &r.Waste[i]
		if w.CountedBy != "" || r.WasteBeside(w.Kind) == "" {
			continue
		}
		usd += w.USD()
		if r.WasteBeside(w.Kind) == "load balancers" {
			balancers++
		} else {
			volumes += volumesOf(w)
		}
	}
	var parts []string
	if volumes > 0 {
		parts = append(parts, document.Counted(volumes, "volume"))
	}
	if balancers > 0 {
		parts = append(parts, fmt.Sprintf("%d LB", balancers))
	}
	return Saving{Name: "clean up", Size: strings.Join(parts, ", "), Risk: "data: look first", USD: usd, Beside: true}, len(parts) > 0
}

// volumesOf is how many volumes a finding is about: one, or as many as it says.
func volumesOf(w *document.Waste) int {
	for i := range w.Evidence {
		if e := &w.Evidence[i]; e.Is(document.PartVolumes, "") {
			return int(e.Value)
		}
	}
	return 1
}

// WasteWithin counts the findings of waste whose money the steps hold, and those of the
// nodes' bill that no step takes off: what is prepaid, what can't be drained as it is, and
// what is told at no cost. It is empty where there is neither.
func WasteWithin(r *document.Report) string {
	within, none := 0, 0
	for i := range r.Waste {
		switch w := &r.Waste[i]; {
		case r.WasteBeside(w.Kind) != "":
		case w.CountedBy != "" && takesOff(r, w.CountedBy):
			within++
		default:
			none++
		}
	}
	lie := func(n int, one, many string) string {
		if n == 1 {
			return document.Counted(n, "finding") + " of waste " + one
		}
		return document.Counted(n, "finding") + " of waste " + many
	}
	switch {
	case within == 0 && none == 0:
		return ""
	case within == 0:
		return lie(none, "is in none of these steps", "are in none of these steps")
	case none > 0:
		return fmt.Sprintf("%s, %d in none", lie(within, "lies within these steps", "lie within these steps"), none)
	}
	return lie(within, "lies within these steps", "lie within these steps")
}

// takesOff reports whether a lever takes anything off the bill, or frees room for that.
func takesOff(r *document.Report, lever string) bool {
	return slices.ContainsFunc(r.Summary.Waterfall, func(s document.Step) bool {
		return s.Lever == lever && (s.MonthlyAfter < s.MonthlyBefore || s.FreedRoom > 0)
	})
}
