package gate

import (
	"errors"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/policy"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// Lacks says what a check that was asked for lacks; nil where each has what it
// needs. A check that cannot be made must not pass.
func (in *Input) Lacks() error {
	if err := in.lacksNode(); err != nil || in.Evidence == nil {
		return err
	}
	if len(in.Evidence.Workloads) == 0 {
		return fmt.Errorf("%s knows no workload: nothing can be judged by it; check what wrote it", in.Evidence.Source)
	}
	return nil
}

// LacksMoney says that a limit of money is set and there is nothing to check it by; nil
// where there is, or none is set.
func (in *Input) LacksMoney() error {
	if in.Policy == nil {
		return nil
	}
	b := in.Policy.Budgets
	limited := b.MaxMonthly > 0 || len(b.Namespaces) > 0 || b.MaxIncrease > 0 && in.Base != nil
	if limited && !in.Prices.Known() && in.Policy.Prices == (policy.UnitPrices{}) {
		return errors.New("a limit of money is set, but there are no prices to check it by: give --provider and --region, a --report or --snapshot with priced nodes, or prices in the policy")
	}
	return nil
}

// Unchecked names a limit that is not checked for want of something to compare with; ""
// where each is.
func (in *Input) Unchecked() string {
	if in.Policy != nil && in.Policy.Budgets.MaxIncrease > 0 && in.Base == nil {
		return "budgets.maxIncrease of the policy is not checked: there is no --base to compare with"
	}
	return ""
}

// evidencePartial names what the evidence broke off at. Everything else is judged.
var evidencePartial = Rule{
	Name: "evidence-partial", Severity: verdict.SeverityError,
	Doc: "The evidence broke off in the workload's namespace, so that the workload cannot be judged by it.",
	Run: func(p *Pass) error {
		said := map[*manifest.Document]bool{}
		for _, w := range p.workloads {
			why := p.unread(w)
			if why == "" || said[w.Document] {
				continue
			}
			said[w.Document] = true
			p.report(w.Document, w.Document.Root.Key("kind"), verdict.Finding{
				Field:   "evidence",
				Message: fmt.Sprintf("%s is partial, so the workload is not judged by it", p.evidence.Source),
				Reason:  analyzer.Printable(why) + "; run the audit again, or give an earlier report that is whole",
			})
		}
		return nil
	},
}

// unread says what the evidence broke off at of a workload; "" where it did not.
func (p *Pass) unread(w *manifest.Workload) string {
	if p.evidence == nil {
		return ""
	}
	return p.evidence.UnreadIn(p.ref(w).Namespace)
}

// withheld counts the workloads that the evidence broke off at.
func (p *Pass) withheld() (n int) {
	for _, w := range p.workloads {
		if p.unread(w) != "" {
			n++
		}
	}
	return n
}

// lacksNode refuses a share of a node whose size nobody says.
func (in *Input) lacksNode() error {
	if in.Policy == nil || in.Policy.Severity(daemonSetWeight.Name, daemonSetWeight.Severity) == verdict.SeverityOff {
		return nil
	}
	bounds := in.Policy.DaemonSets
	asked := bounds.NodeShare > 0 && (bounds.CPU == "" || bounds.Memory == "")
	if !asked || in.Node.CPU > 0 && in.Node.Memory > 0 {
		return nil
	}
	return errors.New("daemonSets.nodeShare of the policy is a share of a node whose size is not known: give node (cpu and memory, or an instanceType) in the policy, or a --snapshot")
}
