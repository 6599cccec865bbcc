package text

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
	"github.com/plimsoll-k8s/plimsoll/reports/layout"
)

// Subjects lists what can be explained beside workloads.
func Subjects() []string { return []string{"nodes", "purchase", "waste", "node/NAME", "price/TYPE"} }

// ExplainSubject explains what is no workload; ok is false where the name is of
// none of Subjects.
func ExplainSubject(w io.Writer, r *document.Report, name string, o Options) (ok bool, err error) {
	err = layout.Plainly(w, o.ASCII, func(w io.Writer) error {
		ok, err = explainSubject(w, r, name, o)
		return err
	})
	return ok, err
}

func explainSubject(w io.Writer, r *document.Report, name string, o Options) (ok bool, err error) {
	s := &screen{r: r, o: o}
	kind, of, named := strings.Cut(name, "/")
	switch {
	case name == "nodes":
		s.explainPlan()
	case name == "purchase":
		s.explainPurchase()
	case name == "waste":
		lines := brief.WasteLines(r, true)
		if len(lines) == 0 {
			lines = []string{"The report has no finding of waste."}
		}
		s.prose(lines)
		s.pages("rules/waste")
	case named && kind == "node":
		err = s.explainNode(of)
	case named && kind == "price":
		err = s.explainPrice(of)
	default:
		return false, nil
	}
	if err == nil {
		_, err = w.Write(s.Bytes())
	}
	return true, err
}

// pages names pages of the manual; the program has them all.
func (s *screen) pages(names ...string) {
	s.lines("", "How the numbers come about:")
	for _, x := range names {
		s.hang("  ", "plimsoll help "+x, layout.Plain)
	}
}

// explainPlan is the plan with what was weighed against it.
func (s *screen) explainPlan() {
	s.nodesSection()
	p := s.r.Nodes.Plan
	if p == nil {
		s.prose([]string{"There is no plan of the nodes: plimsoll show warnings has the reason."})
		return
	}
	s.lines("", layout.Painted("weighed against", layout.Strong, s.o.Color))
	s.hang("  bound   ", fmt.Sprintf("no nodes of the offered types run these pods for less than %s a month%s; the plan is %s %% above", brief.WholeOf(p.LowerBoundMonthly), brief.HoursBasis(p), document.Figures(p.GapPercent)), layout.Plain)
	if p.ExactMonthlyCost > 0 {
		s.hang("  exact   ", fmt.Sprintf("nodes of any types that live through nothing: %s a month%s (--pools exact --survive none)", brief.WholeOf(p.ExactMonthlyCost), brief.HoursBasis(p)), layout.Plain)
	}
	for _, l := range p.Survives.Levels {
		text := fmt.Sprintf("%s a month%s (--survive %s)", brief.WholeOf(l.MonthlyCost), brief.HoursBasis(p), l.Level)
		if l.AtMost {
			text = "at most " + text
		}
		text += brief.LevelLeft(p, &l)
		if l.Level == p.Survives.Level && !l.AtMost {
			text += ", this plan"
		}
		s.hang(fmt.Sprintf("  %-8s", l.Level), text, layout.Plain)
	}
	s.pages("rules/nodes")
}

// mostAlternatives is how many commitments that were not taken are named.
const mostAlternatives = 8

func (s *screen) explainPurchase() {
	s.prose(brief.PurchaseLines(s.r))
	p := s.r.Purchase
	if p == nil {
		s.prose([]string{"Nothing was worked out of purchases: plimsoll show warnings has the reason."})
		return
	}
	if len(p.Alternatives) > 0 {
		s.lines("", layout.Painted("each alone would come to", layout.Strong, s.o.Color))
	}
	t := &layout.Rows{Indent: 2, Right: []bool{false, true, true, true, true}}
	t.Add("COMMITMENT", "TERM", "SAVES A MONTH", "USED", "BREAK-EVEN")
	for i := range p.Alternatives[:min(len(p.Alternatives), mostAlternatives)] {
		c := &p.Alternatives[i]
		t.Add(strings.TrimSpace(brief.Clean(c.Instrument+" "+c.Family+" "+c.Resource)), fmt.Sprintf("%d y", c.TermYears), brief.CommitmentDollars(s.r, c.MonthlySavings).String(),
			document.Percent(c.Utilization), document.Percent(c.BreakEven))
	}
	if t.Len() > 1 {
		s.lines(t.Print(s.o.line(), s.o.Color)...)
	}
	s.pages("rules/purchase", "rules/spot")
}

