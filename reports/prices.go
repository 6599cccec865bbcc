package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
)

// prices lists the sources of all prices in the report.
func (b *builder) prices() []PriceSource {
	out := []PriceSource{}
	if b.Costs == nil {
		return out
	}
	for _, p := range b.Costs.Prices {
		out = append(out, PriceSource(p))
	}
	if b.Allocation != nil {
		for _, p := range b.Allocation.Prices {
			out = append(out, PriceSource(p))
		}
	}
	slices.SortFunc(out, func(x, y PriceSource) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.AsOf, y.AsOf), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Of, y.Of))
	})
	return slices.Compact(out)
}

// priceLines name the sources for people, one line for all that one of them
// has beside machines.
func priceLines(prices []PriceSource) []string {
	var out []string
	for i := 0; i < len(prices); {
		p, of := prices[i], []string{}
		for ; i < len(prices) && prices[i].Provider == p.Provider && prices[i].AsOf == p.AsOf && prices[i].Source == p.Source; i++ {
			if p.Of == "" && prices[i].Of != "" {
				break // machines have a line of their own
			}
			of = append(of, pricing.OfWords(prices[i].Of))
		}
		what, from := "Prices", fmt.Sprintf("%s of %s (%s)", cmp.Or(p.Provider, "default"), p.AsOf, p.Source)
		if p.Of != "" {
			what += " of " + joinedWords(of) // such as volumes and load balancers
		}
		if p.AsOf == "" {
			from = fmt.Sprintf("%s (%s), without a date", cmp.Or(p.Provider, "default"), p.Source)
		}
		out = append(out, clean(what+": "+from+"."))
	}
	return out
}

// joinedWords makes a list for a sentence.
func joinedWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
