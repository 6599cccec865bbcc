package prometheus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// clusterLabels are the labels by which engines that hold several clusters or
// tenants tell them apart, the usual ones first.
var clusterLabels = []string{
	"cluster", "cluster_name", "cluster_id", "k8s_cluster", "k8s_cluster_name", "kubernetes_cluster", "kube_cluster", "tenant_id", "tenant", "prometheus",
}

// split is a label that splits the series of usage.
type split struct {
	label  string
	values []string // sorted; "" is the series without it
}

// findLabels lists the labels that may tell clusters apart, and how many series have each.
func (d *discovery) findLabels(ctx context.Context, c *client, at time.Time) (tries []string, have map[string]float64, err error) {
	var more []string
	var lost error
	var all sync.WaitGroup
	beside := d.branch()
	all.Go(func() { more, lost = beside.splits(ctx, c, at) })
	have, err = d.probe(ctx, c, d.names.memoryName(), [][]string{clusterLabels}, at)
	all.Wait()
	d.warnings = append(d.warnings, beside.warnings...)
	d.said.join(beside.said)
	if err = cmpError(lost, err); err != nil {
		return nil, nil, err
	}
	more = slices.DeleteFunc(more, func(l string) bool { return slices.Contains(clusterLabels, l) })
	if len(more) > 0 {
		others, err := d.probe(ctx, c, d.names.memoryName(), [][]string{more}, at)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(have, others)
	}
	return slices.Concat(clusterLabels, more), have, nil
}

// findSplit looks for a label of clusters with several values that have pods of
// their own. Replicas that see the same pods are no clusters.
func (d *discovery) findSplit(ctx context.Context, c *client, at time.Time) (*split, error) {
	for _, label := range clusterLabels {
		if slices.ContainsFunc(d.matchers, func(m Matcher) bool { return m.Name == label }) {
			return nil, nil // the user has chosen
		}
	}
	labels := d.usage.list()
	all := d.selector(d.names.memoryName(), append(d.ofContainers(), d.within...)...)
	tries, have, err := d.findLabels(ctx, c, at)
	if err != nil {
		return nil, err
	}
	for _, label := range tries {
		if have[label] == 0 {
			continue
		}
		counts := map[string]float64{}
		q := fmt.Sprintf("count by (%s) (group by (%s,%s) (last_over_time(%s[%s])))", label, label, labels, all, seconds(d.lookback))
		_, err := d.ask(ctx, c, question{doing: "looking for several clusters", query: q, end: at}, func(s *series) {
			if len(s.points) > 0 {
				counts[s.get(label)] = s.points[0].value
			}
		})
		if err != nil || len(counts) < 2 {
			if err != nil {
				return nil, err
			}
			continue
		}
		total := 0.0
		q = fmt.Sprintf("count(group by (%s) (last_over_time(%s[%s])))", labels, all, seconds(d.lookback))
		_, err = d.ask(ctx, c, question{doing: "looking for several clusters", query: q, end: at}, func(s *series) {
			if len(s.points) > 0 {
				total = s.points[0].value
			}
		})
		if err != nil {
			return nil, err
		}
		const replica = 0.9 // of all containers: one that sees as many is no cluster of its own
		least := total
		for _, n := range counts {
			least = min(least, n)
		}
		if least < replica*total {
			return &split{label, slices.Sorted(maps.Keys(counts))}, nil
		}
	}
	return nil, nil
}

// SeveralClusters is the error of an engine that holds several clusters, of
// which it cannot be told which one is meant.
type SeveralClusters struct {
	URL    string // without user, password and query
	Label  string
	Values []string
}

func (e *SeveralClusters) Error() string {
	shown := make([]string, 0, len(e.Values))
	for _, v := range e.Values {
		shown = append(shown, cmp.Or(v, "(none)"))
	}
	const most = 10
	if len(shown) > most {
		shown = append(shown[:most], fmt.Sprintf("and %d more", len(e.Values)-most))
	}
	return fmt.Sprintf("the engine at %s holds several clusters by the label %s: %s; which is meant cannot be told, so give --prometheus-label %s=VALUE",
		e.URL, e.Label, strings.Join(shown, ", "), e.Label)
}

