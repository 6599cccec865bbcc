package advice

import (
	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/recommender/allocation"
)

// Options is what the user asked for. The zero value means the defaults.
type Options struct {
	// RiskCPU is the share of time, in (0, 1), that CPU usage may be above the
	// request. 0 means DefaultRiskCPU.
	RiskCPU float64
	// RiskBroken is the share of containers, in (0, 1), that may be above their CPU request
	// for more than RiskCPU of the time. 0 means DefaultRiskBroken; below 0 RiskCPU is the
	// mean over all containers instead.
	RiskBroken float64
	// Profiles are the promises by name for parts of the cluster: by NAMESPACE, or by
	// NAMESPACE/KIND/NAME of a workload.
	Profiles map[string]string
	// RiskOOM is the probability, in (0, 1), with which a container may be
	// OOM-killed within a week. 0 means DefaultRiskOOM.
	RiskOOM float64
	// MemoryLimit is what becomes of memory limits: keep, risk or equal; empty keeps them.
	MemoryLimit string
	// ChangeQoS lets pods lose the QoS class Guaranteed.
	ChangeQoS bool
	// RiskUnserved is the share of time, in (0, 1), that demand may be above
	// the requests of a scaled workload's ready pods. 0 means
	// DefaultRiskUnserved.
	RiskUnserved float64
	// Slowdown is by how much queueing may lengthen the mean response, as a
	// multiple of the service time, for all but RiskUnserved of the time. 0
	// means DefaultSlowdown; 1 or less asks nothing of latency.
	Slowdown float64
	// ScaleToZero lets a workload have no pod while nothing waits for it, below its owner's
	// minimum of one and the zones that it is in.
	ScaleToZero bool
	// IncludeSystem advises on the provider's add-ons too.
	IncludeSystem bool
	// Minor is x of the cluster's Kubernetes 1.x; 0 where it is not known, and
	// then nothing is advised that an older one may lack.
	Minor int
	// Backtest scores rules of sizing on the history, beside the advice.
	Backtest bool
	// HPA is what the user said of the HPA controller; it goes before what was seen.
	HPA analyzer.HPAController
	// Begin, if set, is told of each rule by its name before it runs.
	Begin func(rule string)
	// Levers limits the rules that run; empty means all.
	Levers []Lever
	// Commitment is what the user said of buying commitments.
	Commitment CommitmentOptions
	// Nodes is what the user said of nodes.
	Nodes NodeOptions
	// MinSavings, in USD a month, and MinSavingsShare, of the cost, are what a change has
	// to save: above 0 they hold for all levers, see Pennies; 0 is DefaultMinSavings and
	// its share for plans of nodes alone, less than 0 nothing.
	MinSavings, MinSavingsShare float64
	// Allocation says how to share out the bill of the window; nil does not.
	Allocation *allocation.Options
	// PriceAges are from when prices are warned of; the zero value never warns.
	PriceAges pricing.Ages
}

// The risks taken where the user states none.
const (
	DefaultRiskCPU      = 0.05
	DefaultRiskBroken   = 0.10
	DefaultRiskOOM      = 0.01
	DefaultRiskUnserved = 0.01
	DefaultSlowdown     = 3.0
)

// The savings below which a plan of nodes is not worth its moves, where the user states
// none: the larger of the two.
const (
	DefaultMinSavings      = 5.0  // USD a month
	DefaultMinSavingsShare = 0.01 // of the nodes' cost
)

// CommitmentOptions is what the user said of buying commitments.
type CommitmentOptions struct {
	// Terms are the years that may be committed to, 1 and 3; empty means 1.
	Terms []int
	// Payments are the options to pay by, as pricing.Payments has them; empty
	// means the cheapest of all.
	Payments []string
	// CapitalCost is what money costs a year; 0 means DefaultCapitalCost.
	CapitalCost float64
	// FamilyChange is the chance, in (0, 1), that the demand moves to another family
	// within three years; within one it is a fifth of that. 0 means DefaultFamilyChange.
	FamilyChange float64
	// Held are the commitments that exist. They count first, and until the
	// window's end is past theirs.
	Held []pricing.HeldCommitment
}

// DefaultCapitalCost is what money costs a year where the user does not say.
const DefaultCapitalCost = 0.08

// DefaultFamilyChange is the chance that the demand moves to another family of
// machines within three years, where the user does not say.
const DefaultFamilyChange = 0.25

// WithDefaults fills in what the user left open.
func (o Options) WithDefaults() Options {
	if o.RiskCPU == 0 {
		o.RiskCPU = DefaultRiskCPU
	}
	if o.RiskBroken == 0 {
		o.RiskBroken = DefaultRiskBroken
	}
	if o.RiskOOM == 0 {
		o.RiskOOM = DefaultRiskOOM
	}
	if o.RiskUnserved == 0 {
		o.RiskUnserved = DefaultRiskUnserved
	}
	if o.Slowdown == 0 {
		o.Slowdown = DefaultSlowdown
	}
	return o
}

// Pennies reports whether a change saves less than the user wants of one: savings are in
// USD a month, and so is the cost, of the workload or of what commitments are for, that
// the share is of. Without a wish of the user nothing is too little.
func (o *Options) Pennies(savings, cost float64) bool {
	least := max(o.MinSavings, o.MinSavingsShare*cost)
	return least > 0 && savings < least
}
