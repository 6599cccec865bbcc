package openmetrics

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
	"github.com/plimsoll-k8s/plimsoll/analyzer/digest"
)

// metric is a metric that the source reads.
type metric uint8

const (
	cpu metric = iota
	memory
	throttled
	periods
	requests
	limits
	restarts
	terminated // the reason of a container's last end
	ended      // the reason why a container does not run now
	podOwner
	replicaSetOwner
	jobOwner
	volumeUsed // of claims, not of containers
	received   // of pods, not of containers
	sent
	ofNode  // of nodes, not of containers
	metrics // their number
)

// metricOf finds the metric of a name.
func metricOf(name string) (metric, bool) {
	switch name {
	case "container_cpu_usage_seconds_total":
		return cpu, true
	case "container_memory_working_set_bytes":
		return memory, true
	case "container_cpu_cfs_throttled_periods_total":
		return throttled, true
	case "container_cpu_cfs_periods_total":
		return periods, true
	case "kube_pod_container_resource_requests", "kube_pod_init_container_resource_requests":
		return requests, true
	case "kube_pod_container_resource_limits", "kube_pod_init_container_resource_limits":
		return limits, true
	case "kube_pod_container_status_restarts_total", "kube_pod_init_container_status_restarts_total":
		return restarts, true
	case "kube_pod_container_status_last_terminated_reason", "kube_pod_init_container_status_last_terminated_reason":
		return terminated, true
	case "kube_pod_container_status_terminated_reason", "kube_pod_init_container_status_terminated_reason":
		return ended, true
	case "kube_pod_owner":
		return podOwner, true
	case "kube_replicaset_owner":
		return replicaSetOwner, true
	case "kube_job_owner":
		return jobOwner, true
	case "kubelet_volume_stats_used_bytes":
		return volumeUsed, true
	case "container_network_receive_bytes_total":
		return received, true
	case "container_network_transmit_bytes_total":
		return sent, true
	}
	_, ok := analyzer.NodeSeriesOf(name)
	return ofNode, ok
}

// series is one label set of one metric in one file.
type series struct {
	metric    metric
	resource  resource
	container *container
	claim     *analyzer.VolumeUsage // of a volume's series, in place of a container
	wire      *wire                 // of a pod's traffic, in place of a container
	node      *nodeSeries           // of a node, in place of a container

	// What the survey finds. n counts samples; in the fold it counts down.
	n           int
	coder       coder
	first, last int64 // ms
	gap         int64 // the least between two samples, ms
	usual       int64 // the one that most gaps are like, ms, and by how many
	votes       int32

	// gauge says that the value is cores in use; derived, that the metric is
	// another's stand-in, and ignored, that it is not needed.
	gauge, derived, ignored bool
	// whole says that it is of a pod and names no container.
	whole bool
	// spare says that another label set tells the same.
	spare bool
	// before is the same series in an earlier file.
	before *series

	// The fold's state: the open step and what it has gathered.
	counter     digest.Counter
	read        int64 // ms of the last reading
	step        int64
	sum, weight float64
	odd         int64 // the last step with a reading that was set aside
}

// resource is what a series of requests or limits is of.
type resource uint8

const (
	ofCPU resource = iota
	ofMemory
	ofGPU
)

func resourceOf(label string) (resource, bool) {
	switch {
	case label == "cpu":
		return ofCPU, true
	case label == "memory":
		return ofMemory, true
	case strings.HasSuffix(label, "_com_gpu"), strings.HasPrefix(label, "gpu_intel_com_"):
		return ofGPU, true
	}
	return 0, false
}

// container is one container of one pod, past or present.
type container struct {
	namespace, pod, name string

	sets [podOwner][]*series // label sets by metric, owners left out
	sink *analyzer.PodSeries
	cpu  track
	mem  track

	restarts []reading
	oom      []span // in which the last end was an OOM kill
	ends     []span // in which the container was not running for an OOM kill
}

// reading is a restart counter that has changed, or its first reading.
type reading struct {
	ms    int64
	value float64
}

// span is a time in which a fact held, in ms, both ends included.
type span struct{ from, to int64 }

type containerKey struct{ namespace, pod, name string }

// key stands for the text of a series. 128 bits leave no room for chance.
type key [2]uint64

// catalog is what the survey finds out.
type catalog struct {
	latest     int64 // ms; no sample that was taken is of later
	room       int   // bytes left for samples that are kept
	matchers   []Matcher
	owners     *analyzer.Owners
	seeds      [2]maphash.Seed
	files      []*file
	containers map[containerKey]*container
	order      []*container
	interned   map[string]string
	found      [metrics]bool
	volumes    map[[2]string]*analyzer.VolumeUsage // by namespace and claim
	wires      []*wire                             // one for every series of traffic
	nodes      analyzer.NodeRecorder
	filtered   int                            // series that a matcher left out
	raw        [memory + 1]bool               // usage under cAdvisor's names is there
	derived    [memory + 1]string             // the other name that usage is read by
	wholes     [memory + 1]string             // the name of usage of whole pods
	clusters   map[string]map[string]podsSeen // values of the labels of clusters
	unread     map[string]bool                // names of usage that are not read
}

// file is one dump.
type file struct {
	name           string
	memo           memo
	known          map[key]*series // nil values are series that are not read
	lines          int
	samples        int64
	oldest, newest int64 // ms
	latest         int64 // of the catalog
	unit           unit
	ended          bool // by "# EOF"
}

