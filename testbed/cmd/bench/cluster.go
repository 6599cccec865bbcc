package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/plimsoll-k8s/plimsoll/testbed/block"
	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

// end is the end of every synthetic history, so that two runs measure the same
// bytes.
var end = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// days is the length of the history before end. It goes on for an hour behind it.
const days = 14

// perNode is how many pods a node holds; each is small enough for that.
const perNode = 50

// synthetic is a cluster of so many containers, one a pod, three pods a Deployment.
// Half of the containers have a CPU limit, and so CFS counters.
type synthetic struct {
	containers int
	from, to   time.Time
}

// pod is one pod of it.
type pod struct {
	index, workload     int
	namespace, app, rs  string
	name, uid, node     string
	cpuLimit            bool
	milli, bytes        int64   // requested
	cores, workingBytes float64 // used on the mean
}

// noise is a hash of x as a number in [0, 1) (splitmix64, Vigna 2015).
func noise(x uint64) float64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

func (c synthetic) pod(i int) pod {
	w := i / 3
	seed := uint64(w) * 31
	p := pod{index: i, workload: w, namespace: fmt.Sprintf("team-%02d", w%20), app: fmt.Sprintf("app-%05d", w), cpuLimit: w%2 == 0}
	p.rs = fmt.Sprintf("%s-%08x", p.app, uint32(noise(seed+9)*(1<<32)))
	p.name = fmt.Sprintf("%s-%05x", p.rs, i)
	p.uid = fmt.Sprintf("%08x-0000-4000-a000-%012x", w, i)
	p.node = fmt.Sprintf("node-%04d", i%c.nodes())
	p.cores = 0.01 + 0.15*noise(seed)*noise(seed+1)
	p.milli = int64(math.Ceil(p.cores*1600*(0.8+2*noise(seed+2))/25) * 25)
	p.workingBytes = (40 + 500*noise(seed+3)*noise(seed+4)) * (1 << 20)
	p.bytes = int64(math.Ceil(p.workingBytes*1.2*(1+noise(seed+5))/(64<<20))) * (64 << 20)
	return p
}

func (c synthetic) nodes() int { return max((c.containers+perNode-1)/perNode, 3) }

// write puts the objects and Prometheus' data into a folder.
func (c synthetic) write(dir string) error {
	if err := c.writeObjects(filepath.Join(dir, "objects.json")); err != nil {
		return err
	}
	b := block.New(filepath.Join(dir, "prometheus"), c.from, c.to, func(int64) bool { return false })
	next, failed := make(chan int), make(chan error, runtime.NumCPU())
	var group sync.WaitGroup
	for range runtime.NumCPU() {
		group.Go(func() {
			var first error
			for i := range next {
				if err := c.series(c.pod(i), b.Add); err != nil && first == nil {
					first = err
				}
			}
			failed <- first
		})
	}
	for i := range c.containers {
		next <- i
	}
	close(next)
	group.Wait()
	for range runtime.NumCPU() {
		if err := <-failed; err != nil {
			return err
		}
	}
	stats, err := b.Close()
	if err == nil {
		fmt.Printf("%d containers: %d series, %d million samples\n", c.containers, stats.NumSeries, stats.NumSamples/1e6)
	}
	return err
}

// series emits what a kubelet and kube-state-metrics say of a pod, once a minute.
func (c synthetic) series(p pod, emit history.Emit) error {
	var failed error
	send := func(s history.Series) {
		if failed == nil {
			failed = emit(s)
		}
	}
	base := []string{"container", "app", "namespace", p.namespace, "pod", p.name}
	kubelet := append(append([]string{}, base...), "id", "/kubepods.slice/pod"+p.uid+"/"+p.name, "image", "registry.example.com/"+p.app+":1",
		"name", p.uid, "instance", p.node+":10250", "job", "kubelet", "metrics_path", "/metrics/cadvisor", "node", p.node)
	state := append(append([]string{}, base...), "uid", p.uid, "instance", "10.0.0.9:8080", "job", "kube-state-metrics")
	named := func(name string, labels []string, more ...string) []string {
		return append(append([]string{"__name__", name}, labels...), more...)
	}
	c.used(p, named, kubelet, send)
	first, last := c.from.Unix()/60, c.to.Unix()/60
	constant := func(value float64, labels []string) {
		send(history.Series{Labels: labels, Constant: true, Value: value, From: first, To: last})
	}
	constant(float64(p.milli)/1000, named("kube_pod_container_resource_requests", state, "resource", "cpu", "unit", "core", "node", p.node))
	constant(float64(p.bytes), named("kube_pod_container_resource_requests", state, "resource", "memory", "unit", "byte", "node", p.node))
	constant(float64(2*p.bytes), named("kube_pod_container_resource_limits", state, "resource", "memory", "unit", "byte", "node", p.node))
	if p.cpuLimit {
		constant(float64(p.milli)/500, named("kube_pod_container_resource_limits", state, "resource", "cpu", "unit", "core", "node", p.node))
	}
	constant(0, named("kube_pod_container_status_restarts_total", state))
	constant(1, append(named("kube_pod_owner", state[2:]), "owner_kind", "ReplicaSet", "owner_name", p.rs, "owner_is_controller", "true"))
	if p.index%3 == 0 {
		constant(1, []string{"__name__", "kube_replicaset_owner", "namespace", p.namespace, "replicaset", p.rs, "owner_kind", "Deployment", "owner_name", p.app,
			"owner_is_controller", "true", "instance", "10.0.0.9:8080", "job", "kube-state-metrics"})
	}
	return failed
}

