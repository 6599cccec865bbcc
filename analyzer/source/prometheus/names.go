package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// family is one way in which engines name the usage of containers.
type family struct {
	memory string
	// cpu are the names of CPU usage, the first that is there counts.
	cpu []cpuName
	// labels are the names of namespace, pod and container, most telling first.
	labels [3][]string
	// pods says that the series are of pods as a whole and name no container.
	pods bool
}

// cpuName is a metric of CPU usage.
type cpuName struct {
	name string
	// gauge says that the value is cores in use, not a counter of seconds.
	gauge bool
}

// families lists them: cAdvisor's, which share the name of memory with
// OpenTelemetry's kubeletstats receiver as Prometheus' OTLP ingestion writes it
// by default; the receiver's without suffixes, with UTF-8 names; the recording
// rules of kubernetes-mixin; the receiver's series of whole pods.
var families = []family{
	{memory: metricMemory, labels: roles, cpu: []cpuName{
		{metricCPU, false}, {"container_cpu_time_seconds_total", false}, {"container_cpu_usage", true},
		{"container_cpu_utilization_ratio", true}, {"container_cpu_utilization", true},
	}},
	{memory: "container_memory_working_set", labels: roles, cpu: []cpuName{
		{"container_cpu_time", false}, {"container_cpu_time_seconds_total", false}, {"container_cpu_usage", true}, {"container_cpu_utilization", true},
	}},
	{memory: "container.memory.working_set_bytes", labels: dotted, cpu: []cpuName{
		{"container.cpu.time_seconds_total", false}, {"container.cpu.usage", true}, {"container.cpu.utilization_ratio", true},
	}},
	{memory: "container.memory.working_set", labels: dotted, cpu: []cpuName{
		{"container.cpu.time", false}, {"container.cpu.usage", true}, {"container.cpu.utilization", true},
	}},
	{memory: "node_namespace_pod_container:container_memory_working_set_bytes", labels: roles, cpu: []cpuName{
		{"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate", true},
		{"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m", true},
		{"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate", true},
	}},
	{memory: "k8s_pod_memory_working_set_bytes", labels: roles, pods: true, cpu: []cpuName{
		{"k8s_pod_cpu_time_seconds_total", false}, {"k8s_pod_cpu_usage", true}, {"k8s_pod_cpu_utilization_ratio", true},
	}},
	{memory: "k8s_pod_memory_working_set", labels: roles, pods: true, cpu: []cpuName{
		{"k8s_pod_cpu_time", false}, {"k8s_pod_cpu_usage", true}, {"k8s_pod_cpu_utilization", true},
	}},
	{memory: "k8s.pod.memory.working_set", labels: dotted, pods: true, cpu: []cpuName{
		{"k8s.pod.cpu.time", false}, {"k8s.pod.cpu.usage", true}, {"k8s.pod.cpu.utilization", true},
	}},
}

var dotted = [3][]string{{"k8s.namespace.name"}, {"k8s.pod.name"}, {"k8s.container.name"}}

// usageNames are the series of usage that an engine has. The zero value is
// cAdvisor's.
type usageNames struct {
	memory string
	cpu    cpuName
	pods   bool // see family
}

func (n usageNames) memoryName() string { return cmp.Or(n.memory, metricMemory) }

func (n usageNames) cpuName() string { return cmp.Or(n.cpu.name, metricCPU) }

// usual reports whether the series are cAdvisor's, which remote read knows.
func (n usageNames) usual() bool {
	return n.memoryName() == metricMemory && n.cpuName() == metricCPU && !n.pods
}

// chooseCPU finds the first metric of CPU usage that is there.
func (d *discovery) chooseCPU(ctx context.Context, c *client, f *family, at time.Time) error {
	if !d.otel() && f.memory == metricMemory {
		return nil // cAdvisor's own: one question less
	}
	for _, name := range f.cpu {
		counts, err := d.probe(ctx, c, name.name, nil, at)
		if err != nil {
			return err
		}
		if counts["any"] > 0 {
			d.names.cpu = name
			break
		}
	}
	if !d.names.usual() {
		d.warn(analyzer.WarnDerived, d.names.memoryName(), "usage is read from "+d.names.cpuName()+" and "+d.names.memoryName()+", as cAdvisor's own series are not there")
	}
	return nil
}

// refused reports whether an engine does not take a query, such as one of UTF-8
// names that it does not know.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindBadQuery
}

var metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)

// promName writes a label's name as PromQL has it: one of UTF-8 in quotes.
func promName(label string) string {
	if label == "" || labelName.MatchString(label) {
		return label
	}
	return strconv.Quote(label)
}

