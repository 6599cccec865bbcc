package purchase

import (
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// cite adds the files of the commitments that exist and, unless the advice is
// withheld, the tables of those that were weighed.
func cite(c *cost.Costs, r *advice.Advice) error {
	a := advice.As[Advice](r.Detail)
	at := cost.Place{Provider: a.Provider, Region: a.Region}
	if at.Provider == "" { // withheld: today's nodes tell
		at = c.Home()
	}
	r.Cite(c.Catalog.HeldSources(at.Provider, at.Region, a.Held))
	if len(r.Withheld) > 0 {
		return nil
	}
	var families []string
	for _, f := range a.Demand.Families {
		families = append(families, f.Family)
	}
	sources, err := c.Catalog.CommitmentSources(at.Provider, at.Region, families...)
	r.Cite(sources)
	return err
}
