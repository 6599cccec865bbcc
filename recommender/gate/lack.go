package gate

import (
	"errors"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
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
