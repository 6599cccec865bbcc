package html

import (
	"fmt"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/reports/brief"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// purchaseView is what to buy how.
type purchaseView struct {
	Lines  []string
	Layers []layer // the top one first
	Most   string  // of the picture's scale

	Commitments, Scenarios *list
}

// layer is one way to buy, in the order in which they lie on each other.
type layer struct {
	Name, Class, Mean string
	Columns           []column
}

// column is a layer in one hour of the day, in thousandths of the picture.
type column struct{ X, Y, Height int }

// The picture's measures.
const (
	layerHeight = 1000
	hourWidth   = 40
)

func purchaseOf(r *document.Report) *purchaseView {
	p := r.Purchase
	if p == nil {
		return nil
	}
	v := &purchaseView{Lines: brief.PurchaseNotes(r), Commitments: commitmentList(r), Scenarios: scenarioList(r)}
	if brief.SumMark(r) != "" {
		v.Lines = append(v.Lines, brief.EstimateWords(r)+".")
	}
	v.layers(p)
	return v
}

// part is a layer's demand by the hour of the day.
type part struct {
	name, class string
	hours       [24]float64
}

// layers are what pays for the demand of an hour: what is held, the long
// commitments, the short ones, spot, and on demand what is left.
func (v *purchaseView) layers(p *document.Purchase) {
	d := p.HourlyDemand
	if d == nil || len(d.ByHour) != 24 {
		return
	}
	parts := []part{}
	rest := [24]float64{}
	copy(rest[:], d.ByHour)
	take := func(name, class string, usd float64) {
		x := part{name: name, class: class}
		for h := range rest {
			x.hours[h] = max(min(usd, rest[h]), 0)
			rest[h] -= x.hours[h]
		}
		parts = append(parts, x)
	}
	if d.Held > 0 {
		x := part{name: "held already", class: "held"}
		for h := range x.hours {
			x.hours[h] = d.Held
		}
		parts = append(parts, x)
	}
	for years := 3; years >= 1; years -= 2 {
		if usd := coveredBy(p.Commitments, years); usd > 0 {
			take(fmt.Sprintf("commit %d y", years), map[int]string{3: "long", 1: "short"}[years], usd)
		}
	}
	parts = append(parts, part{name: "on demand", class: "demand", hours: rest})
	if d.Spot > 0 {
		x := part{name: "spot", class: "spot"}
		for h := range x.hours {
			x.hours[h] = d.Spot
		}
		parts = slices.Insert(parts, len(parts)-1, x)
	}
	v.draw(parts)
}

func coveredBy(all []document.Commitment, years int) (usd float64) {
	for i := range all {
		if all[i].TermYears == years {
			usd += all[i].Covers
		}
	}
	return usd
}

// draw lays the parts on each other.
func (v *purchaseView) draw(parts []part) {
	most := 0.0
	for h := range 24 {
		sum := 0.0
		for _, p := range parts {
			sum += p.hours[h]
		}
		most = max(most, sum)
	}
	if most <= 0 || !document.IsFinite(most) {
		return
	}
	v.Most = fmt.Sprintf("$%.2f an hour", most)
	var under [24]float64
	for _, p := range parts {
		l := layer{Name: p.name, Class: p.class}
		sum := 0.0
		for h := range p.hours {
			from, to := under[h]/most*layerHeight, (under[h]+p.hours[h])/most*layerHeight
			l.Columns = append(l.Columns, column{X: h * hourWidth, Y: layerHeight - int(to), Height: int(to) - int(from)})
			under[h] += p.hours[h]
			sum += p.hours[h]
		}
		l.Mean = fmt.Sprintf("$%.2f an hour", sum/24)
		v.Layers = append(v.Layers, l)
	}
	slices.Reverse(v.Layers)
}