// otelOwners are the labels by which OpenTelemetry names what owns a pod,
// nearest first, and what owns that.
var otelOwners = []struct{ label, kind, above, aboveKind string }{
	{"k8s_replicaset_name", "ReplicaSet", "k8s_deployment_name", "Deployment"},
	{"k8s_statefulset_name", "StatefulSet", "", ""},
	{"k8s_daemonset_name", "DaemonSet", "", ""},
	{"k8s_job_name", "Job", "k8s_cronjob_name", "CronJob"},
	{"k8s_deployment_name", "Deployment", "", ""},
}

// otel reports whether the engine's series of usage have OpenTelemetry's labels.
func (d *dialect) otel() bool { return strings.HasPrefix(d.usage.pod, "k8s") }

// otelName writes a name of OpenTelemetry as the engine has it: with dots where it
// keeps names of UTF-8.
func (d *dialect) otelName(label string) string {
	if strings.Contains(d.usage.pod, ".") {
		return strings.ReplaceAll(label, "_", ".")
	}
	return label
}

// readOTel reads the owners that the labels of OpenTelemetry's series name.
func (t *ownerTask) readOTel(ctx context.Context, col *collection, shard []string, s span) error {
	d := &col.dialect
	name := d.otelName
	labels := []string{d.usage.namespace, d.usage.pod}
	for _, o := range otelOwners {
		labels = append(labels, name(o.label))
		if o.above != "" && o.above != "k8s_deployment_name" {
			labels = append(labels, name(o.above))
		}
	}
	ask := question{doing: "reading pod owners", end: s.to, query: "group by (" + list(labels) + ") (last_over_time(" +
		d.containers(d.names.memoryName(), shard) + "[" + seconds(s.to.Sub(s.from)) + "]))"}
	a, err := col.client.ask(ctx, ask, func(row *series) {
		namespace := row.get(d.usage.namespace)
		for _, o := range otelOwners {
			owner := row.get(name(o.label))
			if owner == "" {
				continue
			}
			col.rows.add(metricPodOwner, analyzer.Ref{Namespace: namespace, Kind: "Pod", Name: row.get(d.usage.pod)}, ownerRow{s.to.UnixMilli(), o.kind, owner})
			if above := row.get(name(o.above)); o.above != "" && above != "" {
				col.rows.add(metricReplicaSetOwner, analyzer.Ref{Namespace: namespace, Kind: o.kind, Name: owner}, ownerRow{s.to.UnixMilli(), o.aboveKind, above})
			}
			return
		}
	})
	col.heard(a)
	return halve(err, shard, s, d.step, func(shard []string, s span) error { return t.readOTel(ctx, col, shard, s) })
}

// otelAmounts are the metrics of OpenTelemetry's k8scluster receiver that stand
// for one of kube-state-metrics.
var otelAmounts = map[string][]struct{ name, resource string }{
	metricRequests: {{"k8s_container_cpu_request", "cpu"}, {"k8s_container_memory_request_bytes", "memory"}, {"k8s_container_memory_request", "memory"}},
	metricLimits:   {{"k8s_container_cpu_limit", "cpu"}, {"k8s_container_memory_limit_bytes", "memory"}, {"k8s_container_memory_limit", "memory"}},
}

// otelAmounts writes the query of requests or limits by OpenTelemetry's names.
func (d *dialect) otelAmounts(metric string, shard []string, over time.Duration) string {
	var terms []string
	for _, m := range otelAmounts[metric] {
		name := m.name
		if strings.Contains(d.state.pod, ".") {
			name = strings.ReplaceAll(name, "_", ".")
		}
		terms = append(terms, fmt.Sprintf(`label_replace(max %s (max_over_time(%s[%s])),"resource","%s","","")`,
			d.state.by(), d.states(name, shard), seconds(over), m.resource))
	}
	if terms == nil { // of init containers it has none
		return fmt.Sprintf("max %s (%s)", d.state.by(), d.states(metric, shard))
	}
	return strings.Join(terms, " or ")
}

// labelPath writes a label's name for a path: one of UTF-8 as the API escapes it.
func labelPath(label string) string {
	if labelName.MatchString(label) {
		return label
	}
	var out strings.Builder
	out.WriteString("U__")
	for _, r := range label {
		switch {
		case r == '_':
			out.WriteString("__")
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, "_%x_", r)
		}
	}
	return out.String()
}

// haveSome counts pods in a sentence.
func haveSome(pods map[string]bool) string {
	if len(pods) == 1 {
		return some(pods, "pod") + " has"
	}
	return some(pods, "pod") + " have"
}