func newCatalog(o Options) *catalog {
	c := &catalog{
		latest:     time.Now().Add(24 * time.Hour).UnixMilli(),
		matchers:   o.Matchers,
		owners:     o.Owners,
		seeds:      [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		containers: map[containerKey]*container{},
		interned:   map[string]string{},
	}
	if c.owners == nil {
		c.owners = &analyzer.Owners{}
	}
	c.room = cmp.Or(o.Room, DefaultRoom)
	for _, name := range o.Files {
		c.files = append(c.files, &file{name: name, memo: memo{room: &c.room}, known: map[key]*series{}, oldest: math.MaxInt64, latest: c.latest})
	}
	return c
}

func (c *catalog) keyOf(text []byte) key {
	return key{maphash.Bytes(c.seeds[0], text), maphash.Bytes(c.seeds[1], text)}
}

// exported puts back the labels that a scrape kept its own in place of.
func exported(l map[string]string) {
	for _, name := range []string{"namespace", "pod", "container"} {
		if v, ok := l["exported_"+name]; ok {
			l[name] = v
		}
	}
}

// add enters the series with the given labels; nil where it is not read.
func (c *catalog) add(l map[string]string) *series {
	usual(l)
	m, ok := metricOf(l["__name__"])
	other := otherName{}
	if !ok {
		if other, ok = otherNames[l["__name__"]]; !ok {
			return nil
		}
		m = other.metric
		if other.resource != "" {
			l["resource"] = other.resource
		}
	}
	for _, x := range c.matchers {
		if l[x.Name] != x.Value {
			c.filtered++
			return nil
		}
	}
	if m == ofNode {
		return addNode(l)
	}
	if exported(l); l["namespace"] == "" {
		return nil
	}
	switch m {
	case volumeUsed:
		return c.addVolume(l)
	case received, sent:
		if other != (otherName{}) && l["direction"] == "transmit" { // OpenTelemetry's counter is of both ways
			m = sent
		}
		return c.addWire(m, l)
	}
	if m >= podOwner {
		return c.addOwner(m, l)
	}
	s := &series{metric: m, first: -1, gap: math.MaxInt64, gauge: other.gauge, derived: other != otherName{}, whole: other.whole}
	if !s.wanted(l) {
		return nil
	}
	c.learnOwner(l)
	if m <= memory {
		c.noteUsage(s, l)
	}
	s.container = c.container(l)
	s.container.sets[m] = append(s.container.sets[m], s)
	c.found[m] = true
	return s
}

// noteUsage notes from which kind of series a metric of usage is read.
func (c *catalog) noteUsage(s *series, l map[string]string) {
	c.noteCluster(l)
	switch {
	case s.whole:
		l["container"] = ""
		c.wholes[s.metric] = max(c.wholes[s.metric], l["__name__"])
	case s.derived:
		c.derived[s.metric] = max(c.derived[s.metric], l["__name__"])
	default:
		c.raw[s.metric] = true
	}
}

// wanted reports whether a series of a container tells of the container itself
// and not of its pod, of one CPU or of a matter that is not read.
func (s *series) wanted(l map[string]string) bool {
	if l["pod"] == "" || !s.whole && (l["container"] == "" || l["container"] == "POD") {
		return false
	}
	switch s.metric {
	case cpu:
		return l["cpu"] == "" || l["cpu"] == "total"
	case requests, limits:
		var ok bool
		s.resource, ok = resourceOf(l["resource"])
		return ok
	case terminated, ended:
		return l["reason"] == "OOMKilled"
	}
	return true
}

// addOwner files a row of an owner metric.
func (c *catalog) addOwner(m metric, l map[string]string) *series {
	c.found[m] = true
	if l["owner_is_controller"] == "false" {
		return nil
	}
	ns, kind, name := l["namespace"], l["owner_kind"], l["owner_name"]
	switch m {
	case podOwner:
		c.owners.AddPod(ns, l["pod"], kind, name)
	case replicaSetOwner:
		c.owners.AddOwner(analyzer.Ref{Namespace: ns, Kind: "ReplicaSet", Name: l["replicaset"]}, kind, name)
	case jobOwner:
		c.owners.AddOwner(analyzer.Ref{Namespace: ns, Kind: "Job", Name: l["job_name"]}, kind, name)
	}
	return nil
}

// addVolume enters the series of a claim's volume; every node that mounted it
// has one.
func (c *catalog) addVolume(l map[string]string) *series {
	k := [2]string{l["namespace"], l["persistentvolumeclaim"]}
	if k[1] == "" {
		return nil
	}
	if c.volumes[k] == nil {
		if c.volumes == nil {
			c.volumes = map[[2]string]*analyzer.VolumeUsage{}
		}
		c.volumes[k] = &analyzer.VolumeUsage{Namespace: k[0], Claim: k[1], Bytes: -1}
	}
	c.found[volumeUsed] = true
	return &series{metric: volumeUsed, first: -1, gap: math.MaxInt64, claim: c.volumes[k]}
}

// volumeUsage is what volumes held, of those with a sample in the window.
func (c *catalog) volumeUsage() []analyzer.VolumeUsage {
	var out []analyzer.VolumeUsage
	for _, u := range c.volumes {
		if u.Bytes >= 0 {
			out = append(out, *u)
		}
	}
	slices.SortFunc(out, analyzer.VolumeUsage.Compare)
	return out
}

func (c *catalog) container(l map[string]string) *container {
	k := containerKey{c.intern(l["namespace"]), c.intern(l["pod"]), c.intern(l["container"])}
	x := c.containers[k]
	if x == nil {
		x = &container{namespace: k.namespace, pod: k.pod, name: k.name}
		c.containers[k] = x
		c.order = append(c.order, x)
	}
	return x
}

func (c *catalog) intern(s string) string {
	if t, ok := c.interned[s]; ok {
		return t
	}
	c.interned[s] = s
	return s
}
