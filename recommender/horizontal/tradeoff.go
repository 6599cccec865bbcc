package horizontal

import (
	"slices"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/horizontal/setting"
)

// tradeOff gives, for shares of time that may go unserved, the fewest
// replica-hours a month that the settings tried on the first part allow.
func tradeOff(tried []setting.Candidate) []TradeOff {
	var out []TradeOff
	for _, share := range []float64{0, 0.001, 0.003, 0.01, 0.03, 0.1} {
		i := slices.IndexFunc(tried, func(c setting.Candidate) bool { return c.Train.Slow <= share })
		if i < 0 {
			continue
		}
		c := tried[i]
		if n := len(out); n > 0 && out[n-1].Unserved == c.Train.Slow {
			continue // allowing more gains nothing
		}
		out = append(out, TradeOff{Allowed: share, Unserved: c.Train.Slow, ReplicaHours: c.Train.Replicas() * pricing.HoursPerMonth, Min: c.Min, Target: c.Target})
	}
	return out
}

// demandOf is a workload's curve as a search reads it.
func demandOf(c analyzer.LoadCurve, request int64) setting.Demand {
	return setting.Demand{Step: 5 * time.Minute, Millicores: c.CPU, Request: request}
}

// TradeOff is one point of cost against unserved load.
type TradeOff struct {
	Allowed      float64 // the share of time that may go unserved or be served late
	Unserved     float64 // the share that did
	ReplicaHours float64 // a month
	Min, Target  int32
}
