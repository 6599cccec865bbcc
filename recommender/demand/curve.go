package demand

import (
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
)

const (
	// purchaseDays is the days of history below which there is no demand to speak of.
	purchaseDays = 7
	// packedTo is the share of allocatable that requests fill at most once
	// nodes are packed: the idle room above it is not worth a commitment.
	packedTo = 0.85
)

// Hourly is the on-demand usage to be bought, in USD an hour at list
// prices.
type Hourly struct {
	Hours                          int // hours of history
	Mean, Min, P10, P50, P90, Peak float64
	Families                       []Family
	// ByHour is the mean by hour of the day, UTC.
	ByHour [24]float64
	// Held is what existing commitments cover of it on average; it is not in
	// the other figures.
	Held float64
	// Spot is what was left out because it can live on spot.
	Spot float64
	// Planned says that the demand follows the plan of the nodes, of which
	// Nodes are in use, on average, by hour of the day; else today's families.
	Planned bool
	Nodes   [24]float64
}

// Family is one family's part of it, or where the provider commits to the
// resources of a family apart, as Google does, one resource's.
type Family struct {
	pricing.CommitmentScope
	Mean float64
	// PerUnit is the on-demand price an hour of a vCPU with its memory; of a
	// resource that of a vCPU, a GiB or a GPU.
	PerUnit float64
	// GiBPerVCPU is the memory of its machines beside a vCPU; of the resource
	// memory that of the machine which has most.
	GiBPerVCPU float64
}

// FamilyList names the families of a curve for people, in its order.
func FamilyList(d *Curve) string {
	var names []string
	for _, f := range d.Families {
		if !slices.Contains(names, f.Family) {
			names = append(names, f.Family)
		}
	}
	return strings.Join(names, ", ")
}

// Summary describes the curve.
func (d *Curve) Summary() Hourly {
	totals := make([]float64, len(d.Hours))
	h := Hourly{Hours: len(d.Hours), Families: slices.Clone(d.Families), Held: d.held, Spot: d.spot, Planned: d.planned, Nodes: d.nodes}
	var count [24]float64
	for i, hour := range d.Hours {
		for _, v := range hour {
			totals[i] += v
		}
		h.ByHour[d.clock[i]] += totals[i]
		count[d.clock[i]]++
	}
	for i, n := range count {
		if n > 0 {
			h.ByHour[i] /= n
		}
	}
	curve := pricing.DemandOf(totals)
	h.Mean, h.Min, h.P10, h.P50 = curve.Mean(), curve.Quantile(1e-6), curve.Quantile(0.1), curve.Quantile(0.5)
	h.P90, h.Peak = curve.Quantile(0.9), curve.Quantile(1)
	return h
}

// Warn notes a doubt about the demand.
func (d *Curve) Warn(code, message string) {
	d.Warnings = append(d.Warnings, analyzer.Warning{Code: code, Subject: "purchase", Message: message})
}
