package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// saving is one step of the SAVE block.
type saving struct {
	name, size, risk string
	usd              document.USD // off the bill
	room             bool         // frees room and takes nothing off the bill
	beside           bool         // not of the nodes' bill
}

// savings lists the levers in their order, and what to clean up beside them.
func savings(r *document.Report) []saving {
	var out []saving
	for _, step := range r.Summary.Waterfall {
		x := saving{usd: step.MonthlyBefore - step.MonthlyAfter}
		switch step.Lever {
		case document.LeverRightsize:
			x.name, x.room, x.size, x.risk = "right-size", true, sizeOfRightsize(r), limitsFall(r)
		case document.LeverHorizontal:
			x.name, x.room, x.size = "rescale", true, sizeOfRescale(r)
		case document.LeverNodes:
			x.name, x.size, x.risk = "nodes", sizeOfPlan(r), evictions(r)
		case document.LeverPurchase:
			out = append(out, purchases(r, x.usd)...)
			continue
		default:
			x.name = clean(step.Lever)
		}
		if x.size != "" || x.usd != 0 {
			out = append(out, x)
		}
	}
	if x, ok := cleanUp(r); ok {
		out = append(out, x)
	}
	return out
}

func sizeOfRightsize(r *document.Report) string {
	less, more := 0, 0
	for i := range r.Workloads {
		for _, c := range r.Workloads[i].Containers {
			if c.Recommended == nil || *c.Recommended == c.Current {
				continue
			}
			if to, from := c.Recommended.Requests, c.Current.Requests; to.CPU > from.CPU || to.Memory > from.Memory {
				more++
			} else {
				less++
			}
		}
	}
	if less+more == 0 {
		return ""
	}
	return fmt.Sprintf("%s less, %d more", document.Counted(less, "container"), more)
}

// limitsFall counts the memory limits that are advised lower.
func limitsFall(r *document.Report) string {
	n := 0
	for i := range r.Workloads {
		for _, c := range r.Workloads[i].Containers {
			if c.Recommended != nil && c.Recommended.Limits.Memory > 0 && c.Recommended.Limits.Memory < c.Current.Limits.Memory {
				n++
			}
		}
	}
	if n == 0 {
		return ""
	}
	if n == 1 {
		return "1 memory limit falls"
	}
	return fmt.Sprintf("%d memory limits fall", n)
}

func sizeOfRescale(r *document.Report) string {
	changed, made := 0, 0
	for i := range r.Workloads {
		h := r.Workloads[i].Horizontal
		if h == nil || h.Recommended == nil || scalingText(h.Current) == scalingText(*h.Recommended) {
			continue
		}
		changed++
		if h.Current.Kind == "fixed" && h.Recommended.Kind != "fixed" {
			made++
		}
	}
	if changed == 0 {
		return ""
	}
	if made == 0 {
		return document.Counted(changed, "workload")
	}
	return fmt.Sprintf("%s, %d new autoscalers", document.Counted(changed, "workload"), made)
}

func sizeOfPlan(r *document.Report) string {
	p := r.Nodes.Plan
	if p == nil {
		return ""
	}
	started, drained := 0, 0
	for _, l := range p.Launch {
		started += l.Count
	}
	for _, m := range p.Moves {
		if m.Action == "drain" {
			drained++
		}
	}
	out := arrow(fmt.Sprint(r.Nodes.Current.Count), fmt.Sprint(p.Count))
	if started+drained == 0 {
		return out + " nodes, as today"
	}
	return fmt.Sprintf("%s: %d new, %d drained", out, started, drained)
}

func evictions(r *document.Report) string {
	if r.Nodes.Plan == nil {
		return ""
	}
	n := 0
	for _, m := range r.Nodes.Plan.Moves {
		n += m.Evictions
	}
	if n == 0 {
		return ""
	}
	return document.Counted(n, "eviction") + " once"
}

// purchases are the parts of what purchases take off the bill. Spot's is what
// its advice says, as far as the whole goes.
func purchases(r *document.Report, all document.USD) []saving {
	p := r.Purchase
	if p == nil {
		return nil
	}
	var out []saving
	spot := document.USD(0)
	if p.Spot.Savings != nil && p.Spot.Ready > 0 {
		spot = min(*p.Spot.Savings, max(all, 0))
	}
	moves := 0
	for i := range p.Spot.Workloads {
		if p.Spot.Workloads[i].Advised {
			moves++
		}
	}
	if moves > 0 {
		out = append(out, saving{name: "spot", size: fmt.Sprintf("%d of %d ready workloads", moves, p.Spot.Ready), risk: "interruptions", usd: spot})
	} else {
		spot = 0
	}
	if len(p.Commitments) > 0 {
		out = append(out, committed(p, all-spot))
	}
	return out
}

