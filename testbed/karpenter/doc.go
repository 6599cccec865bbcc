// Package karpenter holds recommender/packing against Karpenter's own
// scheduler and consolidation. It is a module of its own because of that
// module's weight.
package karpenter
