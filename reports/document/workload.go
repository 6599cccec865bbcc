package document

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Workload is a top-level controller, or a pod that nothing controls.
type Workload struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	// APIVersion is that of its object; absent where none was read.
	APIVersion string `json:"apiVersion,omitempty"`
	// Team is what the workload's label team says, else its label owner or app.kubernetes.io/part-of.
	Team string `json:"team,omitempty"`
	// Replicas is what the controller is asked for now.
	Replicas int32 `json:"replicas"`
	// MeanPods is the mean number of pods while there were any.
	MeanPods float64 `json:"meanPods,omitempty"`
	// MonthlyCost is its share of the bill at list prices, by the pods and requests that it had in the window, as in allocation; null where
	// there are no prices.
	MonthlyCost *USD `json:"monthlyCost" jsonschema:"nullable"`
	// PriceGap says which of its machines have no price, so that the amounts are estimates or lack them; empty where all have one.
	PriceGap string `json:"priceGap,omitempty"`
	// MonthlySavings is what its containers' and its horizontal recommendation are worth together; negative where they cost money. Null where there are no prices.
	MonthlySavings *USD        `json:"monthlySavings" jsonschema:"nullable"`
	Containers     []Container `json:"containers"`
	// Horizontal is what decides the number of pods; absent where the workload cannot be scaled or no rule has looked.
	Horizontal *Horizontal `json:"horizontal,omitempty"`
	// VPA is the VerticalPodAutoscaler that suits the workload; absent in clusters without any.
	VPA *VPA `json:"vpa,omitempty"`
	// ReadySeconds is from start to ready, of the fastest pod that never restarted; absent where none was seen.
	ReadySeconds int64 `json:"readySeconds,omitempty"`
	// Releases are the revisions that the cluster still keeps, oldest first; absent where none was read.
	Releases []Release `json:"releases,omitempty"`
	// Findings are mistakes in its autoscalers and disruption budgets.
	Findings []Finding `json:"findings,omitempty"`
}

// Release is one revision of a workload's pod template.
type Release struct {
	// At is when its object was made: one that is rolled back to keeps its time.
	At time.Time `json:"at"`
	// Revision is the controller's number; absent where it has none.
	Revision int64 `json:"revision,omitempty"`
	// Images are its containers'; absent where the template was not read.
	Images []string `json:"images,omitempty"`
}

// Container is one container of a workload's pod template. Amounts are for one
// pod, money is for all pods of the workload.
type Container struct {
	Name string `json:"name"`
	// Image is what it runs now; absent where no object told.
	Image string `json:"image,omitempty"`
	Type  string `json:"type" jsonschema:"enum=container,enum=init,enum=sidecar"`
	// MonthlyCost is its share of the workload's cost.
	MonthlyCost *USD `json:"monthlyCost,omitempty"`
	// MonthlySavings is what its recommendation is worth; negative where it costs money.
	MonthlySavings *USD    `json:"monthlySavings,omitempty"`
	Current        Setting `json:"current"`
	// Unknown says that no source told what it has now: what is absent in current is not known, and not unset.
	Unknown bool `json:"unknown,omitempty"`
	// Recommended is complete: what stays is repeated. It is null where the recommendation is withheld.
	Recommended *Setting `json:"recommended" jsonschema:"nullable"`
	// Withheld says what is not advised, and why: all, or one resource, of which recommended then repeats what is set now.
	Withheld []Withheld `json:"withheld,omitempty"`
	Usage    Usage      `json:"usage"`
	Risk     Risk       `json:"risk"`
	// Confidence, from 0 to 1, is how much the history supports the recommendation.
	Confidence float64 `json:"confidence" jsonschema:"minimum=0,maximum=1"`
	// Coverage, from 0 to 1, is the share of the window in which the container was seen.
	Coverage float64 `json:"coverage" jsonschema:"minimum=0,maximum=1"`
	// OOMKills and Restarts are counted over the window and all pods.
	OOMKills int64 `json:"oomKills,omitempty"`
	Restarts int64 `json:"restarts,omitempty"`
	// ThrottledShare, from 0 to 1, is the share of CPU periods that were throttled; absent where it was not measured.
	ThrottledShare *float64 `json:"throttledShare,omitempty"`
	// Evidence are the figures that the recommendation rests on.
	Evidence []Evidence         `json:"evidence"`
	Warnings []analyzer.Warning `json:"warnings"`
}

// Withheld is a recommendation that is not given.
type Withheld struct {
	Resource string `json:"resource" jsonschema:"enum=all,enum=cpu,enum=memory"`
	Reason   string `json:"reason"`
}

// Setting is what a container asks for.
type Setting struct {
	Requests Resources `json:"requests"`
	Limits   Resources `json:"limits"`
}

// Usage is what one pod's container used over the window, by the samples of
// all pods; absent where there are none. Percentiles are off by less than 1 %;
// mean and max are exact.
type Usage struct {
	CPU    *CPUUsage    `json:"cpu,omitempty"`
	Memory *MemoryUsage `json:"memory,omitempty"`
}

// CPUUsage is rounded to the microcore.
type CPUUsage struct {
	Mean CPU `json:"mean"`
	P50  CPU `json:"p50"`
	P95  CPU `json:"p95"`
	P99  CPU `json:"p99"`
	Max  CPU `json:"max"`
}

// MemoryUsage is rounded up to the KiB.
type MemoryUsage struct {
	Mean Bytes `json:"mean"`
	P50  Bytes `json:"p50"`
	P95  Bytes `json:"p95"`
	P99  Bytes `json:"p99"`
	Max  Bytes `json:"max"`
}

// Risk is what may go wrong with the recommendation followed. What is not
// known is absent.
type Risk struct {
	// OOMProbability is the probability of an OOM kill within a week.
	OOMProbability *float64 `json:"oomProbability,omitempty" jsonschema:"minimum=0,maximum=1"`
	// CPUOverRequest is the share of time in which CPU usage is above the request.
	CPUOverRequest *float64 `json:"cpuOverRequest,omitempty" jsonschema:"minimum=0,maximum=1"`
}
