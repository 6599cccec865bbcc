package replay

import "time"

// Observation is everything the controller reads in one sync.
type Observation struct {
	// SpecReplicas and StatusReplicas are those of the target's scale.
	SpecReplicas, StatusReplicas int32
	// ScaleErr is set when the scale could not be read; nothing else is looked at then.
	ScaleErr error
	// SelectorFault is the reason the pods could not be told, InvalidSelector or AmbiguousSelector
	// (another HPA selects one of them); empty when all is well.
	SelectorFault string
	// Pods are all pods in the namespace that match the scale's selector, whoever owns them.
	Pods []Pod
	// UsageErr is set when the resource metrics API failed.
	UsageErr error
	// Strays are resource samples of pods that match the selector in metrics-server but no longer
	// exist in the API server.
	Strays []Usage
	// Readings belong to Autoscaler.Metrics by position; entries of resource metrics are not read.
	Readings []Reading
}

// Pod is one pod as the controller sees it.
type Pod struct {
	Phase    Phase
	Deleting bool // has a deletion timestamp
	// Ready is the Ready condition and ReadyAt its last transition.
	Ready   ReadyCondition
	ReadyAt time.Duration
	// Started tells whether status.startTime is set and StartAt is its value.
	Started bool
	StartAt time.Duration
	// Containers are the main containers and the sidecars, without other init containers.
	Containers []Container
	// PodRequests are the pod's effective requests when pod-level requests are set (pod-level value,
	// else the containers' aggregate, plus overhead); nil when they are not.
	PodRequests Amounts
	// Usage is the pod's sample in metrics-server; nil if it has none.
	Usage *Usage
}

// Container is a container's part in the pod's requests.
type Container struct {
	Name     string
	Sidecar  bool // an init container with restartPolicy Always
	Requests Amounts
}

// Amounts are milli-units by resource.
type Amounts map[Resource]int64

// Usage is a pod's entry in the resource metrics API.
type Usage struct {
	At         time.Duration // end of the window
	Window     time.Duration
	Containers []ContainerUsage
}

// ContainerUsage is one container of a Usage.
type ContainerUsage struct {
	Name    string
	Amounts Amounts
}

// Phase is a pod's status.phase.
type Phase string

// The phases of a pod.
const (
	Pending   Phase = "Pending"
	Running   Phase = "Running"
	Succeeded Phase = "Succeeded"
	Failed    Phase = "Failed"
)

// ReadyCondition is the status of a pod's Ready condition.
type ReadyCondition int8

// A pod may have no Ready condition at all.
const (
	NoReadyCondition ReadyCondition = iota
	ReadyTrue
	ReadyFalse
	ReadyUnknown
)

// Reading is what a metrics API returned for one Pods, Object or External metric, in milli-units.
type Reading struct {
	// Err is set when the API failed or the metric has no selector that parses.
	Err error
	// Pods are a Pods metric's samples, by position in Observation.Pods.
	Pods []Sample
	// Strays are a Pods metric's samples of pods that no longer exist.
	Strays []int64
	// Values are the series of an External metric, or the one value of an Object metric.
	Values []int64
}

// Sample is one pod's value of a Pods metric.
type Sample struct {
	Present bool
	Value   int64
}
