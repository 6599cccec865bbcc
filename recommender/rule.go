package recommender

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Lever is a group of rules that work on one thing. Levers are applied in the
// order of Levers; each works on what the one before left.
type Lever string

// The levers, in the order in which they are applied.
const (
	// LeverRightsize sets requests and limits.
	LeverRightsize Lever = "rightsize"
	// LeverHorizontal sets how many pods there are, and what decides it.
	LeverHorizontal Lever = "horizontal"
)

// Rule is one kind of advice.
type Rule struct {
	Name  string
	Doc   string // one sentence; the page is docs/rules/NAME.md
	Lever Lever
	// Run reports recommendations through the pass. An error means that the
	// rule itself failed, not that it found nothing.
	Run func(*Pass) error
}

// Rules lists every rule, in the order in which they run.
func Rules() []Rule {
	return []Rule{
		Rightsize,
		Horizontal,
		VPA,
		AutoscalerFindings,
		Nodes,
		Waste,
		Spot,
		Purchase,
	}
}

// Pass is what a rule reads, and where it reports.
type Pass struct {
	// Context ends what takes long: a rule hands it to the engines.
	Context  context.Context
	Analysis *analyzer.Analysis
	Costs    *cost.Costs
	Options  Options

	out []Recommendation
	at  map[analyzer.Ref][]int // indices of out, by workload

	planned *nodePlanner // with a plan; nil without
}

// Options is what the user asked for. The zero value means the defaults.
type Options struct {
	// RiskCPU is the share of time, in (0, 1), that CPU usage may be above the
	// request. 0 means DefaultRiskCPU.
	RiskCPU float64
	// RiskOOM is the probability, in (0, 1), with which a container may be
	// OOM-killed within a week. 0 means DefaultRiskOOM.
	RiskOOM float64
	// RiskUnserved is the share of time, in (0, 1), that demand may be above
	// the requests of a scaled workload's ready pods. 0 means
	// DefaultRiskUnserved.
	RiskUnserved float64
	// Slowdown is by how much queueing may lengthen the mean response, as a
	// multiple of the service time, for all but RiskUnserved of the time. 0
	// means DefaultSlowdown; 1 or less asks nothing of latency.
	Slowdown float64
	// Minor is x of the cluster's Kubernetes 1.x; 0 where it is not known, and
	// then nothing is advised that an older one may lack.
	Minor int
	// Levers limits the rules that run; empty means all.
	Levers []Lever
	// Commitment is what the user said of buying commitments.
	Commitment CommitmentOptions
}

// The risks taken where the user states none.
const (
	DefaultRiskCPU      = 0.05
	DefaultRiskOOM      = 0.01
	DefaultRiskUnserved = 0.01
	DefaultSlowdown     = 3.0
)

// Recommendation is one piece of advice, or an abstention.
type Recommendation struct {
	Rule      string
	Lever     Lever
	Workload  analyzer.Ref
	Container string // empty where it concerns the whole workload
	Title     string
	// Requests and Limits are what the container should ask for, complete:
	// what is to stay is repeated. nil where the rule abstains.
	Requests, Limits *analyzer.Amounts
	Changes          []Change
	// Horizontal is how the workload is scaled and should be; nil where the
	// rule is about something else.
	Horizontal *HorizontalAdvice
	// VPA is the VerticalPodAutoscaler to use; nil where the rule is about
	// something else.
	VPA *VPAAdvice
	// Finding is something wrong as it stands; nil where the rule gives a
	// better setting instead.
	Finding *Finding
	// MonthlySavings is in USD a month of 730 hours at the prices of the
	// nodes the workload runs on; negative where the advice costs money.
	MonthlySavings float64
	Risk           Risk
	// Confidence is in [0, 1]: how much the history supports the advice.
	Confidence float64
	Evidence   []Evidence
	// Withheld says, by resource or "all", why the rule abstains.
	Withheld []Withheld
	Warnings []analyzer.Warning

	// Subject names what the advice is about where that is no workload, such
	// as "Node/worker-1".
	Subject string
	// Nodes is the plan of the nodes; nil for other advice.
	Nodes *NodePlan
	// Waste, Spot and Purchase are what the rules of those names found.
	Waste    *WasteFinding
	Spot     *SpotReadiness
	Purchase *PurchaseAdvice
}

// Finding is a mistake in a setting, and its remedy.
type Finding struct {
	// Code is a stable word for programs.
	Code string
	// Severe findings keep the autoscaler or the drain of a node from working.
	Severe bool
	Fix    string // one sentence: what to do
}

// Change is one field that changes. From and To are in the unit of the field:
// millicores or bytes for resources, a number of nodes; 0 means not set.
type Change struct {
	Field    string // "requests.cpu", "nodes.m7i.large/on-demand"
	From, To int64
}

// Risk is what may go wrong if the advice is followed; -1 means not known.
type Risk struct {
	// OOMProbability is the probability of an OOM kill of the container within
	// a week.
	OOMProbability float64
	// CPUOverRequest is the share of time in which CPU usage is above the
	// request.
	CPUOverRequest float64
}

// Evidence is one figure that the advice rests on. Units: millicores, bytes,
// percent, share, count, seconds, hours, days, usd.
type Evidence struct {
	Name  string
	Value float64
	Unit  string
}

// Withheld is the reason for which a resource is left as it is.
type Withheld struct {
	Resource string // cpu, memory, all
	Reason   string
}

// Report files a recommendation.
func (p *Pass) Report(r Recommendation) {
	if p.at == nil {
		p.at = map[analyzer.Ref][]int{}
	}
	p.at[r.Workload] = append(p.at[r.Workload], len(p.out))
	p.out = append(p.out, r)
}

// about gives what the rules before have reported of a workload.
func (p *Pass) about(ref analyzer.Ref) iter.Seq[*Recommendation] {
	return func(yield func(*Recommendation) bool) {
		for _, i := range p.at[ref] {
			if !yield(&p.out[i]) {
				return
			}
		}
	}
}

// Run runs the rules of the levers asked for, and gives what they reported,
// sorted by workload, container, rule. Once the context has ended it gives the
// context's error and nothing else.
func Run(ctx context.Context, a *analyzer.Analysis, c *cost.Costs, o Options) ([]Recommendation, error) {
	p := &Pass{Context: ctx, Analysis: a, Costs: c, Options: o.withDefaults()}
	for _, r := range Rules() {
		if len(o.Levers) > 0 && !slices.Contains(o.Levers, r.Lever) {
			continue
		}
		err := r.Run(p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
	}
	slices.SortStableFunc(p.out, func(a, b Recommendation) int {
		return cmp.Or(a.Workload.Compare(b.Workload), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Rule, b.Rule))
	})
	return p.out, nil
}

func (o Options) withDefaults() Options {
	if o.RiskCPU == 0 {
		o.RiskCPU = DefaultRiskCPU
	}
	if o.RiskOOM == 0 {
		o.RiskOOM = DefaultRiskOOM
	}
	if o.RiskUnserved == 0 {
		o.RiskUnserved = DefaultRiskUnserved
	}
	if o.Slowdown == 0 {
		o.Slowdown = DefaultSlowdown
	}
	return o
}
