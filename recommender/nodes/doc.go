// Package nodes finds the cheapest nodes for the pods that the levers before leave,
// and the way to them. What it worked out is Planned, which waste, demand and spot
// read by Of: the one result of a lever that others see.
package nodes
