package replay

import "time"

// Outcome is what a replay cost and what it failed to serve.
type Outcome struct {
	// Duration is the time replayed.
	Duration time.Duration
	// ReplicaTime is replicas summed over time, counted from a pod's creation.
	ReplicaTime time.Duration
	// UnservedTime is the time during which demand exceeded the capacity of the ready pods.
	UnservedTime time.Duration
	// SlowTime is the time during which demand exceeded Workload.Prompt of the ready pods, unserved or
	// served late; 0 where Prompt is not given.
	SlowTime time.Duration
	// UnservedVolume and DemandVolume are in milli-units times milliseconds.
	UnservedVolume, DemandVolume int64
	// AtMax and AtMin are the time spent at maxReplicas and at or below minReplicas.
	AtMax, AtMin time.Duration
	// ScaleUps and ScaleDowns count changes of replicas. Flaps count scale-ups soon after a scale-down.
	ScaleUps, ScaleDowns, Flaps int
	// Peak is the highest number of replicas.
	Peak int32
	// Syncs counts the syncs that were worked out rather than passed over.
	Syncs int
	// Series are the replicas over time, if asked for.
	Series []Segment
}

// Segment is a number of replicas that holds from From to the next segment.
type Segment struct {
	From     time.Duration
	Replicas int32
}

// ReplicaHours is ReplicaTime in hours.
func (o Outcome) ReplicaHours() float64 { return o.ReplicaTime.Hours() }

// UnservedTimeShare is the share of the time during which some demand went unserved, 0..1.
func (o Outcome) UnservedTimeShare() float64 {
	return share(float64(o.UnservedTime), float64(o.Duration))
}

// SlowTimeShare is the share of the time during which some demand was not served promptly, 0..1.
func (o Outcome) SlowTimeShare() float64 { return share(float64(o.SlowTime), float64(o.Duration)) }

// UnservedVolumeShare is the share of all demand that went unserved, 0..1.
func (o Outcome) UnservedVolumeShare() float64 {
	return share(float64(o.UnservedVolume), float64(o.DemandVolume))
}

// AtMaxShare is the share of the time spent at maxReplicas, 0..1.
func (o Outcome) AtMaxShare() float64 { return share(float64(o.AtMax), float64(o.Duration)) }

// FlapsPerDay is the number of flaps in 24 hours.
func (o Outcome) FlapsPerDay() float64 {
	return share(float64(o.Flaps), o.Duration.Hours()/24)
}

func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}
