package prometheus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// networkStep is the step by which traffic is read: an hour's mean is what tells a
// pod that serves from one that is probed and scraped.
const networkStep = time.Hour

// network reads by the hour what the pods received and sent. An engine without such
// series is asked one query; one that fails to answer gives a warning, and where
// it broke off the report is partial.
func (col *collection) network(ctx context.Context, concurrency int, known func() bool) []analyzer.NetworkUsage {
	metric, err := col.hasNetwork(ctx)
	if err != nil {
		col.warnOfNetwork(err)
	}
	if metric == "" || !known() {
		return nil
	}
	d := col.dialect
	d.traffic = metric
	var tasks []runner
	for _, shard := range shards(col.sizes) {
		for _, day := range days(col.window) {
			tasks = append(tasks, &networkTask{dialect: &d, shard: shard, span: day})
		}
	}
	col.more(len(tasks))
	failed := col.runAll(ctx, tasks, concurrency)
	var lists [][]analyzer.NetworkUsage
	for _, r := range tasks {
		t := r.(*networkTask)
		lists, failed = append(lists, t.traffic), cmpError(failed, t.failed)
	}
	if failed != nil {
		col.warnOfNetwork(failed)
		return nil
	}
	return analyzer.MergeNetwork(lists...)
}

func (col *collection) warnOfNetwork(err error) {
	col.warnAll([]analyzer.Warning{beside(err, analyzer.WarnUnreachable, metricReceived, "the traffic of pods was not told, so that none is called idle")})
}

// otelTraffic are the names of OpenTelemetry's counter of what a pod received and
// sent, in one metric with the direction as a label: as Prometheus' OTLP ingestion
// writes it, and without suffixes.
var otelTraffic = []string{"k8s_pod_network_io_bytes_total", "k8s_pod_network_io"}

// hasNetwork asks whether there is any traffic of pods at the window's end, by the
// names that usage has. It gives the metric's, or "".
func (col *collection) hasNetwork(ctx context.Context) (metric string, err error) {
	d := &col.dialect
	names := []string{metricReceived}
	switch {
	case d.otel() && strings.Contains(d.usage.pod, "."):
		names = []string{"k8s.pod.network.io_bytes_total", "k8s.pod.network.io"}
	case d.otel():
		names = otelTraffic
	case d.names.pods:
		return "", nil
	}
	for _, name := range names {
		some := false
		query := fmt.Sprintf("count(last_over_time(%s[%s]))", d.selector(name, promName(d.usage.pod)+`!=""`), seconds(lookback))
		a, err := col.client.ask(ctx, question{doing: "looking for the traffic of pods", end: col.window.End, query: query, most: fewSeries}, func(row *series) {
			some = some || len(row.points) > 0
		})
		col.heard(a)
		if err != nil {
			return "", err
		}
		if some {
			return name, nil
		}
	}
	return "", nil
}

// networkTask reads one day of one shard.
type networkTask struct {
	dialect *dialect
	shard   []string
	span    span
	rec     analyzer.NetworkRecorder
	taken   map[labelPair]int64 // the last hour of each pod, so that none counts twice
	traffic []analyzer.NetworkUsage
	failed  error
}

func (t *networkTask) run(ctx context.Context, col *collection) error {
	t.taken = map[labelPair]int64{}
	t.failed = t.read(ctx, col, t.shard, t.span)
	col.step()
	t.traffic = t.rec.Network()
	t.taken = nil
	return softly(t.failed)
}

func (t *networkTask) read(ctx context.Context, col *collection, shard []string, s span) error {
	first, last, ok := s.steps(networkStep)
	if !ok {
		return nil
	}
	ask := question{doing: "reading the traffic of pods", query: t.dialect.trafficOf(shard), start: first, end: last, step: networkStep}
	a, err := col.client.ask(ctx, ask, func(row *series) { t.take(col, row) })
	col.heard(a)
	return halve(err, shard, s, networkStep, func(shard []string, s span) error { return t.read(ctx, col, shard, s) })
}

// trafficOf writes the query for the bytes a second of pods, both ways. Two scrapes of
// one kubelet tell the same, so the largest of them counts; interfaces add up.
func (d *dialect) trafficOf(shard []string) string {
	by := list([]string{d.usage.namespace, d.usage.pod})
	one := func(metric string, more ...string) string {
		pods := d.selector(metric, append([]string{oneOf(d.usage.namespace, shard), promName(d.usage.pod) + `!=""`, `interface!="lo"`}, more...)...)
		return fmt.Sprintf("sum by (%s) (max by (%s,interface) (rate(%s[%s])))", by, by, pods, seconds(networkStep))
	}
	if d.traffic != "" && d.traffic != metricReceived {
		return one(d.traffic, `direction="receive"`) + " + " + one(d.traffic, `direction="transmit"`)
	}
	return one(metricReceived) + " + " + one(metricSent)
}

// take files the hours of one pod.
func (t *networkTask) take(col *collection, row *series) {
	k := labelPair{row.get(col.dialect.usage.namespace), row.get(col.dialect.usage.pod)}
	ref, _ := col.owners.Resolve(k.namespace, k.name)
	for _, p := range row.points {
		if p.ms > t.taken[k] {
			t.rec.Add(ref, p.value)
			t.taken[k] = p.ms
		}
	}
}