func committed(p *document.Purchase, usd document.USD) saving {
	amount, paid := 0.0, document.USD(0)
	var years []string
	for _, c := range p.Commitments {
		amount, paid = amount+c.Amount, paid+c.UpfrontPayment
		if y := fmt.Sprintf("%dy", c.TermYears); !slices.Contains(years, y) {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	size := fmt.Sprintf("$%.2f/h", amount)
	if paid > 0 {
		size += fmt.Sprintf(", %s paid up front", dollarsOf(paid))
	}
	return saving{name: "commit " + strings.Join(years, ","), size: size, risk: holds(p), usd: usd}
}

// holds says down to which demand the commitments still pay.
func holds(p *document.Purchase) string {
	out := ""
	for _, x := range p.Scenarios {
		if x.Required && x.MonthlySavings >= 0 {
			out = "even " + clean(x.Name)
		}
	}
	return out
}

// besideNodes are the kinds of waste whose cost is not in the nodes' bill.
var besideNodes = []string{"unbound-volume", "unmounted-volume", "oversized-volume", "scaled-to-zero-with-volumes", "load-balancer-without-endpoints"}

func cleanUp(r *document.Report) (saving, bool) {
	volumes, balancers := 0, 0
	var usd document.USD
	for i := range r.Waste {
		w := &r.Waste[i]
		if w.CountedBy != "" || !slices.Contains(besideNodes, w.Kind) {
			continue
		}
		usd += w.USD()
		if w.Kind == "load-balancer-without-endpoints" {
			balancers++
		} else {
			volumes++
		}
	}
	var parts []string
	if volumes > 0 {
		parts = append(parts, document.Counted(volumes, "volume"))
	}
	if balancers > 0 {
		parts = append(parts, fmt.Sprintf("%d LB", balancers))
	}
	return saving{name: "clean up", size: strings.Join(parts, ", "), risk: "data: look first", usd: usd, beside: true}, len(parts) > 0
}

// save is the block of the levers: what each takes off the bill, in whole
// dollars that add up to the whole.
func (s *screen) save() {
	all := savings(s.r)
	if len(all) == 0 {
		return
	}
	var parts []document.USD
	for _, x := range all {
		if !x.room && !x.beside {
			parts = append(parts, x.usd)
		}
	}
	dollars := shares(s.saves(), parts)
	t := &rows{indent: 2, right: []bool{false, false, true, false}}
	head := t.add("SAVE", "each step needs the ones before", "A MONTH", "RISK")
	for i := range head.tones {
		head.tones[i] = strongTone
	}
	n := 0
	for _, x := range all {
		label, money := "", ""
		switch {
		case x.beside:
			label, money = "- "+x.name, dollarsOf(x.usd).String()
			x.size += ", not of nodes"
		default:
			n++
			label, money = fmt.Sprintf("%d %s", n, x.name), "room"
			if !x.room {
				money, dollars = dollars[0].String(), dollars[1:]
			}
		}
		if s.r.Summary.MonthlyCost == nil {
			money = ""
		}
		l := t.add(label, x.size, money, x.risk)
		if !x.room && x.usd > 0 {
			l.tones[2] = goodTone
		}
	}
	s.WriteByte('\n')
	for i, l := range t.print(s.o.line(), s.o.Color) {
		if i == 0 {
			l = strings.Replace(l, "  ", "", 1) // the title stands at the edge
			l = strings.Replace(l, "SAVE", "SAVE  ", 1)
			l = strings.Replace(l, "\x1b[1mSAVE  \x1b[0m", "\x1b[1mSAVE\x1b[0m  ", 1)
		}
		s.lines(l)
	}
	if len(s.r.Waste) > 0 && s.o.Saved {
		s.hang("  ", wasteCount(s.r)+": plimsoll show waste", plainTone)
	}
}

func wasteCount(r *document.Report) string {
	n := 0
	for i := range r.Waste {
		if !slices.Contains(besideNodes, r.Waste[i].Kind) {
			n++
		}
	}
	return document.Counted(n, "finding") + " of waste lie within these steps"
}

// lowered are the rows whose recommendation frees the most room.
func lowered(r *document.Report) []row {
	var out []row
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for j := range w.Containers {
			c := &w.Containers[j]
			if c.Recommended != nil && *c.Recommended != c.Current && freed(c) > 0 {
				out = append(out, row{w: w, c: c})
			}
		}
	}
	slices.SortStableFunc(out, compareRows)
	return out
}

// first is the workload whose requests free the most room; nil without one.
func (s *screen) first() *document.Workload {
	if all := lowered(s.r); len(all) > 0 {
		return all[0].w
	}
	return nil
}

// largest is the block of the containers that free the most room.
func (s *screen) largest() {
	all := lowered(s.r)
	if len(all) == 0 {
		return
	}
	n := mostRows
	if s.o.Top > 0 {
		n = s.o.Top
	}
	if s.o.All || n > len(all) {
		n = len(all)
	}
	wide := s.o.line() >= wideScreen
	t := &rows{indent: 2, right: []bool{false, true, true, true, true, true}}
	head := []string{"LARGEST TO LOWER", "CPU", "MEMORY", "ROOM/MONTH", "OOM A WEEK"}
	if wide {
		head = slices.Insert(head, 3, "MEMORY LIMIT")
	}
	titles := t.add(head...)
	for i := range titles.tones {
		titles.tones[i] = strongTone
	}
	for i := range all[:n] {
		x := &all[i]
		cells := []string{rowName(x.w, x.c), asciiChange(cpuChange(x.c)), asciiChange(memoryChange(x.c)), dollarsOf(freed(x.c)).String(), oomWords(x.c)}
		if wide {
			cells = slices.Insert(cells, 3, asciiChange(memoryLimit(x)))
		}
		t.add(cells...)
	}
	s.WriteByte('\n')
	for i, l := range t.print(s.o.line(), s.o.Color) {
		if i == 0 {
			l = strings.Replace(l, "  ", "", 1)
			l = strings.Replace(l, "TO LOWER", "TO LOWER  ", 1)
			l = strings.Replace(l, "TO LOWER  \x1b[0m", "TO LOWER\x1b[0m  ", 1)
		}
		s.lines(l)
	}
	s.more(len(all)-n, "rightsize")
}

// wideScreen is the width from which the screen has the limits.
const wideScreen = 100

// asciiChange writes a change in ASCII, and what is not set as none.
func asciiChange(s string) string {
	return strings.ReplaceAll(strings.Replace(s, "- → ", "none → ", 1), " → ", " -> ")
}

// oomWords is the risk of an OOM kill with the advice followed.
func oomWords(c *document.Container) string {
	switch {
	case c.Recommended != nil && c.Recommended.Limits.Memory == 0:
		return "no limit"
	case c.Risk.OOMProbability == nil:
		return "not known"
	}
	return document.Percent(*c.Risk.OOMProbability)
}

// sourceCodes are the warnings of sources that gave less than was asked.
var sourceCodes = []string{analyzer.WarnUnreachable, analyzer.WarnPartial, analyzer.WarnForbidden, analyzer.WarnMissing, analyzer.WarnNoHistory}

// unsure is the block of what weakens the numbers.
func (s *screen) unsure() {
	out := warningLines(sourceDoubts(s.r.Warnings), false)
	if len(out) > 2 && !s.o.Verbose {
		out = append(out[:2], fmt.Sprintf("%d more doubts about the sources", len(out)-2))
	}
	if p := priceAge(s.r); p != "" {
		out = append(out, p)
	}
	if p := s.r.Nodes.Plan; p != nil && len(p.Kept) > 0 {
		out = append(out, fmt.Sprintf("%s as they are: %s", document.Counted(len(p.Kept), "node")+stay(len(p.Kept)), clean(p.Kept[0].Reason)))
	}
	if n := s.r.Summary.Containers.Withheld; n > 0 && judged(s.r) {
		out = append(out, document.Counted(n, "container")+" without advice")
	}
	if len(out) == 0 {
		return
	}
	s.block("UNSURE", strings.Join(out, "; "), strongTone)
	if s.o.Verbose {
		for _, l := range warningLines(s.r.Warnings, true) {
			s.lines(wrap("  "+l, s.o.line(), 4)...)
		}
		return
	}
	if n := len(s.r.Warnings); n > 0 && s.o.Saved {
		s.hang("  ", document.Counted(n, "warning")+": plimsoll show warnings", plainTone)
	}
}

func stay(n int) string {
	if n == 1 {
		return " stays"
	}
	return " stay"
}

func sourceDoubts(all []analyzer.Warning) (out []analyzer.Warning) {
	for _, w := range all {
		if slices.Contains(sourceCodes, w.Code) {
			out = append(out, w)
		}
	}
	return out
}

const month = 730*time.Hour + 30*time.Minute

// priceAge says how old prices were at the end of the window.
func priceAge(r *document.Report) string {
	oldest, newest, dated := 0.0, 0.0, 0
	for _, p := range r.Prices {
		at, err := time.Parse(time.DateOnly, p.AsOf)
		if err != nil {
			continue
		}
		age := max(float64(r.Metadata.GeneratedFrom.End.Sub(at))/float64(month), 0)
		if dated == 0 {
			newest = age
		}
		oldest, newest = max(oldest, age), min(newest, age)
		dated++
	}
	if dated == 0 || oldest < 2 {
		return ""
	}
	low, high := fmt.Sprintf("%.0f", newest), fmt.Sprintf("%.0f", oldest)
	return "prices are " + cmp.Or(rangeOf(low, high), high) + " months old"
}

func rangeOf(low, high string) string {
	if low == high {
		return ""
	}
	return low + " to " + high
}
