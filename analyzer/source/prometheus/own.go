package prometheus

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The proof of a cluster: of so many pods asked for, at least this share is
// under its value, and under no other more than the rest.
const (
	askedPods = 60
	provenBy  = 0.8
	elsewhere = 0.1
)

// own gives the values of the label that have the snapshot's pods and nodes: mostly
// one. Several Prometheus servers of one cluster, each of which scrapes a part of it,
// part its pods among them. nil is no proof.
func (e *Engine) own(ctx context.Context, s *split, snap *analyzer.Snapshot) ([]string, error) {
	d := &e.has
	pods, random := podsToProve(snap)
	nodes, uids := nodesToProve(snap), uidsToProve(snap)
	byUID, err := e.present(ctx, s, "uid", uids, d.selector("kube_pod_info", oneOf("uid", uids)))
	if err != nil {
		return nil, err
	}
	byPod, err := e.present(ctx, s, d.usage.pod, pods, d.selector(d.names.memoryName(), oneOf(d.usage.pod, pods)))
	if err != nil {
		return nil, err
	}
	byNode, err := e.present(ctx, s, "node", nodes, d.selector("kube_node_info", oneOf("node", nodes)))
	if err != nil {
		return nil, err
	}
	state, stated := proven(byUID, len(uids))
	if node, ok := proven(byNode, len(nodes)); ok && stated && node != state {
		return nil, nil
	} else if ok && !stated {
		if pod, used := proven(byPod, len(pods)); used && pod != node {
			return nil, nil
		}
	}
	if one, ok := single(state, stated, byPod, len(pods), random); ok {
		return []string{one}, nil
	}
	return e.parts(ctx, s, snap, state, stated, byPod, len(pods), random)
}

// single is the one value that has the cluster's pods, and what kube-state-metrics
// tells of them: numbered pods, of which two clusters may have the same names, prove
// no more than that they are there.
func single(state string, stated bool, byPod map[string]int, asked int, random bool) (string, bool) {
	pod, used := proven(byPod, asked)
	switch {
	case !stated:
		return pod, used && random
	case asked == 0 || float64(byPod[state]) >= provenBy*float64(asked) && !(random && used && pod != state):
		return state, true
	}
	return "", false
}

// parts gives the values that part the cluster's pods among them, with that of
// kube-state-metrics. No other cluster may be under these: a cluster has one
// namespace kube-system, which was created once.
func (e *Engine) parts(ctx context.Context, s *split, snap *analyzer.Snapshot, state string, stated bool, byPod map[string]int, asked int, random bool) ([]string, error) {
	sum := 0
	for _, n := range byPod {
		sum += n
	}
	if !random && !stated || float64(sum) < provenBy*float64(asked) || float64(sum) > (1+elsewhere)*float64(asked) || asked == 0 {
		return nil, nil
	}
	mine := maps.Clone(byPod)
	if stated {
		mine[state]++
	}
	if err := e.addParts(ctx, s, snap, mine); err != nil {
		return nil, err
	}
	values := slices.Sorted(maps.Keys(mine))
	shown, err := e.clusters(ctx, &e.has.dialect, s.label, span{e.has.at, e.has.at})
	if err != nil {
		return nil, err
	}
	if created := shown.created(values); len(created) > 1 || len(created) == 0 && !random {
		return nil, nil
	}
	return values, nil
}

