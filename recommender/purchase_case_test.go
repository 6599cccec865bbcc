package recommender_test

import (
	"fmt"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/purchase"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/recommender/waste"
)

func target(r advice.Advice) string {
	if r.Subject != "" {
		return r.Subject
	}
	return r.Workload.String()
}

// describeMoney prints what the rules waste, spot and purchase found.
func describeMoney(b *strings.Builder, r advice.Advice) {
	if f := advice.As[waste.Finding](r.Detail); f != nil {
		fmt.Fprintf(b, "  waste %s: %.2f USD a month, within %q, loses %s\n", f.Kind.Code, f.Monthly, f.Kind.Lever, f.Loss)
		for _, text := range f.Blocked {
			fmt.Fprintf(b, "  blocked: %s\n", text)
		}
	}
	if s := advice.As[spot.Readiness](r.Detail); s != nil {
		if s.Advised {
			fmt.Fprintf(b, "  moves %.3f of its pods on demand, %.2f USD a month\n", s.Moves, s.MonthlyOnDemand)
		}
		if s.Split != nil {
			fmt.Fprintf(b, "  split: %d on demand, %d on spot over %d pools, %d lost at once\n", s.OnDemand, s.Spot, s.Split.Pools, s.Split.LostAtOnce)
			if len(s.Split.SpotValues) > 0 {
				fmt.Fprintf(b, "  domains: %s on demand, %s on spot\n", strings.Join(s.Split.OnDemandValues, ","), strings.Join(s.Split.SpotValues, ","))
			}
		}
		for _, c := range s.Checks {
			mark := "ok"
			switch {
			case c.Doubt:
				mark = "doubt"
			case !c.OK:
				mark = "no"
			}
			fmt.Fprintf(b, "  %s %s: %s\n", mark, c.Name, c.Detail)
		}
	}
	if a := advice.As[purchase.Advice](r.Detail); a != nil && len(a.Commitments)+len(a.Alternatives) > 0 {
		describePurchase(b, a)
	}
}

func describePurchase(b *strings.Builder, a *purchase.Advice) {
	d := a.Demand
	fmt.Fprintf(b, "  demand over %d hours: mean %.4f, min %.4f, p50 %.4f, peak %.4f, held %.4f, spot %.4f USD an hour\n", d.Hours, d.Mean, d.Min, d.P50, d.Peak, d.Held, d.Spot)
	if d.Planned {
		fmt.Fprintf(b, "  follows the plan: %.1f nodes at 3 h, %.1f at 12 h\n", d.Nodes[3], d.Nodes[12])
	}
	more := ""
	line := func(word string, c purchase.Commitment) {
		if c.Resource != "" {
			c.Family += " " + c.Resource
		}
		fmt.Fprintf(b, "  %s %s %q %dy %s: %.3f USD an hour for %.3f (%.1f vCPU, %.1f GiB), coverage %.3f, utilization %.3f, break-even %.3f, saves %.2f, unused %.2f, survives %v%s\n",
			word, c.Instrument, c.Family, c.Years, c.Payment, c.Amount, c.Covers, c.VCPUs, c.GiB, c.Coverage, c.Utilization, c.BreakEven, c.MonthlySavings, c.UnusedMonthly, c.Survives, more)
	}
	for _, c := range a.Commitments {
		more = fmt.Sprintf(", safe today %.3f", c.SafeToday)
		line("buy", c)
		if c.Note != "" {
			fmt.Fprintf(b, "    note: %s\n", c.Note)
		}
	}
	for _, c := range a.Alternatives {
		more = ""
		line("or", c)
	}
	for _, s := range a.Scenarios {
		fmt.Fprintf(b, "  if %s (required %v): %.2f of %.2f USD a month, saves %.2f, regret %.2f, utilization %.3f\n", s.Name, s.Required, s.Cost, s.OnDemand, s.Savings, s.Regret, s.Utilization)
	}
}
