package evidence

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/cost"
)

// Prices are the unit prices that requests are multiplied by.
type Prices struct {
	// Unit is that of workloads without their own; zero where nothing is known.
	Unit cost.UnitPrice
	// Workloads has those of the nodes that a workload runs on.
	Workloads map[analyzer.Ref]cost.UnitPrice
	// Source says where the prices are from, for people.
	Source string
}

// Known reports whether there are prices at all.
func (p Prices) Known() bool { return p.Unit != (cost.UnitPrice{}) }

// Monthly gives the USD a month of so many pods that ask for the amounts.
func (p Prices) Monthly(ref analyzer.Ref, a analyzer.Amounts, pods float64) float64 {
	u, ok := p.Workloads[ref]
	if !ok {
		u = p.Unit
	}
	hourly := float64(a.CPU)/1000*u.CoreHour + float64(a.Memory)/(1<<30)*u.GiBHour + float64(a.GPU)*u.GPUHour
	return hourly * pods * pricing.HoursPerMonth
}
