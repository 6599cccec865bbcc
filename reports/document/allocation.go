package document

import (
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Allocation is whose the bill of the window is. It is absent unless asked for.
type Allocation struct {
	// Aggregate is what the allocations are added up by.
	Aggregate []string `json:"aggregate"`
	// Window is what is paid for. A report of one moment pays for the hour that ends in it.
	Window  AllocationWindow `json:"window"`
	Minutes float64          `json:"minutes"`
	// Seen, from 0 to 1, is the share of the window in which any usage was recorded; what was seen stands for all of it.
	Seen float64 `json:"seen" jsonschema:"minimum=0,maximum=1"`
	// Shared is whose cost all others bear.
	Shared *SharedNamespaces `json:"shared,omitempty"`
	// ShareIdle is over what idle is spread: cluster (all) or node (what is on the same node). Absent: it stands in __idle__.
	ShareIdle string `json:"shareIdle,omitempty" jsonschema:"enum=cluster,enum=node"`
	// Filter is which costs are listed. The rest of the bill stands in __rest__.
	Filter string `json:"filter,omitempty"`
	// PriceBasis is what the nodes' cost goes by: list prices or an estimate, as the summary does, or list prices with the commitments held.
	PriceBasis string `json:"priceBasis,omitempty" jsonschema:"enum=list,enum=estimate,enum=commitments"`
	// ListNodesMonthly is what the nodes cost a month at list prices; only where commitments are held, whose effect the bill has.
	ListNodesMonthly *USD `json:"listNodesMonthly,omitempty"`
	// Bill is what there is to pay for the window: the sum of all allocations' totalCost.
	Bill AllocationBill `json:"bill"`
	// MonthlyBill is the same for a month of 730 hours, rounded to the cent: the sum of all allocations' monthly.total.
	MonthlyBill AllocationBill `json:"monthlyBill"`
	// NodesByHour says that the nodes are those that the window had, hour by hour, as in the summary. Without it they are today's, in all hours.
	NodesByHour bool `json:"nodesByHour,omitempty"`
	// NodeUse is what becomes of the nodes' monthly bill.
	NodeUse NodeUse `json:"nodeUse"`
	// Nodes is the same for each node; only where aggregated by node.
	Nodes []AllocatedNode `json:"nodes,omitempty"`
	// Accuracy is how exact the pods' cost is.
	Accuracy Accuracy `json:"accuracy"`
	// Allocations are by cost, dearest first; what is nobody's stands last.
	Allocations []AllocationRow `json:"allocations"`
	// MonthlyTotals are the sums over the allocations.
	MonthlyTotals AllocationMonthly `json:"monthlyTotals"`
	// Warnings are the doubts about the allocation.
	Warnings []analyzer.Warning `json:"warnings"`
}

// AllocationWindow is the time that is paid for.
type AllocationWindow struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// SharedNamespaces are namespaces whose cost all others bear.
type SharedNamespaces struct {
	Namespaces []string `json:"namespaces"`
	// Split is weighted, by each one's own cost, or even.
	Split string `json:"split" jsonschema:"enum=weighted,enum=even"`
}

// AllocationBill is what there is to pay, in USD. The parts add up to the total.
type AllocationBill struct {
	Nodes         Dollars `json:"nodes"`
	Volumes       Dollars `json:"volumes"`
	LoadBalancers Dollars `json:"loadBalancers"`
	ControlPlane  Dollars `json:"controlPlane"`
	// UnusedCommitments is what commitments cost that found no usage; only in an allocation.
	UnusedCommitments Dollars `json:"unusedCommitments,omitempty"`
	Total             Dollars `json:"total"`
}

// NodeUse is what becomes of the bill of nodes, in USD a month. The parts add
// up to the total; stranded, free and reserved are what OpenCost calls idle.
type NodeUse struct {
	// Used is what pods other than DaemonSets' used.
	Used USD `json:"used"`
	// Slack is what they requested and did not use.
	Slack      USD `json:"slack"`
	DaemonSets USD `json:"daemonSets"`
	// Stranded is idle on nodes where another resource is full.
	Stranded USD `json:"stranded"`
	// Free is idle and can be had.
	Free USD `json:"free"`
	// Reserved is capacity less allocatable: what nodes keep for the system.
	Reserved USD `json:"reserved"`
	Total    USD `json:"total"`
}

// AllocatedNode is one node's bill by what becomes of it.
type AllocatedNode struct {
	Name         string `json:"name"`
	InstanceType string `json:"instanceType,omitempty"`
	// PriceGap says that the machine has no price; absent where it has one.
	PriceGap string `json:"priceGap,omitempty"`
	// Hours is how long the node was paid for in the window; only with nodesByHour. "gone:" stands for all nodes of a kind that are there no more.
	Hours float64 `json:"hours,omitempty"`
	NodeUse
}

// Accuracy is how exact the pods' cost is, in USD a month.
type Accuracy struct {
	// Step is the time over which request and usage are compared.
	Step string `json:"step"`
	// MissedMonthly is the most that the cost could be higher if they were compared at every moment.
	MissedMonthly USD `json:"missedMonthly"`
	// DailyMonthly is the cost that rests on days' means, since no hours were recorded.
	DailyMonthly USD `json:"dailyMonthly"`
	// UnplacedMonthly is the cost of pods whose node is not known.
	UnplacedMonthly USD `json:"unplacedMonthly"`
}

// AllocationMonthly is costs in USD a month of 730 hours. All but slack add up
// to the total.
type AllocationMonthly struct {
	CPU           USD `json:"cpu"`
	Memory        USD `json:"memory"`
	GPU           USD `json:"gpu"`
	Volumes       USD `json:"volumes"`
	LoadBalancers USD `json:"loadBalancers"`
	// Shared is the part of shared namespaces, or the control plane's fee, or commitments without usage.
	Shared USD `json:"shared"`
	Total  USD `json:"total"`
	// Slack is the part of CPU and memory that was requested and not used.
	Slack USD `json:"slack"`
}

// OfMoment reports whether one reading stands for the window.
func (a *Allocation) OfMoment() bool { return a.Accuracy.Step == "0s" }
