package waste

import (
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Rule lists what costs money and does nothing: idle workloads and
// namespaces, nodes that could be drained, requests that nobody uses, and more.
// See docs/rules/waste.md.
var Rule = advice.Rule{
	Name:  "waste",
	Doc:   "Lists what costs money and does nothing, with evidence and what would be lost without it.",
	Lever: advice.LeverWaste,
	Run:   run,
}

// Finding is one thing that costs money and does nothing.
type Finding struct {
	// Kind is what it is. Its lever's savings already hold the money, wholly or
	// in part.
	Kind advice.Kind
	// Monthly is its cost in USD a month. It is never part of the savings of
	// the recommendation.
	Monthly float64
	// Unpriced names what of it has no price and is not in Monthly; empty where all has.
	Unpriced string
	// Nodes are the machines that it is the cost of, where the subject names none.
	Nodes []string
	// Loss says what would be lost.
	Loss string
	// Blocked says what stands in the way; empty where nothing does.
	Blocked []string
}

// Kind is one kind of waste and what finds it.
type Kind struct {
	advice.Kind
	find func(*look) error
}

// Kinds lists every kind, in the order in which they are looked for.
func Kinds() []Kind {
	return slices.Concat(namespaceKinds, workloadKinds, nodeKinds, volumeKinds)
}

// look is one look at a cluster, for one kind after another.
type look struct {
	*advice.Pass
	kind advice.Kind
	// quiet are the namespaces whose workloads are all idle, by their number: a
	// namespace stands for its workloads.
	quiet map[string]int
	// nodes are today's with what runs on them, drains what was found of those
	// that are under-used, unused the claims that no pod mounts: each is worked
	// out when the first kind asks for it.
	judged bool
	nodes  []*nodeUse
	// planned are the nodes that the plan drains.
	planned map[string]bool
	drains  []drain
	unused  *claims
	places  *allocation.Places
}

func run(p *advice.Pass) error {
	l := &look{Pass: p, quiet: quietNamespaces(p)}
	if p.Costs != nil {
		l.places = p.Costs.Places(p.Facts.Snapshot)
	}
	for _, k := range Kinds() {
		l.kind = k.Kind
		if err := k.find(l); err != nil {
			return err
		}
	}
	return nil
}

// file files a finding of the kind that is looked for. USD are told by the
// finding alone, so that no total counts them beside the savings of the lever
// that takes them off the bill.
// What costs less than the user wants of a change is left out; what is told for what
// it says, at no cost, is not.
func (l *look) file(r advice.Advice, f Finding) {
	f.Kind = l.kind
	if f.Monthly > 0 && l.Options.Pennies(f.Monthly, 0) {
		return
	}
	r.Rule, r.Lever, r.Detail = "waste", advice.LeverWaste, &f
	if f.Monthly > 0 || f.Unpriced == "" { // nothing costs nothing
		r.Show("cost", f.Monthly, "usd")
	}
	l.Report(r)
}

// windowDays is the length of the window.
func (l *look) windowDays() float64 {
	w := l.Facts.Snapshot.Window
	return w.End.Sub(w.Start).Hours() / 24
}

// partial reports whether what looks empty may not be.
func (l *look) partial() bool { return l.Facts.Snapshot.Partial() != "" }

// providers reports whether a workload is an add-on of the provider, which sizes it.
func (l *look) providers(w *analyzer.WorkloadFacts) bool {
	return w.AddOn() && !l.Options.IncludeSystem
}

// each calls a finder for every workload.
func each(find func(*look, *analyzer.WorkloadFacts)) func(*look) error {
	return func(l *look) error {
		for i := range l.Facts.Workloads {
			find(l, &l.Facts.Workloads[i])
		}
		return nil
	}
}

// busy does the same for those that are not idle, nor their namespace.
func busy(find func(*look, *analyzer.WorkloadFacts)) func(*look) error {
	return each(func(l *look, w *analyzer.WorkloadFacts) {
		if l.quiet[w.Namespace] == 0 && !l.Cluster.Idle(w.Ref) {
			find(l, w)
		}
	})
}
