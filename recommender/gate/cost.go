package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

func requestsOf(a analyzer.Amounts) verdict.Requests {
	r := verdict.Requests{GPU: a.GPU}
	if a.CPU > 0 && a.CPU < manifest.MostAmount {
		r.CPU = manifest.FormatCPU(a.CPU)
	}
	if a.Memory > 0 && a.Memory < manifest.MostAmount {
		r.Memory = manifest.FormatBytes(a.Memory)
	}
	return r
}

// Where a number of replicas is from.
const (
	fromManifest = "manifest"
	fromObserved = "observed"
	fromMinimum  = "minReplicas"
	fromNowhere  = ""
)

// replicas gives how many pods a workload has, and who says so: the manifest
// where it decides, else what was observed, for the manifest's number is a lie
// where an autoscaler, the nodes or a schedule decide.
func (p *Pass) replicas(w *manifest.Workload) (float64, string) {
	seen := p.evidence.LookUp(p.ref(w))
	scalers := p.autoscalersOf(w)
	switch {
	case isScaled(w) && len(scalers) == 0 || w.Kind == "Pod":
		return float64(w.Count()), fromManifest
	case seen != nil && seen.Replicas > 0:
		return p.within(scalers, seen.Replicas), fromObserved
	case len(scalers) > 0:
		return float64(max(scalers[0].Min, 0)), fromMinimum
	}
	return 0, fromNowhere
}

// within holds what was observed inside the autoscaler's new range.
func (p *Pass) within(scalers []*manifest.Autoscaler, n float64) float64 {
	if len(scalers) == 0 || scalers[0].Max < scalers[0].Min || scalers[0].Max <= 0 {
		return n // no range that the API server would take
	}
	return min(max(n, float64(scalers[0].Min)), float64(scalers[0].Max))
}

// costed is what the tree costs, with the workloads behind the lines.
type costed struct {
	verdict.Cost
	lines []*line // sorted as Workloads are
	at    map[analyzer.Ref]*line
}

// line is a workload's part of the cost.
type line struct {
	verdict.CostLine
	ref             analyzer.Ref
	before, present *manifest.Workload
}

// costOf prices the tree, and the one before it.
func (p *Pass) costOf(base *Base) *costed {
	c := &costed{Cost: verdict.Cost{Known: p.prices.Known(), Prices: p.prices.Source, Workloads: []verdict.CostLine{}}, at: map[analyzer.Ref]*line{}}
	lines := map[owner]*line{}
	p.addCost(c, lines, func(l *line, w *manifest.Workload, n, monthly float64) {
		l.present, l.RequestsAfter = w, requestsOf(p.amounts(w))
		l.ReplicasAfter, l.After = n, l.After+monthly
	})
	if base != nil {
		c.Base = base.Name
		before := *p
		before.tree = newTree(base.Documents, p.policy, p.namespace)
		before.addCost(c, lines, func(l *line, w *manifest.Workload, n, monthly float64) {
			l.before, l.RequestsBefore = w, requestsOf(before.amounts(w))
			l.ReplicasBefore, l.Before = n, l.Before+monthly
		})
	}
	for _, at := range slices.SortedFunc(maps.Keys(lines), owner.compare) {
		l := lines[at]
		if base == nil {
			l.Before, l.RequestsBefore, l.ReplicasBefore = l.After, l.RequestsAfter, l.ReplicasAfter
		}
		l.Delta = l.After - l.Before
		c.Before, c.After = c.Before+l.Before, c.After+l.After
		c.lines = append(c.lines, l)
	}
	c.Delta = c.After - c.Before
	slices.SortStableFunc(c.lines, func(a, b *line) int {
		return cmp.Or(cmp.Compare(max(b.Delta, -b.Delta), max(a.Delta, -a.Delta)), cmp.Compare(b.After, a.After), a.ref.Compare(b.ref))
	})
	for _, l := range c.lines {
		c.Workloads = append(c.Workloads, l.CostLine)
		if c.at[l.ref] == nil {
			c.at[l.ref] = l
		}
	}
	slices.Sort(c.Uncounted)
	c.Uncounted = slices.Compact(c.Uncounted)
	return c
}

// compare orders by environment, then by name.
func (o owner) compare(b owner) int {
	return cmp.Or(strings.Compare(o.tree, b.tree), o.Ref.Compare(b.Ref))
}

