package openmetrics

import (
	"bytes"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// otherName is how a metric of another name is read.
type otherName struct {
	metric metric
	// gauge says that the value is cores in use, not a counter of seconds.
	gauge bool
	// resource is set for requests and limits, whose label it stands for.
	resource string
	// whole says that it is of pods and names no container.
	whole bool
}

// otherNames are the metrics that tell what cAdvisor's and
// kube-state-metrics' do: the recording rules of kubernetes-mixin, and the
// OpenTelemetry Collector's kubeletstats and k8scluster receivers as
// Prometheus' OTLP ingestion names them. Where both are there cAdvisor's count.
var otherNames = map[string]otherName{
	"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate":  {metric: cpu, gauge: true},
	"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate":   {metric: cpu, gauge: true},
	"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m": {metric: cpu, gauge: true},
	"namespace_pod_container:container_cpu_usage_seconds_total:sum_rate":        {metric: cpu, gauge: true},
	"node_namespace_pod_container:container_memory_working_set_bytes":           {metric: memory},

	"container_cpu_time_seconds_total":   {metric: cpu},
	"container_cpu_time":                 {metric: cpu},
	"container_cpu_usage":                {metric: cpu, gauge: true},
	"container_cpu_utilization":          {metric: cpu, gauge: true},
	"container_cpu_utilization_ratio":    {metric: cpu, gauge: true},
	"container_memory_working_set":       {metric: memory},
	"k8s_container_cpu_request":          {metric: requests, resource: "cpu"},
	"k8s_container_cpu_limit":            {metric: limits, resource: "cpu"},
	"k8s_container_memory_request_bytes": {metric: requests, resource: "memory"},
	"k8s_container_memory_limit_bytes":   {metric: limits, resource: "memory"},
	"k8s_container_memory_request":       {metric: requests, resource: "memory"},
	"k8s_container_memory_limit":         {metric: limits, resource: "memory"},
	"k8s_container_restarts":             {metric: restarts},

	"k8s_pod_network_io_bytes_total": {metric: received},
	"k8s_pod_network_io":             {metric: received},

	"k8s_pod_cpu_time_seconds_total":   {metric: cpu, whole: true},
	"k8s_pod_cpu_time":                 {metric: cpu, whole: true},
	"k8s_pod_cpu_usage":                {metric: cpu, gauge: true, whole: true},
	"k8s_pod_cpu_utilization_ratio":    {metric: cpu, gauge: true, whole: true},
	"k8s_pod_cpu_utilization":          {metric: cpu, gauge: true, whole: true},
	"k8s_pod_memory_working_set_bytes": {metric: memory, whole: true},
	"k8s_pod_memory_working_set":       {metric: memory, whole: true},
}

// otherLabels are the labels of older kubelets and of OpenTelemetry that stand
// for the usual ones.
var otherLabels = []struct{ other, usual string }{
	{"pod_name", "pod"}, {"container_name", "container"},
	{"k8s_namespace_name", "namespace"}, {"k8s_pod_name", "pod"}, {"k8s_container_name", "container"},
}

// otelOwners are the labels by which OpenTelemetry names what owns a pod,
// nearest first.
var otelOwners = []struct{ label, kind string }{
	{"k8s_replicaset_name", "ReplicaSet"}, {"k8s_statefulset_name", "StatefulSet"}, {"k8s_daemonset_name", "DaemonSet"}, {"k8s_job_name", "Job"},
}

// readable reports whether a metric of that name is read.
func readable(name []byte) bool {
	if _, ok := metricOf(string(name)); ok {
		return true
	}
	_, ok := otherNames[string(name)]
	return ok
}

// usual gives a series' labels the usual names: dots, which UTF-8 names have,
// are underscores.
func usual(l map[string]string) {
	for name, value := range l {
		if strings.Contains(name, ".") {
			l[strings.ReplaceAll(name, ".", "_")] = value
		}
	}
	if name := l["__name__"]; strings.Contains(name, ".") {
		l["__name__"] = strings.ReplaceAll(name, ".", "_")
	}
	for _, x := range otherLabels {
		if l[x.usual] == "" && l[x.other] != "" {
			l[x.usual] = l[x.other]
		}
	}
}

// learnOwner notes what OpenTelemetry's labels tell of a pod's owner.
func (c *catalog) learnOwner(l map[string]string) {
	for _, x := range otelOwners {
		name := l[x.label]
		if name == "" {
			continue
		}
		c.owners.AddPod(l["namespace"], l["pod"], x.kind, name)
		c.found[podOwner] = true
		child := analyzer.Ref{Namespace: l["namespace"], Kind: x.kind, Name: name}
		switch {
		case x.kind == "ReplicaSet" && l["k8s_deployment_name"] != "":
			c.owners.AddOwner(child, "Deployment", l["k8s_deployment_name"])
			c.found[replicaSetOwner] = true
		case x.kind == "Job" && l["k8s_cronjob_name"] != "":
			c.owners.AddOwner(child, "CronJob", l["k8s_cronjob_name"])
		}
		return
	}
}

// noteUnread keeps the names of usage that is there and not read, to say so
// where nothing else is.
func (c *catalog) noteUnread(name []byte) {
	const most = 4
	if len(c.unread) >= most || !bytes.Contains(name, []byte(":")) && !bytes.HasPrefix(name, []byte("k8s_pod_")) {
		return
	}
	if bytes.Contains(name, []byte("cpu")) || bytes.Contains(name, []byte("memory")) {
		if c.unread == nil {
			c.unread = map[string]bool{}
		}
		c.unread[string(name)] = true
	}
}

// preferRaw leaves out series of other names where cAdvisor's own are there, and
// those of whole pods where any of containers are.
func (c *catalog) preferRaw() {
	for m := cpu; m <= memory; m++ {
		if c.wholes[m] != "" && (c.raw[m] || c.derived[m] != "") {
			c.wholes[m] = ""
			for _, x := range c.order {
				x.ignore(m, func(s *series) bool { return s.whole })
			}
		}
	}
	for m := cpu; m <= memory; m++ {
		if !c.raw[m] || c.derived[m] == "" {
			continue
		}
		c.derived[m] = ""
		for _, x := range c.order {
			x.ignore(m, func(s *series) bool { return s.derived })
		}
	}
}

// ignore leaves series out.
func (x *container) ignore(m metric, which func(*series) bool) {
	kept := x.sets[m][:0]
	for _, s := range x.sets[m] {
		if which(s) {
			s.ignored = true
		} else {
			kept = append(kept, s)
		}
	}
	x.sets[m] = kept
}
