package setting

// RequestTrigger is a request rate as an autoscaler reads it.
type RequestTrigger struct {
	Counter string
	// Query is PromQL for the requests a second to all pods together.
	Query string
	// Threshold is the requests a second of one pod; a ScaledObject's trigger
	// is active above Activation requests a second.
	Threshold, Activation float64
}

// Schedule is a cron trigger of a ScaledObject: Replicas at the least from
// Start to End, both cron expressions in UTC.
type Schedule struct {
	Start, End string
	Replicas   int32
}
