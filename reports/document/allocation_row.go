package document

import (
	"time"
)

// AllocationRow is one allocation, with OpenCost's names: amounts are for the
// window, and averages are over all of it. monthly is plimsoll's own. What is
// not known is null.
type AllocationRow struct {
	Name       string               `json:"name"`
	Properties AllocationProperties `json:"properties"`
	Window     AllocationWindow     `json:"window"`
	Start      time.Time            `json:"start"`
	End        time.Time            `json:"end"`
	Minutes    float64              `json:"minutes"`

	CPUCores              float64 `json:"cpuCores"`
	CPUCoreRequestAverage float64 `json:"cpuCoreRequestAverage"`
	// CPUCoreLimitAverage is by the limits of today's pod templates, of containers that have one; null where some containers are in no template any more.
	CPUCoreLimitAverage *float64 `json:"cpuCoreLimitAverage" jsonschema:"nullable"`
	CPUCoreUsageAverage float64  `json:"cpuCoreUsageAverage"`
	// CPUCoreHours is the larger of request and usage, added up hour by hour.
	CPUCoreHours float64 `json:"cpuCoreHours"`
	CPUCost      Dollars `json:"cpuCost"`
	// CPUCostAdjustment is always 0, as are all adjustments: no invoice is compared with.
	CPUCostAdjustment Dollars `json:"cpuCostAdjustment"`
	// CPUCostIdle is the part of cpuCost that is its share of idle, as for GPU and RAM; 0 where idle is not spread.
	CPUCostIdle Dollars `json:"cpuCostIdle"`
	// CPUEfficiency is what was used of what was requested, as for RAM and in total; null where usage is not known or of one moment.
	CPUEfficiency *float64 `json:"cpuEfficiency" jsonschema:"nullable"`

	GPUCount          float64 `json:"gpuCount"`
	GPUHours          float64 `json:"gpuHours"`
	GPUCost           Dollars `json:"gpuCost"`
	GPUCostAdjustment Dollars `json:"gpuCostAdjustment"`
	GPUCostIdle       Dollars `json:"gpuCostIdle"`
	// GPUEfficiency is always null: what GPUs do is not measured.
	GPUEfficiency *float64 `json:"gpuEfficiency" jsonschema:"nullable"`
	// GPUAllocation is null where no GPU was held.
	GPUAllocation *GPUAllocation `json:"gpuAllocation" jsonschema:"nullable"`

	RAMBytes              float64 `json:"ramBytes"`
	RAMByteRequestAverage float64 `json:"ramByteRequestAverage"`
	// RAMByteLimitAverage is as cpuCoreLimitAverage.
	RAMByteLimitAverage *float64 `json:"ramByteLimitAverage" jsonschema:"nullable"`
	RAMByteUsageAverage float64  `json:"ramByteUsageAverage"`
	RAMByteHours        float64  `json:"ramByteHours"`
	RAMCost             Dollars  `json:"ramCost"`
	RAMCostAdjustment   Dollars  `json:"ramCostAdjustment"`
	RAMCostIdle         Dollars  `json:"ramCostIdle"`
	RAMEfficiency       *float64 `json:"ramEfficiency" jsonschema:"nullable"`

	PVBytes     float64 `json:"pvBytes"`
	PVByteHours float64 `json:"pvByteHours"`
	PVCost      Dollars `json:"pvCost"`
	// PVs are its parts of volumes, by cluster=CLUSTER:name=VOLUME. Their cost adds up to pvCost.
	PVs              map[string]PVAllocation `json:"pvs" jsonschema:"nullable"`
	PVCostAdjustment Dollars                 `json:"pvCostAdjustment"`

	// NetworkTransferBytes is always null, as is networkReceiveBytes: traffic is not counted.
	NetworkTransferBytes *float64 `json:"networkTransferBytes" jsonschema:"nullable"`
	NetworkReceiveBytes  *float64 `json:"networkReceiveBytes" jsonschema:"nullable"`
	// NetworkCost is always 0, and so are its parts: traffic is not counted.
	NetworkCost            Dollars `json:"networkCost"`
	NetworkCrossZoneCost   Dollars `json:"networkCrossZoneCost"`
	NetworkCrossRegionCost Dollars `json:"networkCrossRegionCost"`
	NetworkInternetCost    Dollars `json:"networkInternetCost"`
	NetworkCostAdjustment  Dollars `json:"networkCostAdjustment"`

	LoadBalancerCost           Dollars `json:"loadBalancerCost"`
	LoadBalancerCostAdjustment Dollars `json:"loadBalancerCostAdjustment"`
	// LBAllocations are its parts of load balancers, by CLUSTER/NAMESPACE/SERVICE. Their cost adds up to loadBalancerCost.
	LBAllocations map[string]LBAllocation `json:"lbAllocations" jsonschema:"nullable"`

	// SharedCost is its part of shared namespaces; the control plane's row has its fee here, as have commitments without usage.
	SharedCost Dollars `json:"sharedCost"`
	// ExternalCost is always 0: nothing outside the cluster is counted.
	ExternalCost    Dollars  `json:"externalCost"`
	TotalCost       Dollars  `json:"totalCost"`
	TotalEfficiency *float64 `json:"totalEfficiency" jsonschema:"nullable"`

	// PriceGap says which of its machines have no price, so that the amounts are estimates or lack them; absent where all have one.
	PriceGap string `json:"priceGap,omitempty"`

	// Monthly is the costs for a month of 730 hours.
	Monthly AllocationMonthly `json:"monthly"`
}

// AllocationProperties is what all that an allocation holds has in common.
type AllocationProperties struct {
	Cluster        string `json:"cluster,omitempty"`
	Node           string `json:"node,omitempty"`
	Namespace      string `json:"namespace,omitempty"`
	Pod            string `json:"pod,omitempty"`
	Controller     string `json:"controller,omitempty"`
	ControllerKind string `json:"controllerKind,omitempty"`
	Container      string `json:"container,omitempty"`
	// ProviderID is the machine's, as the node's spec.providerID ends on AWS and Google's cloud; all of it elsewhere.
	ProviderID string            `json:"providerID,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	// NamespaceLabels are the namespace's alone; labels has them too.
	NamespaceLabels map[string]string `json:"namespaceLabels,omitempty"`
}

// GPUAllocation is what is known of an allocation's GPUs.
type GPUAllocation struct {
	// GPUModel is absent where models differ or none is known.
	GPUModel          string  `json:"gpuModel,omitempty"`
	GPURequestAverage float64 `json:"gpuRequestAverage"`
	// GPUUsageAverage is always null: what GPUs do is not measured.
	GPUUsageAverage *float64 `json:"gpuUsageAverage" jsonschema:"nullable"`
}

// PVAllocation is an allocation's part of one volume.
type PVAllocation struct {
	ByteHours float64 `json:"byteHours"`
	Cost      Dollars `json:"cost"`
}

// LBAllocation is an allocation's part of one load balancer.
type LBAllocation struct {
	// Service is NAMESPACE/NAME.
	Service string  `json:"service"`
	Cost    Dollars `json:"cost"`
	// Hours is how long the load balancer is paid for, whatever the part.
	Hours float64 `json:"hours"`
}