func (p *Pass) addCost(c *costed, lines map[owner]*line, add func(l *line, w *manifest.Workload, n, monthly float64)) {
	for _, w := range p.workloads {
		if w.Kind == "PodTemplate" {
			continue
		}
		ref := p.ref(w)
		n, from := p.replicas(w)
		if from == fromNowhere {
			c.Uncounted = append(c.Uncounted, p.id(w.Document))
			continue
		}
		at := p.owner(w.Ref(), w.Document)
		l := lines[at]
		if l == nil {
			l = &line{CostLine: verdict.CostLine{Object: p.id(w.Document), Tree: at.tree, ReplicasFrom: from}, ref: ref}
			lines[at] = l
		}
		add(l, w, n, p.prices.Monthly(ref, p.amounts(w), n))
	}
}

// amounts gives what a pod reserves, with the defaults of LimitRanges.
func (p *Pass) amounts(w *manifest.Workload) analyzer.Amounts {
	defaults, _ := p.limitDefaults(w)
	if defaults == (analyzer.Amounts{}) {
		return w.Amounts()
	}
	filled := *w
	filled.Containers = slices.Clone(w.Containers)
	for i := range filled.Containers {
		c := &filled.Containers[i]
		if a := c.Effective(); a.CPU == 0 {
			c.Requests.CPU = manifest.Amount{Value: defaults.CPU, Node: w.Pod}
		}
		if a := c.Effective(); a.Memory == 0 {
			c.Requests.Memory = manifest.Amount{Value: defaults.Memory, Node: w.Pod}
		}
	}
	return filled.Amounts()
}

// reportCost files a finding on money at the workload that weighs most.
func (p *Pass) reportCost(lines []*line, f verdict.Finding) {
	for _, l := range lines {
		w := l.present
		if w == nil {
			w = l.before
		}
		if w != nil && l.present != nil {
			at := w.Root.At("metadata", "name")
			if n := largest(w); n != nil {
				at = n
			}
			p.reportAt(w.Document, at, f)
			p.out[len(p.out)-1].Object = ""
			return
		}
	}
	p.report(nil, manifest.Position{}, f)
}

var costIncrease = Rule{
	Name: "cost-increase", Severity: verdict.SeverityError,
	Doc: "The change adds more to the monthly cost than is allowed.",
	Run: func(p *Pass) error {
		most := p.policy.Budgets.MaxIncrease
		if most == 0 || p.cost.Base == "" || !p.cost.Known || p.cost.Delta <= most {
			return nil
		}
		p.reportCost(p.cost.lines, verdict.Finding{
			Field: "increase", Measure: p.cost.Delta, MonthlyUSD: p.cost.Delta - most,
			Message: fmt.Sprintf("the change adds %s a month; %s is allowed", usd(p.cost.Delta), usd(most)),
			Reason:  fmt.Sprintf("%s before, %s after, compared with %s", usd(p.cost.Before), usd(p.cost.After), p.cost.Base),
		})
		return nil
	},
}

var costBudget = Rule{
	Name: "cost-budget", Severity: verdict.SeverityError,
	Doc: "The workloads cost more a month than their budget.",
	Run: func(p *Pass) error {
		if !p.cost.Known {
			return nil
		}
		lines := slices.Clone(p.cost.lines)
		slices.SortStableFunc(lines, func(a, b *line) int { return cmp.Compare(b.After, a.After) })
		if most := p.policy.Budgets.MaxMonthly; most > 0 && p.cost.After > most {
			p.reportCost(lines, verdict.Finding{
				Field: "budget", Measure: p.cost.After, MonthlyUSD: p.cost.After - most,
				Message: fmt.Sprintf("all workloads cost %s a month; the budget is %s", usd(p.cost.After), usd(most)),
				Reason:  "the largest is pointed at",
			})
		}
		for _, ns := range slices.Sorted(maps.Keys(p.policy.Budgets.Namespaces)) {
			most, sum := p.policy.Budgets.Namespaces[ns], 0.0
			in := slices.DeleteFunc(slices.Clone(lines), func(l *line) bool { return l.ref.Namespace != ns })
			for _, l := range in {
				sum += l.After
			}
			if sum > most {
				p.reportCost(in, verdict.Finding{
					Field: "budget." + ns, Measure: sum, MonthlyUSD: sum - most,
					Message: fmt.Sprintf("namespace %s costs %s a month; its budget is %s", ns, usd(sum), usd(most)),
					Reason:  "the largest workload is pointed at",
				})
			}
		}
		return nil
	},
}

// usd writes an amount of money as the reports do.
func usd(v float64) string {
	if v < 0 {
		return "-" + usd(-v)
	}
	return fmt.Sprintf("$%.2f", v)
}
