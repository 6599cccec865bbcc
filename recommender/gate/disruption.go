package gate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
	"github.com/plimsoll-k8s/plimsoll/recommender/check"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

// mostReplicas bounds the replica counts that are tried one by one.
const mostReplicas = 1000

var pdbDeadlock = Rule{
	Name: check.Deadlock.Code, Severity: verdict.Severity(check.Deadlock.Severity),
	Doc: "At some number of replicas a disruption budget lets no pod go, so that no node under it can be drained.",
	Run: func(p *Pass) error {
		under := map[*manifest.Budget][]*manifest.Workload{}
		for _, w := range p.workloads {
			for _, b := range p.budgetsOf(w) {
				under[b] = append(under[b], w)
			}
		}
		for _, b := range p.budgets {
			p.judgeBudget(b, under[b])
		}
		return nil
	},
}

// judgeBudget counts as the disruption controller does: over all pods that the
// budget selects, whatever workloads they are of.
func (p *Pass) judgeBudget(b *manifest.Budget, under []*manifest.Workload) {
	var low, high int32
	for _, w := range under {
		if !isScaled(w) {
			return // nobody knows how many pods there are
		}
		l, h := p.replicaRange(w)
		low, high = min(low+l, mostReplicas), min(high+h, mostReplicas)
	}
	budget := check.Budget{MinAvailable: written(b.MinAvailable), MaxUnavailable: written(b.MaxUnavailable)}
	var stuck []int32
	for n := max(low, 1); n <= high; n++ {
		if budget.Stuck(n) {
			stuck = append(stuck, n)
		}
	}
	if len(stuck) == 0 {
		return
	}
	node, field := b.MaxUnavailable, "maxUnavailable"
	if node == nil {
		node, field = b.MinAvailable, "minAvailable"
	}
	remedy := "use maxUnavailable: 1"
	if stuck[0] == 1 {
		remedy = "run two or more replicas, or allow the one to go: maxUnavailable: 1"
	}
	whose := fmt.Sprintf("%s %s", under[0].Kind, under[0].Name)
	if n := len(under) - 1; n > 0 {
		whose += fmt.Sprintf(" and %d more", n)
	}
	p.reportAt(b.Document, node, verdict.Finding{
		Field: "spec." + field, Measure: float64(len(stuck)),
		Message: fmt.Sprintf("%s %s lets no pod of %s go at %s replicas", field, node.Text, whose, ranges(stuck)),
		Reason:  "its nodes can be neither drained nor consolidated; " + remedy,
	})
}

// written is a number or a percentage as it is written; a number in quotes is neither.
func written(n *manifest.Node) string {
	if v, ok := n.Int(); ok {
		return strconv.Itoa(int(v))
	}
	if text := n.String(); strings.HasSuffix(text, "%") {
		return text
	}
	return ""
}

var pdbOverlap = Rule{
	Name: check.Budgets.Code, Severity: verdict.Severity(check.Budgets.Severity),
	Doc: "Two disruption budgets select the same pods, which then can never be evicted.",
	Run: func(p *Pass) error {
		for _, w := range p.workloads {
			budgets := p.budgetsOf(w)
			if w.Kind == "DaemonSet" || len(budgets) < 2 || w.From != nil {
				continue
			}
			one, two := budgets[0], budgets[len(budgets)-1]
			if one.Name == two.Name {
				continue
			}
			p.reportAt(two.Document, two.Root.At("metadata", "name"), verdict.Finding{
				Field:   "spec.selector",
				Message: fmt.Sprintf("the pods of %s %s are under two disruption budgets, %s and %s", w.Kind, w.Name, one.Name, two.Name),
				Reason:  "the API server evicts no pod that has more than one budget: its nodes cannot be drained; keep one of them",
			})
		}
		return nil
	},
}

// ranges writes rising numbers as 1, 3-5.
func ranges(numbers []int32) string {
	var out []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if i == j {
			out = append(out, fmt.Sprint(numbers[i]))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(out, ", ")
}

var spotUnsafe = Rule{
	Name: "spot-unsafe", Severity: verdict.SeverityWarning,
	Doc: "A workload goes to spot nodes but does not bear losing one.",
	Run: func(p *Pass) error {
		for _, w := range p.workloads {
			notice, at := spotOf(w.Pod)
			if at == nil || !isScaled(w) {
				continue
			}
			if lacks := p.spotLacks(w, notice); len(lacks) > 0 {
				p.reportAt(w.Document, at, verdict.Finding{
					Field: "spot", Measure: float64(len(lacks)),
					Message: "it runs on spot nodes, but " + strings.Join(lacks, "; "),
					Reason:  fmt.Sprintf("a spot node goes with %d seconds of notice", notice),
				})
			}
		}
		return nil
	},
}

// spotOf finds where a pod says that it wants, or bears, spot nodes, and the notice in
// seconds that their cloud gives.
func spotOf(pod *manifest.Node) (notice int64, at *manifest.Node) {
	for _, c := range cloud.All() {
		if at := spotLabel(pod, c.Spot); at != nil {
			return c.Notice, at
		}
	}
	return cloud.KarpenterNotice(), spotLabel(pod, []cloud.Label{cloud.Karpenter})
}

func spotLabel(pod *manifest.Node, labels []cloud.Label) *manifest.Node {
	for _, m := range labels {
		if n := pod.At("nodeSelector", m.Key); n.String() == m.Value {
			return n
		}
		for _, t := range pod.Field("tolerations").List() {
			if t.Field("key").String() == m.Key && (t.Field("value").String() == m.Value || t.Field("operator").String() == "Exists") {
				return t.Field("key")
			}
		}
		terms := pod.At("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
		for _, term := range terms.List() {
			for _, e := range term.Field("matchExpressions").List() {
				if e.Field("key").String() != m.Key || e.Field("operator").String() != "In" {
					continue
				}
				for _, v := range e.Field("values").List() {
					if v.String() == m.Value {
						return v
					}
				}
			}
		}
	}
	return nil
}

func (p *Pass) spotLacks(w *manifest.Workload, notice int64) []string {
	var out []string
	if low, _ := p.replicaRange(w); low == 1 {
		out = append(out, "one replica is all there is")
	} else if low > 1 && len(p.budgetsOf(w)) == 0 {
		out = append(out, "no disruption budget keeps some of its pods")
	}
	if grace, ok := w.Pod.Field("terminationGracePeriodSeconds").Int(); ok && int64(grace) > notice {
		out = append(out, fmt.Sprintf("it wants %d seconds to stop", grace))
	}
	for _, v := range w.Pod.Field("volumes").List() {
		if v.Field("hostPath") != nil {
			out = append(out, "it keeps data on the node (hostPath)")
			break
		}
	}
	return out
}
