package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// Cost is what the tree's requests cost, in USD a month, and what they cost
// before the change.
type Cost struct {
	// Known says that there are prices; without them all money is 0.
	Known bool `json:"known"`
	// Base names what is compared with; "" where nothing is.
	Base   string  `json:"base,omitempty"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Delta  float64 `json:"delta"`
	// Prices says where the prices are from.
	Prices string `json:"prices,omitempty"`
	// Workloads are sorted by the size of their delta, then by cost.
	Workloads []CostLine `json:"workloads"`
	// Uncounted are workloads whose number of pods nobody knows: DaemonSets
	// and jobs without evidence.
	Uncounted []string `json:"uncounted,omitempty"`
}

// CostLine is one workload's part.
type CostLine struct {
	Ref             analyzer.Ref `json:"-"`
	Object          string       `json:"object"`
	Tree            string       `json:"tree,omitempty"` // the environment
	Before          float64      `json:"before"`
	After           float64      `json:"after"`
	Delta           float64      `json:"delta"`
	ReplicasBefore  float64      `json:"replicasBefore"`
	ReplicasAfter   float64      `json:"replicasAfter"`
	RequestsBefore  Requests     `json:"requestsBefore"`
	RequestsAfter   Requests     `json:"requestsAfter"`
	ReplicasFrom    string       `json:"replicasFrom"` // manifest, observed, minReplicas
	Known           bool         `json:"-"`
	before, present *manifest.Workload
}

// Requests is what one pod asks for, as quantities.
type Requests struct {
	CPU    string `json:"cpu,omitempty"`
	Memory string `json:"memory,omitempty"`
	GPU    int64  `json:"gpu,omitempty"`
}

func requestsOf(a analyzer.Amounts) Requests {
	r := Requests{GPU: a.GPU}
	if a.CPU > 0 {
		r.CPU = manifest.FormatCPU(a.CPU)
	}
	if a.Memory > 0 {
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
	seen := p.evidence.lookUp(p.ref(w))
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

// costOf prices the tree, and the one before it.
func (p *Pass) costOf(base *Base) *Cost {
	c := &Cost{Known: p.prices.Known(), Prices: p.prices.Source, Workloads: []CostLine{}}
	lines := map[owner]*CostLine{}
	p.addCost(c, lines, func(l *CostLine, w *manifest.Workload, n, monthly float64) {
		l.present, l.RequestsAfter = w, requestsOf(p.amounts(w))
		l.ReplicasAfter, l.After = n, l.After+monthly
	})
	if base != nil {
		c.Base = base.Name
		before := *p
		before.tree = newTree(base.Documents, p.policy, p.namespace)
		before.addCost(c, lines, func(l *CostLine, w *manifest.Workload, n, monthly float64) {
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
		c.Workloads = append(c.Workloads, *l)
	}
	c.Delta = c.After - c.Before
	slices.SortStableFunc(c.Workloads, func(a, b CostLine) int {
		return cmp.Or(cmp.Compare(max(b.Delta, -b.Delta), max(a.Delta, -a.Delta)), cmp.Compare(b.After, a.After), a.Ref.Compare(b.Ref))
	})
	slices.Sort(c.Uncounted)
	c.Uncounted = slices.Compact(c.Uncounted)
	return c
}

// compare orders by environment, then by name.
func (o owner) compare(b owner) int {
	return cmp.Or(strings.Compare(o.tree, b.tree), o.Ref.Compare(b.Ref))
}

func (p *Pass) addCost(c *Cost, lines map[owner]*CostLine, add func(l *CostLine, w *manifest.Workload, n, monthly float64)) {
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
			l = &CostLine{Ref: ref, Object: p.id(w.Document), Tree: at.tree, ReplicasFrom: from, Known: c.Known}
			lines[at] = l
		}
		add(l, w, n, p.prices.monthly(ref, p.amounts(w), n))
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

// of finds a workload's line.
func (c *Cost) of(ref analyzer.Ref) *CostLine {
	for i := range c.Workloads {
		if c.Workloads[i].Ref == ref {
			return &c.Workloads[i]
		}
	}
	return nil
}

// reportCost files a finding on money at the workload that weighs most.
func (p *Pass) reportCost(lines []CostLine, f Finding) {
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
	Name: "cost-increase", Severity: SeverityError,
	Doc: "The change adds more to the monthly cost than is allowed.",
	Run: func(p *Pass) error {
		most := p.policy.Budgets.MaxIncrease
		if most == 0 || p.cost.Base == "" || !p.cost.Known || p.cost.Delta <= most {
			return nil
		}
		p.reportCost(p.cost.Workloads, Finding{
			Field: "increase", Measure: p.cost.Delta, MonthlyUSD: p.cost.Delta - most,
			Message: fmt.Sprintf("the change adds %s a month; %s is allowed", usd(p.cost.Delta), usd(most)),
			Reason:  fmt.Sprintf("%s before, %s after, compared with %s", usd(p.cost.Before), usd(p.cost.After), p.cost.Base),
		})
		return nil
	},
}

var costBudget = Rule{
	Name: "cost-budget", Severity: SeverityError,
	Doc: "The workloads cost more a month than their budget.",
	Run: func(p *Pass) error {
		if !p.cost.Known {
			return nil
		}
		lines := slices.Clone(p.cost.Workloads)
		slices.SortStableFunc(lines, func(a, b CostLine) int { return cmp.Compare(b.After, a.After) })
		if most := p.policy.Budgets.MaxMonthly; most > 0 && p.cost.After > most {
			p.reportCost(lines, Finding{
				Field: "budget", Measure: p.cost.After, MonthlyUSD: p.cost.After - most,
				Message: fmt.Sprintf("all workloads cost %s a month; the budget is %s", usd(p.cost.After), usd(most)),
				Reason:  "the largest is pointed at",
			})
		}
		for _, ns := range slices.Sorted(maps.Keys(p.policy.Budgets.Namespaces)) {
			most, sum := p.policy.Budgets.Namespaces[ns], 0.0
			in := slices.DeleteFunc(slices.Clone(lines), func(l CostLine) bool { return l.Ref.Namespace != ns })
			for _, l := range in {
				sum += l.After
			}
			if sum > most {
				p.reportCost(in, Finding{
					Field: "budget." + ns, Measure: sum, MonthlyUSD: sum - most,
					Message: fmt.Sprintf("namespace %s costs %s a month; its budget is %s", ns, usd(sum), usd(most)),
					Reason:  "the largest workload is pointed at",
				})
			}
		}
		return nil
	},
}
