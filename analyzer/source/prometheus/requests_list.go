package prometheus

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// requestCounter is a counter of requests and the labels that say whose they
// are. To know another one, add a line to requestCounters.
type requestCounter struct {
	metric string
	by     analyzer.CountedBy
	// labels are pairs of namespace and pod, workload or service, in order of
	// preference.
	labels   []labelPair
	matchers []string // needed beside them
}

type labelPair struct{ namespace, name string }

// podLabels are how scrapes of pods name these: by the Prometheus operator and
// current charts, and by the older relabeling of annotated pods.
var podLabels = []labelPair{{"namespace", "pod"}, {"kubernetes_namespace", "kubernetes_pod_name"}}

// requestCounters lists the counters that are looked for. Servers come before
// what counts on their way: they know best what they did.
var requestCounters = []requestCounter{
	{metric: "http_requests_total", by: analyzer.CountedByPod, labels: podLabels},                                      // by convention
	{metric: "http_server_requests_seconds_count", by: analyzer.CountedByPod, labels: podLabels},                       // Micrometer: Spring Boot, Quarkus
	{metric: "http_server_request_duration_seconds_count", by: analyzer.CountedByPod, labels: podLabels},               // OpenTelemetry
	{metric: "http_request_duration_seconds_count", by: analyzer.CountedByPod, labels: podLabels},                      // by convention
	{metric: "grpc_server_handled_total", by: analyzer.CountedByPod, labels: podLabels},                                // go-grpc-prometheus
	{metric: "request_total", by: analyzer.CountedByPod, labels: podLabels, matchers: []string{`direction="inbound"`}}, // Linkerd
	{metric: "istio_requests_total", by: analyzer.CountedByWorkload, matchers: []string{`reporter="destination"`},
		labels: []labelPair{{"destination_workload_namespace", "destination_workload"}}},
	// The controller's own labels are namespace and service; a scrape without
	// honor_labels puts the scraped pod's there and these under exported_*.
	{metric: "nginx_ingress_controller_requests", by: analyzer.CountedByService,
		labels: []labelPair{{"exported_namespace", "exported_service"}, {"namespace", "service"}}},
}

// copies are the labels in which copies of one series differ: those of two
// jobs that scrape one pod and of pairs of Prometheus servers.
var copies = []string{"job", "prometheus", "prometheus_replica", "replica"}

// copies are those labels, with the one that was proven to be of the cluster: where it
// changes, a series goes on as another.
func (d *dialect) copies() []string {
	if d.cluster.name == "" || slices.Contains(copies, d.cluster.name) {
		return copies
	}
	return append(slices.Clone(copies), d.cluster.name)
}

// choice is a counter with the labels it has here.
type choice struct {
	*requestCounter
	labelPair
}

// selector selects the counter's series in namespaces.
func (c choice) selector(d *dialect, namespaces []string, more ...string) string {
	matchers := []string{oneOf(c.namespace, namespaces)}
	return d.selector(c.metric, append(append(matchers, more...), c.matchers...)...)
}

// text writes the query for a shard: requests a second by pod, or by the
// workload or service that was asked. Copies are removed by max, never summed.
func (c choice) text(d *dialect, shard []string) string {
	series := fmt.Sprintf("rate(%s[%s])", c.selector(d, shard, c.name+`!=""`), seconds(d.rate))
	by := []string{c.namespace, c.name}
	if c.by == analyzer.CountedByPod {
		return fmt.Sprintf("max by (%s) (sum by (%s) (%s))", list(by), list(by, d.copies()...), series)
	}
	return fmt.Sprintf("sum by (%s) (max by (%s) (sum by (%s) (%s)))", list(by), list(by, "pod"), list(by, append([]string{"pod"}, d.copies()...)...), series)
}

func list(labels []string, more ...string) string {
	all := append(slices.Clone(labels), more...)
	for i := range all {
		all[i] = promName(all[i])
	}
	return strings.Join(all, ",")
}

// scaling writes a query for an autoscaler: the requests a second to one
// workload, plain where its series have no copies.
func (c choice) scaling(d *dialect, ref analyzer.Ref, names []string, over time.Duration, copied bool) string {
	series := fmt.Sprintf("rate(%s[%s])", c.selector(d, []string{ref.Namespace}, c.namesOf(ref, names)), minutes(over))
	if !copied {
		return "sum(" + series + ")"
	}
	unit := "pod" // of the proxy, where that counts
	if c.by == analyzer.CountedByPod {
		unit = c.name
	}
	return fmt.Sprintf("sum(max by (%s) (sum by (%s) (%s)))", unit, list([]string{unit}, d.copies()...), series)
}

// namesOf matches the workload's series: its pods by the form of their names,
// those of the future too.
func (c choice) namesOf(ref analyzer.Ref, names []string) string {
	if c.by != analyzer.CountedByPod {
		return oneOf(c.name, names)
	}
	form := "-.+"
	switch ref.Kind {
	case "Deployment", "Rollout":
		form = "-[a-z0-9]+-[a-z0-9]{5}"
	case "StatefulSet":
		form = "-[0-9]+"
	case "ReplicaSet", "ReplicationController":
		form = "-[a-z0-9]{5}"
	}
	return fmt.Sprintf("%s=~%q", c.name, regexp.QuoteMeta(ref.Name)+form)
}

// minutes writes a duration of whole minutes as people do.
func minutes(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return seconds(d)
}
