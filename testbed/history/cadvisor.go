package history

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/testbed/cluster"
	"github.com/plimsoll-k8s/plimsoll/testbed/load"
)

// use is what one container of a life did, and what it asked for.
type use struct {
	cluster.Container
	Settings
	run load.Run
}

// uses simulates the long-running containers of a life, from its start, which
// may lie before the history's.
func (h *History) uses(l *Life) ([]use, error) {
	var all []use
	for _, c := range l.Workload.Long() {
		s := Resources(l, c)
		lc, err := c.Load()
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", l, c.Name, err)
		}
		lc.CPULimit, lc.MemoryLimit = s.CPULimit, s.MemoryLimit
		key := load.Key{Seed: h.Plan.Seed, Namespace: l.Pod.Namespace, Workload: l.WorkloadName, Pod: l.Name, Container: c.Name}
		all = append(all, use{Container: c, Settings: s, run: load.Simulate(key, lc, l.From, l.To)})
	}
	return all, nil
}

// target is one way in which a kubelet was scraped: the labels that this gives
// and the second of the minute.
type target struct {
	labels []string
	offset int64
	missed func(minute int64) bool
}

func (h *History) targets(l *Life) []target {
	offset := int64(h.part("offset", l.Node) * 60)
	if offset == ksmOffset { // keeps the two scrapes of a test's eye apart
		offset++
	}
	base := []string{"job", "kubelet", "metrics_path", "/metrics/cadvisor", "node", l.Node, "instance", l.Node}
	none := func(int64) bool { return false }
	one := target{labels: base, offset: offset, missed: none}
	switch l.Namespace.Scrape {
	case cluster.ScrapeDuplicate:
		second := []string{"job", "kubernetes-cadvisor", "instance", l.Node + ":10250", "kubernetes_io_hostname", l.Node}
		return []target{one, {labels: second, offset: (offset + 23) % 60, missed: none}}
	case cluster.ScrapeReplicas:
		// The second server was away for six hours.
		away := h.start + 6*1440 + 8*60
		b := target{labels: with(base, "prometheus_replica", "b"), offset: (offset + 11) % 60,
			missed: func(m int64) bool { return m >= away && m < away+360 }}
		one.labels = with(base, "prometheus_replica", "a")
		return []target{one, b}
	}
	return []target{one}
}

// cadvisor emits what kubelets say of a pod's containers, its pause container
// and the pod as a whole.
func (w *writer) cadvisor() {
	h, l := w.h, w.life
	uses, err := h.uses(l)
	if err != nil {
		w.err = err
		return
	}
	cgroup := "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + strings.ReplaceAll(l.UID, "-", "_") + ".slice"
	whole := use{run: load.Run{From: l.From, CPU: make([]float64, l.To-l.From), Memory: make([]float64, l.To-l.From)}}
	for _, u := range uses {
		w.restarts(u)
		for i := range whole.run.CPU {
			whole.run.CPU[i] += u.run.CPU[i]
			whole.run.Memory[i] += u.run.Memory[i]
		}
	}
	for i := range whole.run.Memory {
		whole.run.Memory[i] += pauseMemory
	}
	for _, t := range h.targets(l) {
		pod := with([]string{"namespace", l.Pod.Namespace, "pod", l.Name}, t.labels...)
		for _, u := range uses {
			w.container(u, t, with(pod, "container", u.Name, "image", u.Image()), cgroup)
		}
		id := []string{}
		if l.Namespace.Scrape != cluster.ScrapeNoID {
			id = []string{"id", cgroup}
		}
		from, to := h.clip(l.From, l.To)
		w.usage(whole.run, t, with(pod, id...), from, to)
		w.network(uses, whole, t, with(pod, "container", "POD", "image", "registry.k8s.io/pause:3.10"))
		w.pause(t, with(pod, "container", "POD", "image", "registry.k8s.io/pause:3.10"), cgroup)
	}
}

const pauseMemory = 1 << 18

// container emits a container's series: one set for each of its runs, as every
// run has an id of its own, or a single set with counter resets where the
// label id is dropped.
func (w *writer) container(u use, t target, labels []string, cgroup string) {
	l := w.life
	bounds := append(append([]int64{l.From}, u.run.Restarts...), l.To)
	if l.Namespace.Scrape == cluster.ScrapeNoID {
		from, to := w.h.clip(l.From, l.To)
		w.usage(u.run, t, labels, from, to)
		w.throttled(u, t, labels, from, to)
		return
	}
	for i := range len(bounds) - 1 {
		from, to := w.h.clip(bounds[i], bounds[i+1])
		if from >= to {
			continue
		}
		id := fmt.Sprintf("%016x", w.h.hash(l.UID, u.Name, fmt.Sprint(i)))
		run := with(labels, "id", cgroup+"/cri-containerd-"+id+".scope", "name", id)
		w.usage(u.run, t, run, from, to)
		w.throttled(u, t, run, from, to)
	}
}

