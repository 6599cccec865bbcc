package brief

import (
	"cmp"
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// PriceLines name the sources for people, one line for all that one of them
// has beside machines.
func PriceLines(prices []document.PriceSource) []string {
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
			what += " of " + Joined(of) // such as volumes and load balancers
		}
		if p.AsOf == "" {
			from = fmt.Sprintf("%s (%s), without a date", cmp.Or(p.Provider, "default"), p.Source)
		}
		out = append(out, Clean(what+": "+from+"."))
	}
	return out
}
