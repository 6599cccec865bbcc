package prometheus

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// The metrics that are read: cAdvisor's by the kubelet, and kube-state-metrics'.
const (
	metricCPU       = "container_cpu_usage_seconds_total"
	metricMemory    = "container_memory_working_set_bytes"
	metricThrottled = "container_cpu_cfs_throttled_periods_total"
	metricPeriods   = "container_cpu_cfs_periods_total"

	metricReceived = "container_network_receive_bytes_total"
	metricSent     = "container_network_transmit_bytes_total"

	metricPodOwner        = "kube_pod_owner"
	metricReplicaSetOwner = "kube_replicaset_owner"
	metricJobOwner        = "kube_job_owner"
	metricRestarts        = analyzer.MetricRestarts
	metricLastReason      = "kube_pod_container_status_last_terminated_reason"
	metricReason          = "kube_pod_container_status_terminated_reason"
	metricRequests        = "kube_pod_container_resource_requests"
	metricLimits          = "kube_pod_container_resource_limits"
	metricInitRequests    = "kube_pod_init_container_resource_requests"
	metricInitLimits      = "kube_pod_init_container_resource_limits"
)

// schema names the labels of one family of metrics. Scrapes without
// honor_labels and old kubelets name them otherwise.
type schema struct{ namespace, pod, container string }

var standard = schema{"namespace", "pod", "container"}

// labels gives the labels, and more; series of whole pods have no container.
func (s schema) labels(more ...string) []string {
	if s.container == "" {
		return append([]string{s.namespace, s.pod}, more...)
	}
	return append([]string{s.namespace, s.pod, s.container}, more...)
}

// list gives the labels, and more, for a grouping.
func (s schema) list(more ...string) string { return list(s.labels(more...)) }

func (s schema) by(more ...string) string { return "by (" + s.list(more...) + ")" }

// dialect is what discovery learnt about an engine's series, and what every
// query of one collection shares.
type dialect struct {
	usage, state schema // cAdvisor's labels, kube-state-metrics' labels
	names        usageNames
	// otelState says that requests and limits are those of OpenTelemetry's
	// k8scluster receiver.
	otelState bool
	traffic   string // the counter of pods' traffic; OpenTelemetry's is of both ways
	matchers  []Matcher
	cluster   labelMatcher // of an engine of several clusters, where it was proven; the zero value is none
	step      time.Duration
	rate      time.Duration // range of rate()
	peak      time.Duration // range of max_over_time() of memory
	slow      wider
	pods      []string // where not empty, kube-state-metrics' series of these pods only
}

// selector gives metric{...} with the extra matchers of the user in it.
func (d *dialect) selector(metric string, matchers ...string) string {
	for _, m := range d.matchers {
		matchers = append(matchers, m.String())
	}
	if d.cluster.name != "" {
		matchers = append(matchers, d.cluster.String())
	}
	if metric != "" && !metricName.MatchString(metric) { // a name of UTF-8
		metric, matchers = "", append([]string{strconv.Quote(metric)}, matchers...)
	}
	return metric + "{" + strings.Join(matchers, ",") + "}"
}

// containers selects cAdvisor's series of containers: not the pod's own
// cgroup (no container label) nor its pause container. There is no image
// matcher: it would add nothing to these and lose containers of kubelets that
// do not know the image.
func (d *dialect) containers(metric string, shard []string) string {
	return d.selector(metric, append([]string{oneOf(d.usage.namespace, shard)}, d.ofContainers()...)...)
}

// ofContainers are the matchers of series of containers; of those of whole pods
// there are none.
func (d *dialect) ofContainers() []string {
	if d.names.pods {
		return nil
	}
	c := promName(d.usage.container)
	return []string{c + `!=""`, c + `!="POD"`}
}

