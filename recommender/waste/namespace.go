package waste

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
)

// namespaceKinds are the kinds of waste that are whole namespaces.
var namespaceKinds = []Kind{
	{advice.Kind{
		Code: "idle-namespace", One: "idle namespace", Many: "idle namespaces", Severity: advice.SeverityNote, Lever: advice.LeverRightsize,
		Found:   "all workloads of a namespace, two or more, are idle; stands in their place",
		Besides: "their share",
	}, idleNamespaces},
	{advice.Kind{
		Code: "empty-namespace", One: "empty namespace", Many: "empty namespaces", Severity: advice.SeverityNote,
		Found:   "no workload and no pod in it",
		Besides: "0",
	}, emptyNamespaces},
}

// mayWaste reports whether a namespace may be called waste.
func (l *look) mayWaste(name string) bool {
	return !advice.SystemNamespace(name) && name != "default" && !l.partial()
}

// quietNamespaces gives those whose workloads, two or more, are all idle.
func quietNamespaces(p *advice.Pass) map[string]int {
	l := &look{Pass: p}
	count, idle := l.workloads()
	quiet := map[string]int{}
	for _, ns := range p.Facts.Snapshot.Namespaces {
		if n := count[ns.Name]; n > 1 && idle[ns.Name] == n && l.mayWaste(ns.Name) {
			quiet[ns.Name] = n
		}
	}
	return quiet
}

// workloads counts them by namespace, and the idle among them.
func (l *look) workloads() (count, idle map[string]int) {
	count, idle = map[string]int{}, map[string]int{}
	for i := range l.Facts.Workloads {
		w := &l.Facts.Workloads[i]
		count[w.Namespace]++
		if l.Cluster.Idle(w.Ref) {
			idle[w.Namespace]++
		}
	}
	return count, idle
}

func emptyNamespaces(l *look) error {
	count, _ := l.workloads()
	for _, ns := range l.Facts.Snapshot.Namespaces {
		if count[ns.Name] == 0 && l.mayWaste(ns.Name) {
			r := advice.Advice{Subject: "Namespace/" + ns.Name, Title: "no workload and no pod is in it", Confidence: 0.5}
			l.file(r, Finding{Loss: "its ConfigMaps, Secrets and volumes, which were not looked at"})
		}
	}
	return nil
}

func idleNamespaces(l *look) error {
	monthly := map[string]float64{}
	for i := range l.Facts.Workloads { // in their order, so that the sum is the same every time
		w := &l.Facts.Workloads[i]
		monthly[w.Namespace] += l.Costs.MonthlyOf(w.Ref)
	}
	for _, ns := range l.Facts.Snapshot.Namespaces {
		n := l.quiet[ns.Name]
		if n == 0 {
			continue
		}
		r := advice.Advice{
			Subject: "Namespace/" + ns.Name, Confidence: 0.5,
			Title: fmt.Sprintf("all %d workloads were idle for the whole window", n),
		}
		r.Show("workloads", float64(n), "count")
		r.Show("history", l.windowDays(), "days")
		l.file(r, Finding{Monthly: monthly[ns.Name], Loss: "whatever it is kept for: a test bed between two tests looks the same"})
	}
	return nil
}