// explainNode says what becomes of one node.
func (s *screen) explainNode(name string) error {
	p := s.r.Nodes.Plan
	if p == nil {
		return fmt.Errorf("the report has no plan of the nodes, so nothing is said of node %s", name)
	}
	said := false
	tell := func(head, text string) {
		said = true
		s.hang("  "+head+strings.Repeat(" ", max(8-len(head), 1)), text, layout.Plain)
	}
	s.lines("node " + brief.Clean(name))
	for _, k := range p.Kept {
		if k.Name == name {
			tell("stays", "as it is: "+brief.Clean(k.Reason))
		}
	}
	if slices.Contains(p.Stays, name) {
		tell("stays", "the plan has it too, and its pods stay on it")
	}
	for i := range p.Moves {
		if m := &p.Moves[i]; m.Node == name {
			tell(m.Action, fmt.Sprintf("step %d of %d: %s in %s; %s a month", i+1, len(p.Moves), document.Counted(m.Evictions, "eviction"), document.Counted(m.Rounds, "round"), savesOrCosts(m.MonthlySavings)))
			if m.Blocked != "" {
				tell("blocked", brief.Clean(m.Blocked))
			}
		}
	}
	for _, x := range p.Placement {
		if x.Node == name {
			tell("pods", brief.Clean(strings.Join(x.Pods, ", ")))
		}
	}
	if !said {
		return fmt.Errorf("the report has no node %s%s: plimsoll show nodes lists what the plan keeps and drains", name, meant("node/", name, nodeNames(p)))
	}
	s.pages("rules/nodes")
	return nil
}

// explainPrice says what a type costs here, and where that is from.
func (s *screen) explainPrice(name string) error {
	t := &layout.Rows{Indent: 2, Right: []bool{false, false, true, true}}
	t.Add("WHERE", "CAPACITY", "NODES", "USD/HOUR")
	add := func(where string, pools []document.Pool) {
		for i := range pools {
			if x := &pools[i]; x.InstanceType == name {
				price := "no price"
				if x.Hourly > 0 {
					price = fmt.Sprintf("%.5g", x.Hourly)
				}
				t.Add(strings.TrimSpace(where+" "+brief.Clean(x.Zone)), x.CapacityType, fmt.Sprint(x.Count), price)
			}
		}
	}
	add("now", s.r.Nodes.Current.Pools)
	if s.r.Nodes.Plan != nil {
		add("plan", s.r.Nodes.Plan.Pools)
	}
	if t.Len() == 1 {
		return fmt.Errorf("the report has no nodes of type %s%s: plimsoll price --help says how the tables are asked", name, meant("price/", name, typeNames(s.r)))
	}
	s.lines("type " + brief.Clean(name))
	s.lines(t.Print(s.o.line(), s.o.Color)...)
	s.lines("")
	s.prose(brief.PriceLines(s.r.Prices))
	if provider, region := placeOf(s.r, name); region != "" {
		s.lines("")
		s.hang("", fmt.Sprintf("All its prices: plimsoll price %s --provider %s --region %s", brief.ShellWord(brief.Clean(name)), provider, region), layout.Plain)
	}
	s.pages("prices")
	return nil
}

// regionOf is the region of a zone, as the clouds name both.
var regionOf = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-?\d+|[a-z]+\d*)(?:[a-z]|-[a-z]|-\d)$`)

// placeOf is the cloud and the region of a type's nodes; empty where they are not one.
func placeOf(r *document.Report, name string) (provider, region string) {
	for _, x := range r.Prices {
		if x.Of == "" && provider != "" && provider != x.Provider {
			return "", ""
		}
		if x.Of == "" {
			provider = x.Provider
		}
	}
	for i := range r.Nodes.Current.Pools {
		x := &r.Nodes.Current.Pools[i]
		if m := regionOf.FindStringSubmatch(x.Zone); x.InstanceType == name && m != nil {
			region = m[1]
		}
	}
	if provider == "" {
		return "", ""
	}
	return brief.Clean(provider), region
}

func savesOrCosts(usd document.USD) string {
	if usd < 0 {
		return "costs " + brief.WholeOf(-usd).String()
	}
	return "saves " + brief.WholeOf(usd).String()
}

// meant names what comes nearest to a name that is not there.
func meant(prefix, name string, names []string) string {
	near := brief.Near(name, names)
	if len(near) == 0 {
		return ""
	}
	for i := range near {
		near[i] = prefix + brief.Clean(near[i])
	}
	return " (did you mean " + brief.Either(near) + "?)"
}

func nodeNames(p *document.NodePlan) []string {
	out := slices.Clone(p.Stays)
	for i := range p.Kept {
		out = append(out, p.Kept[i].Name)
	}
	for i := range p.Moves {
		out = append(out, p.Moves[i].Node)
	}
	return out
}

func typeNames(r *document.Report) []string {
	var out []string
	for i := range r.Nodes.Current.Pools {
		out = append(out, r.Nodes.Current.Pools[i].InstanceType)
	}
	if r.Nodes.Plan != nil {
		for i := range r.Nodes.Plan.Pools {
			out = append(out, r.Nodes.Plan.Pools[i].InstanceType)
		}
	}
	return out
}
