// Package waiting names the pods that wait for a node.
package waiting

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/manifest"
)

// Pods are those that are on none of the nodes that were listed.
type Pods struct {
	of       map[string]*group // by workload
	unlisted int               // pods of nodes that were not listed
}

// group are the pods of one workload without a node.
type group struct {
	pods int
	most analyzer.Amounts // the largest request of each resource
}

// Add notes a pod whose node is not listed, or is none.
func (v *Pods) Add(w *analyzer.WorkloadFacts, pod *analyzer.Pod) {
	if pod.Node != "" {
		v.unlisted++
		return
	}
	if v.of == nil {
		v.of = map[string]*group{}
	}
	one := v.of[w.Ref.String()]
	if one == nil {
		one = &group{}
		v.of[w.Ref.String()] = one
	}
	one.pods++
	one.most.CPU, one.most.Memory, one.most.GPU = max(one.most.CPU, pod.Requests.CPU), max(one.most.Memory, pod.Requests.Memory), max(one.most.GPU, pod.Requests.GPU)
}

// Warnings names each workload that waits, and what of its request no node of
// today has. Subject is what the rest is about.
func (v *Pods) Warnings(nodes []analyzer.Node, subject string) []analyzer.Warning {
	var has analyzer.Amounts
	for i := range nodes {
		n := &nodes[i].Allocatable
		has.CPU, has.Memory, has.GPU = max(has.CPU, n.CPU), max(has.Memory, n.Memory), max(has.GPU, n.GPU)
	}
	var out []analyzer.Warning
	for _, of := range slices.Sorted(maps.Keys(v.of)) {
		one := v.of[of]
		waits := "1 pod waits"
		if one.pods > 1 {
			waits = fmt.Sprintf("%d pods wait", one.pods)
		}
		message := waits + " for a node: not in the plan"
		if more := moreThan(one.most, has); more != "" {
			message = waits + ", no node has " + more + ": not in the plan"
		}
		out = append(out, analyzer.Warning{Code: "pending-pods", Subject: of, Message: message})
	}
	if v.unlisted > 0 {
		out = append(out, analyzer.Warning{Code: "unlisted-node", Subject: subject, Message: fmt.Sprintf("pods on nodes that were not listed are not in the plan: %d", v.unlisted)})
	}
	return out
}

// moreThan lists what is asked for and had by no node.
func moreThan(asks, has analyzer.Amounts) string {
	var out []string
	if asks.CPU > has.CPU {
		out = append(out, manifest.FormatCPU(asks.CPU)+" CPU")
	}
	if asks.Memory > has.Memory {
		out = append(out, manifest.FormatBytes(asks.Memory)+" memory")
	}
	if asks.GPU > has.GPU {
		out = append(out, fmt.Sprintf("%d GPU", asks.GPU))
	}
	return strings.Join(out, " and ")
}
