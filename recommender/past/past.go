// Package past tells of the nodes that the window had and the moment may lack: a plan
// is for the week, whichever hour it is made in.
package past

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// The labels that say what a machine is, and where.
const (
	labelType     = "node.kubernetes.io/instance-type"
	labelOldType  = "beta.kubernetes.io/instance-type"
	labelZone     = "topology.kubernetes.io/zone"
	labelHostname = "kubernetes.io/hostname"
	labelRegion   = "topology.kubernetes.io/region"
)

// Kind is a kind of nodes of the window, as one node of it would be.
type Kind struct {
	analyzer.Node
	// Count is how many there were in each of the history's hours.
	Count []float32
	// Gone says that the moment has no such node.
	Gone bool
}

// Kinds lists the kinds that the window had. One without a node of today has the labels
// and taints of its pool, as far as today's nodes show them.
func Kinds(s *analyzer.Snapshot) []Kind {
	if s.NodeHistory == nil {
		return nil
	}
	var out []Kind
	for i := range s.NodeHistory.Kinds {
		k := &s.NodeHistory.Kinds[i]
		likes, same := likesOf(s.Nodes, k)
		one := Kind{Count: k.Count, Gone: !same, Node: analyzer.Node{
			Labels: maps.Clone(k.Labels), Taints: k.Taints, ProviderID: k.ProviderID, Capacity: k.Capacity, Allocatable: k.Allocatable, MaxPods: k.MaxPods, Ready: true,
		}}
		one.borrow(likes)
		if one.Labels[labelType] == "" {
			one.Labels[labelType] = typeBySize(s, k)
		}
		one.Name = fmt.Sprintf("a node of the window (%s)", cmp.Or(one.Labels[labelType], "of no known type"))
		out = append(out, one)
	}
	return out
}

// Unknown counts the node-hours of kinds of which no machine type is known, and all.
func Unknown(kinds []Kind) (unknown, all float64) {
	for i := range kinds {
		for _, n := range kinds[i].Count {
			all += float64(n)
			if kinds[i].Labels[labelType] == "" {
				unknown += float64(n)
			}
		}
	}
	return unknown, all
}

// likesOf finds today's nodes that tell most of a kind: of its pool, type and zone, else
// of its pool, else any of its type. same says that they are of the kind.
func likesOf(nodes []analyzer.Node, k *analyzer.NodeKind) (likes []*analyzer.Node, same bool) {
	best := 1
	for i := range nodes {
		n := &nodes[i]
		score := 0
		kind := n.Labels[labelType] == k.Labels[labelType] || k.Labels[labelType] == "" && alike(n, k)
		if samePool(n.Labels, k.Labels) {
			score = 4
		}
		if kind && n.Labels[labelZone] == k.Labels[labelZone] {
			score += 2
		}
		if kind {
			score++
		}
		switch {
		case score > best:
			likes, best = []*analyzer.Node{n}, score
		case score == best:
			likes = append(likes, n)
		}
	}
	if best < 4 && named(k.Labels) {
		return nil, false // another pool's node says nothing of its labels
	}
	return likes, best >= 7
}

// named reports whether a label says which pool a node is of.
func named(labels map[string]string) bool {
	return slices.ContainsFunc(cloud.PoolLabels(), func(key string) bool { return labels[key] != "" })
}

// samePool reports whether nothing tells two nodes' pools apart.
func samePool(a, b map[string]string) bool {
	return !slices.ContainsFunc(cloud.PoolLabels(), func(key string) bool { return b[key] != "" && a[key] != b[key] })
}

// alike reports whether a node has the size of a kind: machines of one type differ a
// little in memory.
func alike(n *analyzer.Node, k *analyzer.NodeKind) bool {
	d := n.Capacity.Memory - k.Capacity.Memory
	return n.Capacity.CPU == k.Capacity.CPU && n.Capacity.GPU == k.Capacity.GPU && max(d, -d) <= k.Capacity.Memory/50
}

// borrow takes over from nodes of the same pool what all of them have and what is not
// the machine's own.
func (k *Kind) borrow(likes []*analyzer.Node) {
	if len(likes) == 0 {
		return
	}
	for key, v := range likes[0].Labels {
		shared := !slices.ContainsFunc(likes[1:], func(n *analyzer.Node) bool { return n.Labels[key] != v })
		if _, has := k.Labels[key]; !has && shared && (key == labelRegion || !ofMachine(key)) {
			k.Labels[key] = v
		}
	}
	k.ProviderID = cmp.Or(k.ProviderID, likes[0].ProviderID)
}

// ofMachine reports whether a label tells of one machine, its type or its place.
func ofMachine(key string) bool {
	return slices.Contains([]string{labelHostname, labelType, labelOldType}, key) || strings.Contains(key, "/instance-") || cloud.OfMachine(key) ||
		slices.ContainsFunc([]string{"failure-domain.beta", "topology."}, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// typeBySize names the one type whose machines have the size of a kind; nothing where
// several have.
func typeBySize(s *analyzer.Snapshot, k *analyzer.NodeKind) string {
	found := map[string]bool{}
	for i := range s.Nodes {
		if n := &s.Nodes[i]; k.Capacity.CPU > 0 && alike(n, k) {
			found[cmp.Or(n.Labels[labelType], n.Labels[labelOldType])] = true
		}
	}
	if names := slices.Collect(maps.Keys(found)); len(names) == 1 {
		return names[0]
	}
	return ""
}
