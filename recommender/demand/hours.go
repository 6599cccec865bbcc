package demand

import (
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes"
	"github.com/plimsoll-k8s/plimsoll/recommender/nodes/hourly"
	"github.com/plimsoll-k8s/plimsoll/recommender/packing"
)

// mostFollowed bounds the work of following a plan: pods times the hours that
// are packed one by one. Above it hours of about the same demand share one.
const (
	mostFollowed = 10_000
	leastLevels  = 24
)

// PlanHours follows the plan of the nodes through the hours of the window.
type PlanHours struct {
	Pass     *advice.Pass
	Plan     *nodes.Planned
	d        *Curve
	zones    map[string]bool                          // at the curve's place
	shares   map[machineKind][]pricing.CommitmentPart // of each kind's price
	Here     map[analyzer.Ref]*placed
	Follower *packing.Follower
	Worth    map[string]float64     // of a pod, by group
	known    map[uint64][]*planHour // those that are packed, by sum
	passing  map[string]bool        // kept nodes that somebody should mend, by name
}

// machineKind is what machines have in common whose price commitments cover alike:
// of a machine that EKS Auto Mode runs they leave the fee.
type machineKind struct {
	instanceType string
	auto         bool
}

// net is what commitments can cover of the price of a machine of the kind.
func (k machineKind) net(usd float64) float64 {
	if k.auto {
		return usd / (1 + pricing.AutoModeFee)
	}
	return usd
}

// placed is where the plan has a workload's pods.
type placed struct {
	Moved, Kept int  // on the plan's nodes, on nodes that stay as they are
	group       bool // some pods are in the plan, or may come to be
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
	h := &PlanHours{Pass: p, Plan: plan, d: d, known: map[uint64][]*planHour{}, Worth: map[string]float64{}}
	h.locate()
	h.judge()
	h.split()
	h.Start()
	hours := h.hours()
	levels := h.levels(hours)
	h.fill(hours, levels)
	d.planned = true
	return true
}

// locate finds the zones at the curve's place.
func (h *PlanHours) locate() {
	h.zones = map[string]bool{}
	for i := range h.Plan.Nodes {
		node := &h.Plan.Nodes[i]
		if o := &node.Cost.Offering; o.Provider == h.d.Provider && o.Region == h.d.Region {
			h.zones[node.Cost.Zone] = true
		}
	}
}

// Start lists the pods that run or may come to run.
func (h *PlanHours) Start() {
	h.Here = map[analyzer.Ref]*placed{}
	pods := slices.Clone(h.Plan.Input.Pods)
	planned := map[string]bool{}
	for i := range pods {
		planned[pods[i].Group] = true
		h.Worth[pods[i].Group] = max(h.Worth[pods[i].Group], h.usd(pods[i].CPU, pods[i].Memory))
	}
	on, kept := map[string]*placed{}, map[string]string{}
	for i := range h.Plan.Nodes {
		kept[h.Plan.Nodes[i].Name] = h.Plan.Nodes[i].Kept
	}
	for i := range h.Plan.Pods {
		p := &h.Plan.Pods[i]
		if on[p.Group] == nil {
			on[p.Group] = &placed{}
		}
		if kept[p.Node] == "" {
			on[p.Group].Moved++
		} else {
			on[p.Group].Kept++
		}
	}
	for i := range h.Pass.Facts.Workloads {
		w := &h.Pass.Facts.Workloads[i]
		if w.Kind == "DaemonSet" || w.Kind == "Node" || w.Past {
			continue
		}
		at := on[w.Ref.String()]
		if at == nil {
			at = &placed{}
			size := h.Plan.Requests(w, &analyzer.Pod{})
			pods = append(pods, packing.Pod{Name: "none/" + w.Ref.String(), Group: w.Ref.String(), CPU: size.CPU, Memory: size.Memory, GPUs: size.GPU})
			h.Worth[w.Ref.String()] = h.usd(size.CPU, size.Memory)
			planned[w.Ref.String()] = true
		}
		at.group = planned[w.Ref.String()]
		h.Here[w.Ref] = at
	}
	h.Follower = packing.NewFollower(h.Plan.Plan, pods, h.Plan.Input.DaemonSets)
}

func (h *PlanHours) usd(cpu, memory int64) float64 {
	return h.Pass.Costs.MeanUnit.Hourly(analyzer.Amounts{CPU: cpu, Memory: memory})
}

// planHour is the pods of one hour.
type planHour struct {
	at    int // hours since 1970
	pods  map[string]float64
	spot  float64 // worth of the pods that move to spot
	worth float64 // of the pods
	whole map[string]int
	sum   uint64 // of whole, FNV-1a: equal for hours of equal pods
	on    *levelNodes
}

// hours lists the hours of the window that have history, with their pods.
func (h *PlanHours) hours() []*planHour {
	at := map[int]*planHour{}
	refs := slices.SortedFunc(maps.Keys(h.Here), analyzer.Ref.Compare)
	refs = slices.DeleteFunc(refs, h.Pass.Cluster.Idle) // told to go: nobody commits to them
	seen := map[analyzer.Ref]map[int]float64{}
	for i := range h.Pass.Facts.Workloads {
		w := &h.Pass.Facts.Workloads[i]
		if h.Here[w.Ref] != nil && !h.Pass.Cluster.Idle(w.Ref) {
			seen[w.Ref] = hourly.PodHours(h.Pass.Cluster, w)
			for hour := range seen[w.Ref] {
				at[hour] = &planHour{at: hour, pods: map[string]float64{}}
			}
		}
	}
	first, last := hourly.WholeHours(h.Pass.Facts.Snapshot.Window)
	maps.DeleteFunc(at, func(hour int, _ *planHour) bool { return hour < first || hour >= last })
	var out []*planHour
	for _, hour := range slices.Sorted(maps.Keys(at)) {
		one := at[hour]
		for _, ref := range refs {
			pods, ok := seen[ref][hour]
			if len(seen[ref]) == 0 { // nothing was seen of it: it counts as it is
				pods, ok = float64(h.Here[ref].Moved+h.Here[ref].Kept), true
			}
			if ok {
				h.addPods(one, ref, pods)
			}
		}
		h.round(one)
		out = append(out, one)
	}
	return out
}

// addPods adds a workload's pods of an hour, those on kept nodes and those that
// move to spot left out.
func (h *PlanHours) addPods(one *planHour, ref analyzer.Ref, pods float64) {
	group, where := ref.String(), h.Here[ref]
	pods = max(pods-float64(where.Kept), 0)
	stays := 1 - h.Pass.Cluster.OnSpot(ref)
	one.spot += pods * (1 - stays) * h.Worth[group]
	one.worth += pods * h.Worth[group]
	if where.group {
		one.pods[group] = pods * stays
	}
}

// round makes whole pods of an hour's means: what one group is rounded by is
// carried over to the next, so that many small jobs do not all vanish.
func (h *PlanHours) round(one *planHour) {
	one.whole, one.sum = map[string]int{}, 14695981039346656037
	carry := 0.0
	for _, group := range nodes.SortedNames(one.pods) {
		pods, worth := one.pods[group], h.Worth[group]
		n := int(pods)
		if rest := pods - float64(n); rest > 1e-9 && carry+rest*worth >= worth/2 {
			n++
		}
		carry += (pods - float64(n)) * worth
		if n > 0 {
			one.whole[group] = n
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
