package openmetrics

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// absent says what follows where a metric is in none of the dumps.
var absent = []struct {
	metric  metric
	name    string
	message string
}{
	{cpu, "container_cpu_usage_seconds_total", "is not in the dumps: there is no advice on CPU; add cAdvisor's metric to the dump"},
	{memory, "container_memory_working_set_bytes", "is not in the dumps: there is no advice on memory; add cAdvisor's metric to the dump"},
	{podOwner, "kube_pod_owner", "is not in the dumps: pods are joined to workloads by the objects given and by name; add kube-state-metrics' owner series to the dump"},
	{replicaSetOwner, "kube_replicaset_owner", "is not in the dumps: past ReplicaSets are joined to Deployments by name; add kube-state-metrics' owner series to the dump"},
	{restarts, analyzer.MetricRestarts, "is not in the dumps: restarts and OOM kills are not known, so a memory limit that is too low may go unseen"},
	{requests, "kube_pod_container_resource_requests", "is not in the dumps: requests of the past are not known"},
}

func (c *catalog) warnings(w analyzer.Window) []analyzer.Warning {
	var out []analyzer.Warning
	for _, a := range absent {
		if !c.found[a.metric] {
			out = append(out, analyzer.Warning{Code: analyzer.WarnMissing, Subject: a.name, Message: a.message})
		}
	}
	for _, name := range c.derived {
		if name != "" {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnDerived, Subject: name,
				Message: "usage is read from this series, as cAdvisor's own is not in the dumps: peaks between two of its values are not seen",
			})
		}
	}
	for _, name := range c.wholes {
		if name != "" {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnDerived, Subject: name, Message: "usage is read from this series of whole pods, for those of one container",
			})
		}
	}
	oldest := c.files[0].oldest
	for _, f := range c.files {
		if f.unit == seconds && !f.ended {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnPartial, Subject: f.name,
				Message: fmt.Sprintf("the dump has no \"# EOF\" after its last line, %d, so a part may be missing; make it anew, or end it with \"# EOF\" if it is whole", f.lines),
			})
		}
	}
	if from := time.UnixMilli(oldest).UTC(); from.After(w.Start.Add(w.End.Sub(w.Start) / 10)) {
		out = append(out, analyzer.Warning{
			Code: analyzer.WarnPartial, Subject: "window",
			Message: fmt.Sprintf("the dumps begin at %s, so a part of the window from %s to %s has no data", from.Format(time.RFC3339), w.Start.Format(time.RFC3339), w.End.Format(time.RFC3339)),
		})
	}
	return out
}

func (f *fold) warnings() []analyzer.Warning {
	var out []analyzer.Warning
	if n := len(f.unmatched); n > 0 {
		out = append(out, analyzer.Warning{
			Code: analyzer.WarnUnmatched, Subject: "pods",
			Message: fmt.Sprintf("%d pods have no known workload and stand for themselves: %s; add kube_pod_owner and its kin to the dump, or give the objects", n, f.examples(3)),
		})
	}
	if n := len(f.several); n > 0 {
		slices.Sort(f.several)
		out = append(out, analyzer.Warning{
			Code: analyzer.WarnMissing, Subject: cmp.Or(f.wholes[memory], f.wholes[cpu]),
			Message: fmt.Sprintf("it is of whole pods, and %d of them have more than one container, or unknown ones: their usage cannot be told apart (%s); add the metrics of containers to the dump", n, examplesOf(f.several)),
		})
	}
	for m, n := range f.odd {
		if n > 0 {
			out = append(out, analyzer.Warning{
				Code: analyzer.WarnOdd, Subject: metricName(metric(m)),
				Message: fmt.Sprintf("%s cannot be true (negative, not a number, no working set at all, beyond any machine, or of a time to come); left out, of %s", analyzer.Several(n, "sample"), examplesOf(f.oddOf[m])),
			})
		}
	}
	return out
}

// examplesOf lists the first names.
func examplesOf(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

func metricName(m metric) string {
	for _, a := range absent {
		if a.metric == m {
			return a.name
		}
	}
	return [metrics]string{throttled: "container_cpu_cfs_throttled_periods_total", periods: "container_cpu_cfs_periods_total",
		limits: "kube_pod_container_resource_limits", terminated: "kube_pod_container_status_last_terminated_reason",
		ended: "kube_pod_container_status_terminated_reason", volumeUsed: "kubelet_volume_stats_used_bytes",
		received: "container_network_receive_bytes_total", sent: "container_network_transmit_bytes_total"}[m]
}

// examples names the first pods without a workload.
func (f *fold) examples(most int) string {
	var names []string
	for k := range f.unmatched {
		names = append(names, k[0]+"/"+k[1])
	}
	slices.Sort(names)
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return strings.Join(names, ", ")
}

func (c *catalog) noUsage() error {
	var names []string
	for _, f := range c.files {
		names = append(names, f.name)
	}
	hint := "it needs container_cpu_usage_seconds_total and container_memory_working_set_bytes with the labels namespace, pod and container"
	if len(c.unread) > 0 {
		hint = "it has " + strings.Join(slices.Sorted(maps.Keys(c.unread)), ", ") + ", which do not tell of single containers; " + hint
	}
	if c.filtered > 0 {
		hint = fmt.Sprintf("%d series were left out by the label matchers: check them", c.filtered)
	}
	return errors.New("dump " + strings.Join(names, ", ") + ": it holds no usage of containers; " + hint)
}
