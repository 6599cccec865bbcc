package history

import (
	"fmt"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
)

// Series is one time series. A constant one has Value at every minute of
// [From, To) that was scraped; any other has Times (ms) and Values.
type Series struct {
	Labels []string // name, value, name, value ...

	Constant bool
	Value    float64
	From, To int64

	Times  []int64
	Values []float64
}

// Emit takes a series; Times and Values are used again after it returns.
type Emit func(Series) error

// ksmOffset is the second of the minute in which kube-state-metrics is scraped.
const ksmOffset = 17

// ConstantTime is the time in ms of a constant series' sample in a minute.
func ConstantTime(minute int64) int64 { return (minute*60 + ksmOffset) * 1000 }

// Down tells whether Prometheus itself was down in a minute: once for 50
// minutes, once for three hours.
func (h *History) Down(minute int64) bool {
	a, b := h.start+4*1440+13*60, h.start+9*1440+2*60
	return minute >= a && minute < a+50 || minute >= b && minute < b+180
}

// scraped tells whether a namespace's containers were scraped in a minute.
func (h *History) scraped(ns *cluster.Namespace, minute int64) bool {
	if h.Down(minute) {
		return false
	}
	if ns.Scrape != cluster.ScrapeGaps {
		return true
	}
	in := minute - h.start
	return in/1440%3 != 1 || in%1440 < 300 || in%1440 >= 420
}

// clip cuts a life to the history.
func (h *History) clip(from, to int64) (int64, int64) { return max(from, h.start), min(to, h.end) }

// Series emits all series of one life.
func (h *History) Series(l *Life, emit Emit) error {
	w := &writer{h: h, life: l, emit: emit}
	w.stateMetrics()
	if !l.Workload.Pending {
		w.cadvisor()
		w.requests()
	}
	return w.err
}

// writer emits the series of one life and keeps the first error.
type writer struct {
	h    *History
	life *Life
	emit Emit
	err  error
}

func (w *writer) send(s Series) {
	if w.err == nil {
		w.err = w.emit(s)
	}
}

// constant emits a series of kube-state-metrics about the life's pod.
func (w *writer) constant(name string, value float64, labels ...string) {
	base := []string{"__name__", name, "namespace", w.life.Pod.Namespace, "pod", w.life.Name, "uid", w.life.UID}
	w.state(append(base, labels...), value, w.life.From, w.life.To)
}

// state emits a constant series with the labels of kube-state-metrics' job. A
// pair of Prometheus servers makes two of them.
func (w *writer) state(labels []string, value float64, from, to int64) {
	labels = append(labels, "job", "kube-state-metrics", "instance", w.h.Plan.KSMInstance)
	from, to = w.h.clip(from, to)
	if from >= to {
		return
	}
	if w.life != nil && w.life.Namespace.Scrape == cluster.ScrapeReplicas {
		for _, replica := range []string{"a", "b"} {
			w.send(Series{Labels: with(labels, "prometheus_replica", replica), Constant: true, Value: value, From: from, To: to})
		}
		return
	}
	w.send(Series{Labels: labels, Constant: true, Value: value, From: from, To: to})
}

// stateMetrics emits what kube-state-metrics says of a pod.
func (w *writer) stateMetrics() {
	l := w.life
	owner := "true"
	if l.OwnerKind == "" {
		owner = ""
	}
	host := "false"
	if l.Workload.Host {
		host = "true"
	}
	w.constant("kube_pod_info", 1, "host_ip", l.HostIP, "pod_ip", l.IP, "node", l.Node, "host_network", host,
		"created_by_kind", l.OwnerKind, "created_by_name", l.OwnerName, "priority_class", l.Workload.Priority)
	w.constant("kube_pod_owner", 1, "owner_kind", l.OwnerKind, "owner_name", l.OwnerName, "owner_is_controller", owner)
	w.constant("kube_pod_start_time", float64(l.From*60))
	w.constant("kube_pod_created", float64(l.From*60))
	running := "Running"
	if l.Workload.Pending {
		running = "Pending"
	}
	for _, phase := range []string{"Pending", "Succeeded", "Failed", "Unknown", "Running"} {
		v := 0.0
		if phase == running {
			v = 1
		}
		w.constant("kube_pod_status_phase", v, "phase", phase)
	}
	for _, c := range l.Workload.Containers {
		w.resources("kube_pod_container_resource", c)
	}
	for _, c := range l.Workload.Init {
		w.resources("kube_pod_init_container_resource", c)
	}
	for _, c := range l.Workload.Sidecars {
		w.resources("kube_pod_init_container_resource", c)
	}
}

