package recommender

import "github.com/plimsoll-k8s/plimsoll/analyzer"

// HoursPerMonth is how long a month is in every figure of money.
const HoursPerMonth = 730

// Costs is what the cluster costs now and whose cost it is. All money is USD a
// month of 730 hours at list prices unless the user gave others. Workloads,
// Idle and Overhead add up to Bill.
type Costs struct {
	Bill     float64
	Idle     float64 // allocatable that nobody asked for or used
	Overhead float64 // what nodes keep for the system
	// Workloads holds the cost of every workload with running pods.
	Workloads map[analyzer.Ref]WorkloadCost
	// MeanUnit is the unit price over all nodes.
	MeanUnit UnitPrice
	Nodes    []NodeCost // by node name
	Prices   []PriceSource
	Warnings []analyzer.Warning
}

// WorkloadCost is a workload's share of the bill: for each resource of each
// pod the larger of request and usage.
type WorkloadCost struct {
	Monthly    float64
	Containers map[string]float64 // by container name; sums to Monthly
	Pods       int                // pods that run now
	Unit       UnitPrice
}

// UnitPrice is what one unit of a resource costs an hour on the nodes that a
// workload runs on (their mean, weighted by pods).
type UnitPrice struct {
	CoreHour float64
	GiBHour  float64
	GPUHour  float64
}

// NodeCost is the price of one node.
type NodeCost struct {
	Name         string
	InstanceType string
	CapacityType string // on-demand, spot, reserved
	Zone         string
	Hourly       float64
	Estimated    bool // the table does not have it; Note says how it was found
	Note         string
}

// PriceSource is one table or file that prices came from.
type PriceSource struct {
	Provider string
	AsOf     string // a date, or dates by field
	Source   string
}

// unitPrice gives the unit price for a workload; one without running pods is
// priced at the mean of all nodes.
func (c *Costs) unitPrice(r analyzer.Ref) UnitPrice {
	if w, ok := c.Workloads[r]; ok {
		return w.Unit
	}
	return c.MeanUnit
}
