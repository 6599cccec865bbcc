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
	if len(in.Evidence.Unread) == 0 {
		return nil
	}
	for _, d := range in.Documents {
		if d.HoldsNone() || len(d.Workloads(in.templates())) == 0 {
			continue // budgets and bounds are judged by themselves
		}
		if why := in.Evidence.UnreadIn(or(d.Namespace, in.Namespace)); why != "" {
			return fmt.Errorf("%s is partial, so %s cannot be judged by it (%s): run the audit again, or give an earlier report that is whole",
				in.Evidence.Source, analyzer.Printable(d.ID()), analyzer.Printable(why))
		}
	}
	return nil
}

func (in *Input) templates() []manifest.Template {
	if in.Policy == nil {
		return nil
	}
	return in.Policy.Templates()
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
