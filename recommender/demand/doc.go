// Package demand is the on-demand usage of each hour that the levers before leave,
// which commitments may cover and spot may take a part of. There are two ways to it
// and one form for both, Curve: with a plan of the nodes, planHours counts the pods
// of each hour and brings the plan's nodes to them; without one, the cost of today's
// nodes is scaled by the worth of the hour's pods. The first is exact for the nodes
// that are advised; the second needs no advice on nodes at all.
package demand