// addParts looks at the pods of values that none of those asked for was under: a part
// of the cluster may be small.
func (e *Engine) addParts(ctx context.Context, s *split, snap *analyzer.Snapshot, mine map[string]int) error {
	known := map[string]bool{}
	for i := range snap.Workloads {
		for j := range snap.Workloads[i].Pods {
			known[snap.Workloads[i].Namespace+"/"+snap.Workloads[i].Pods[j].Name] = true
		}
	}
	const some = 20
	d := &e.has
	for i, v := range s.values {
		if mine[v] > 0 || i >= some {
			continue
		}
		all, ours := 0, 0
		q := fmt.Sprintf("topk(%d, group by (%s) (last_over_time(%s[%s])))", some, list([]string{d.usage.namespace, d.usage.pod}),
			d.selector(d.names.memoryName(), append(d.ofContainers(), oneOf(s.label, []string{v}))...), seconds(instant))
		_, err := e.client.ask(ctx, question{doing: "looking for parts of the cluster", query: q, end: d.at, most: someSeries}, func(row *series) {
			if all++; known[row.get(d.usage.namespace)+"/"+row.get(d.usage.pod)] {
				ours++
			}
		})
		if err = softly(err); err != nil {
			return err
		}
		if ours > 0 && float64(ours) >= provenBy*float64(all) {
			mine[v] = ours
		}
	}
	return nil
}

// proven gives the one value that nearly all of the asked are under; it may be "",
// that of series without the label.
func proven(counts map[string]int, asked int) (string, bool) {
	best, most, second := "", 0, 0
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[v]; n > most {
			best, most, second = v, n, most
		} else {
			second = max(second, n)
		}
	}
	if asked == 0 || float64(most) < provenBy*float64(asked) || float64(second) > elsewhere*float64(asked) {
		return "", false
	}
	return best, true
}

// present counts how many of some names each value of the label has.
func (e *Engine) present(ctx context.Context, s *split, label string, names []string, selector string) (map[string]int, error) {
	out := map[string]int{}
	if len(names) == 0 {
		return out, nil
	}
	q := countBy(s.label, label, selector, seconds(e.has.lookback))
	_, err := e.client.ask(ctx, question{doing: "looking for this cluster's " + label + "s", query: q, end: e.has.at, most: someSeries}, func(row *series) {
		if len(row.points) > 0 {
			out[row.get(s.label)] = int(row.points[0].value)
		}
	})
	return out, softly(err)
}

// countBy counts by one label how many values of another there are.
func countBy(label, of, selector, over string) string {
	return fmt.Sprintf("count by (%s) (group by (%s,%s) (last_over_time(%s[%s])))", label, label, promName(of), selector, over)
}

// podsToProve picks running pods whose names no other cluster can have: their ends
// are random. Where there are none it picks others. It takes one of each node and
// namespace first, so that each part of a cluster has some.
func podsToProve(snap *analyzer.Snapshot) (names []string, random bool) {
	for _, random := range []bool{true, false} {
		var first, rest []string
		seen := map[string]bool{}
		for i := range snap.Workloads {
			w := &snap.Workloads[i]
			for j := range w.Pods {
				p := &w.Pods[j]
				if p.Phase != "Running" || random && analyzer.Stem(p.Name) == p.Name {
					continue
				}
				if node, ns := "node "+p.Node, "namespace "+w.Namespace; seen[node] && seen[ns] {
					rest = append(rest, p.Name)
				} else {
					seen[node], seen[ns] = true, true
					first = append(first, p.Name)
				}
			}
		}
		if all := append(first, rest...); len(all) > 0 {
			return all[:min(len(all), askedPods)], random
		}
	}
	return nil, false
}

// uidsToProve picks running pods by what no other cluster can have. Saved
// snapshots do not keep it.
func uidsToProve(snap *analyzer.Snapshot) []string {
	var out []string
	for i := range snap.Workloads {
		for j := range snap.Workloads[i].Pods {
			if p := &snap.Workloads[i].Pods[j]; p.Phase == "Running" && p.UID != "" {
				out = append(out, p.UID)
			}
			if len(out) == askedPods {
				return out
			}
		}
	}
	return out
}

func nodesToProve(snap *analyzer.Snapshot) []string {
	var out []string
	for i := range snap.Nodes {
		if out = append(out, snap.Nodes[i].Name); len(out) == askedPods {
			break
		}
	}
	return out
}
