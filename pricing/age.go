package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// Ages are the days from which prices are called old, by kind; 0 never.
type Ages struct {
	List        int // machines on demand, volumes, load balancers, the control plane
	Commitments int
	Spot        int
}

// UsualAges says how long each kind of price is good for. List prices of a
// machine stand for years: of 12,935 of AWS' 50 changed within five months of
// 2025, all but those of four GPU families by 5 %. Discounts of commitments
// change with new programs. Azure's spot prices rose by half within 15 months.
func UsualAges() Ages { return Ages{List: 730, Commitments: 365, Spot: 90} }

// SameAges calls prices of any kind old after so many days.
func SameAges(days int) Ages { return Ages{List: days, Commitments: days, Spot: days} }

// limit is the days for what a provenance is of.
func (a Ages) limit(of string) int {
	switch of {
	case OfSpot:
		return a.Spot
	case OfCommitments:
		return a.Commitments
	}
	return a.List
}

// of says what the prices of a column are of.
func (s slot) of() string {
	switch s {
	case slotSpot:
		return OfSpot
	case slotReserved1, slotReserved3:
		return OfCommitments
	}
	return ""
}

// Stale names in one sentence all sources that are too old at now, the oldest
// of each kind; empty where none is. A source without a date is not called old:
// price files need not carry one.
func Stale(used []Provenance, now time.Time, ages Ages) string {
	oldest := map[[2]string]Provenance{} // by provider and kind
	for _, p := range used {
		date, ok := parseDate(p.AsOf)
		limit := ages.limit(p.Of)
		if !ok || limit <= 0 || now.Sub(date) <= time.Duration(limit)*24*time.Hour {
			continue
		}
		key := [2]string{p.Provider, p.Of}
		if o, seen := oldest[key]; !seen || p.AsOf < o.AsOf {
			oldest[key] = p
		}
	}
	var old []Provenance
	for _, p := range oldest {
		old = append(old, p)
	}
	if len(old) == 0 {
		return ""
	}
	slices.SortFunc(old, func(a, b Provenance) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Of, b.Of))
	})
	parts := make([]string, len(old))
	for i, p := range old {
		date, _ := parseDate(p.AsOf)
		what := cmp.Or(OfWords(p.Of), "machines")
		if p.Provider != "" && p.Provider != "default" {
			what = p.Provider + " " + what
		}
		parts[i] = fmt.Sprintf("%s of %s (%s, %d days, old after %d)", what, p.AsOf, p.Source, int(now.Sub(date).Hours()/24), ages.limit(p.Of))
	}
	return "old prices: " + strings.Join(parts, ", ") + "; " + mend(old)
}

// mend says what to do about old prices.
func mend(old []Provenance) string {
	var flags []string
	clouds := map[string]bool{}
	for _, p := range old {
		if cloud.Of(p.Provider) == nil || !slices.Contains([]string{"", OfCommitments, OfSpot}, p.Of) {
			continue // of no list that is read
		}
		clouds[p.Provider] = true
		if flags = append(flags, " --provider "+p.Provider); p.Of == OfSpot && cloud.Of(p.Provider).SpotApart {
			flags = append(flags, " --spot")
		}
	}
	slices.Sort(flags)
	switch flags = slices.Compact(flags); len(clouds) {
	case 0:
		return "give newer ones with --pricing"
	case 1:
		return "renew them with price update" + strings.Join(flags, "") + " (plimsoll help price), or give newer ones with --pricing"
	}
	return "renew them with price update (plimsoll help price), or give newer ones with --pricing"
}
