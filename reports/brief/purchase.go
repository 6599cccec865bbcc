package brief

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// heldLine says how the commitments make another bill of that at list prices.
func heldLine(h *document.HeldCommitments) string {
	if h == nil {
		return ""
	}
	out := fmt.Sprintf("The commitments held cost %s a month, used or not, and take %s of usage at list prices off today's bill", WholeOf(h.MonthlyCost), WholeOf(h.MonthlyCovered))
	switch unused := h.MonthlyUnusedByPlan; {
	case unused != nil && h.MonthlyUnused+*unused > 0:
		out += fmt.Sprintf("; %s more could be covered and is not used, %s on the plan's nodes", WholeOf(h.MonthlyUnused), WholeOf(*unused))
	case h.MonthlyUnused > 0:
		out += fmt.Sprintf("; %s more could be covered and is not used", WholeOf(h.MonthlyUnused))
	}
	return out + "."
}

// PurchaseLines are the lines of the text report: what to commit to and
// whether it survives, and what can live on spot.
func PurchaseLines(r *document.Report) []string {
	if r.Purchase == nil {
		return nil
	}
	_, step := purchased(r)
	return purchaseLines(r, commitmentLines(r.Purchase, step))
}

// PurchaseNotes are the lines but for those of each commitment and of each scenario.
func PurchaseNotes(r *document.Report) []string {
	if r.Purchase == nil {
		return nil
	}
	return purchaseLines(r, commitmentNotes(r.Purchase))
}

