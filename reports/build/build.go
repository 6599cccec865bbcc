package build

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
	"github.com/plimsoll-k8s/plimsoll/recommender/backtest"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
	"github.com/plimsoll-k8s/plimsoll/recommender/ledger"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// Input is what a report is built from.
type Input struct {
	Analysis *analyzer.Analysis
	// Costs may be nil, or without prices: money is then null.
	Costs           *cost.Costs
	Recommendations []advice.Advice
	// Cluster is the cluster as the levers would leave it; nil as it is.
	Cluster *advice.Cluster
	// Allocation is whose the bill of the window is, added up by AllocateBy; nil
	// leaves the section out.
	Allocation *allocation.Allocation
	AllocateBy allocation.Options
	// Backtest is what rules of sizing would have brought; nil leaves the section out.
	Backtest *backtest.Result
	// Version is that of the program.
	Version string
}

// Of is the input that all of an outcome makes; version is that of the program.
func Of(o *recommender.Outcome, version string) Input {
	return Input{Analysis: o.Facts, Costs: o.Costs, Recommendations: o.Advice, Cluster: o.Cluster, Allocation: o.Allocation, AllocateBy: o.AllocateBy, Backtest: o.Backtest, Version: version}
}

// Report makes the report. Nothing of the input is changed, and the order of
// its lists does not matter.
func Report(in Input) *document.Report {
	b := builder{Input: in, recs: sortedRecommendations(in.Recommendations)}
	b.workloads = slices.Clone(in.Analysis.Workloads)
	slices.SortFunc(b.workloads, func(x, y analyzer.WorkloadFacts) int { return x.Compare(y.Ref) })
	if b.Cluster == nil {
		b.Cluster = advice.NewCluster(in.Analysis)
	}
	b.steps = ledger.Of(b.Costs, b.recs)
	b.money()
	b.planMoney()
	b.index()
	r := &document.Report{
		APIVersion:      document.APIVersion,
		Kind:            document.Kind,
		Metadata:        b.metadata(),
		Workloads:       make([]document.Workload, 0, len(b.workloads)),
		Recommendations: b.recommendations(),
		Nodes:           b.nodes(),
		Purchase:        b.purchase(),
		Waste:           b.waste(),
		WasteKinds:      b.wasteKinds(),
		Allocation:      b.allocation(),
		Backtest:        Backtest(in.Backtest),
		History:         b.history(),
		Prices:          b.prices(),
		Warnings:        b.warnings(),
	}
	for i := range b.workloads {
		r.Workloads = append(r.Workloads, b.workload(&b.workloads[i]))
	}
	r.Summary = b.summary(r)
	markGuess(r)
	analyzer.Clean(r) // metrics, files and servers name things as they like
	return r
}

// builder holds what Report has worked out so far.
type builder struct {
	Input
	workloads   []analyzer.WorkloadFacts // sorted
	recs        []advice.Advice          // sorted
	priced      bool
	unpriced    map[analyzer.Ref]bool // workloads whose cost is not known
	steps       *ledger.Ledger
	cents       cents
	whole       document.AllocationBill // a month, to the cent
	savings     []document.USD          // by index of recs
	saved       document.USD
	savedBy     map[advice.Lever]document.USD // saved by lever
	sizing      map[analyzer.ContainerRef]int // index of recs
	scaling     map[analyzer.Ref]scaling
	planPools   []document.USD // by index of the plan's pools
	planCost    document.USD
	planBusiest document.USD // of the busiest hour's nodes in all hours, where planCost is a mean
}

func sortedRecommendations(recs []advice.Advice) []advice.Advice {
	recs = slices.Clone(recs)
	slices.SortStableFunc(recs, func(a, b advice.Advice) int {
		return cmp.Or(a.Workload.Compare(b.Workload), cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Lever, b.Lever), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Title, b.Title))
	})
	return recs
}

// index finds, for each container, the recommendation that sizes it.
func (b *builder) index() {
	b.sizing = make(map[analyzer.ContainerRef]int, len(b.recs))
	b.indexScaling()
	for i, r := range b.recs {
		if r.Lever != advice.LeverRightsize || r.Container == "" {
			continue
		}
		k := analyzer.ContainerRef{Ref: r.Workload, Container: r.Container}
		if _, ok := b.sizing[k]; !ok {
			b.sizing[k] = i
		}
	}
}

func (b *builder) metadata() document.Metadata {
	s := b.Analysis.Snapshot
	w := document.Window{Start: seconds(s.Window.Start), End: seconds(s.Window.End), Step: duration(s.Window.Step), Moment: s.Window.Moment}
	if days := analyzer.DaysSeenOf(s.Window, s.Usage); days.Seen < days.All && !w.Moment {
		w.DaysSeen = days.Seen
	}
	if w.Moment {
		w.Start, w.Step = w.End, "0s"
	}
	sources := append([]analyzer.Source{}, s.Sources...)
	slices.SortFunc(sources, func(x, y analyzer.Source) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Reads, y.Reads))
	})
	return document.Metadata{Cluster: s.Cluster, GeneratedFrom: w, Version: b.Version, Sources: sources, Selection: s.Selection}
}

func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// duration prints 30s, 5m and 1h30m, where time's own form has 5m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// warnings are the report's own: those of the analysis and of the costs.
func (b *builder) warnings() []analyzer.Warning {
	out := append([]analyzer.Warning{}, b.Analysis.Warnings...)
	if b.Costs != nil {
		out = append(out, b.Costs.Warnings...)
	}
	for i := range b.recs {
		for _, w := range b.recs[i].Warnings {
			if w.Unpromised() {
				out = append(out, w)
			}
		}
		if r := &b.recs[i]; r.Lever == advice.LeverNodes {
			out = append(out, r.Warnings...)
			for _, w := range r.Withheld {
				out = append(out, analyzer.Warning{Code: "withheld", Subject: r.Subject, Message: w.Reason})
			}
		}
	}
	if b.freshPlan() != nil { // which has a price, and says that it saves nothing
		out = slices.DeleteFunc(out, func(w analyzer.Warning) bool { return w.Code == "no-nodes" })
	} else if !b.priced {
		out = append(out, analyzer.Warning{Code: "no-prices", Message: "no node has a price, so there are no costs and no savings; name the provider and region or give --pricing"})
	}
	return sortedWarnings(out)
}

func sortedWarnings(w []analyzer.Warning) []analyzer.Warning {
	slices.SortFunc(w, analyzer.CompareWarnings)
	return slices.Compact(w)
}