// used emits the series that change: CPU and memory with a daily wave and noise.
func (c synthetic) used(p pod, named func(string, []string, ...string) []string, kubelet []string, send func(history.Series)) {
	n := int(c.to.Sub(c.from) / time.Minute)
	offset := int64(p.index%60) * 1000
	times := make([]int64, n)
	cpu, memory, periods, throttled := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	sum := 40 * noise(uint64(p.index))
	for i := range n {
		at := c.from.Add(time.Duration(i) * time.Minute)
		times[i] = at.UnixMilli() + offset
		wave := math.Sin(2*math.Pi*float64(at.Unix()%86400)/86400 + float64(p.workload%7))
		x := uint64(p.index)<<32 + uint64(i)
		sum += 60 * p.cores * (1 + 0.6*wave) * (0.85 + 0.3*noise(x))
		cpu[i] = math.Round(sum*1e9) / 1e9
		memory[i] = math.Floor(p.workingBytes*(0.9+0.05*wave+0.07*noise(x+1<<31))/4096) * 4096
		periods[i], throttled[i] = float64(i*582), math.Floor(float64(i)*0.6)
	}
	send(history.Series{Labels: named("container_cpu_usage_seconds_total", kubelet, "cpu", "total"), Times: times, Values: cpu})
	send(history.Series{Labels: named("container_memory_working_set_bytes", kubelet), Times: times, Values: memory})
	if p.cpuLimit {
		send(history.Series{Labels: named("container_cpu_cfs_periods_total", kubelet), Times: times, Values: periods})
		send(history.Series{Labels: named("container_cpu_cfs_throttled_periods_total", kubelet), Times: times, Values: throttled})
	}
}

type object = map[string]any

// writeObjects writes the cluster's objects as one JSON List.
func (c synthetic) writeObjects(file string) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	between := `{"apiVersion":"v1","kind":"List","items":[` + "\n"
	put := func(o object) {
		b, e := json.Marshal(o)
		if e != nil && err == nil {
			err = e
		}
		out.WriteString(between)
		out.Write(b)
		between = ",\n"
	}
	for i := range c.nodes() {
		put(c.node(i))
	}
	for i := range c.containers {
		p := c.pod(i)
		if i%3 == 0 {
			put(p.deployment(min(3, c.containers-i)))
			put(p.replicaSet())
		}
		put(p.object())
	}
	out.WriteString("\n]}\n")
	if e := out.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

const created = "2026-10-01T00:00:00Z"

func (c synthetic) node(i int) object {
	zone := "us-east-1" + string("abc"[i%3])
	has := object{"cpu": "15890m", "memory": "58Gi", "pods": "110"}
	return object{"apiVersion": "v1", "kind": "Node", "metadata": object{"name": fmt.Sprintf("node-%04d", i), "uid": fmt.Sprintf("node-%d", i), "creationTimestamp": created, "labels": object{
		"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": fmt.Sprintf("node-%04d", i), "node.kubernetes.io/instance-type": "m5.4xlarge",
		"topology.kubernetes.io/region": "us-east-1", "topology.kubernetes.io/zone": zone, "karpenter.sh/capacity-type": "on-demand"}},
		"spec":   object{"providerID": fmt.Sprintf("aws:///%s/i-%017x", zone, i)},
		"status": object{"capacity": has, "allocatable": has, "conditions": []any{object{"type": "Ready", "status": "True"}}}}
}

func (p pod) labels() object { return object{"app": p.app} }

func (p pod) spec() object {
	limits := object{"memory": fmt.Sprint(2 * p.bytes)}
	if p.cpuLimit {
		limits["cpu"] = fmt.Sprintf("%dm", 2*p.milli)
	}
	return object{"containers": []any{object{"name": "app", "image": "registry.example.com/" + p.app + ":1", "resources": object{
		"requests": object{"cpu": fmt.Sprintf("%dm", p.milli), "memory": fmt.Sprint(p.bytes)}, "limits": limits}}}}
}

func (p pod) deployment(replicas int) object {
	return object{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"name": p.app, "namespace": p.namespace, "uid": "deploy-" + p.app, "creationTimestamp": created, "labels": p.labels()},
		"spec": object{"replicas": replicas, "selector": object{"matchLabels": p.labels()}, "template": object{
			"metadata": object{"labels": p.labels()}, "spec": p.spec()}},
		"status": object{"replicas": replicas, "readyReplicas": replicas}}
}

func owned(kind, name, uid string) []any {
	return []any{object{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true}}
}

func (p pod) replicaSet() object {
	return object{"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": object{"name": p.rs, "namespace": p.namespace, "uid": "rs-" + p.app, "creationTimestamp": created,
		"labels": p.labels(), "ownerReferences": owned("Deployment", p.app, "deploy-"+p.app)}}
}

func (p pod) object() object {
	spec := p.spec()
	spec["nodeName"] = p.node
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": object{"name": p.name, "namespace": p.namespace, "uid": p.uid, "creationTimestamp": created,
		"labels": p.labels(), "ownerReferences": owned("ReplicaSet", p.rs, "rs-"+p.app)}, "spec": spec,
		"status": object{"phase": "Running", "startTime": created, "qosClass": "Burstable", "conditions": []any{object{"type": "Ready", "status": "True"}},
			"containerStatuses": []any{object{"name": "app", "ready": true, "restartCount": 0, "state": object{"running": object{"startedAt": created}}}}}}
}