// states selects kube-state-metrics' series.
func (d *dialect) states(metric string, shard []string, more ...string) string {
	matchers := []string{oneOf(d.state.namespace, shard)}
	if len(d.pods) > 0 {
		matchers = append(matchers, oneOf(d.state.pod, d.pods))
	}
	return d.selector(metric, append(matchers, more...)...)
}

// labelsOf gives the labels that the rows of a query carry.
func (d *dialect) labelsOf(q *query) schema {
	if q.ofState() {
		return d.state
	}
	return d.usage
}

// query is one thing that is read for every shard and day.
type query struct {
	name string // for warnings and progress: "CPU usage"
	// metric is the series it needs, for the warning that there are none.
	metric string
	// ranged queries have a value for every step; the others are asked once,
	// at the end of the day, over all of it.
	ranged bool
	// text writes the PromQL for the namespaces of a shard; over is the
	// length of the day.
	text func(d *dialect, shard []string, over time.Duration) string
	// pods writes an instant query for the pods that alone are of interest. It
	// is asked first where the query itself is costly and few pods matter.
	pods func(d *dialect, shard []string, over time.Duration) string
	// take files one series of the answer and counts values that cannot be.
	take func(c *containerDay, s *series) (odd int)
	// many says that a container may have several series in one answer; to
	// take one of them twice does no harm then.
	many bool
	// absent is what follows when no series came at all; "" where that may well be.
	absent string
}

// queryCount is the number of queries.
const queryCount = 11

// queries lists what is read, in order: usage first, so that a collection
// that is broken off has it. Duplicates (HA replicas, two jobs scraping one
// kubelet) are removed by max, never summed; where one container may have
// several series of its own (a new cgroup id with each start, a new uid with
// each pod of a StatefulSet), counts are summed over those.
var queries = [queryCount]query{
	{
		name: "CPU usage", metric: metricCPU, ranged: true, take: takeCPU,
		text: func(d *dialect, shard []string, _ time.Duration) string {
			how := "rate"
			if d.names.cpu.gauge {
				how = "avg_over_time"
			}
			return fmt.Sprintf("max %s (%s)", d.usage.by(), over(how, d.containers(d.names.cpuName(), shard), d.rate, d.slow.rate))
		},
		absent: "there is no CPU usage; scrape the kubelets' /metrics/cadvisor",
	},
	{
		name: "memory usage", metric: metricMemory, ranged: true, take: takeMemory,
		text: func(d *dialect, shard []string, _ time.Duration) string {
			return fmt.Sprintf("max %s (%s)", d.usage.by(), over("max_over_time", d.containers(d.names.memoryName(), shard), d.peak, d.slow.peak))
		},
		absent: "there is no memory usage; scrape the kubelets' /metrics/cadvisor",
	},
	{
		name: "OOM kills", metric: metricLastReason, ranged: true, take: takeOOMRestarts,
		pods: killed(metricLastReason),
		text: func(d *dialect, shard []string, _ time.Duration) string {
			r, t := d.states(metricRestarts, shard), d.states(metricLastReason, shard, `reason="OOMKilled"`)
			return fmt.Sprintf("sum %s (max %s (((%s - last_over_time(%s[6h] offset %s)) > 0) and on (%s) (%s == 1)))",
				d.state.by(), d.state.by("uid"), r, r, seconds(d.step), d.state.list("uid"), t)
		},
	},
	{
		name: "OOM kills of containers that do not restart", metric: metricReason, ranged: true, take: takeOOMEnds,
		pods: killed(metricReason),
		text: func(d *dialect, shard []string, _ time.Duration) string {
			t := d.states(metricReason, shard, `reason="OOMKilled"`)
			return fmt.Sprintf("max %s ((%s == 1) unless (last_over_time(%s[6h] offset %s) == 1))", d.state.by(), t, t, seconds(d.step))
		},
	},
	{
		name: "restarts", metric: metricRestarts, take: takeRestarts,
		text: func(d *dialect, shard []string, over time.Duration) string {
			r := d.states(metricRestarts, shard)
			return fmt.Sprintf("sum %s (max %s (max_over_time(%s[%s]) - min_over_time(%s[%s])))",
				d.state.by(), d.state.by("uid"), r, seconds(over), r, seconds(over))
		},
		absent: "restarts and OOM kills are not known, so a memory limit that is too low may go unseen; run kube-state-metrics and scrape it",
	},
	{
		name: "requests", metric: metricRequests, many: true, take: takeRequests, text: amounts(metricRequests),
		absent: "requests and limits as they were in the past are not known; only the current ones are; run kube-state-metrics and scrape it",
	},
	{name: "limits", metric: metricLimits, many: true, take: takeLimits, text: amounts(metricLimits)},
	{name: "requests of init containers", metric: metricInitRequests, many: true, take: takeRequests, text: amounts(metricInitRequests)},
	{name: "limits of init containers", metric: metricInitLimits, many: true, take: takeLimits, text: amounts(metricInitLimits)},
	{name: "throttled CFS periods", metric: metricThrottled, take: takeThrottled, text: increase(metricThrottled)},
	{name: "CFS periods", metric: metricPeriods, take: takePeriods, text: increase(metricPeriods)},
}

