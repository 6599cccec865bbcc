package build

import (
	"cmp"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/advice"
	"github.com/plimsoll-k8s/plimsoll/recommender/spot"
	"github.com/plimsoll-k8s/plimsoll/reports/document"
)

// addSpot counts a workload.
func addSpot(m *document.SpotMarket, b *builder, r *advice.Advice, savings document.USD) {
	s := advice.As[spot.Readiness](r.Detail)
	w := document.SpotWorkload{
		Target: r.Workload.String(), Ready: s.Ready, Already: s.Already, Advised: s.Advised, OnDemandFloor: s.OnDemand, SpotReplicas: s.Spot,
		MonthlySavings: b.known(savings), Title: r.Title, Interruption: document.Share(s.Price.Interrupted), Assumed: s.Price.Assumed,
		Types: s.Price.Types, Checks: []document.SpotCheck{},
	}
	if s.Price.Known {
		list, effective := document.Decimals(document.Finite(s.Price.List), 4), document.Decimals(document.Finite(s.Price.Effective), 4)
		w.Price, w.EffectivePrice = &list, &effective
	}
	for _, c := range s.Checks {
		w.Checks = append(w.Checks, document.SpotCheck(c))
	}
	if s.Split != nil {
		w.Split = &document.SpotSplit{
			TopologyKey: s.Split.TopologyKey, OnDemandValues: s.Split.OnDemandValues, SpotValues: s.Split.SpotValues,
			CapacityKey: s.Split.CapacityKey, SpotValue: s.Split.Spot, MaxSkew: s.Split.MaxSkew, MinDomains: s.Split.MinDomains,
			Pools: s.Split.Pools, LostAtOnce: s.Split.LostAtOnce,
		}
		diversify(m, s.Price.Pools)
	}
	if s.Ready {
		m.Ready++
	} else {
		m.NotReady++
	}
	m.Workloads = append(m.Workloads, w)
}

// The weights of the pools: any two do, of which spot's is the larger.
const spotWeight, onDemandWeight = 100, 10

// diversify adds what may stand in for types of today, each once.
func diversify(m *document.SpotMarket, pools []spot.Pool) {
	if m.NodePools == nil {
		m.NodePools = []document.SpotNodePool{{CapacityType: "spot", Weight: spotWeight}, {CapacityType: string(pricing.OnDemand), Weight: onDemandWeight}}
	}
	for _, p := range pools {
		at, found := slices.BinarySearchFunc(m.Diversify, p.Instead, func(t document.SpotTypes, name string) int { return cmp.Compare(t.Instead, name) })
		if !found {
			m.Diversify = slices.Insert(m.Diversify, at, document.SpotTypes{Instead: p.Instead, Types: append([]string{}, p.Types...), Zones: append([]string{}, p.Zones...)})
		}
	}
}
