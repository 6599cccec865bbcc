// Package allocation tells whose the bill of a window is.
//
// Every container pays, hour by hour, for the larger of what it requested and
// what it used, as the OpenCost specification has it: nodes, volumes, load
// balancers and the control plane over the window's hours. What
// nobody held is idle, and is told apart by its reason. Everything adds up to
// the bill. docs/allocation.md has the formulas.
package allocation
