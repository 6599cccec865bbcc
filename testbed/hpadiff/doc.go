// Package hpadiff holds recommender/replay against the real horizontal pod autoscaler of
// k8s.io/kubernetes. It is a module of its own because of that module's weight.
package hpadiff
