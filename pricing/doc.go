// Package pricing knows what machines cost and whose bill it is.
//
// A Catalog holds dated prices: the product's own tables (AWS, GCP and Azure by
// region, Linux list prices in USD, read when a region is first asked for) and the user's price files laid over
// them. It prices offerings and nodes, says where every price comes from, and
// marks what it had to estimate; it never returns a silent zero. Allocate then
// spreads the bill of a set of nodes over the pods on them so that workloads, idle
// and overhead add up to the bill.
//
// The package reads no file, clock or network: tables are embedded, price files
// come as readers, and the time as an argument.
package pricing