func (w *writer) resources(prefix string, c cluster.Container) {
	r := Resources(w.life, c)
	put := func(kind, resource, unit string, v float64) {
		if v > 0 {
			w.constant(prefix+kind, v, "container", c.Name, "node", w.life.Node, "resource", resource, "unit", unit)
		}
	}
	put("_requests", "cpu", "core", r.CPURequest)
	put("_requests", "memory", "byte", r.MemoryRequest)
	put("_limits", "cpu", "core", r.CPULimit)
	put("_limits", "memory", "byte", r.MemoryLimit)
}

// Settings are a container's requests and limits in cores and bytes; 0 is none.
type Settings struct {
	CPURequest    float64 `json:"cpuRequest"`
	MemoryRequest float64 `json:"memoryRequest"`
	CPULimit      float64 `json:"cpuLimit"`
	MemoryLimit   float64 `json:"memoryLimit"`
}

// Resources are what a container of a life asks for after the defaults that
// the API server fills in: a request that is not given is the limit, else the
// LimitRange's.
func Resources(l *Life, c cluster.Container) Settings {
	request := c.Request
	if l.Old && l.Workload.Before != "" && c.Name == l.Workload.Containers[0].Name {
		request = l.Workload.Before
	}
	s := cluster.Settings(l.Namespace, request, c.Limit)
	return Settings{CPURequest: s[0], MemoryRequest: s[1], CPULimit: s[2], MemoryLimit: s[3]}
}

// Shared emits the series that belong to no one pod: owners of replica sets
// and jobs, volumes, and nodes.
func (h *History) Shared(emit Emit) error {
	w := &writer{h: h, emit: emit}
	h.owners(w)
	h.ingresses(w)
	h.volumeStats(w)
	for _, n := range h.Nodes {
		h.node(w, n)
	}
	return w.err
}

// owners joins replica sets and jobs to what made them; each exists from its
// first pod to its last.
func (h *History) owners(w *writer) {
	type key struct{ namespace, kind, name string }
	index := map[key]int{}
	var spans []*Life
	for _, l := range h.Lives {
		if l.OwnerKind != "ReplicaSet" && l.OwnerKind != "Job" {
			continue
		}
		k := key{l.Pod.Namespace, l.OwnerKind, l.OwnerName}
		i, ok := index[k]
		if !ok {
			i = len(spans)
			index[k] = i
			first := *l
			spans = append(spans, &first)
		}
		spans[i].From, spans[i].To = min(spans[i].From, l.From), max(spans[i].To, l.To)
	}
	for _, l := range spans {
		kind, name, is := l.WorkloadKind, l.WorkloadName, "true"
		if kind == l.OwnerKind { // a bare ReplicaSet or Job
			kind, name, is = "", "", ""
		}
		w.life = l
		label, metric := "replicaset", "kube_replicaset_owner"
		if l.OwnerKind == "Job" {
			label, metric = "job_name", "kube_job_owner"
		}
		w.state([]string{"__name__", metric, "namespace", l.Pod.Namespace, label, l.OwnerName,
			"owner_kind", kind, "owner_name", name, "owner_is_controller", is}, 1, l.From, l.To)
	}
	w.life = nil
}

func (h *History) node(w *writer, n NodeLife) {
	labels := []string{"__name__", "kube_node_labels", "node", n.Name}
	for _, l := range sorted(n.Labels()) {
		labels = append(labels, "label_"+underscore(l[0]), l[1])
	}
	w.state(labels, 1, n.From, n.To)
	w.state([]string{"__name__", "kube_node_info", "node", n.Name, "provider_id", n.ProviderID(), "kubelet_version", "v1.37.2"}, 1, n.From, n.To)
	milli, mib := n.Pool.Allocatable()
	size := func(metric, resource, unit string, v float64) {
		w.state([]string{"__name__", metric, "node", n.Name, "resource", resource, "unit", unit}, v, n.From, n.To)
	}
	size("kube_node_status_allocatable", "cpu", "core", float64(milli)/1000)
	size("kube_node_status_allocatable", "memory", "byte", float64(mib<<20))
	size("kube_node_status_capacity", "cpu", "core", float64(n.Pool.CPU))
	size("kube_node_status_capacity", "memory", "byte", float64(n.Pool.SeenMiB()<<20))
}

func with(labels []string, more ...string) []string {
	return append(append(make([]string, 0, len(labels)+len(more)), labels...), more...)
}

func (l *Life) String() string { return fmt.Sprintf("%s/%s", l.Pod.Namespace, l.Name) }
