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
	if d.cluster.name != "" {
		return nil, nil // it has been proven
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
	return fmt.Sprintf("the engine at %s holds several clusters by the label %s: %s; which is meant cannot be told, so give --prometheus-label %s=VALUE",
		e.URL, e.Label, shownValues(e.Values), e.Label)
}

// shownValues lists values as messages have them.
func shownValues(values []string) string {
	shown := make([]string, 0, len(values))
	for _, v := range values {
		shown = append(shown, cmp.Or(v, "(none)"))
	}
	const most = 10
	if len(shown) > most {
		shown = append(shown[:most], fmt.Sprintf("and %d more", len(values)-most))
	}
	return strings.Join(shown, ", ")
}

// Narrow makes an engine of several clusters the one of a snapshot: its pods
// and nodes are under one value of the label that splits them, or under those of the
// servers that scrape it in parts. The error is *SeveralClusters where they do not
// prove it. Of an engine of one cluster it only checks that it is this one, and says what a
// label that the user chose leaves out.
func (e *Engine) Narrow(ctx context.Context, snap *analyzer.Snapshot) error {
	s := e.has.split
	if s == nil {
		return cmpError(e.checkForeign(ctx, snap), e.warnOfChosen(ctx, snap))
	}
	now, err := e.own(ctx, s, snap)
	if err != nil {
		return err
	}
	if now == nil {
		return &SeveralClusters{e.client.shown, s.label, s.values}
	}
	if len(now) == len(s.values) { // of one cluster, all that it holds
		e.has.split = nil
		return e.checkForeign(ctx, snap)
	}
	old, err := e.before(ctx, s.label, now, snap)
	if err != nil {
		return err
	}
	all, o, at := slices.Concat(now, old.mine), e.options, e.has.at
	slices.Sort(all)
	o.cluster = anyOf(s.label, all)
	if e.has, e.found, err = discover(ctx, e.client, o); err != nil {
		return err
	}
	e.options = o
	text := fmt.Sprintf("the engine holds %d clusters by this label; %s is read, as this cluster's pods and nodes are there", len(s.values), shownValues(now))
	if len(now) > 1 {
		text = fmt.Sprintf("the engine holds several clusters by this label, of %d values; %s are read, among which this cluster's pods are parted", len(s.values), shownValues(now))
	}
	if len(old.mine) > 0 {
		text += fmt.Sprintf(", and %s, where they were until %s", shownValues(old.mine), old.until.Format(time.DateOnly))
	}
	e.has.warn(analyzer.WarnCluster, s.label, text)
	if len(old.shared) > 0 && at.After(old.until) {
		e.has.warn(analyzer.WarnPartial, s.label, fmt.Sprintf("until %s series of this cluster have the value %s, and it is not known that no other cluster's do: they are left out, so advice rests on what came since",
			old.until.Format(time.DateOnly), shownValues(old.shared)))
	}
	return nil
}

// warnOfChosen says under which other values of a label of clusters, of which the user
// chose one, the cluster's series stood before.
func (e *Engine) warnOfChosen(ctx context.Context, snap *analyzer.Snapshot) error {
	for _, m := range e.options.Matchers {
		if !e.found || !slices.Contains(clusterLabels, m.Name) {
			continue
		}
		old, err := e.before(ctx, m.Name, []string{m.Value}, snap)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			continue // a gateway may refuse what does not name the value: no more is asked than whether there is a doubt
		}
		if left := slices.Concat(old.mine, old.shared); len(left) > 0 {
			e.has.warn(analyzer.WarnPartial, m.Name, fmt.Sprintf("until %s series of this cluster have the value %s, which --prometheus-label %s=%s leaves out, so advice rests on what came since; without the flag they are read where they are proven to be of this cluster",
				old.until.Format(time.DateOnly), shownValues(left), m.Name, m.Value))
		}
	}
	return nil
}
