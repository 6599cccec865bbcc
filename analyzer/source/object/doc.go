// Package object turns Kubernetes objects into the inventory of a snapshot:
// nodes, workloads with their pods, autoscalers, budgets and bounds.
//
// An Inventory takes objects in any order, typed or unstructured, keeps of each
// only what the analysis needs (never environment values, secrets or foreign
// annotations), and joins them when it fills a snapshot: pods go up their
// controller references, through as many owners as there are, to the workload
// on top. The kube source feeds it from the API server, Read from files.
package object
