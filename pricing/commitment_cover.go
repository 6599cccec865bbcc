package pricing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// CoverHeld takes what commitments cover off an hour's usage, in USD at on-demand
// prices, by scope, in the providers' order: those of one resource of a family first, then
// those of a family, such as reserved instances and EC2 Instance Savings Plans, spread over
// its resources by their usage, then those of all, such as Compute Savings Plans, at the
// largest discount first. It changes usage and gives what was covered.
// Source: docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html.
func CoverHeld(held []HeldCommitment, scopes []CommitmentScope, usage []float64) (covered float64) {
	take := func(j int, usd float64) float64 {
		usd = min(usd, usage[j])
		usage[j] -= usd
		covered += usd
		return usd
	}
	byFamily := map[string]float64{}
	for _, h := range held {
		switch {
		case h.Family == "":
		case h.Resource == "":
			byFamily[h.Family] += h.Covers
		default:
			for j, s := range scopes {
				if s.Family == h.Family && s.Resource == h.Resource {
					take(j, h.Covers)
				}
			}
		}
	}
	used := map[string]float64{}
	for j, s := range scopes {
		used[s.Family] += usage[j]
	}
	for j, s := range scopes {
		if used[s.Family] > 0 {
			take(j, usage[j]*min(1, byFamily[s.Family]/used[s.Family]))
		}
	}
	for i := range held {
		if h := &held[i]; h.Family == "" {
			left := h.Covers
			for _, j := range h.wide.of(scopes) {
				left -= take(j, left)
			}
		}
	}
	return covered
}

// CanCover reports whether a commitment holds for usage of a scope.
func (h *HeldCommitment) CanCover(s CommitmentScope) bool {
	if h.Family == "" {
		return h.wide.covers(s)
	}
	return h.Family == s.Family && (h.Resource == "" || h.Resource == s.Resource)
}

// wideOrder is what commitments of all families cover in a region, and what first.
type wideOrder struct {
	// some are what the tables list where such commitments cover some families alone, and no
	// GPUs, as Google's do; nil where they cover all.
	some []Commitment
	// discount is by family, in percent; 0 where it is not known.
	discount map[string]float64
}

// wideOrder reads the discounts of commitments of all families off the tables: for a year,
// without payment upfront where there is a choice. What the user holds may be of another
// term, but which of two families has the larger discount is the same.
func (c *Catalog) wideOrder(provider, region string) *wideOrder {
	p := cloud.Canonical(provider)
	w := &wideOrder{discount: map[string]float64{}}
	of := cloud.Of(p)
	if of == nil {
		return w
	}
	for _, in := range []string{region, Anywhere} {
		list, err := c.extras.commitmentsIn(p, in)
		if err != nil {
			continue // reading the offers tells the user
		}
		for _, d := range list {
			program := of.Program(d.Program)
			switch o, ok := offerOf(d, d.Family); {
			case program == nil || !program.Flexible:
			case program.Covers != nil:
				w.some = append(w.some, d)
			case ok && o.TermYears == 1 && o.Upfront == 0:
				family := strings.ToLower(d.Family)
				w.discount[family] = max(w.discount[family], o.DiscountPercent)
			}
		}
	}
	return w
}

func (w *wideOrder) covers(s CommitmentScope) bool {
	if w == nil || len(w.some) == 0 {
		return true
	}
	return s.Resource != ResourceGPU && s.Resource != ResourceUntold && slices.ContainsFunc(w.some, func(d Commitment) bool {
		_, ok := offerOf(d, s.Family)
		return ok
	})
}

// of gives the indexes of the scopes that are covered, those of the largest discount first.
func (w *wideOrder) of(scopes []CommitmentScope) (order []int) {
	for j, s := range scopes {
		if w.covers(s) {
			order = append(order, j)
		}
	}
	if w != nil {
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(w.discount[strings.ToLower(scopes[b].Family)], w.discount[strings.ToLower(scopes[a].Family)])
		})
	}
	return order
}