// killed writes the query for the pods in which a container was killed for its memory.
func killed(metric string) func(*dialect, []string, time.Duration) string {
	return func(d *dialect, shard []string, over time.Duration) string {
		t := d.states(metric, shard, `reason="OOMKilled"`)
		return fmt.Sprintf("group by (%s) (max_over_time(%s[%s]) == 1)", d.state.pod, t, seconds(over))
	}
}

func increase(metric string) func(*dialect, []string, time.Duration) string {
	return func(d *dialect, shard []string, over time.Duration) string {
		return fmt.Sprintf("sum %s (max %s (increase(%s[%s])))", d.usage.by(), d.usage.by("id"), d.containers(metric, shard), seconds(over))
	}
}

func amounts(metric string) func(*dialect, []string, time.Duration) string {
	return func(d *dialect, shard []string, over time.Duration) string {
		if d.otelState {
			return d.otelAmounts(metric, shard, over)
		}
		return fmt.Sprintf("max %s (max_over_time(%s[%s]))", d.state.by("resource"), d.states(metric, shard, `resource=~"cpu|memory|.+_com_gpu"`), seconds(over))
	}
}

// ownerQuery is one owner series; rows are its labels.
type ownerQuery struct {
	name, metric string
	kind         string                  // of what is owned
	labels       func(s schema) []string // that name it, beside owner_kind and owner_name
	absent       string
}

var ownerQueries = []ownerQuery{
	{
		name: "pod owners", metric: metricPodOwner, kind: "Pod",
		labels: func(s schema) []string { return []string{s.namespace, s.pod} },
		absent: "pods that are gone are joined to workloads by their names alone, or not at all; run kube-state-metrics and scrape it",
	},
	{
		name: "ReplicaSet owners", metric: metricReplicaSetOwner, kind: "ReplicaSet",
		labels: func(s schema) []string { return []string{s.namespace, "replicaset"} },
		absent: "pods of old ReplicaSets are joined to Deployments by name alone; let kube-state-metrics collect replicasets",
	},
	{
		name: "Job owners", metric: metricJobOwner, kind: "Job",
		labels: func(s schema) []string { return []string{s.namespace, "job_name"} },
	},
}

// text writes the PromQL of an owner series over the time before its evaluation.
func (q ownerQuery) text(d *dialect, shard []string, over time.Duration) string {
	labels := append(q.labels(d.state), "owner_kind", "owner_name")
	return fmt.Sprintf("max by (%s) (last_over_time(%s[%s]))",
		strings.Join(labels, ","), d.states(q.metric, shard, `owner_is_controller!="false"`), seconds(over))
}

// seconds writes a duration as PromQL has it.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) + "s" }
