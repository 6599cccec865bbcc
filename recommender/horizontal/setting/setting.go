package setting

import (
	"context"
	"time"
)

// Bounds hold a search for a setting.
type Bounds struct {
	Floor   int32 // of the replicas: availability, zones, disruption budgets
	Ceiling int32 // by quota, and by nodes that no two pods may share; 0 means none
	// Roof bounds the maximum by nodes and money, down to leastGrowth
	// above the highest demand; 0 means none.
	Roof int32
	// Unserved is the share of time, in [0, 1], that demand may be unserved, and
	// that it may be served late.
	Unserved float64
	// Start is the start-up time of a pod.
	Start time.Duration
	// HighestTarget bounds the target in percent; 0 means no bound.
	HighestTarget int32
	// MostPerPod is the demand, in millicores, above which a pod's memory would not
	// fit; 0 means no bound.
	MostPerPod float64
	// OwnTolerance says that an HPA may have its own, as it may since
	// Kubernetes 1.35.
	OwnTolerance bool
	// FixedMargin is the margin over demand, in percent, that a fixed number of
	// replicas must leave: nothing would add a pod.
	FixedMargin float64
}

// Candidate is one setting, by its replay over the demand it was searched on.
type Candidate struct {
	// Fixed means Min replicas at all times and no autoscaler.
	Fixed    bool
	Min, Max int32
	Target   int32 // percent of the request
	// DownWindow is scaleDown.stabilizationWindowSeconds; 0 is the default.
	DownWindow time.Duration
	Tolerance  Tolerance

	Train, Check Score
}

// simplicity is the share of replica-hours that a setting with behavior of its
// own must save before it is preferred to the controller's defaults, and
// worthTolerance what one with a tolerance of its own must.
const (
	simplicity     = 0.02
	worthTolerance = 0.03
)

// effort is what settings are compared by: replica-hours, and a little for
// every field that must be explained.
func (c *Candidate) effort() float64 {
	v := c.Train.ReplicaHours
	if c.DownWindow > 0 {
		v *= 1 + simplicity
	}
	if c.Tolerance != (Tolerance{}) {
		v *= 1 + worthTolerance
	}
	return v
}

// Search tries settings on the first part of the demand and checks those that
// keep within what may go unserved on the rest, cheapest first. It gives the
// cheapest autoscaler and the cheapest fixed number that hold on both; nil
// where none does. tried are all autoscalers with their scores on the first
// part, cheapest first.
func Search(ctx context.Context, d Demand, b Bounds) (scaled, fixed *Candidate, tried []Candidate, err error) {
	train, check := d.Split()
	if tried, err = train.scoreAll(ctx, train.grid(b), b); err != nil {
		return nil, nil, nil, err
	}
	if scaled, err = firstThatHolds(ctx, check, tried, b); err != nil {
		return nil, nil, nil, err
	}
	train, check = train.Raised(b.FixedMargin), check.Raised(b.FixedMargin)
	still, err := train.scoreAll(ctx, train.fixed(b), b)
	if err != nil {
		return nil, nil, nil, err
	}
	fixed, err = firstThatHolds(ctx, check, still, b)
	return scaled, fixed, tried, err
}

// BoolFirst orders what is so before what is not.
func BoolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
