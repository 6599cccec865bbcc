package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Input is what a report is built from.
type Input struct {
	Analysis *analyzer.Analysis
	// Costs may be nil, or without prices: money is then null.
	Costs           *recommender.Costs
	Recommendations []recommender.Recommendation
	// Allocation is whose the bill of the window is, added up by AllocateBy; nil
	// leaves the section out.
	Allocation *allocation.Allocation
	AllocateBy allocation.Options
	// Version is that of the program.
	Version string
}

// Build makes the report. Nothing of the input is changed, and the order of
// its lists does not matter.
func Build(in Input) *Report {
	b := builder{Input: in, recs: sortedRecommendations(in.Recommendations)}
	b.workloads = slices.Clone(in.Analysis.Workloads)
	slices.SortFunc(b.workloads, func(x, y analyzer.WorkloadFacts) int { return x.Compare(y.Ref) })
	b.money()
	b.planMoney()
	b.index()
	r := &Report{
		APIVersion:      APIVersion,
		Kind:            Kind,
		Metadata:        b.metadata(),
		Workloads:       make([]Workload, 0, len(b.workloads)),
		Recommendations: b.recommendations(),
		Nodes:           b.nodes(),
		Purchase:        b.purchase(),
		Waste:           b.waste(),
		Allocation:      b.allocation(),
		Prices:          b.prices(),
		Warnings:        b.warnings(),
	}
	for i := range b.workloads {
		r.Workloads = append(r.Workloads, b.workload(&b.workloads[i]))
	}
	r.Summary = b.summary(r)
	return r
}

// builder holds what Build has worked out so far.
type builder struct {
	Input
	workloads []analyzer.WorkloadFacts     // sorted
	recs      []recommender.Recommendation // sorted
	priced    bool
	ledger    ledger
	whole     AllocationBill // a month, to the cent
	savings   []USD          // by index of recs
	saved     USD
	savedBy   map[recommender.Lever]USD // saved by lever
	sizing    map[containerKey]int      // index of recs
	scaling   map[analyzer.Ref]scaling
	plan      *recommender.NodePlan
	planPools []USD // by index of the plan's pools
	planCost  USD
}

type containerKey struct {
	analyzer.Ref
	container string
}

func sortedRecommendations(recs []recommender.Recommendation) []recommender.Recommendation {
	recs = slices.Clone(recs)
	slices.SortStableFunc(recs, func(a, b recommender.Recommendation) int {
		return cmp.Or(a.Workload.Compare(b.Workload), cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Lever, b.Lever), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Title, b.Title))
	})
	return recs
}

// index finds, for each container, the recommendation that sizes it.
func (b *builder) index() {
	b.sizing = make(map[containerKey]int, len(b.recs))
	b.indexScaling()
	for i, r := range b.recs {
		if r.Lever != recommender.LeverRightsize || r.Container == "" {
			continue
		}
		k := containerKey{r.Workload, r.Container}
		if _, ok := b.sizing[k]; !ok {
			b.sizing[k] = i
		}
	}
}

func (b *builder) metadata() Metadata {
	s := b.Analysis.Snapshot
	w := Window{Start: seconds(s.Window.Start), End: seconds(s.Window.End), Step: duration(s.Window.Step), Moment: s.Window.Moment}
	if w.Moment {
		w.Start, w.Step = w.End, "0s"
	}
	sources := append([]analyzer.Source{}, s.Sources...)
	slices.SortFunc(sources, func(x, y analyzer.Source) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Reads, y.Reads))
	})
	return Metadata{Cluster: s.Cluster, GeneratedFrom: w, Version: b.Version, Sources: sources}
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
		if r := &b.recs[i]; r.Lever == recommender.LeverNodes {
			out = append(out, r.Warnings...)
			for _, w := range r.Withheld {
				out = append(out, analyzer.Warning{Code: "withheld", Subject: r.Subject, Message: w.Reason})
			}
		}
	}
	if !b.priced {
		out = append(out, analyzer.Warning{Code: "no-prices", Message: "no node has a price, so there are no costs and no savings; name the provider and region or give --pricing"})
	}
	return sortedWarnings(out)
}

func sortedWarnings(w []analyzer.Warning) []analyzer.Warning {
	slices.SortFunc(w, analyzer.CompareWarnings)
	return slices.Compact(w)
}

// recommendations lists the advice that changes something and the mistakes
// found, dearest first.
func (b *builder) recommendations() []Recommendation {
	order := []int{}
	for i, r := range b.recs {
		if len(r.Changes) > 0 || r.Finding != nil || r.Requests == nil && b.savings[i] != 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.savings[j], b.savings[i]) })
	out := make([]Recommendation, 0, len(order))
	for _, i := range order {
		r := &b.recs[i]
		out = append(out, Recommendation{
			Rule: r.Rule, Lever: string(r.Lever), Target: targetOf(r), Container: r.Container, Title: r.Title,
			MonthlySavings: b.known(b.savings[i]), Risk: riskOf(r), Confidence: share(r.Confidence), Changes: changes(r.Changes), Fix: fixOf(r),
		})
	}
	return out
}

func changes(in []recommender.Change) []Change {
	out := make([]Change, 0, len(in))
	for _, c := range in {
		out = append(out, Change{Field: c.Field, From: amount(c.Field, c.From), To: amount(c.Field, c.To)})
	}
	return out
}

// amount prints an amount in the unit of its field; nil is not set.
func amount(field string, v int64) *string {
	if v == 0 {
		return nil
	}
	s := fmt.Sprint(v)
	switch {
	case strings.HasSuffix(field, ".cpu"):
		s = milli(v).String()
	case strings.HasSuffix(field, ".memory"):
		s = Bytes(v).String()
	}
	return &s
}

func riskWords(r recommender.Risk) string {
	var words []string
	if p := knownShare(r.OOMProbability); p != nil {
		words = append(words, "OOM kill within a week: "+percent(*p))
	}
	if s := knownShare(r.CPUOverRequest); s != nil {
		words = append(words, "CPU above request: "+percent(*s)+" of the time")
	}
	if len(words) == 0 {
		return "not known"
	}
	return strings.Join(words, "; ")
}
