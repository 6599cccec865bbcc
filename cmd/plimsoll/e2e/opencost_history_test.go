//go:build e2e

package e2e_test

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// owners gives the workload of every pod of the window, by namespace/name.
func (o *openCost) owners() map[string]string {
	owner := func(metric, child string) map[string][2]string {
		out := map[string][2]string{}
		for _, s := range o.query(fmt.Sprintf("group by (namespace, %s, owner_kind, owner_name) (last_over_time(%s[14d]))", child, metric), live.End) {
			out[s.Metric["namespace"]+"/"+s.Metric[child]] = [2]string{s.Metric["owner_kind"], s.Metric["owner_name"]}
		}
		return out
	}
	up := map[string]map[string][2]string{"ReplicaSet": owner("kube_replicaset_owner", "replicaset"), "Job": owner("kube_job_owner", "job_name")}
	out := map[string]string{}
	for pod, by := range owner("kube_pod_owner", "pod") {
		namespace, name, _ := strings.Cut(pod, "/")
		if above, ok := up[by[0]][namespace+"/"+by[1]]; ok && above[0] != "" && above[0] != "<none>" {
			by = above
		}
		if out[pod] = namespace + "/" + strings.ToLower(by[0]) + ":" + by[1]; by[0] == "" || by[0] == "<none>" {
			out[pod] = namespace + "/" + name
		}
	}
	return out
}

// asked is what containers request now, by workload and container.
func asked(pods []corev1.Pod, owners map[string]string) map[[2]string]map[string]float64 {
	out := map[[2]string]map[string]float64{}
	for i := range pods {
		p := &pods[i]
		for _, c := range append(p.Spec.Containers, p.Spec.InitContainers...) {
			k := [2]string{owners[p.Namespace+"/"+p.Name], c.Name}
			out[k] = map[string]float64{}
			for name, q := range c.Resources.Requests {
				out[k][string(name)] = q.AsApproximateFloat64()
			}
		}
	}
	return out
}

const step = 5 * time.Minute

// sample is one container of one pod at one time.
type sample struct{ cpu, memory float64 }

// history adds the window up, day by day.
func (o *openCost) history(owners map[string]string, now map[[2]string]map[string]float64) {
	slots := map[int64]bool{}
	for from := live.Start; from.Before(live.End); {
		to := from.Truncate(24 * time.Hour).Add(24 * time.Hour)
		if to.After(live.End) {
			to = live.End
		}
		o.day(from, to, owners, now, slots)
		from = to
	}
	o.seen = float64(len(slots)) * step.Hours()
	for _, k := range o.kept { // outages of the monitoring count like the rest
		stretch := o.hours / o.seen
		for _, h := range []*held{&k.cpu, &k.memory} {
			h.requested, h.used, h.hourly, h.scraped = h.requested*stretch, h.used*stretch, h.hourly*stretch, h.scraped*stretch
		}
		k.gpuHours *= stretch
	}
}

func (o *openCost) day(from, to time.Time, owners map[string]string, now map[[2]string]map[string]float64, slots map[int64]bool) {
	type key struct{ pod, container string }
	type hour struct{ pods, cpu, memory float64 }
	seconds := int(to.Sub(from).Seconds())
	request, podRequest := map[[2]string]map[string]float64{}, map[key]map[string]float64{}
	for _, s := range o.query(fmt.Sprintf(`max by (namespace,pod,container,resource) (max_over_time({__name__=~"kube_pod_container_resource_requests|kube_pod_init_container_resource_requests"}[%ds]))`, seconds), to) {
		pod := s.Metric["namespace"] + "/" + s.Metric["pod"]
		for _, m := range []map[string]float64{
			entry(request, [2]string{owners[pod], s.Metric["container"]}), entry(podRequest, key{pod, s.Metric["container"]}),
		} {
			m[s.Metric["resource"]] = max(m[s.Metric["resource"]], s.at(0))
		}
	}
	samples := map[key]map[int64]sample{}
	record := func(query string, set func(x *sample, v float64)) {
		o.rangeQuery(query, from, to, func(s *series) {
			m := entry(samples, key{s.Metric["namespace"] + "/" + s.Metric["pod"], s.Metric["container"]})
			for i := range s.Values {
				x := m[s.time(i)]
				set(&x, s.at(i))
				m[s.time(i)] = x
			}
		})
	}
	record(`max by (namespace,pod,container) (rate(container_cpu_usage_seconds_total{container!="",container!="POD"}[5m]))`,
		func(x *sample, v float64) { x.cpu = v })
	record(`max by (namespace,pod,container) (max_over_time(container_memory_working_set_bytes{container!="",container!="POD"}[5m]))`,
		func(x *sample, v float64) { x.memory = v })
	sums := map[[2]string]map[int64]*hour{}
	for k, list := range samples {
		name := [2]string{owners[k.pod], k.container}
		own := o.container(name)
		r := podRequest[k]
		if len(r) == 0 {
			r = now[name]
		}
		for at, x := range list {
			slots[at] = true
			h := entry(sums, name)[(at-1)/3600]
			if h == nil {
				h = &hour{}
				sums[name][(at-1)/3600] = h
			}
			if x.memory > 0 {
				h.pods += step.Hours()
				own.cpu.scraped += max(r["cpu"], x.cpu) * step.Hours()
				own.memory.scraped += max(r["memory"], x.memory) * step.Hours()
			} else {
				own.cpu.scraped += x.cpu * step.Hours()
			}
			h.cpu += x.cpu * step.Hours()
			h.memory += x.memory * step.Hours()
		}
	}
	for name, hours := range sums {
		own, r := o.container(name), request[name]
		if len(r) == 0 {
			r = now[name]
		}
		for _, h := range hours {
			own.cpu.add(r["cpu"]*h.pods, h.cpu)
			own.memory.add(r["memory"]*h.pods, h.memory)
			own.gpuHours += max(r["nvidia_com_gpu"], now[name]["nvidia.com/gpu"]) * h.pods
		}
	}
}

func (h *held) add(requested, used float64) {
	h.requested += requested
	h.used += used
	h.hourly += max(requested, used)
}

func entry[K comparable, L comparable, V any](m map[K]map[L]V, k K) map[L]V {
	if m[k] == nil {
		m[k] = map[L]V{}
	}
	return m[k]
}

func (o *openCost) container(name [2]string) *kept {
	if o.kept[name] == nil {
		o.kept[name] = &kept{workload: name[0], container: name[1]}
	}
	return o.kept[name]
}

func ended(p *corev1.Pod) bool { return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" }

// unmeasured adds what runs without any usage: it holds its requests.
func (o *openCost) unmeasured(pods []corev1.Pod, owners map[string]string) {
	had := map[[2]string]bool{}
	for k := range o.kept {
		had[k] = true
	}
	for i := range pods {
		p := &pods[i]
		if p.Spec.NodeName == "" || ended(p) {
			continue
		}
		for _, c := range p.Spec.Containers {
			name := [2]string{owners[p.Namespace+"/"+p.Name], c.Name}
			if had[name] || name[0] == "" {
				continue
			}
			own := o.container(name)
			own.cpu.add(o.hours*c.Resources.Requests.Cpu().AsApproximateFloat64(), 0)
			own.memory.add(o.hours*c.Resources.Requests.Memory().AsApproximateFloat64(), 0)
		}
	}
}