// The proof of a cluster: of so many pods asked for, at least this share is
// under its value, and under no other more than the rest.
const (
	askedPods = 60
	provenBy  = 0.8
	elsewhere = 0.1
)

// Narrow makes an engine of several clusters the one of a snapshot: its pods
// and nodes are under one value of the label that splits them. The error is
// *SeveralClusters where they do not prove it. It does nothing for an engine of
// one cluster.
func (e *Engine) Narrow(ctx context.Context, snap *analyzer.Snapshot) error {
	s := e.has.split
	if s == nil {
		return nil
	}
	value, err := e.own(ctx, s, snap)
	if err != nil {
		return err
	}
	if value == "" {
		return &SeveralClusters{e.client.shown, s.label, s.values}
	}
	o := e.options
	o.Matchers = append(slices.Clone(o.Matchers), Matcher{Name: s.label, Value: value})
	if e.has, e.found, err = discover(ctx, e.client, o); err != nil {
		return err
	}
	e.options = o
	e.has.warn(analyzer.WarnCluster, s.label, fmt.Sprintf("the engine holds %d clusters by this label; %s is read, as this cluster's pods and nodes are there", len(s.values), value))
	return nil
}

// own gives the value of the label that has the snapshot's pods and nodes, or "".
func (e *Engine) own(ctx context.Context, s *split, snap *analyzer.Snapshot) (string, error) {
	d := &e.has
	pods, nodes, uids := podsToProve(snap), nodesToProve(snap), uidsToProve(snap)
	byUID, err := e.present(ctx, s, "uid", uids, d.selector("kube_pod_info", oneOf("uid", uids)))
	if err != nil {
		return "", err
	}
	byPod, err := e.present(ctx, s, d.usage.pod, pods, d.selector(d.names.memoryName(), oneOf(d.usage.pod, pods)))
	if err != nil {
		return "", err
	}
	byNode, err := e.present(ctx, s, "node", nodes, d.selector("kube_node_info", oneOf("node", nodes)))
	if err != nil {
		return "", err
	}
	value := cmp.Or(proven(byUID, len(uids)), proven(byPod, len(pods)))
	if node := proven(byNode, len(nodes)); node != "" && value != "" && node != value {
		return "", nil
	}
	return value, nil
}

// proven gives the one value that nearly all of the asked are under.
func proven(counts map[string]int, asked int) string {
	best, most, second := "", 0, 0
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[v]; n > most {
			best, most, second = v, n, most
		} else {
			second = max(second, n)
		}
	}
	if asked == 0 || float64(most) < provenBy*float64(asked) || float64(second) > elsewhere*float64(asked) {
		return ""
	}
	return best
}

// present counts how many of some names each value of the label has.
func (e *Engine) present(ctx context.Context, s *split, label string, names []string, selector string) (map[string]int, error) {
	out := map[string]int{}
	if len(names) == 0 {
		return out, nil
	}
	q := fmt.Sprintf("count by (%s) (group by (%s,%s) (last_over_time(%s[%s])))", s.label, s.label, promName(label), selector, seconds(e.has.lookback))
	_, err := e.client.ask(ctx, question{doing: "looking for this cluster's " + label + "s", query: q, end: e.has.at, most: someSeries}, func(row *series) {
		if len(row.points) > 0 {
			out[row.get(s.label)] = int(row.points[0].value)
		}
	})
	return out, softly(err)
}

// podsToProve picks running pods whose names no other cluster can have: their
// ends are random.
func podsToProve(snap *analyzer.Snapshot) []string {
	var out []string
	for i := range snap.Workloads {
		for j := range snap.Workloads[i].Pods {
			p := &snap.Workloads[i].Pods[j]
			if p.Phase == "Running" && analyzer.Stem(p.Name) != p.Name {
				out = append(out, p.Name)
			}
			if len(out) == askedPods {
				return out
			}
		}
	}
	return out
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
