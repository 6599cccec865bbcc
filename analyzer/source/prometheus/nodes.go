package prometheus

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// metricNodeInfo is kube-state-metrics', one for each node that there is.
const metricNodeInfo = "kube_node_info"

// nodeFacts are the series that tell what a node is. Those of nodes that are gone are
// asked for too, so that each query is of the whole window.
var nodeFacts = []string{"kube_node_labels", "kube_node_status_capacity", "kube_node_status_allocatable", "kube_node_spec_taint"}

// nodes asks how many nodes there were by the hour, and what they were. An engine
// without kube-state-metrics' series of nodes is asked one query; one that fails to
// answer gives a warning, and where it broke off the report is partial.
func (col *collection) nodes(ctx context.Context) (rec analyzer.NodeRecorder) {
	first, last := col.window.Start.Add(time.Hour-1).Truncate(time.Hour).Add(time.Hour), col.window.End.Truncate(time.Hour)
	if last.Before(first) {
		return rec
	}
	d, some := &col.dialect, false
	query := fmt.Sprintf("max by (node,exported_node,provider_id) (count_over_time(%s[1h]))", d.selector(metricNodeInfo))
	ask := question{doing: "reading how many nodes there were", query: query, start: first, end: last, step: time.Hour, most: someSeries}
	a, err := col.client.ask(ctx, ask, func(row *series) {
		labels := row.nodeLabels()
		if some = some || len(row.points) > 0; len(row.points) == 0 || labels["node"] == "" {
			return
		}
		rec.Tell(analyzer.NodeInfo, labels, 1)
		for _, p := range row.points {
			rec.Seen(labels["node"], (p.ms-1)/time.Hour.Milliseconds(), p.value)
		}
	})
	col.heard(a)
	for _, metric := range nodeFacts {
		if err != nil || !some {
			break
		}
		err = col.nodeFacts(ctx, metric, &rec)
	}
	if err != nil {
		col.warnAll([]analyzer.Warning{beside(err, analyzer.WarnUnreachable, metricNodeInfo, "how many nodes there were was not told, so that the bill is that of the nodes of the moment")})
		return analyzer.NodeRecorder{}
	}
	return rec
}

// nodeFacts reads the last value in the window of one series of each node.
func (col *collection) nodeFacts(ctx context.Context, metric string, rec *analyzer.NodeRecorder) error {
	of, _ := analyzer.NodeSeriesOf(metric)
	query := fmt.Sprintf("last_over_time(%s[%s])", col.dialect.selector(metric), seconds(col.window.End.Sub(col.window.Start)))
	a, err := col.client.ask(ctx, question{doing: "reading what nodes there were", query: query, end: col.window.End, most: someSeries}, func(row *series) {
		if len(row.points) > 0 {
			rec.Tell(of, row.nodeLabels(), row.points[len(row.points)-1].value)
		}
	})
	col.heard(a)
	return err
}

// nodeLabels are the series' labels, with the node's own name where the scrape kept
// its own in place of it.
func (s *series) nodeLabels() map[string]string {
	out := map[string]string{}
	for i, name := range s.names {
		out[name] = s.values[i]
	}
	if v := out["exported_node"]; v != "" {
		out["node"] = v
	}
	return out
}
