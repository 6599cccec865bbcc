package advice

import "github.com/plimsoll-k8s/plimsoll/recommender/packing"

// PoolStyle says how many kinds of machine a plan may have.
type PoolStyle string

// The styles of pools.
const (
	// PoolsSimple has one type for each group of nodes with the same need.
	PoolsSimple PoolStyle = "simple"
	// PoolsFlexible has many types for each, for an autoscaler to choose from.
	PoolsFlexible PoolStyle = "flexible"
	// PoolsExact has whatever types come out cheapest.
	PoolsExact PoolStyle = "exact"
)

// PoolStyles lists the styles.
func PoolStyles() []PoolStyle { return []PoolStyle{PoolsSimple, PoolsFlexible, PoolsExact} }

// NodeOptions say what nodes a plan may have, and what it has to live through.
type NodeOptions struct {
	// Survive is what the pods have to live through; empty means an update where a node
	// autoscaler runs, and the loss of a node where none does.
	Survive packing.Level
	// Pools is empty for flexible where Karpenter runs, and simple elsewhere.
	Pools PoolStyle
	// Types are patterns of the instance types that new nodes may be of, DenyTypes of
	// those that they may not; "*" and "?" stand for others.
	Types, DenyTypes []string
	// LeastCPUs and MostCPUs bound the vCPUs of new nodes; 0 for no bound.
	LeastCPUs, MostCPUs int64
	// LeastNodes is how many nodes the cluster has at the least, by smaller ones where it
	// would have fewer; 0 for any.
	LeastNodes int
	// PinLocal leaves nodes as they are whose pods have emptyDir volumes.
	PinLocal bool
}
