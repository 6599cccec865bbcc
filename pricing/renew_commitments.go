package pricing

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// NewCommitment is what a cloud's own list says a machine costs an hour under a purchase
// program, its payments spread over the term.
type NewCommitment struct {
	Program      string
	InstanceType string
	Years        int
	Payment      string
	USD          float64
	Source       string // empty where with the machines' prices
}

// RenewCommitments makes a region's table of commitments of what its machines cost on demand
// and under purchase programs: the median discount of each family. It is nil where the list
// has none. Lists of less than half the families of before are refused, and tables that
// break the sanity rules.
func (c *Catalog) RenewCommitments(provider, region string, machines []NewPrice, more []NewCommitment, source, asOf string) ([]byte, int, error) {
	provider = cloud.Canonical(provider)
	of := cloud.Of(provider)
	if of == nil {
		return nil, 0, fmt.Errorf("there is no table of commitments of %q to renew", provider)
	}
	reserved := of.Programs[0].Name
	percents := map[Commitment][]float64{} // by all that one discount is given for
	onDemand := map[string]float64{}
	add := func(n NewCommitment) {
		if off := 1 - n.USD/onDemand[n.InstanceType]; n.USD > 0 && off > 0 { // also where no price on demand is known
			key := Commitment{Provider: provider, Region: region, Program: n.Program, Family: CommitmentFamily(provider, n.InstanceType),
				TermYears: n.Years, Payment: n.Payment, Source: cmp.Or(n.Source, source), AsOf: asOf}
			if p := of.Program(n.Program); p != nil {
				key.Scope = p.Scope
			}
			percents[key] = append(percents[key], math.Round(off*1e5)/1e3)
		}
	}
	for _, m := range machines {
		onDemand[m.InstanceType] = m.OnDemand
		for years, usd := range map[int]float64{1: m.Reserved1y, 3: m.Reserved3y} {
			add(NewCommitment{Program: reserved, InstanceType: m.InstanceType, Years: years, Payment: of.Programs[0].Payment, USD: usd})
		}
	}
	for _, n := range more {
		add(n)
	}
	if len(percents) == 0 {
		return nil, 0, nil
	}
	list := discounts(percents)
	listed := map[string]bool{}
	for name := range onDemand {
		listed[CommitmentFamily(provider, name)] = true
	}
	if err := c.half(provider, region, list, listed); err != nil {
		return nil, 0, err
	}
	table, err := writeCommitments(list)
	if err != nil {
		return nil, 0, err
	}
	if problems := Validate("the new commitments of "+region, bytes.NewReader(table)); len(problems) > 0 {
		return nil, 0, fmt.Errorf("%w (%d such)", problems[0], len(problems))
	}
	return table, len(list), nil
}

// discounts makes one discount of those of a family's types: the lower of two in the middle.
func discounts(percents map[Commitment][]float64) []Commitment {
	var out []Commitment
	for d, of := range percents {
		slices.Sort(of)
		d.DiscountPercent, d.MinPercent, d.MaxPercent, d.Types = of[(len(of)-1)/2], of[0], of[len(of)-1], len(of)
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Commitment) int {
		return cmp.Or(strings.Compare(a.Program, b.Program), strings.Compare(a.Family, b.Family), cmp.Compare(a.TermYears, b.TermYears),
			strings.Compare(a.Payment, b.Payment), strings.Compare(a.Source, b.Source))
	})
	return out
}

// half refuses a list with less than half the families of before in a program that it has, of
// those whose machines are listed: a list of parts has not all of them.
func (c *Catalog) half(provider, region string, list []Commitment, listed map[string]bool) error {
	before, err := c.extras.commitmentsIn(provider, region)
	if err != nil {
		return err
	}
	now := familiesOf(list)
	before = slices.DeleteFunc(slices.Clone(before), func(d Commitment) bool { return !listed[d.Family] })
	for program, old := range familiesOf(before) {
		if n := len(now[program]); n > 0 && len(old) > 2*n {
			return fmt.Errorf("the list has %d families under %s in %s, the table of before %d: half an answer is not used", n, program, region, len(old))
		}
	}
	return nil
}

// familiesOf lists the families under each program.
func familiesOf(list []Commitment) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, d := range list {
		if out[d.Program] == nil {
			out[d.Program] = map[string]bool{}
		}
		out[d.Program][d.Family] = true
	}
	return out
}