func purchaseLines(r *document.Report, commitments []string) (out []string) {
	p := r.Purchase
	if line := dayLine(p); line != "" {
		out = append(out, line)
	}
	out = append(out, commitments...)
	if line := longerLine(p); line != "" {
		out = append(out, line)
	}
	spot, _ := purchased(r)
	if line := spotLine(&p.Spot, spot); line != "" {
		out = append(out, line)
	}
	for _, w := range p.Withheld {
		out = append(out, fmt.Sprintf("No commitments are advised: %s.", Clean(w.Reason)))
	}
	for _, w := range p.Warnings {
		out = append(out, fmt.Sprintf("Purchases: %s.", Clean(w.Message)))
	}
	for _, line := range []string{billLine(r), heldLine(p.Held)} {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// commitmentLines say what to commit to, and what becomes of it when demand changes. What
// the commitments save adds up to what their step has.
func commitmentLines(p *document.Purchase, step *Saving) (out []string) {
	saves, paid := commitmentDollars(p, step)
	for i := range p.Commitments {
		out = append(out, commitmentLine(&p.Commitments[i], saves[i], paid[i])+" "+Capital(commitmentUse(&p.Commitments[i])))
	}
	out = append(out, commitmentNotes(p)...)
	if len(p.Commitments) > 0 {
		for i := range p.Scenarios {
			out = append(out, scenarioLine(&p.Scenarios[i], step))
		}
	}
	return out
}

// CommitmentShares are what each commitment saves a month and what is paid for it at once,
// in whole dollars that add up to what their step has.
func CommitmentShares(r *document.Report) (saves, paid []Whole) {
	_, step := purchased(r)
	return commitmentDollars(r.Purchase, step)
}

func commitmentDollars(p *document.Purchase, step *Saving) (saves, paid []Whole) {
	var saved, upfront document.USD
	savings, payments := make([]document.USD, len(p.Commitments)), make([]document.USD, len(p.Commitments))
	for i := range p.Commitments {
		savings[i], payments[i] = p.Commitments[i].MonthlySavings, p.Commitments[i].UpfrontPayment
		saved, upfront = saved+savings[i], upfront+payments[i]
	}
	return Shares(step.say(saved), savings), Shares(WholeOf(upfront), payments)
}

// commitmentNotes are of all commitments together.
func commitmentNotes(p *document.Purchase) []string {
	out := noteLines(p)
	for _, line := range []string{orderLine(p), survivalLine(p)} {
		if line != "" {
			out = append(out, line)
		}
	}
	if p.FamilyChange != nil && p.CapitalCost != nil && len(p.Commitments) > 0 {
		out = append(out, fmt.Sprintf("The chance that the family changes within three years is taken as %s (--family-change), within one as a fifth of it. Money costs %s a year (--capital-cost).",
			document.Percent(*p.FamilyChange), document.Percent(*p.CapitalCost)))
	}
	return out
}

// noteLines are what has to be known before a purchase.
func noteLines(p *document.Purchase) (out []string) {
	for i := range p.Commitments {
		c := &p.Commitments[i]
		if line := "Before you buy: " + Clean(c.Note) + "."; c.Note != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// orderLine says in which order the advice is to be followed, and which part of the
// commitments need not wait.
func orderLine(p *document.Purchase) string {
	amount, safe := 0.0, 0.0
	for _, c := range p.Commitments {
		amount, safe = amount+c.Amount, safe+c.SafeToday
	}
	switch {
	case amount == 0:
		return ""
	case safe >= amount-0.005:
		return "Right-size, watch a week, move, then commit. All of it is safe to buy today: it pays before and after the plan."
	case safe < 0.005:
		return "Right-size, watch a week, move, then commit. None of it is safe to buy before: today's nodes are others."
	}
	return fmt.Sprintf("Right-size, watch a week, move, then commit. $%.2f an hour of it is safe to buy today: that pays before and after the plan.", safe)
}

// commitmentUse says how much of a commitment finds usage, and from where on it pays.
func commitmentUse(c *document.Commitment) string {
	return fmt.Sprintf("Utilization %s; break-even at %s.", document.Percent(c.Utilization), document.Percent(c.BreakEven))
}

// scenarioLine says what the commitments do under a change of the demand.
func scenarioLine(s *document.Scenario, step *Saving) string {
	word, usd := "save", step.say(s.MonthlySavings)
	if usd < 0 {
		word, usd = "lose", -usd
	}
	return fmt.Sprintf("With %s the commitments %s %s a month, %s of them used; the best that could have been bought would cost %s less.",
		Clean(s.Name), word, usd, document.Percent(s.Utilization), WholeOf(s.MonthlyRegret))
}

// ScenarioDollars are a scenario's bill on demand, the bill with the commitments, and what
// these save, in whole dollars that add up; what they save is their step's.
func ScenarioDollars(r *document.Report, x *document.Scenario) (onDemand, cost, saves Whole) {
	_, step := purchased(r)
	onDemand, saves = WholeOf(x.MonthlyOnDemand), step.say(x.MonthlySavings)
	return onDemand, onDemand - saves, saves
}

// billLine is where the bill goes, and the same with the commitments that exist.
func billLine(r *document.Report) string {
	s := &r.Summary
	steps := s.Waterfall
	if len(steps) == 0 || steps[len(steps)-1].Lever != document.LeverPurchase {
		return ""
	}
	list, held := SumMark(r)+WholeOf(steps[0].MonthlyBefore).String()+" now", ""
	if s.QuietHour {
		list = "not known now"
	}
	if w := steps[0].WithCommitments; w != nil {
		held = WholeOf(w.MonthlyBefore).String()
	}
	names := map[string]string{document.LeverNodes: "on the plan's nodes", document.LeverPurchase: "with what is advised to buy"}
	for _, s := range steps {
		if name, ok := names[s.Lever]; ok {
			list += fmt.Sprintf(", %s %s", WholeOf(s.MonthlyAfter), name)
			if s.WithCommitments != nil {
				held += ", " + WholeOf(s.WithCommitments.MonthlyAfter).String()
			}
		}
	}
	if held != "" {
		held = " With the commitments held: " + held + "."
	}
	return "The bill a month: " + list + "." + held
}

// dayLine says how the plan's nodes follow the day, and why there are fewer than
// the plan has.
func dayLine(p *document.Purchase) string {
	d := p.HourlyDemand
	if d == nil || len(d.NodesByHour) == 0 {
		return ""
	}
	left := ""
	if moved(&p.Spot) > 0 {
		left = ", less what moves to spot"
	}
	return fmt.Sprintf("The nodes' plan holds the busiest hour. Commitments are for the pods of each hour%s: %s, $%.2f an hour on demand on average.", left, hoursOf(d.NodesByHour), d.Mean)
}

// hoursOf says how few and how many nodes there are by hour of the day.
func hoursOf(nodes []float64) string {
	low, high := 0, 0
	for h, n := range nodes {
		if n < nodes[low] {
			low = h
		}
		if n > nodes[high] {
			high = h
		}
	}
	if math.Round(nodes[low]) == math.Round(nodes[high]) {
		return document.Counted(int(math.Round(nodes[low])), "node") + " at all hours"
	}
	return document.Counted(int(math.Round(nodes[low])), "node") + fmt.Sprintf(" at %02d:00 UTC, %.0f at %02d:00", low, nodes[high], high)
}

// CommitmentName says what a commitment is to.
func CommitmentName(c *document.Commitment) string {
	out := Clean(c.Instrument)
	if c.Family != "" {
		out += ", " + Clean(c.Family)
	}
	if c.Resource != "" {
		out += amountOf(c)
	}
	return out
}

// CommitmentTerm says for how long a commitment is and how it is paid.
func CommitmentTerm(c *document.Commitment) string {
	out := document.Counted(c.TermYears, "year")
	if c.Payment != "" {
		out += ", " + strings.ReplaceAll(Clean(c.Payment), "_", " ")
	}
	return out
}

// commitmentLine says what to commit to, for how long, and what it brings.
func commitmentLine(c *document.Commitment, saves, paid Whole) string {
	parts, upfront := "", ""
	if c.Family != "" {
		parts = " (" + Clean(c.Family) + amountOf(c) + ")"
	}
	if paid > 0 {
		upfront = fmt.Sprintf(", %s of it upfront", paid)
	}
	return fmt.Sprintf("Commit for %s to $%.2f an hour of %s%s%s: %.0f %% of the demand, saves %s a month.",
		document.Counted(c.TermYears, "year"), c.Amount, Clean(c.Instrument), parts, upfront, 100*c.Coverage, saves)
}

// amountOf is how much of a resource a commitment is, or how it is paid.
func amountOf(c *document.Commitment) string {
	switch {
	case c.Resource == pricing.ResourceVCPU:
		return " " + document.Figures(c.VCPUs) + " vCPU"
	case c.Resource == pricing.ResourceMemory:
		return " " + document.Figures(c.MemoryGiB) + " GiB"
	case c.Resource == pricing.ResourceGPU:
		return " " + document.Figures(c.GPUs) + " GPU"
	}
	return ", paid " + strings.ReplaceAll(Clean(c.Payment), "_", " ")
}

// survivalLine says which change of demand the commitments were held to, and
// the first one in which they lose.
func survivalLine(p *document.Purchase) string {
	if len(p.Commitments) == 0 {
		return ""
	}
	held, lost := "", ""
	for _, s := range p.Scenarios {
		if s.Required {
			held = "It survives " + s.Name
		} else if s.MonthlySavings < 0 && lost == "" {
			lost = fmt.Sprintf("with %s it loses %s a month", s.Name, WholeOf(-s.MonthlySavings))
		}
	}
	switch {
	case held == "" && lost == "":
		return ""
	case lost == "":
		return held + "."
	case held == "":
		return Capital(lost) + "."
	}
	return held + "; " + lost + "."
}

// together adds up what commitments to the resources of a family save.
func together(all []document.Commitment) []document.Commitment {
	var out []document.Commitment
	for _, c := range all {
		last := len(out) - 1
		if last >= 0 && c.Resource != "" && out[last].Family == c.Family && out[last].Instrument == c.Instrument && out[last].TermYears == c.TermYears {
			out[last].MonthlySavings += c.MonthlySavings
			continue
		}
		out = append(out, c)
	}
	return out
}

// longerLine names one commitment of a term that was not allowed, where it
// alone saves more than all that is advised.
func longerLine(p *document.Purchase) string {
	var saved document.USD
	terms := []int{}
	for _, c := range p.Commitments {
		saved, terms = saved+c.MonthlySavings, append(terms, c.TermYears)
	}
	best := -1
	alternatives := together(p.Alternatives)
	for i, c := range alternatives {
		if c.Survives && !slices.Contains(terms, c.TermYears) && c.MonthlySavings > saved+saved/10 && (best < 0 || c.MonthlySavings > alternatives[best].MonthlySavings) {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	c := alternatives[best]
	return fmt.Sprintf("%s of %s alone would save %s (--commitment-terms 1y,3y).", Capital(document.Counted(c.TermYears, "year")), Clean(c.Instrument), WholeOf(c.MonthlySavings))
}