// usage emits the CPU counter and the working set of [from, to).
func (w *writer) usage(r load.Run, t target, labels []string, from, to int64) {
	times, counter := w.h.counter(w.life, r, t, from, to, func(i int64) float64 { return r.CPU[i] }, 60)
	w.send(Series{Labels: with(labels, "__name__", "container_cpu_usage_seconds_total", "cpu", "total"), Times: times, Values: counter})
	var memory []float64
	for _, ms := range times {
		memory = append(memory, r.Memory[ms/60000-r.From])
	}
	w.send(Series{Labels: with(labels, "__name__", "container_memory_working_set_bytes"), Times: times, Values: memory})
}

// throttled emits the CFS counters, which exist only under a CPU limit: ten
// periods a second, of which some are throttled.
func (w *writer) throttled(u use, t target, labels []string, from, to int64) {
	if u.CPULimit == 0 {
		return
	}
	times, values := w.h.counter(w.life, u.run, t, from, to, func(i int64) float64 { return math.Min(1, 0.2+u.run.CPU[i]/u.CPULimit) }, 600)
	w.send(Series{Labels: with(labels, "__name__", "container_cpu_cfs_periods_total"), Times: times, Values: floor(values)})
	times, values = w.h.counter(w.life, u.run, t, from, to, func(i int64) float64 {
		return u.run.Throttled[i] * math.Min(1, 0.2+u.run.CPU[i]/u.CPULimit)
	}, 600)
	w.send(Series{Labels: with(labels, "__name__", "container_cpu_cfs_throttled_periods_total"), Times: times, Values: floor(values)})
}

func floor(v []float64) []float64 {
	for i := range v {
		v[i] = math.Floor(v[i])
	}
	return v
}

// counter adds up rate times perMinute from the run's start and gives the sum
// at every scrape in [from, to). It starts anew at each restart.
func (h *History) counter(l *Life, r load.Run, t target, from, to int64, rate func(i int64) float64, perMinute float64) (times []int64, values []float64) {
	sum, restarts := 0.0, r.Restarts
	for m := r.From; m < to; m++ {
		i := m - r.From
		if len(restarts) > 0 && restarts[0] == m {
			sum, restarts = 0, restarts[1:]
		}
		if m >= from && r.Memory[i] > 0 && h.scraped(l.Namespace, m) && !t.missed(m) {
			times = append(times, (m*60+t.offset)*1000)
			values = append(values, sum+rate(i)*perMinute*float64(t.offset)/60)
		}
		sum += rate(i) * perMinute
	}
	return times, values
}

// pause emits the series of the pod's sandbox.
func (w *writer) pause(t target, labels []string, cgroup string) {
	if w.life.Namespace.Scrape != cluster.ScrapeNoID {
		labels = with(labels, "id", cgroup+"/cri-containerd-"+fmt.Sprintf("%016x", w.h.hash(w.life.UID, "POD"))+".scope")
	}
	from, to := w.h.clip(w.life.From, w.life.To)
	w.send(Series{Labels: with(labels, "__name__", "container_cpu_usage_seconds_total", "cpu", "total"), Constant: true, Value: 0.03125, From: from, To: to})
	w.send(Series{Labels: with(labels, "__name__", "container_memory_working_set_bytes"), Constant: true, Value: pauseMemory, From: from, To: to})
}

// restarts emits kube-state-metrics' counter of a container's restarts and, once
// there was one, the reason of the last end.
func (w *writer) restarts(u use) {
	l := w.life
	for _, c := range l.Workload.Sidecars {
		if c.Name == u.Name {
			return // reported among the init containers
		}
	}
	from, to := w.h.clip(l.From, l.To)
	labels := []string{"namespace", l.Pod.Namespace, "pod", l.Name, "uid", l.UID, "container", u.Name}
	bounds := append(append([]int64{from}, u.run.Restarts...), to)
	if len(u.run.Restarts) == 0 {
		w.constant("kube_pod_container_status_restarts_total", 0, "container", u.Name)
		return
	}
	var times []int64
	var values []float64
	for i := range len(bounds) - 1 {
		for m := max(bounds[i], from); m < min(bounds[i+1], to); m++ {
			if !w.h.Down(m) {
				times, values = append(times, ConstantTime(m)), append(values, float64(i))
			}
		}
	}
	job := []string{"job", "kube-state-metrics", "instance", w.h.Plan.KSMInstance}
	replicas := [][]string{nil}
	if l.Namespace.Scrape == cluster.ScrapeReplicas {
		replicas = [][]string{{"prometheus_replica", "a"}, {"prometheus_replica", "b"}}
	}
	for _, r := range replicas {
		w.send(Series{Labels: with(with(labels, job...), append(r, "__name__", "kube_pod_container_status_restarts_total")...), Times: times, Values: values})
	}
	w.state(with([]string{"__name__", "kube_pod_container_status_last_terminated_reason", "reason", "OOMKilled"}, labels...), 1, u.run.Restarts[0], l.To)
}

func sorted(m map[string]string) [][2]string {
	var all [][2]string
	for k, v := range m {
		all = append(all, [2]string{k, v})
	}
	sort.Slice(all, func(i, j int) bool { return all[i][0] < all[j][0] })
	return all
}

// underscore writes a label as kube-state-metrics does.
func underscore(s string) string { return strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(s) }
